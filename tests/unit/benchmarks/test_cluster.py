"""The directory of a benchmark's cluster."""

from pathlib import Path

import pytest

from benchmarks.cluster import _alone
from benchmarks.fill import FillError


def test_two_runs_never_share_a_directory_and_the_second_is_told_so(tmp_path: Path):
    with _alone(tmp_path), pytest.raises(FillError, match="Another benchmark uses"), _alone(tmp_path):
        pass
    with _alone(tmp_path):
        assert (tmp_path / "benchmark.lock").exists()

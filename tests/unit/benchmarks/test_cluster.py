"""The directory of a benchmark's cluster."""

from pathlib import Path

import pytest

from benchmarks.cluster import LOCK, _alone, _tidy
from benchmarks.fill import FillError


def test_two_runs_never_share_a_directory_and_the_second_is_told_so(tmp_path: Path):
    with _alone(tmp_path), pytest.raises(FillError, match="Another benchmark uses"), _alone(tmp_path):
        pass
    with _alone(tmp_path):
        assert (tmp_path / LOCK).exists()


def test_logs_of_runs_before_go_and_data_stays_until_it_is_too_much(tmp_path: Path):
    data = tmp_path / "node-1" / "orders-0" / "0.log"
    data.parent.mkdir(parents=True)
    data.write_bytes(bytes(100_000))
    (tmp_path / "cluster-id").write_text("id")
    (tmp_path / "node-1.log").write_text("said")
    with _alone(tmp_path):
        _tidy(tmp_path, 1_000_000)
        assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, "cluster-id", "node-1"]
        assert data.exists()
        _tidy(tmp_path, 50_000)
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]

"""Prometheus' own linter finds nothing to complain about in the page."""

import subprocess

import pytest

from lagwatch.demo.programs import unpacked
from lagwatch.publish.metrics import Variant
from tests.support import world


@pytest.fixture(scope="module")
def promtool() -> str:
    return unpacked("promtool", "prometheus")


def check(promtool: str, page: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True)


def test_promtool_accepts_the_page(promtool):
    page = world.board().page(Variant())
    assert b"kafka_consumer_group_lag{" in page

    done = check(promtool, page)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_promtool_would_complain_about_a_bad_page(promtool):
    assert check(promtool, b"# TYPE kafka_lag_sum gauge\nkafka_lag_sum 1\n").returncode != 0

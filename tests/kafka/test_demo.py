"""The demo as a newcomer meets it: it shows three alerts, stops when told or by itself, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lagwatch.demo.jars import jars
from tests.kafka.support import wait_until

pytestmark = pytest.mark.usefixtures("own_nodes")

THREE = {"ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway"}
GROUPS = {
    "billing-healthy": "classic",
    "clickstream-slow": "classic",
    "ledger-read-committed": "classic",
    "mail-share": "share",
    "reports-stopped": "classic",
    "search-kip848": "consumer",
}


class Demo:
    """A running `lagwatch demo`, what it has printed so far, and every process that it has started."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path, scratch: Path) -> None:
        self.process, self.scratch, self._output = process, scratch, output

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def url(self) -> str:
        found = wait_until(lambda: self.search(r"(http://127\.0\.0\.1:\d+)/metrics"), "the address of the metrics", 90)
        return found[1]

    def search(self, pattern: str) -> re.Match[str] | None:
        assert self.process.poll() is None, self.output
        return re.search(pattern, self.output)

    def descendants(self) -> set[int]:
        """Processes below the demo; itself is not among them."""
        children: dict[int, list[int]] = {}
        for line in subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.splitlines():
            pid, parent = map(int, line.split())
            children.setdefault(parent, []).append(pid)
        found, todo = set(), [self.process.pid]
        while todo:
            below = children.get(todo.pop(), [])
            found.update(below)
            todo.extend(below)
        return found


@contextmanager
def demo(tmp_path: Path, *arguments: str) -> Iterator[Demo]:
    jars()  # fetched before the clock runs
    output, scratch = tmp_path / "output", tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "lagwatch", "demo", *arguments]
    with output.open("wb") as sink:
        environment = {**os.environ, "TMPDIR": str(scratch)}
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, env=environment)
    try:
        yield Demo(process, output, scratch)
    finally:
        process.kill()
        process.wait()


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def alive(pids: set[int]) -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True).stdout.splitlines()
    return {int(line.split()[0]) for line in listed if not line.split()[1].startswith("Z")} & pids


@pytest.mark.timeout(240)
def test_all_groups_are_seen_the_three_alerts_fire_and_sigterm_leaves_nothing(tmp_path):
    with demo(tmp_path) as running:
        url = running.url()

        def three_fire() -> bool:
            return {alert["rule"] for alert in get(f"{url}/api/v1/alerts?state=firing&limit=1000")["items"]} >= THREE

        wait_until(three_fire, "three firing alerts", timeout_s=110, every_s=1)
        groups = get(f"{url}/api/v1/clusters/demo/groups")["items"]
        assert {group["name"]: group["type"] for group in groups} == GROUPS
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as metrics:
            assert 'kafka_consumer_group_lag{kafka_cluster="demo",group="reports-stopped"' in metrics.read().decode()
        wait_until(
            lambda: running.search(r"clickstream-slow +classic +Stable +1 .* emergency"), "the emergency on screen"
        )
        started = running.descendants()
        assert len(started) >= 5  # three nodes, lagwatch, guardians
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(40) == 0
        assert alive(started) == set()
        assert list(running.scratch.iterdir()) == []
        assert running.output.endswith("Everything has stopped.\n")


def test_it_stops_by_itself_after_the_duration_with_exit_code_0(tmp_path):
    with demo(tmp_path, "--duration", "3", "--nodes", "1") as running:
        running.url()
        started = running.descendants()
        assert running.process.wait(60) == 0
        assert alive(started) == set()
        assert "Stops by itself after 3 s." in running.output
        assert list(running.scratch.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_being_told_to_stop_while_kafka_starts_leaves_nothing(tmp_path, how):
    with demo(tmp_path) as running:
        wait_until(lambda: len(running.descendants()) >= 4, "the start of Kafka's nodes", every_s=0.05)
        started = running.descendants()
        running.process.send_signal(how)
        assert running.process.wait(40) == 0
        assert alive(started) == set()
        assert list(running.scratch.iterdir()) == []


def test_a_demo_that_is_killed_leaves_no_process(tmp_path):
    with demo(tmp_path, "--nodes", "1") as running:
        running.url()
        started = running.descendants()
        running.process.kill()
        running.process.wait()
        wait_until(lambda: not alive(started), "the end of everything that it started")


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with demo(tmp_path, "--port", port) as running:
            assert running.process.wait(20) == 1
            assert running.output.startswith(f"lagwatch: Port {port} cannot be used")
            assert "Choose another with --port." in running.output

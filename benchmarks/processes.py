"""The processes that are measured, seen from the one that measures: subjects of ours, and peers that somebody else built."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.measure import Sample
from benchmarks.shape import Shape
from benchmarks.subjects import Facts
from benchmarks.worker import peak_bytes

ANSWER_S = 300.0
START_S = 60.0


class BenchmarkError(Exception):
    """The benchmark cannot go on; the message says what failed and what to do."""


class Measured(Protocol):
    """Something that can be told to read the cluster once."""

    def poll(self) -> tuple[Sample, Facts]:
        """One round."""

    def close(self) -> None:
        """End the process."""


class Worker:
    """A subject in its own process (worker.py)."""

    def __init__(self, name: str, bootstrap: str, shape: Shape) -> None:
        self._name = name
        command = [sys.executable, "-m", "benchmarks.worker", name, bootstrap, json.dumps(shape.as_dict())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def poll(self) -> tuple[Sample, Facts]:
        told = self._ask("poll")
        return Sample(**told["sample"]), Facts(**told["facts"])

    def scrape(self, *, compressed: bool) -> "Scrape":
        """Fetch the metrics page that the subject serves; CPU is that of the serving process."""
        url = self._ask("serve")["url"]
        before = self._ask("usage")["cpu_s"]
        scrape = fetch(url, compressed=compressed)
        return Scrape(wall_s=scrape.wall_s, cpu_s=self._ask("usage")["cpu_s"] - before, body=scrape.body)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            code = self._process.wait(20)
            raise BenchmarkError(f"{self._name} ended with {code} during {command}; what it printed is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """One scrape over HTTP: seconds until the last byte, seconds of CPU of the server, the body as it came."""

    wall_s: float
    cpu_s: float
    body: bytes


def fetch(url: str, *, compressed: bool = False) -> Scrape:
    """GET, read as Prometheus does; raises BenchmarkError unless the answer is 200. CPU is left at 0."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_S)
    wall = time.perf_counter()
    try:
        connection.request("GET", parts.path, headers={"Accept-Encoding": "gzip"} if compressed else {})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"GET {url} failed: {error!r}.") from error
    finally:
        connection.close()
    if response.status != 200:
        raise BenchmarkError(
            f"GET {url} answered {response.status} {response.reason}: {body[:200].decode(errors='replace')}"
        )
    return Scrape(wall_s=time.perf_counter() - wall, cpu_s=0.0, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerKind:
    """How an exporter is told where Kafka is and where to listen ({bootstrap}, {port}), and which metric is its lag."""

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    lag: str = ""
    requests: str = ""

    def command(self, executable: Path, bootstrap: str, port: int) -> list[str]:
        """What to run."""
        arguments = (
            [f"--kafka.server={address}" for address in bootstrap.split(",")]
            if a == "{servers}"
            else [a.format(port=port)]
            for a in self.arguments
        )
        return [str(executable), *(argument for some in arguments for argument in some)]

    def variables(self, bootstrap: str, port: int) -> dict[str, str]:
        """The environment to run it in."""
        own = {k: v.format(bootstrap=bootstrap, port=port) for k, v in (self.environment or {}).items()}
        return {**os.environ, **own}


PEERS: Mapping[str, PeerKind] = {
    "kminion": PeerKind(
        environment={
            "KAFKA_BROKERS": "{bootstrap}",
            "EXPORTER_HOST": "127.0.0.1",
            "EXPORTER_PORT": "{port}",
            "MINION_CONSUMERGROUPS_ENABLED": "true",
            "MINION_CONSUMERGROUPS_SCRAPEMODE": "adminApi",
            "MINION_CONSUMERGROUPS_GRANULARITY": "partition",
            "MINION_TOPICS_GRANULARITY": "partition",
            "LOGGER_LEVEL": "warn",
        },
        lag="kminion_kafka_consumer_group_topic_partition_lag",
        requests="kminion_kafka_requests_sent_total",
    ),
    "kafka_exporter": PeerKind(
        arguments=("{servers}", "--web.listen-address=127.0.0.1:{port}"), lag="kafka_consumergroup_lag"
    ),
}
"""The exporters that are known. Every one of them reads Kafka when it is scraped, so its scrape is its poll."""


class Peer:
    """An exporter, started against the cluster and scraped; its process is measured through Linux' /proc and CPU clocks."""

    def __init__(self, name: str, executable: Path, bootstrap: str) -> None:
        if not sys.platform.startswith("linux"):
            raise BenchmarkError(f"--peer {name}: processes of others are measured on Linux only.")
        self._kind, self._name, port = PEERS[name], name, free_port()
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._sent: int | None = None
        try:
            self._process = subprocess.Popen(
                self._kind.command(executable, bootstrap, port),
                env=self._kind.variables(bootstrap, port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except OSError as error:
            raise BenchmarkError(f"--peer {name}={executable} cannot be started: {error.strerror}.") from error
        self._wait(port)

    def poll(self) -> tuple[Sample, Facts]:
        cpu = cpu_seconds(self._process.pid)
        scrape = fetch(self._url)
        cpu = cpu_seconds(self._process.pid) - cpu
        sent, before = _total(scrape.body, self._kind.requests), self._sent
        self._sent = sent
        sample = Sample(
            wall_s=scrape.wall_s,
            cpu_s=cpu,
            requests=None if sent is None or before is None else sent - before,
            peak_bytes=peak_bytes(self._process.pid),
        )
        commits = sum(line.startswith(self._kind.lag.encode() + b"{") for line in scrape.body.splitlines())
        return sample, Facts(partitions=None, offsets=None, groups=None, commits=commits, members=None)

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, port: int) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if (code := self._process.poll()) is not None:
                raise BenchmarkError(f"{self._name} ended with {code} while starting; what it printed is above.")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.close()
        raise BenchmarkError(f"{self._name} did not listen on port {port} within {START_S:.0f} s.")


def cpu_seconds(pid: int) -> float:
    """
    CPU of another process so far, all threads, in nanosecond steps (/proc counts in hundredths of a second).

    The clock's number is what clock_getcpuclockid(3) makes of a process number on Linux (include/linux/posix-timers.h:
    CPUCLOCK_SCHED = 2 in the low bits, the inverted number above them).
    """
    return time.clock_gettime((~pid << 3) | 2)


def free_port() -> int:
    """A port of this computer that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _total(body: bytes, metric: str) -> int | None:
    """The sum of a counter's series in a metrics page, None where there are none."""
    if not metric:
        return None
    lines = [line for line in body.splitlines() if line.startswith(metric.encode()) and not line.startswith(b"#")]
    return int(sum(float(line.rpartition(b" ")[2]) for line in lines)) if lines else None

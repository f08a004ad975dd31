"""The clusters that are measured: one directory a shape, filled once, kept in the user's cache."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fill import Filler, FillError, Progress
from benchmarks.shape import NODES, Shape
from lagwatch.demo.cluster import KafkaCluster

HEAP_MB = 1_024
START_S = 300
MOST_BYTES = 2_000_000_000
"""A directory that has grown beyond this is made anew: every run adds its commits, which the next start reads back."""

LOCK = "benchmark.lock"
_SETTINGS = {
    # One copy of everything: brokers that fetch thousands of idle partitions from one another would share the processors.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    # A commit of one group waits for nobody else's, and thousands of offsets compress well in the log that a start reads back.
    "group.coordinator.append.linger.ms": "0",
    "offsets.topic.compression.codec": "3",
    # Nothing but the polls shall work while they are measured.
    "log.retention.check.interval.ms": "3600000",
    "log.cleaner.backoff.ms": "600000",
}


@contextmanager
def filled(shape: Shape, directory: Path, progress: Progress) -> Iterator[tuple[KafkaCluster, Filler]]:
    """A running cluster of that shape, with its filler; raises FillError while another benchmark uses the same directory."""
    own = directory / shape.directory
    kafka = KafkaCluster(NODES, own, settings=_SETTINGS, heap_mb=HEAP_MB, start_s=START_S, progress=progress)
    with _alone(own):
        _tidy(own, MOST_BYTES)
        with kafka as cluster:
            filler = Filler(cluster.bootstrap, shape, progress)
            try:
                filler.fill()
                yield cluster, filler
            finally:
                filler.close()


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the directory's lock. Nodes of two runs on the same files would tear their quorum apart before Kafka's own lock acts."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FillError(
                f"Another benchmark uses {directory}; wait for its end, or give --clusters another."
            ) from error
        yield


def _tidy(directory: Path, most_bytes: int) -> None:
    """Remove what the nodes printed in earlier runs, and everything once it is too much."""
    for log in directory.glob("node-*.log"):
        log.unlink()
    if sum(path.stat().st_blocks * 512 for path in directory.rglob("*")) > most_bytes:
        for path in directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

"""The clusters that are measured: one directory a shape, filled once, kept in the user's cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fill import Filler, Progress
from benchmarks.shape import NODES, Shape
from lagwatch.demo.cluster import KafkaCluster

HEAP_MB = 1_024
START_S = 300
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
    """A running cluster of that shape, with its filler."""
    kafka = KafkaCluster(
        NODES, directory / shape.directory, settings=_SETTINGS, heap_mb=HEAP_MB, start_s=START_S, progress=progress
    )
    with kafka as cluster:
        filler = Filler(cluster.bootstrap, shape, progress)
        try:
            filler.fill()
            yield cluster, filler
        finally:
            filler.close()

"""Exact time lag: the records that are worth reading are read beside the polls, and the next snapshot carries what they told."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from lagwatch.analyze.exact import kept, wanted
from lagwatch.collect.errors import hint
from lagwatch.config import ClusterSettings
from lagwatch.errors import RecordsError
from lagwatch.logs import event
from lagwatch.model.snapshot import Gap, Snapshot
from lagwatch.model.view import View
from lagwatch.monitor import Reader
from lagwatch.records.read import NO_RECORD, Read, Record

if TYPE_CHECKING:
    from lagwatch.records.timestamps import Timestamps

LOG = logging.getLogger(__name__)

PART = "record_times"

LONGEST_S = 10.0
"""No more than this, and than half of an interval, is spent on reading records after a poll."""

CLOSE_GRACE_S = 1.0


class ExactReader:
    """
    Reads a cluster as `reader` does, with the timestamps of records on at most `partitions` partitions.

    They are read on a thread of their own after `look` was told what a poll gave: a poll never waits for them. `make` connects.
    """

    def __init__(
        self, cluster: str, reader: Reader, make: Callable[[], "Timestamps"], *, partitions: int, interval_s: float
    ) -> None:
        self._cluster, self._reader, self._make = cluster, reader, make
        self._partitions, self._interval_s = partitions, interval_s
        self._changed = threading.Condition()
        self._wanted: list[Record] | None = None
        self._closed = False
        self._read = Read()
        self._thread: threading.Thread | None = None

    def read(self) -> Snapshot:
        """One poll of the reader, with what was read since the last one."""
        snapshot = self._reader.read()
        read = self._read
        return replace(snapshot, record_times=kept(read.at), gaps=(*snapshot.gaps, *_gaps(read)))

    def look(self, view: View) -> None:
        """What a poll gave: what is worth reading now is read until the next one."""
        records = wanted(view, self._partitions, self._interval_s)
        with self._changed:
            self._wanted = records
            self._changed.notify()
            if self._thread is None and records and not self._closed:
                self._thread = threading.Thread(target=self._run, name=f"records-{self._cluster}", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Close the reader, and read no more records."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._reader.close()
        if self._thread is not None:
            self._thread.join(CLOSE_GRACE_S)

    def _run(self) -> None:
        try:
            with self._make() as timestamps:
                while (records := self._next()) is not None:
                    self._read = self._read_new(timestamps, records)
        except RecordsError as error:
            event(LOG, logging.ERROR, "records cannot be read", cluster=self._cluster, error=str(error))

    def _next(self) -> list[Record] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._wanted is not None)
            records, self._wanted = self._wanted, None
            return None if self._closed else records

    def _read_new(self, timestamps: "Timestamps", records: list[Record]) -> Read:
        """What these records tell; those of which it is known already are not read again."""
        before = self._read.at
        new = timestamps.read([each for each in records if each not in before], min(LONGEST_S, self._interval_s / 2))
        return Read({each: before[each] for each in records if each in before} | new.at, new.missing)


def _gaps(read: Read) -> Iterable[Gap]:
    """One gap for each reason; that there is no record to be read is none."""
    reasons = Counter(reason for reason in read.missing.values() if reason != NO_RECORD)
    for reason, count in sorted(reasons.items()):
        topic, partition, _ = next(record for record, why in read.missing.items() if why == reason)
        yield Gap(part=PART, reason=reason, count=count, first=f"{topic}/{partition}", hint=hint(PART, reason))


def exact_readers(clusters: Iterable[ClusterSettings], readers: Mapping[str, Reader]) -> dict[str, ExactReader]:
    """The readers of those clusters of which single records are read, too, by name."""

    def connect(cluster: ClusterSettings) -> "Timestamps":
        from lagwatch.records.timestamps import Timestamps  # librdkafka is large, and most need it not

        return Timestamps(cluster.bootstrap, cluster.connection.librdkafka())

    return {
        cluster.name: ExactReader(
            cluster.name,
            readers[cluster.name],
            partial(connect, cluster),
            partitions=cluster.exact_time_lag.partitions,
            interval_s=cluster.interval_s,
        )
        for cluster in clusters
        if cluster.exact_time_lag.partitions
    }

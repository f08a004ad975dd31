"""Readers and what their snapshots say, for the tests of collect."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lagwatch.collect import Reader, ReaderOptions
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import Group, Snapshot

SLACK_S = 0.5
"""How far behind its deadline a poll may end."""


def only(*names: str) -> NameFilter:
    """A filter of exactly these names."""
    return NameFilter(include=names)


@contextmanager
def reading(bootstrap: str, *, deadline_s: float = 20, **options: Any) -> Iterator[Reader]:
    """A reader of the cluster; closed at the end."""
    reader = Reader(
        ReaderOptions(cluster="tested", bootstrap=tuple(bootstrap.split(",")), deadline_s=deadline_s, **options)
    )
    try:
        yield reader
    finally:
        reader.close()


def timed(reader: Reader, deadline_s: float) -> Snapshot:
    """One poll, which must end in time."""
    started = time.monotonic()
    try:
        return reader.read()
    finally:
        took = time.monotonic() - started
        assert took < deadline_s + SLACK_S, f"a poll with a deadline of {deadline_s} s took {took:.1f} s"


def groups(snapshot: Snapshot) -> dict[str, Group]:
    return {group.name: group for group in snapshot.groups}


def commits(snapshot: Snapshot, group: str) -> dict[tuple[str, int], int]:
    """(topic, partition) -> committed offset."""
    place = [each.name for each in snapshot.groups].index(group)
    table = snapshot.commits
    return {
        where(snapshot, row): int(offset)
        for owner, row, offset in zip(table.group, table.row, table.offset, strict=True)
        if owner == place
    }


def reported_lag(snapshot: Snapshot, group: str) -> dict[tuple[str, int], int]:
    """(topic, partition) -> the lag that the broker itself counts."""
    place = [each.name for each in snapshot.groups].index(group)
    table = snapshot.commits
    return {
        where(snapshot, row): int(lag)
        for owner, row, lag in zip(table.group, table.row, table.reported_lag, strict=True)
        if owner == place
    }


def where(snapshot: Snapshot, row: int) -> tuple[str, int]:
    return snapshot.topics.names[snapshot.partitions.topic[row]], int(snapshot.partitions.partition[row])


def offsets(snapshot: Snapshot, column: str, topic: str) -> list[int]:
    """`start`, `end` or `lso` of each partition of a topic."""
    place = snapshot.topics.names.index(topic)
    rows = slice(snapshot.topics.first[place], snapshot.topics.first[place + 1])
    values: list[int] = getattr(snapshot.partitions, column)[rows].tolist()
    return values


def reasons(snapshot: Snapshot) -> Mapping[tuple[str, str], int]:
    """(part, reason) -> how many, over all brokers."""
    found: dict[tuple[str, str], int] = {}
    for gap in snapshot.gaps:
        found[gap.part, gap.reason] = found.get((gap.part, gap.reason), 0) + gap.count
    return found

"""The subjects of a grain: which there are, and where one is that an alert remembers. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lagwatch.model.alerts import Subject
from lagwatch.model.columns import named_positions, positions
from lagwatch.model.snapshot import Int32, Int64, Snapshot
from lagwatch.model.view import View

MISSING = -1
"""Where a subject is that a poll does not have and that is not gone: nothing is known of it."""

_NOBODY = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subjects:
    """
    All subjects of a grain in one poll, in the order of the columns.

    `group` indexes the snapshot's groups; `row` the topics, or for the grain partition the partition table. Both are empty
    where a grain has no such part. `receivers` are the names of the grain receiver.
    """

    grain: str
    snapshot: Snapshot
    size: int
    group: Int32
    row: Int32
    receivers: tuple[str, ...] = ()

    def __getitem__(self, i: int) -> Subject:
        snapshot = self.snapshot
        if self.receivers:
            return Subject(cluster=snapshot.cluster, receiver=self.receivers[i])
        partition = int(snapshot.partitions.partition[self.row[i]]) if self.grain == "partition" else None
        return Subject(
            cluster=snapshot.cluster,
            group=snapshot.groups[self.group[i]].name if len(self.group) else None,
            topic=snapshot.topics.names[int(self.topics(slice(i, i + 1))[0])] if len(self.row) else None,
            partition=partition,
        )

    def topics(self, part: slice = slice(None)) -> Int32:
        """The topic of each subject, as an index of the snapshot's topics; empty if the grain has none."""
        rows = self.row[part]
        return self.snapshot.partitions.topic[rows] if self.grain == "partition" else rows

    def same_as(self, other: "Subjects") -> bool:
        """Whether the same subjects stand in the same places."""
        mine, its = self.snapshot, other.snapshot
        return (
            (self.grain == other.grain and self.size == other.size and self.receivers == other.receivers)
            and _same(self.group, other.group)
            and _same(self.row, other.row)
            and (mine.topics.names == its.topics.names and _same(mine.topics.first, its.topics.first))
            and all(a.name == b.name for a, b in zip(mine.groups, its.groups, strict=False))
            and len(mine.groups) == len(its.groups)
        )


def subjects(view: View, grain: str, receivers: tuple[str, ...] = ()) -> Subjects:
    """The subjects of a grain in a view; those of the grain receiver are given."""
    snapshot = view.snapshot
    group = row = _NOBODY
    if grain == "topic":
        row = np.arange(len(snapshot.topics), dtype=np.int32)
    elif grain == "group":
        group = np.arange(len(snapshot.groups), dtype=np.int32)
    elif grain == "pair":
        group, row = view.pairs.group, view.pairs.topic
    elif grain == "partition":
        group, row = snapshot.commits.group, snapshot.commits.row
    names = receivers if grain == "receiver" else ()
    size = 1 if grain == "cluster" else max(len(group), len(row), len(names))
    return Subjects(grain=grain, snapshot=snapshot, size=size, group=group, row=row, receivers=names)


def origin(old: Subjects, new: Subjects) -> Int64:
    """Where each of the new subjects is among the old ones; NEW where it is not. Both have the same grain."""
    width = int(new.snapshot.topics.first[-1]) + len(new.snapshot.topics) + 1
    group = np.zeros(old.size, dtype=np.int64)
    row = np.zeros(old.size, dtype=np.int64)
    if len(old.group):
        group = named_positions(_group_names(new.snapshot), _group_names(old.snapshot))[old.group]
    if len(old.row):
        topic = named_positions(new.snapshot.topics.names, old.snapshot.topics.names)[old.topics()]
        row = _partition_rows(old, new, topic) if old.grain == "partition" else topic
    its = np.where((group >= 0) & (row >= 0), group * width + row, -1)
    mine = (new.group.astype(np.int64) if len(new.group) else 0) * width + (new.row if len(new.row) else 0)
    return positions(its, np.broadcast_to(np.asarray(mine, dtype=np.int64), (new.size,)))


def _partition_rows(old: Subjects, new: Subjects, topic: Int64) -> Int64:
    """The rows that partitions have in the new partition table; negative where they have none."""
    first, partition = new.snapshot.topics.first, old.snapshot.partitions.partition[old.row]
    there = (topic >= 0) & (first[topic] + partition < first[np.minimum(topic + 1, len(first) - 1)])
    return np.where(there, first[topic] + partition, -1)


class Finder:
    """Finds remembered subjects among those of a poll, and says why one is gone."""

    def __init__(self, view: View, there: Subjects) -> None:
        self._there = there
        self._view = view
        self._groups = _group_names(view.snapshot)

    def find(self, subject: Subject) -> int:
        """Where the subject is; MISSING if it is not there."""
        if subject.receiver is not None:
            return _place(self._there.receivers, subject.receiver)
        if subject.group is None:
            return self._topic(subject) if subject.topic is not None else 0
        g = _place(self._groups, subject.group)
        if g == MISSING or subject.topic is None:
            return g
        row = self._topic(subject)
        if row != MISSING and subject.partition is not None:
            row = int(self._view.snapshot.topics.first[row]) + subject.partition
        begin, end = np.searchsorted(self._there.group, [g, g + 1])
        found = np.flatnonzero(self._there.row[begin:end] == row)
        return int(begin + found[0]) if len(found) else MISSING

    def gone(self, subject: Subject) -> str:
        """Why the subject will not come back, as a sentence without a full stop; empty if it may."""
        if subject.receiver is not None:
            return f"receiver {subject.receiver} is gone"
        if subject.group is not None and _place(self._groups, subject.group) == MISSING:
            return f"group {subject.group} is gone"
        if subject.topic is None:
            return ""
        t = self._topic(subject)
        if t == MISSING:
            return f"topic {subject.topic} is gone"
        first = self._view.snapshot.topics.first
        if subject.partition is not None and subject.partition >= first[t + 1] - first[t]:
            return f"partition {subject.partition} of topic {subject.topic} is gone"
        return self._left(subject, t)

    def _left(self, subject: Subject, t: int) -> str:
        """Whether the group has no commits on the topic any more (as long as they are only missing, the pair stays)."""
        if subject.group is None or not self._view.snapshot.groups[_place(self._groups, subject.group)].known:
            return ""
        pairs = self._view.pairs
        begin, end = np.searchsorted(pairs.group, [(g := _place(self._groups, subject.group)), g + 1])
        there = bool((pairs.topic[begin:end] == t).any())
        return "" if there else f"group {subject.group} has no commits on topic {subject.topic} any more"

    def _topic(self, subject: Subject) -> int:
        return _place(self._view.snapshot.topics.names, subject.topic or "")


def _group_names(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(group.name for group in snapshot.groups)


def _place(names: Sequence[str], name: str) -> int:
    at = bisect_left(names, name)
    return at if at < len(names) and names[at] == name else MISSING


def _same(a: Int32 | Int64, b: Int32 | Int64) -> bool:
    return a is b or np.array_equal(a, b)

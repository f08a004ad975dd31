"""
Which rows and pairs there are, and where each was in the poll before. Pure.

A row is a group's commit on one partition, a pair is a group on a topic. A row that the last poll had and this one lacks is
kept as long as its group cannot be read, and for a while after that (`KEEP_S`): it is unknown, not gone. It goes at once
with its group, its topic or its partition.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.columns import NEW, named_positions, positions
from lagwatch.model.snapshot import UNKNOWN, Group, Int32, Int64, Snapshot, TopicTable

KEEP_S = 900.0
"""How long a row without a commit is kept in a group that can be read; then its commit was deleted or has expired."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """
    The rows, sorted by (group, partition row), and the pairs that they form.

    `commit_group` and `commit_row` are those columns of the snapshot. `live` are the positions of the rows that the
    snapshot has, None if it has them all; `missing_since` says of the others when they were missed first (NaN for live
    rows; None if all are live). The rows of pair i are `first[i]` to `first[i + 1]`, the pairs of group g are
    `group_first[g]` to `group_first[g + 1]`; no pair is empty.
    """

    topics: TopicTable
    groups: tuple[str, ...]
    known: tuple[bool, ...]
    commit_group: Int32
    commit_row: Int32
    group: Int32
    row: Int64
    live: Int64 | None
    missing_since: NDArray[np.float64] | None
    first: Int64
    pair_group: Int32
    pair_topic: Int32
    group_first: Int64

    def __len__(self) -> int:
        return len(self.row)

    def still_holds(self, snapshot: Snapshot) -> bool:
        """Whether this index is the index of that snapshot too; cheap where tables are the very same objects."""
        if self.missing_since is not None and _expired(self, snapshot).any():
            return False
        commits = snapshot.commits
        return (
            same_topics(self.topics, snapshot.topics)
            and self.known == tuple(group.known for group in snapshot.groups)
            and self.groups == tuple(group.name for group in snapshot.groups)
            and _same(self.commit_group, commits.group)
            and _same(self.commit_row, commits.row)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where each partition row, row, pair and group was in the index before; NEW where it was not."""

    partition: Int64
    row: Int64
    pair: Int64
    group: Int64


def build(snapshot: Snapshot, before: Index | None) -> tuple[Index, Origin]:
    """The index of a snapshot, with the rows of the index before that are unknown and not gone."""
    partition, group = _origins(snapshot, before)
    width = max(len(snapshot.partitions), 1)
    live_keys = snapshot.commits.group.astype(np.int64) * width + snapshot.commits.row
    old_keys = _moved_keys(before, partition, group, width)
    lost = _lost(snapshot, before, old_keys, live_keys)
    keys, missing = live_keys, None
    if before is not None and lost.any():
        since = np.full(len(before), snapshot.at) if before.missing_since is None else before.missing_since
        keys = np.concatenate((live_keys, old_keys[lost]))
        missing = np.concatenate((np.full(len(live_keys), np.nan), np.where(np.isnan(since), snapshot.at, since)[lost]))
        order = np.argsort(keys, kind="stable")
        keys, missing = keys[order], missing[order]
    index = _index(snapshot, keys // width, keys % width, missing)
    row = positions(old_keys, keys)
    pairs = _pair_keys(index.pair_group, index.pair_topic, len(snapshot.topics))
    return index, Origin(
        partition=partition, row=row, pair=_old_pairs(before, index, snapshot, pairs, group), group=group
    )


def moved(snapshot: Snapshot, before: Index, after: Index) -> tuple[Int64, Int64]:
    """Where each partition row and each row of the index `after`, which is that of the snapshot, was in the one before."""
    partition, group = _origins(snapshot, before)
    width = max(len(snapshot.partitions), 1)
    old_keys = _moved_keys(before, partition, group, width)
    return partition, positions(old_keys, after.group.astype(np.int64) * width + after.row)


def committed(snapshot: Snapshot, index: Index) -> Int64:
    """The committed offset of each row of the index, UNKNOWN where this poll has none."""
    if index.live is None:
        return snapshot.commits.offset
    offset = np.full(len(index), UNKNOWN, dtype=np.int64)
    offset[index.live] = snapshot.commits.offset
    return offset


def same_topics(a: TopicTable, b: TopicTable) -> bool:
    """Whether two topic tables have the same topics with the same partitions."""
    return a is b or (a.names == b.names and _same(a.first, b.first))


def _same(a: NDArray[np.generic], b: NDArray[np.generic]) -> bool:
    return a is b or np.array_equal(a, b)


def _origins(snapshot: Snapshot, before: Index | None) -> tuple[Int64, Int64]:
    """Where each partition row and each group of the snapshot was before."""
    topics = snapshot.topics
    if before is None:
        return np.full(len(snapshot.partitions), NEW, dtype=np.int64), np.full(
            len(snapshot.groups), NEW, dtype=np.int64
        )
    group = named_positions(before.groups, [g.name for g in snapshot.groups])
    if same_topics(before.topics, topics):
        return np.arange(len(snapshot.partitions)), group
    old_topic = named_positions(before.topics.names, topics.names)
    old_first = np.append(before.topics.first, 0)
    sizes = np.append(np.diff(before.topics.first), 0)
    t, p = snapshot.partitions.topic, snapshot.partitions.partition
    there = (old_topic[t] >= 0) & (p < sizes[old_topic[t]])
    return np.where(there, old_first[old_topic[t]] + p, NEW), group


def _moved_keys(before: Index | None, partition: Int64, group: Int64, width: int) -> Int64:
    """The keys that the old rows have in the new numbering; -1 where their group or partition is gone."""
    if before is None:
        return np.empty(0, dtype=np.int64)
    new_partition = _inverse(partition, int(before.topics.first[-1]))
    new_group = _inverse(group, len(before.groups))
    g, r = new_group[before.group], new_partition[before.row]
    return np.where((g >= 0) & (r >= 0), g * width + r, -1)


def _inverse(origin: Int64, size: int) -> Int64:
    answer = np.full(size, NEW, dtype=np.int64)
    there = origin >= 0
    answer[origin[there]] = np.flatnonzero(there)
    return answer


def _lost(snapshot: Snapshot, before: Index | None, old_keys: Int64, live_keys: Int64) -> NDArray[np.bool_]:
    """Which old rows are kept although the snapshot has no commit there."""
    if before is None or not len(old_keys):
        return np.zeros(0, dtype=np.bool_)
    at = np.minimum(np.searchsorted(live_keys, old_keys), max(len(live_keys) - 1, 0))
    found = live_keys[at] == old_keys if len(live_keys) else np.zeros(len(old_keys), dtype=np.bool_)
    return (old_keys >= 0) & ~found & ~_expired(before, snapshot)


def _expired(index: Index, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Which rows have been missing for too long, in groups that can be read."""
    if index.missing_since is None:
        return np.zeros(len(index), dtype=np.bool_)
    readable = _readable(index, snapshot.groups)
    return (snapshot.at - index.missing_since > KEEP_S) & readable[index.group]


def _readable(index: Index, groups: tuple[Group, ...]) -> NDArray[np.bool_]:
    known = {group.name: group.known for group in groups}
    return np.array([known.get(name, False) for name in index.groups], dtype=np.bool_)


def _index(snapshot: Snapshot, group: Int64, row: Int64, missing: NDArray[np.float64] | None) -> Index:
    topic = snapshot.partitions.topic[row] if len(row) else np.empty(0, dtype=np.int32)
    starts = np.ones(len(row), dtype=np.bool_)
    starts[1:] = (group[1:] != group[:-1]) | (topic[1:] != topic[:-1])
    begins = np.flatnonzero(starts)
    pair_group = group[begins].astype(np.int32)
    return Index(
        topics=snapshot.topics,
        groups=tuple(g.name for g in snapshot.groups),
        known=tuple(g.known for g in snapshot.groups),
        commit_group=snapshot.commits.group,
        commit_row=snapshot.commits.row,
        group=snapshot.commits.group if missing is None else group.astype(np.int32),
        row=row.astype(np.int64),
        live=None if missing is None else np.flatnonzero(np.isnan(missing)),
        missing_since=missing,
        first=np.append(begins, len(row)).astype(np.int64),
        pair_group=pair_group,
        pair_topic=topic[begins].astype(np.int32),
        group_first=np.searchsorted(pair_group, np.arange(len(snapshot.groups) + 1)).astype(np.int64),
    )


def _pair_keys(group: Int64 | Int32, topic: Int64 | Int32, topics: int) -> Int64:
    return np.asarray(group, dtype=np.int64) * max(topics, 1) + topic


def _old_pairs(before: Index | None, index: Index, snapshot: Snapshot, keys: Int64, group: Int64) -> Int64:
    """Where each pair was: by the names of its group and topic."""
    if before is None:
        return np.full(len(index.pair_group), NEW, dtype=np.int64)
    new_topic = named_positions(snapshot.topics.names, before.topics.names)
    new_group = _inverse(group, len(before.groups))
    g, t = new_group[before.pair_group], new_topic[before.pair_topic]
    return positions(np.where((g >= 0) & (t >= 0), _pair_keys(g, t, len(snapshot.topics)), -1), keys)

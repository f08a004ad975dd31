"""One group, partition by partition: what it committed, how far it is behind, and which member owns what. Columns."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int32, Int64, Member, TopicTable
from lagwatch.model.view import View


class MemberLoad(NamedTuple):
    """Parallel columns, one row a member: partitions owned, their known lag (UNKNOWN if none of it is), and how many lack one."""

    partitions: Int64
    lag: Int64
    unknown: Int64


@dataclass(frozen=True, slots=True, eq=False)
class OwnedGroup:
    """
    `rows` are the rows of the partition table on which the group has committed or which a member owns, ascending;
    `committed`, `lag`, `growth`, `time_lag_s`, `time_lag_bound` and `commit` (the row of the commit table, UNKNOWN where nothing
    was committed) are parallel to it.

    `owned` and `owner` have one entry a (partition, member), sorted by partition: an index into `rows`, and one into the
    group's members. In a share group several members may own one partition.
    """

    view: View
    group: Group
    rows: Int64
    committed: Int64
    lag: Int64
    growth: Float64
    time_lag_s: Float64
    time_lag_bound: Bool
    commit: Int64
    owned: Int64
    owner: Int64

    @classmethod
    def of(cls, view: View, index: int) -> Self:
        """The group of this row of the group table."""
        snapshot = view.snapshot
        group = snapshot.groups[index]
        low, high = run_of(snapshot.commits.group, index)
        commit_rows = snapshot.commits.row[low:high].astype(np.int64)
        by_member = [_rows_of(snapshot.topics, member) for member in group.members]
        owned_rows = np.concatenate([np.empty(0, dtype=np.int64), *by_member])
        rows = np.union1d(commit_rows, owned_rows)
        where = np.searchsorted(rows, commit_rows)
        committed, lag = np.full(len(rows), UNKNOWN, dtype=np.int64), np.full(len(rows), UNKNOWN, dtype=np.int64)
        growth, time_lag = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        bound = np.zeros(len(rows), dtype=np.bool_)
        commit = np.full(len(rows), UNKNOWN, dtype=np.int64)
        commit[where] = np.arange(low, high)
        committed[where] = snapshot.commits.offset[low:high]
        lag[where] = view.lag[low:high]
        growth[where] = view.growth[low:high]
        time_lag[where], bound[where] = view.time_lag_s[low:high], view.time_lag_bound[low:high]
        owner = np.repeat(np.arange(len(by_member)), [len(part) for part in by_member])
        order = np.argsort(owned_rows, kind="stable")
        owned = np.searchsorted(rows, owned_rows[order])
        return cls(view, group, rows, committed, lag, growth, time_lag, bound, commit, owned, owner[order])

    def exact(self, at: int) -> bool:
        """Whether the time lag at this index of `rows` is that of the very record."""
        commit = int(self.commit[at])
        return commit >= 0 and bool(self.view.time_lag_exact[commit])

    def owners(self, at: int) -> list[Member]:
        """The members that own the partition at this index of `rows`."""
        low, high = run_of(self.owned, at)
        return [self.group.members[member] for member in self.owner[low:high]]

    def by_member(self) -> MemberLoad:
        """What the members carry."""
        count = len(self.group.members)
        lag = self.lag[self.owned]
        partitions = np.bincount(self.owner, minlength=count)
        unknown = np.bincount(self.owner[lag < 0], minlength=count)
        total = np.zeros(count, dtype=np.int64)
        np.add.at(total, self.owner, np.maximum(lag, 0))
        total[(unknown > 0) & (unknown == partitions)] = UNKNOWN
        return MemberLoad(partitions, total, unknown)


def owners_known(group: Group) -> bool:
    """Whether it is known who owns what."""
    return group.assigned_known and group.member_count != UNKNOWN


def run_of(column: Int32 | Int64, value: int) -> tuple[int, int]:
    """Where a value stands in an ascending column, from and to (the same number if it is not there)."""
    low, high = np.searchsorted(column, np.array((value, value + 1), dtype=column.dtype))
    return int(low), int(high)


def _rows_of(topics: TopicTable, member: Member) -> Int64:
    """The rows of the partition table that the member owns; what is not watched is left out."""
    found = [np.empty(0, dtype=np.int64)]
    for topic, partitions in member.assigned:
        at = bisect_left(topics.names, topic)
        if at < len(topics) and topics.names[at] == topic:
            rows = topics.first[at] + np.array(partitions, dtype=np.int64)
            found.append(rows[rows < topics.first[at + 1]])
    return np.concatenate(found)

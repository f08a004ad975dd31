"""One group as the causes look at it: its members, and each topic that it is behind on with what is known of it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lagwatch.analyze.usual import PREFETCHED, STEADY, ordinary
from lagwatch.model.columns import Array
from lagwatch.model.kinds import LOOPS
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int32, Int64, Member
from lagwatch.model.view import View

MOST_TOPICS = 50
"""So many topics of a group are looked at: those with the most lag."""

STILL = 1 / 5
"""What has not moved for this part of the window of measurement stands still."""

ONE_PARTITION = 2.0
"""A single partition with so many times its ordinary lag is behind, even if the sum over all is ordinary."""

UNOWNED = "which no member owns"

_SETTLED = frozenset({"Stable", "Empty", "Dead"})


@dataclass(frozen=True, eq=False)
class OnTopic:
    """
    The group on one topic (row `pair` of the pair table). Rates are messages a minute, times seconds, NaN where unknown.

    The arrays have one entry a committed partition.
    """

    view: View
    pair: int
    group: Group

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self.view.snapshot.topics.names[int(self.view.pairs.topic[self.pair])]

    def value(self, name: str) -> float:
        """A column of the pair table, by name; NaN where nothing is known."""
        column: Array = getattr(self.view.pairs, name)
        if not len(column):
            return np.nan
        value = float(column[self.pair])
        return np.nan if column.dtype.kind == "i" and value == UNKNOWN else value

    @cached_property
    def rows(self) -> slice:
        """The rows of the commit table."""
        first = self.view.pairs.first
        return slice(int(first[self.pair]), int(first[self.pair + 1]))

    @cached_property
    def at(self) -> Int32:
        """The rows of the partition table."""
        return self.view.snapshot.commits.row[self.rows]

    @cached_property
    def partitions(self) -> Int32:
        """Partition numbers."""
        return self.view.snapshot.partitions.partition[self.at]

    @cached_property
    def committed(self) -> Int64:
        """Committed offsets, UNKNOWN where unknown."""
        return self.view.snapshot.commits.offset[self.rows]

    @cached_property
    def lags(self) -> Int64:
        """Lags, UNKNOWN where unknown."""
        return self.view.lag[self.rows]

    @cached_property
    def frozen(self) -> Int32:
        """For how long there has been lag and no commit that moved."""
        return self.view.frozen_s[self.rows]

    @cached_property
    def growths(self) -> Float64:
        """Growth of each lag."""
        return self.view.growth[self.rows]

    @cached_property
    def comes(self) -> Float64:
        """What each partition takes in."""
        return self.view.produced[self.at] if len(self.view.produced) else np.full(len(self.lags), np.nan)

    @cached_property
    def lag(self) -> float:
        """Messages behind."""
        return self.value("lag")

    @cached_property
    def growth(self) -> float:
        """By how much the lag grows."""
        return self.value("growth")

    @cached_property
    def consumed(self) -> float:
        """How much is read."""
        return self.value("consumed")

    @cached_property
    def produced(self) -> float:
        """How much comes in, on the partitions that the group reads."""
        return self.consumed + self.growth

    @cached_property
    def interval_s(self) -> float:
        """The time between two commits."""
        return self.value("commit_interval_s")

    @property
    def usual_patience_s(self) -> float:
        """What takes longer than this is no mere moment."""
        return patience_s(self.view)

    @cached_property
    def still_s(self) -> float:
        """A commit that has not moved for longer than this stands still."""
        return float(np.fmax(2.0 * self.interval_s, self.usual_patience_s))

    @cached_property
    def stuck(self) -> Bool:
        """The partitions with lag whose commit stands still."""
        patience = np.maximum(self.still_s, self.view.patience_s[self.rows])
        marker = np.isin(np.arange(self.rows.start, self.rows.stop), self.view.residual)
        flags: Bool = (self.lags > 0) & (self.frozen > patience) & ~marker
        if self.group.type == "share" and len(self.view.consumed):
            # Its offset waits for the oldest record in flight, while others behind it are done.
            flags &= ~(self.view.consumed[self.rows] > 0)
        return flags

    @cached_property
    def blocked(self) -> Bool:
        """Stuck partitions on which the group has read all that an open transaction lets it read."""
        stable = self.view.snapshot.partitions.lso[self.at]
        end = self.view.snapshot.partitions.end[self.at]
        # The marker that ends a transaction has an offset of its own, which not every client commits past.
        there = (self.committed >= stable - 1) & (self.committed <= stable)
        flags: Bool = self.stuck & (stable >= 0) & (stable < end) & there
        return flags

    @cached_property
    def owners(self) -> list[Member | None]:
        """Who owns each partition (in a share group one of those who do); None where nobody does, or it is not known."""
        owned = {p: m for m in self.group.members for topic, parts in m.assigned if topic == self.topic for p in parts}
        return [owned.get(partition) for partition in self.partitions.tolist()]

    @cached_property
    def starved(self) -> Bool:
        """
        Stuck partitions of a member that has its hands full with others.

        A client takes records of one partition after the other; one that cannot keep up may come to some of them only after
        minutes. A record that cannot be passed leaves its owner time to keep up with its other partitions.
        """
        flags: Bool = np.zeros(len(self.lags), dtype=np.bool_)
        if not self.stuck.any() or self.stuck.all():
            return flags
        busy = ~self.stuck & (self.lags > self.in_hand)
        ids = [None if owner is None else owner.id for owner in self.owners]
        known = any(each is not None for each in ids)
        full = {ids[row] for row in np.flatnonzero(busy)} - ({None} if known else set())
        flags[:] = [each in full for each in ids]
        return flags & self.stuck

    @property
    def moving(self) -> bool:
        """Whether what is read decides: less than half of the lag is on partitions that stand still for good."""
        return float(self.lags[self.stuck & ~self.starved].sum()) < self.lag / 2

    @cached_property
    def doubtful(self) -> bool:
        """Whether the lag is one message a partition of a quiet topic, which may be the marker of a transaction."""
        idle = float(self.view.topics.idle_s[int(self.view.pairs.topic[self.pair])])
        return bool(self.lags.max(initial=0) == 1 and idle > self.still_s)

    @cached_property
    def behind(self) -> bool:
        """Whether there is more lag than a group that keeps up shows, as far as that can be known."""
        lag = self.lag - np.nan_to_num(self.value("residual_lag"))
        if not lag > 0 or self.value("left_s") >= 0:
            return False
        excess = float(ordinary(np.array(lag), np.array(self.produced), np.array(self.interval_s), self.view.window_s))
        long_enough = not self.value("behind_s") <= self.still_s
        return (not excess <= 1.0 and long_enough) or bool(self.lagging.any())

    @cached_property
    def lagging(self) -> Bool:
        """Partitions that are behind by themselves: with more than is ordinary, and for longer than a moment."""
        late: Float64 = np.full(len(self.lags), np.nan)
        if len(self.view.time_lag_s):
            late = self.view.time_lag_s[self.rows].astype(np.float64)
        flags: Bool = (self.lags > ONE_PARTITION * self.in_hand) & (late > self.still_s)
        return flags

    @cached_property
    def in_hand(self) -> Float64:
        """The lag of each partition that is ordinary; NaN where it is not known what comes."""
        return self.comes / 60.0 * float(np.fmax(2.0 * self.interval_s, PREFETCHED * self.view.window_s))

    @property
    def measured(self) -> bool:
        """Whether it was watched for long enough to know how fast the lag grows."""
        return not np.isnan(self.produced)

    @property
    def direction(self) -> int:
        """Whether the lag grows (1), shrinks (-1) or neither (0, also if that is not known)."""
        if not self.measured or abs(self.growth) <= STEADY * self.produced:
            return 0
        return 1 if self.growth > 0 else -1


@dataclass(frozen=True, eq=False)
class Case:
    """The group of row `index` of the group table."""

    view: View
    index: int
    topics: tuple[OnTopic, ...]
    """The topics that it has not read to the end, or lost records of, or of which that is not known; the most lag first."""

    @classmethod
    def of(cls, view: View, index: int) -> Self:
        """The case of one group."""
        pairs, group = view.pairs, view.snapshot.groups[index]
        first, last = np.searchsorted(pairs.group, (index, index + 1)).tolist()
        part = slice(first, last)
        some = first + np.flatnonzero((pairs.lag[part] != 0) | (pairs.unknown[part] > 0) | (pairs.lost[part] > 0))
        most = some[np.argsort(-pairs.lag[some], kind="stable")][:MOST_TOPICS]
        return cls(view, index, tuple(OnTopic(view, int(pair), group) for pair in most))

    @property
    def group(self) -> Group:
        """The group itself."""
        return self.view.snapshot.groups[self.index]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name or '""'

    @cached_property
    def lag(self) -> int | None:
        """Messages behind on all topics, None if nothing is known of it."""
        lag = int(self.view.groups.lag_sum[self.index])
        return None if lag == UNKNOWN else lag

    @property
    def members(self) -> int:
        """How many members it has, UNKNOWN where that is not known."""
        return self.group.member_count

    @property
    def still_s(self) -> float:
        """What has lasted longer than this is no mere moment."""
        return patience_s(self.view)

    def value(self, name: str) -> float:
        """A float column of the group table, by name."""
        return float(getattr(self.view.groups, name)[self.index])

    @property
    def settled(self) -> bool:
        """Whether it is clear who reads what, as far as is known."""
        return self.group.state is None or self.group.state in _SETTLED

    @property
    def restless(self) -> bool:
        """Whether it rebalances again and again, or does not end to."""
        lasts = not self.settled and self.value("unsettled_s") > self.still_s
        return lasts or self.value("rebalances") > LOOPS

    @property
    def behind(self) -> Iterator[OnTopic]:
        """The topics with more lag than a group that keeps up shows."""
        return (each for each in self.topics if each.behind)

    def share(self, part: float) -> float:
        """What part of the group's lag that is."""
        return min(part / self.lag, 1.0) if self.lag and part > 0 else 0.0

    def owner(self, each: OnTopic, row: int) -> str:
        """Who owns a partition, as a clause for people; "" where that is not known."""
        if not self.group.assigned_known or self.members <= 0:
            return ""
        member = each.owners[row]
        if member is None:
            return UNOWNED
        return f"owned by {called(member)}" if called(member) else ""


def patience_s(view: View) -> float:
    """What takes longer than this, seconds, is no mere moment: a part of the window, and two polls."""
    return float(np.fmax(STILL * view.window_s, 2.0 * view.step_s))


def called(member: Member) -> str:
    """A member as people find it: client id and host, or at least its id; "" of one that only a trace knows."""
    host = member.host.removeprefix("/")
    return (member.client_id or member.id) + (f" on {host}" if host else "")

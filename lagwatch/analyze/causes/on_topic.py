"""A group on one topic as the causes look at it: its lag, partition by partition, and what is ordinary there. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lagwatch.analyze.usual import PREFETCHED, STEADY, ordinary
from lagwatch.model.columns import Array
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int32, Int64, Member
from lagwatch.model.view import View

STILL = 1 / 5
"""What has not moved for this part of the window of measurement stands still."""

ONE_PARTITION = 2.0
"""A single partition with so many times its ordinary lag is behind, even if the sum over all is ordinary."""


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
        return self.view.growth[self.rows].astype(np.float64)

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
        return float(np.maximum(self.consumed + self.growth, 0.0))

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

    @property
    def blocked(self) -> Bool:
        """Stuck partitions on which the group has read all that an open transaction lets it read."""
        flags: Bool = self.stuck & self.held
        return flags

    @cached_property
    def held(self) -> Bool:
        """Partitions read up to the last stable offset, which is below the end: by a committed reader, or by chance."""
        stable = self.view.snapshot.partitions.lso[self.at]
        end = self.view.snapshot.partitions.end[self.at]
        # The marker that ends a transaction has an offset of its own, which not every client commits past.
        there = (self.committed >= stable - 1) & (self.committed <= stable)
        flags: Bool = (self.lags > 0) & (stable >= 0) & (stable < end) & there
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
        busy = ~self.stuck & (self.lags > 0) & ~(self.lags <= self.in_hand)  # also where it is not known what comes
        ids = [None if owner is None else owner.id for owner in self.owners]
        known = any(each is not None for each in ids)
        full = {ids[row] for row in np.flatnonzero(busy)} - ({None} if known else set())
        flags[:] = [each in full for each in ids]
        return flags & self.stuck

    @cached_property
    def waits(self) -> Bool:
        """Partitions whose lag says nothing of how much is read: they stand still for good, or a transaction holds them."""
        flags: Bool = (self.stuck & ~self.starved) | self.held
        return flags

    @property
    def moving(self) -> bool:
        """Whether what is read decides: less than half of the lag is on partitions that wait."""
        return float(self.lags[self.waits].sum()) < self.lag / 2

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
        """Whether it is known how fast the lag grows: on all partitions, for long enough, with some commits that moved."""
        commits = self.group.type == "share" or not np.isnan(self.interval_s)
        return self.whole and commits and not np.isnan(self.produced)

    @property
    def whole(self) -> bool:
        """Whether the lag of every partition is known: speeds of some cannot be compared with what is usual for all."""
        return not self.value("unknown") > 0

    @property
    def direction(self) -> int:
        """Whether the lag grows (1), shrinks (-1) or neither (0, also if that is not known)."""
        one_message = 60.0 / self.view.window_s
        if not self.measured or abs(self.growth) <= max(STEADY * self.produced, one_message):
            return 0
        return 1 if self.growth > 0 else -1


def patience_s(view: View) -> float:
    """What takes longer than this, seconds, is no mere moment: a part of the window, and two polls."""
    return float(np.fmax(STILL * view.window_s, 2.0 * view.step_s))

"""Members, rebalances, and topics that a live group has left. Bounded history. Pure."""

from collections import deque
from collections.abc import Mapping

import numpy as np

from lagwatch.analyze.index import Index
from lagwatch.analyze.turnover import Turnover
from lagwatch.model.columns import Array, entry, followed
from lagwatch.model.snapshot import Bool, Float64, Group, Int32, Int64, Snapshot
from lagwatch.model.turnover import Return

REBALANCES_S = 900.0
"""Rebalances are counted over this time."""

_RESTING = frozenset({"Stable", "Empty", "Dead"})
"""The states in which a group of any type has nothing to sort out."""


class GroupHistory:
    """When each group last had members, was last at rest, and its recent rebalances; one entry a group of the index."""

    def __init__(self) -> None:
        self._had_members: Float64 = np.empty(0)
        self._at_rest: Float64 = np.empty(0)
        self._epochs: dict[str, int] = {}
        self._rebalances: dict[str, deque[float]] = {}
        self._totals: dict[str, int] = {}
        self._turnover = Turnover()

    def kept(self) -> dict[str, Array]:
        """What outlives a restart: who was seen with members, and at rest."""
        return {"had_members": self._had_members.copy(), "at_rest": self._at_rest.copy()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many groups; raises ValueError."""
        groups = (len(self._had_members),)
        had_members, at_rest = (entry(columns, name, groups, np.float64) for name in ("had_members", "at_rest"))
        self._had_members, self._at_rest = had_members, at_rest

    def follow(self, origin: Int64, at: float) -> None:
        """Groups have moved."""
        self._had_members = followed(self._had_members, origin, -np.inf)
        self._at_rest = followed(self._at_rest, origin, at)

    def add(self, snapshot: Snapshot) -> None:
        """Take in the groups of a poll."""
        at, groups = snapshot.at, snapshot.groups
        self._had_members[[g.member_count > 0 for g in groups]] = at
        rests = np.array([g.state in _RESTING for g in groups], dtype=np.bool_)
        # Where Kafka counts epochs, these are the rebalances.
        unsettled = np.array([g.state is not None and g.epoch is None for g in groups], dtype=np.bool_) & ~rests
        for g in np.flatnonzero(unsettled & (self._at_rest > at - REBALANCES_S)):
            if self._rested_before(groups[g].name, at, float(self._at_rest[g])):
                self._count(groups[g].name, at)
        self._count_epochs(groups, at)
        self._count_members(snapshot, rests)
        self._at_rest[rests] = at
        self._forget({g.name for g in groups}, at)

    def _rested_before(self, name: str, at: float, rested: float) -> bool:
        """Whether an unrest that is seen now has begun since the last one that was counted."""
        counted = self._rebalances.get(name)
        return not counted or counted[-1] < rested <= at

    def _count_epochs(self, groups: tuple[Group, ...], at: float) -> None:
        epochs = {g.name: g.epoch for g in groups if g.epoch is not None}
        for name, epoch in epochs.items():
            if self._epochs.get(name, epoch) != epoch:
                self._count(name, at)
        self._epochs.update(epochs)

    def _count_members(self, snapshot: Snapshot, rests: Bool) -> None:
        """Members that changed between two polls in which the group was at rest: it rebalanced, and nobody saw it."""
        position = {group.name: g for g, group in enumerate(snapshot.groups)}
        for name in self._turnover.add(snapshot):
            g = position[name]
            counted = self._rebalances.get(name)
            if rests[g] and snapshot.groups[g].member_count and not (counted and counted[-1] >= self._at_rest[g]):
                self._count(name, snapshot.at)

    def _count(self, name: str, at: float) -> None:
        self._rebalances.setdefault(name, deque()).append(at)
        self._totals[name] = self._totals.get(name, 0) + 1

    def _forget(self, there: set[str], at: float) -> None:
        for memory in (self._epochs, self._totals):
            for name in memory.keys() - there:
                del memory[name]
        for name in list(self._rebalances):
            while self._rebalances[name] and self._rebalances[name][0] < at - REBALANCES_S:
                self._rebalances[name].popleft()
            if not self._rebalances[name] or name not in there:
                del self._rebalances[name]

    def members_gone_s(self, snapshot: Snapshot) -> Float64:
        """Seconds since each group had members: 0 while it has, inf if it never had any, NaN where that is unknown."""
        gone: Float64 = snapshot.at - self._had_members
        gone[[g.member_count < 0 for g in snapshot.groups]] = np.nan
        return gone

    def unsettled_s(self, snapshot: Snapshot) -> Float64:
        """Seconds since each group was last at rest, NaN where its state is unknown."""
        unsettled: Float64 = snapshot.at - self._at_rest
        unsettled[[g.state is None for g in snapshot.groups]] = np.nan
        return unsettled

    def rebalances(self, snapshot: Snapshot) -> Float64:
        """How often each group was seen to rebalance in the last quarter of an hour, NaN where its state is unknown."""
        return self._by_group(snapshot, {name: len(times) for name, times in self._rebalances.items()})

    def rebalances_total(self, snapshot: Snapshot) -> Float64:
        """How often each group was seen to rebalance since it was first seen, NaN where its state is unknown."""
        return self._by_group(snapshot, self._totals)

    def returns(self) -> Mapping[str, tuple[Return, ...]]:
        """Members that left and came back in the last quarter of an hour, by group."""
        return self._turnover.returns()

    def _by_group(self, snapshot: Snapshot, numbers: Mapping[str, int]) -> Float64:
        counts = [np.nan if group.state is None else numbers.get(group.name, 0) for group in snapshot.groups]
        return np.array(counts, dtype=np.float64)


class LeftTopics:
    """Since when each pair is one that its live group does not consume any more; NaN where it does."""

    def __init__(self) -> None:
        self._since: Float64 = np.empty(0)

    def follow(self, origin: Int64) -> None:
        """Pairs have moved."""
        self._since = followed(self._since, origin, np.nan)

    def add(self, snapshot: Snapshot, index: Index, lag: Int64, frozen_s: Int32) -> Float64:
        """
        Seconds since each pair was left; NaN where it was not.

        A topic is left when its commits stand still while the group has members, is stable, and no member owns a partition
        of it. That stays so until a commit moves or a member owns one again: a group that dies later took nothing up again.
        """
        stands = (lag > 0) & (frozen_s > 0)
        self._since[~stands] = np.nan
        candidates = np.flatnonzero(stands)
        groups = index.pair_group[candidates]
        for g in np.unique(groups):
            group = snapshot.groups[g]
            if group.state != "Stable" or group.member_count <= 0 or not group.assigned_known:
                continue
            pairs = candidates[groups == g]
            owned = {part.topic for member in group.members for part in member.assigned if part.partitions}
            left = np.array([snapshot.topics.names[t] not in owned for t in index.pair_topic[pairs]])
            since = self._since[pairs]
            self._since[pairs] = np.where(left, np.where(np.isnan(since), snapshot.at, since), np.nan)
        return snapshot.at - self._since

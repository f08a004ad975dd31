"""
What is derived from one snapshot and the history before it. Pure.

A View has three grains, each a set of columns: per commit row (group x partition), per pair (group x topic), per group.
Integer columns hold UNKNOWN (-1) and float columns NaN where a value is not known.
"""

from dataclasses import dataclass, field

import numpy as np

from lagwatch.model.snapshot import Bool, Float64, Int32, Int64, Snapshot


def _none() -> Float64:
    return np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTable:
    """
    One row a (group, topic) with at least one commit, sorted by group, then topic.

    `first` has one entry more than there are pairs: the commit rows of pair i are `first[i]` to `first[i + 1]`.
    `lag` sums the partitions whose lag is known; with `unknown` > 0 of the pair's partitions unknown it is a lower bound
    (and UNKNOWN if none is known). `max_lag` is the largest known lag of one partition. `growth` is messages per minute,
    NaN where it cannot be known. A group that could not be read in this poll keeps the pairs it was last seen with; every
    value of theirs is then UNKNOWN / NaN. The same holds for a partition whose commit is missing all of a sudden.
    `produced` is what the topic takes in, messages per minute (NaN where unknown). `commit_interval_s` is the usual time
    between two commits (NaN until it was seen), `patience_s` how long a condition must hold before it says something.
    """

    group: Int32
    topic: Int32
    first: Int64
    lag: Int64
    max_lag: Int64
    unknown: Int64
    growth: Float64
    produced: Float64 = field(default_factory=_none)
    commit_interval_s: Float64 = field(default_factory=_none)
    patience_s: Float64 = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupTable:
    """One row a group, parallel to `Snapshot.groups`: lag summed over its topics, the largest lag of one partition, growth."""

    lag_sum: Int64
    lag_max: Int64
    unknown: Int64
    growth: Float64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """
    One snapshot and what follows from it.

    `lag` (messages) and `growth` (messages per minute) are parallel to `snapshot.commits`. `under_replicated`, `offline`
    and `under_min_isr` are one flag a partition row; `under_min_isr_known` is False where min.insync.replicas is unknown.
    """

    snapshot: Snapshot
    lag: Int64
    growth: Float64
    pairs: PairTable
    groups: GroupTable
    under_replicated: Bool
    offline: Bool
    under_min_isr: Bool
    under_min_isr_known: Bool

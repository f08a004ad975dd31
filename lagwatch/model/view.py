"""
What is derived from one snapshot and the history before it. Pure.

A View has three grains, each a set of columns: per commit row (group x partition), per pair (group x topic), per group.
Integer columns hold UNKNOWN (-1) and float columns NaN where a value is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.burrow import Burrow
from lagwatch.model.health import Health
from lagwatch.model.snapshot import Bool, Float64, Int32, Int64, Snapshot
from lagwatch.model.turnover import Return

Float32 = NDArray[np.float32]


def _none() -> Float64:
    return np.empty(0)


def _no_flags() -> Bool:
    return np.empty(0, dtype=np.bool_)


def _no_numbers() -> Int64:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTable:
    """
    One row a (group, topic) with at least one commit, sorted by group, then topic.

    `first` has one entry more than there are pairs: the commit rows of pair i are `first[i]` to `first[i + 1]`.
    `lag` sums the partitions whose lag is known; with `unknown` > 0 of the pair's partitions unknown it is a lower bound
    (and UNKNOWN if none is known). `max_lag` is the largest known lag of one partition. `growth` is messages per minute,
    NaN where it cannot be known. A group that could not be read in this poll keeps the pairs it was last seen with; every
    value of theirs is then UNKNOWN / NaN. The same holds for a partition whose commit is missing all of a sudden.

    `height` is the lag, smoothed, as a part of the highest in the hour before: more than 1 is a new high, less may be a swing.
    `commit_interval_s` is the usual time between two commits (NaN until it was seen), `patience_s` how long a condition must
    hold before it says something (NaN: not known yet), `frozen_s` how long there has been lag and no commit that moved.
    `unread_share` is the unread share of the retained log on the worst partition, `retained_share` the same as far as it is at
    stake (0 where nothing is deleted, or hardly anything is unread), `loss_in_s`
    the time until unread records are deleted (inf: not in sight), `lost` the messages that were deleted unread in the last
    quarter of an hour, `lost_total` since the pair was first seen. `active_s` is the time since the group had members or a
    commit of it moved (inf: neither was seen). `rewound` is by how many messages the group is behind where it has been.
    `left_s` is the time since the live group has not consumed the topic any more (NaN: it does).

    `time_lag_s` is the time since the next unread record was appended, of the worst partition, `time_lag_typical_s` the
    median of the partitions; where `time_lag_bound` is set the worst may be more than that (a lower bound); markers are no
    records. `consumed` is how many messages a minute the commits move on, `slowest_growth` the growth of the partition that
    grows most. A backlog is more lag than is ordinary for a group that keeps up (twice what comes between two commits):
    `behind_s` is the time since the pair last was without one (0 without; it is not older than the first poll of the pair),
    `drain_s` the time until it is read at the present speeds (0 without one, or while it is no older than the time between
    two commits; inf while it does not shrink, or while one of its partitions is not read at all). `member_peak` is the most
    messages a minute that one member read lately (see `View.peaks_s`), `member_peak_behind` the most while there was a
    backlog: so much it can read. `residual_lag` is the part of the lag that looks like transaction markers, with nothing to
    read (0 if none does): it makes no backlog. `stable_lag` is the lag to the last stable offset (what a read_committed
    consumer can read now), `open_lag` the rest of the lag, which open transactions hold back; both over the partitions
    where lag and last stable offset are known. `usual` is how many messages a minute the topic took in while the group kept
    up, lately: so much the group can read.
    """

    group: Int32
    topic: Int32
    first: Int64
    lag: Int64
    max_lag: Int64
    unknown: Int64
    growth: Float64
    height: Float64 = field(default_factory=_none)
    commit_interval_s: Float64 = field(default_factory=_none)
    patience_s: Float64 = field(default_factory=_none)
    frozen_s: Float64 = field(default_factory=_none)
    unread_share: Float64 = field(default_factory=_none)
    retained_share: Float64 = field(default_factory=_none)
    loss_in_s: Float64 = field(default_factory=_none)
    lost: Float64 = field(default_factory=_none)
    lost_total: Float64 = field(default_factory=_none)
    active_s: Float64 = field(default_factory=_none)
    rewound: Float64 = field(default_factory=_none)
    left_s: Float64 = field(default_factory=_none)
    time_lag_s: Float64 = field(default_factory=_none)
    time_lag_typical_s: Float64 = field(default_factory=_none)
    time_lag_bound: Bool = field(default_factory=_no_flags)
    consumed: Float64 = field(default_factory=_none)
    slowest_growth: Float64 = field(default_factory=_none)
    drain_s: Float64 = field(default_factory=_none)
    behind_s: Float64 = field(default_factory=_none)
    stable_lag: Int64 = field(default_factory=_no_numbers)
    open_lag: Int64 = field(default_factory=_no_numbers)
    residual_lag: Int64 = field(default_factory=_no_numbers)
    member_peak: Float64 = field(default_factory=_none)
    member_peak_behind: Float64 = field(default_factory=_none)
    usual: Float64 = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupTable:
    """
    One row a group, parallel to `Snapshot.groups`: lag summed over its topics, the largest lag of one partition, growth.

    `members_gone_s` is the time since it had members (0 while it has, inf if it was never seen with any), `unsettled_s` since
    it was at rest (stable or empty), `rebalances` how often it rebalanced in the last quarter of an hour (`rebalances_total`:
    since it was first seen), as far as states, epochs and members' ids show; NaN where unknown. `time_lag_s` is the worst of
    its topics (a lower bound where `time_lag_bound` is set), `consumed` messages a minute over all of them, `drain_s` the
    longest that one of them needs (those that the group has left do not count; inf if one is never drained), `loss_in_s` the time
    until unread records of one of them are deleted (inf: not in sight).
    """

    lag_sum: Int64
    lag_max: Int64
    unknown: Int64
    growth: Float64
    members_gone_s: Float64 = field(default_factory=_none)
    unsettled_s: Float64 = field(default_factory=_none)
    rebalances: Float64 = field(default_factory=_none)
    rebalances_total: Float64 = field(default_factory=_none)
    time_lag_s: Float64 = field(default_factory=_none)
    time_lag_bound: Bool = field(default_factory=_no_flags)
    consumed: Float64 = field(default_factory=_none)
    drain_s: Float64 = field(default_factory=_none)
    loss_in_s: Float64 = field(default_factory=_none)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopicFacts:
    """
    One row a topic, NaN where unknown: `produced` messages a minute, `idle_s` since it last took a record in, `lso_held_s` for
    how long the last stable offset of one of its partitions has stood still below the end of the log. `transactional` are the
    topics on which an open transaction was seen (others may have transactions that are too short to be seen by a poll).
    `produced_skew` is what the partition that takes in most takes in, as a multiple of the mean (1: all alike).
    `produced_peak` is the most that the topic took in lately (see `View.peaks_s`).
    """

    produced: Float64 = field(default_factory=_none)
    idle_s: Float64 = field(default_factory=_none)
    lso_held_s: Float64 = field(default_factory=_none)
    transactional: Bool = field(default_factory=_no_flags)
    produced_skew: Float64 = field(default_factory=_none)
    produced_peak: Float64 = field(default_factory=_none)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """
    One snapshot and what follows from it.

    `lag` (messages) and `growth` (messages per minute) are parallel to `snapshot.commits`; so are `frozen_s` (how long there
    has been lag and no commit that moved) and `patience_s` (see PairTable), in seconds. `under_replicated`, `offline` and
    `under_min_isr` are one flag a partition row; `under_min_isr_known` is False where min.insync.replicas is unknown.
    `brokers_missing` counts the brokers that hold replicas, or were there within the last hour, and are not up.
    `time_lag_s`, `time_lag_bound`, `time_lag_exact` (the record itself was asked) and `consumed` (messages a minute by
    which the commit moves on, a slope over the window of growth; NaN too for a commit outside of the log) are parallel to
    `snapshot.commits` (see PairTable), `produced` (messages a minute) to `snapshot.partitions`. `window_s` is the time over
    which speeds are measured. `residual` are the positions of the commits whose lag looks like transaction markers,
    ascending. `returned` are the members that left their group and came back in the last quarter of an hour, by group;
    groups without any are not in it.
    `peaks_s` is the time in which peaks were looked for, a day at most.
    `burrow` is what Burrow would know of the cluster, None where nobody asked. `health` says how well the cluster is.
    """

    snapshot: Snapshot
    lag: Int64
    growth: Float32
    pairs: PairTable
    groups: GroupTable
    under_replicated: Bool
    offline: Bool
    under_min_isr: Bool
    under_min_isr_known: Bool
    topics: TopicFacts = field(default_factory=TopicFacts)
    frozen_s: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    patience_s: Float32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    brokers_missing: int = 0
    time_lag_s: Float32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    time_lag_bound: Bool = field(default_factory=_no_flags)
    time_lag_exact: Bool = field(default_factory=_no_flags)
    consumed: Float32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    produced: Float64 = field(default_factory=_none)
    residual: Int64 = field(default_factory=_no_numbers)
    peaks_s: float = 0.0
    returned: Mapping[str, tuple[Return, ...]] = field(default_factory=dict)
    window_s: float = 300.0
    burrow: Burrow | None = None
    health: Health | None = None
    step_s: float = float("nan")

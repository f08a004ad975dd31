"""From a snapshot and the history to the View. Pure."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagwatch.analyze.history import History, Rows
from lagwatch.analyze.index import Index
from lagwatch.analyze.losses import outlook, unread_share
from lagwatch.analyze.markers import residue
from lagwatch.analyze.placement import placement
from lagwatch.analyze.rates import Backlog, drain_s, longest, open_lag, soonest, stuck
from lagwatch.analyze.timelag import typical, worst
from lagwatch.analyze.usual import keeps_up
from lagwatch.model.columns import segments, sums
from lagwatch.model.snapshot import UNKNOWN, Float64, Int64, Snapshot
from lagwatch.model.view import GroupTable, PairTable, TopicFacts, View

LONGEST_PATIENCE_S = 3600.0
"""However rarely a group commits, an alert does not wait longer than this."""


def view(history: History, snapshot: Snapshot) -> View:
    """Take the snapshot into the history, and say what follows from both."""
    seen, snapshot = snapshot, history.steady(snapshot)
    index, rows = history.advance(snapshot)
    topics = history.topics.facts(snapshot, rows.speeds)
    markers = residue(
        snapshot, index, rows.lag, rows.frozen_s, topics.transactional, history.topics.idle_s(snapshot.at)
    )
    # Markers are nothing to read: nobody waits for them.
    rows.time_lag.seconds[markers], rows.time_lag.bound[markers] = 0.0, False
    history.time_lags.pass_over(markers, snapshot.at)
    pairs = _pairs(history, snapshot, index, rows, topics, markers)
    topics, pairs = _peaks(history, snapshot, index, topics, pairs)
    placed = placement(snapshot)
    missing = history.brokers.missing(snapshot)
    live = slice(None) if index.live is None else index.live
    return View(
        snapshot=seen,
        lag=rows.lag[live],
        growth=rows.growth[live].astype(np.float32),
        consumed=rows.consumed[live].astype(np.float32),
        produced=rows.speeds.end,
        residual=markers if index.live is None else np.searchsorted(index.live, markers),
        frozen_s=rows.frozen_s[live],
        patience_s=_twice(history.row_cadence.interval_s(live)),
        pairs=pairs,
        groups=_groups(history, snapshot, index, pairs),
        topics=topics,
        under_replicated=placed.under_replicated,
        offline=placed.offline,
        under_min_isr=placed.under_min_isr,
        under_min_isr_known=placed.under_min_isr_known,
        returned=history.groups.returns(),
        brokers_missing=missing,
        health=history.health.health(
            seen, placed, produced=rows.speeds.end, lso_held_s=topics.lso_held_s, missing=missing
        ),
        window_s=history.window_s,
        step_s=history.step_s,
        peaks_s=history.peaks.over_s(snapshot.at),
        time_lag_s=rows.time_lag.seconds[live],
        time_lag_bound=rows.time_lag.bound[live],
        time_lag_exact=rows.time_lag.exact[live],
    )


def _pairs(
    history: History, snapshot: Snapshot, index: Index, rows: Rows, topics: TopicFacts, markers: Int64
) -> PairTable:
    known = rows.lag >= 0
    lag = sums(known, rows.lag, index.first, UNKNOWN)
    unknown = segments(np.add, (~known).astype(np.int64), index.first, 0)
    dark = lag == UNKNOWN
    interval = history.pair_cadence.interval_s()
    frozen = history.pair_cadence.frozen_s(snapshot.at)
    residual = np.zeros(len(lag), dtype=np.int64)
    np.add.at(residual, np.searchsorted(index.first, markers, side="right") - 1, rows.lag[markers])
    speed = _speeds(history, snapshot, index, rows, topics, lag=lag - residual, unknown=unknown, interval=interval)
    stable, held = open_lag(index, snapshot.partitions, rows.lag, lag)
    time_lag, at_least = worst(rows.time_lag.seconds, rows.time_lag.bound, index.first)
    share, seconds = outlook(index, snapshot, rows.offset, rows.lag, rows.growth, rows.speeds)
    return PairTable(
        group=index.pair_group,
        topic=index.pair_topic,
        first=_live_first(index),
        lag=lag,
        max_lag=segments(np.maximum, rows.lag, index.first, UNKNOWN),
        unknown=unknown,
        height=history.swings.add(snapshot.at, lag, unknown == 0, rows.anew),
        growth=speed.growth,
        consumed=speed.consumed,
        slowest_growth=segments(np.fmax, rows.growth, index.first, np.nan),
        drain_s=speed.drain_s,
        behind_s=speed.behind_s,
        stable_lag=stable,
        open_lag=held,
        residual_lag=residual,
        usual=_usual(history, snapshot.at, lag - residual, unknown, interval, speed),
        commit_interval_s=interval,
        patience_s=_patience(snapshot, index, lag, topics.produced, interval),
        frozen_s=np.where(dark, np.nan, frozen),
        unread_share=unread_share(index, snapshot.partitions, rows.lag),
        retained_share=np.where(dark, np.nan, share),
        loss_in_s=np.where(dark, np.nan, seconds),
        lost=rows.lost,
        lost_total=history.losses.total,
        active_s=np.fmin(
            history.groups.members_gone_s(snapshot)[index.pair_group],
            np.where(history.pair_cadence.seen_to_move(), frozen, np.inf),
        ),
        rewound=rows.rewound,
        left_s=history.left.add(snapshot, index, lag, frozen),
        time_lag_s=time_lag,
        time_lag_typical_s=typical(rows.time_lag.seconds, index.first),
        time_lag_bound=(at_least | (unknown > 0)) & ~dark,
    )


def _groups(history: History, snapshot: Snapshot, index: Index, pairs: PairTable) -> GroupTable:
    first = index.group_first
    read = np.isnan(pairs.left_s)
    may_be_more = (pairs.time_lag_bound | (pairs.unknown > 0)) & read
    time_lag, at_least = worst(np.where(read, pairs.time_lag_s, 0.0), may_be_more, first)
    return GroupTable(
        lag_sum=sums(pairs.lag >= 0, pairs.lag, first, UNKNOWN),
        lag_max=segments(np.maximum, pairs.max_lag, first, UNKNOWN),
        unknown=segments(np.add, pairs.unknown, first, 0),
        growth=sums(~np.isnan(pairs.growth), pairs.growth, first, np.nan),
        members_gone_s=history.groups.members_gone_s(snapshot),
        unsettled_s=history.groups.unsettled_s(snapshot),
        rebalances=history.groups.rebalances(snapshot),
        rebalances_total=history.groups.rebalances_total(snapshot),
        consumed=sums(~np.isnan(pairs.consumed), pairs.consumed, first, np.nan),
        drain_s=longest(np.where(read, pairs.drain_s, 0.0), first),
        loss_in_s=soonest(pairs.loss_in_s, first),
        time_lag_s=time_lag,
        time_lag_bound=at_least & ~np.isnan(time_lag),
    )


def _peaks(
    history: History, snapshot: Snapshot, index: Index, topics: TopicFacts, pairs: PairTable
) -> tuple[TopicFacts, PairTable]:
    """The same with their peaks."""
    peak = history.peaks.add(snapshot, index, topics.produced, pairs.consumed, pairs.behind_s, pairs.commit_interval_s)
    topics = replace(topics, produced_peak=peak.produced)
    return topics, replace(pairs, member_peak=peak.member, member_peak_behind=peak.member_behind)


class _Speeds(NamedTuple):
    """Columns of the pairs; see PairTable."""

    growth: Float64
    consumed: Float64
    behind_s: Float64
    drain_s: Float64


def _speeds(
    history: History,
    snapshot: Snapshot,
    index: Index,
    rows: Rows,
    topics: TopicFacts,
    *,
    lag: Int64,
    unknown: Int64,
    interval: Float64,
) -> _Speeds:
    """How the backlog of each pair goes."""
    growth = sums(~np.isnan(rows.growth), rows.growth, index.first, np.nan)
    consumed = sums(~np.isnan(rows.consumed), rows.consumed, index.first, np.nan)
    produced = growth + consumed
    produced = np.where(np.isnan(produced), topics.produced[index.pair_topic], produced)
    backlog = Backlog(
        lag=lag,
        unknown=unknown,
        growth=growth,
        produced=produced,
        interval_s=interval,
        stuck=stuck(index, rows.lag, rows.frozen_s, history.row_cadence, history.window_s),
        window_s=history.window_s,
    )
    behind = history.backlogs.add(snapshot.at, backlog)
    return _Speeds(growth, consumed, behind, drain_s(backlog, behind))


def _usual(history: History, at: float, lag: Int64, unknown: Int64, interval: Float64, speed: _Speeds) -> Float64:
    produced = speed.consumed + speed.growth
    up = keeps_up(lag, produced, speed.growth, interval, history.window_s)
    return history.usual.add(at, produced, up & (lag >= 0) & (unknown == 0))


def _live_first(index: Index) -> Int64:
    """The bounds of the pairs in the snapshot's own commit table."""
    return index.first if index.live is None else np.searchsorted(index.live, index.first).astype(np.int64)


def _patience(snapshot: Snapshot, index: Index, lag: Int64, produced: Float64, interval: Float64) -> Float64:
    """
    For how long a condition must hold at least, before it says something about a pair.

    Twice the interval between its commits. As long as no interval was seen, a group with members may be one that commits
    rarely; unless it is further behind than such a group would be. NaN until it is known what the topic takes in.
    """
    members = np.array([group.member_count for group in snapshot.groups], dtype=np.int64)
    far_behind = lag > produced[index.pair_topic] * (LONGEST_PATIENCE_S / 60.0)
    unsure = np.isnan(interval) & (members[index.pair_group] != 0) & ~far_behind
    patience = np.where(unsure, LONGEST_PATIENCE_S, _twice(interval)).astype(np.float64)
    patience[unsure & np.isnan(produced[index.pair_topic])] = np.nan
    return patience


def _twice(interval: Float64) -> NDArray[np.float32]:
    return np.minimum(2.0 * np.nan_to_num(interval), LONGEST_PATIENCE_S).astype(np.float32)

"""From a snapshot and the history to the View. Pure."""

import numpy as np

from lagwatch.analyze.columns import segments, sums
from lagwatch.analyze.history import History, Rows
from lagwatch.analyze.index import Index
from lagwatch.analyze.placement import placement
from lagwatch.model.snapshot import UNKNOWN, Float64, Int64, Snapshot
from lagwatch.model.view import GroupTable, PairTable, View

LONGEST_PATIENCE_S = 3600.0
"""However rarely a group commits, an alert does not wait longer than this."""


def view(history: History, snapshot: Snapshot) -> View:
    """Take the snapshot into the history, and say what follows from both."""
    index, rows = history.advance(snapshot)
    pairs = _pairs(history, snapshot, index, rows)
    placed = placement(snapshot)
    live = slice(None) if index.live is None else index.live
    return View(
        snapshot=snapshot,
        lag=rows.lag[live],
        growth=rows.growth[live],
        pairs=pairs,
        groups=_groups(index, pairs),
        under_replicated=placed.under_replicated,
        offline=placed.offline,
        under_min_isr=placed.under_min_isr,
        under_min_isr_known=placed.under_min_isr_known,
    )


def _pairs(history: History, snapshot: Snapshot, index: Index, rows: Rows) -> PairTable:
    known, grows = rows.lag >= 0, ~np.isnan(rows.growth)
    lag = sums(known, rows.lag, index.first, UNKNOWN)
    interval = history.pair_cadence.interval_s()
    produced = _produced(history, snapshot)[index.pair_topic] if len(index.pair_topic) else np.empty(0)
    return PairTable(
        group=index.pair_group,
        topic=index.pair_topic,
        first=_live_first(index),
        lag=lag,
        max_lag=segments(np.maximum, rows.lag, index.first, UNKNOWN),
        unknown=segments(np.add, (~known).astype(np.int64), index.first, 0),
        growth=sums(grows, rows.growth, index.first, np.nan),
        produced=produced,
        commit_interval_s=interval,
        patience_s=_patience(snapshot, index, lag, produced, interval),
    )


def _groups(index: Index, pairs: PairTable) -> GroupTable:
    first = index.group_first
    unread = np.array([not known for known in index.known], dtype=np.bool_)
    blank = unread | (first[1:] == first[:-1])
    return GroupTable(
        lag_sum=np.where(blank, UNKNOWN, sums(pairs.lag >= 0, pairs.lag, first, UNKNOWN)),
        lag_max=segments(np.maximum, pairs.max_lag, first, UNKNOWN),
        unknown=segments(np.add, pairs.unknown, first, 0),
        growth=sums(~np.isnan(pairs.growth), pairs.growth, first, np.nan),
    )


def _live_first(index: Index) -> Int64:
    """The bounds of the pairs in the snapshot's own commit table."""
    return index.first if index.live is None else np.searchsorted(index.live, index.first).astype(np.int64)


def _produced(history: History, snapshot: Snapshot) -> Float64:
    """Messages a minute that each topic takes in; NaN where it is known of no partition."""
    rate = history.produced.per_minute()
    return sums(~np.isnan(rate), rate, snapshot.topics.first, np.nan)


def _patience(snapshot: Snapshot, index: Index, lag: Int64, produced: Float64, interval: Float64) -> Float64:
    """
    For how long a condition must hold at least, before it says something about a pair.

    Twice the interval between its commits. As long as no interval was seen, a group with members may be one that commits
    rarely; unless it is further behind than such a group would be.
    """
    members = np.array([group.member_count for group in snapshot.groups], dtype=np.int64)
    alive = members[index.pair_group] != 0 if len(members) else np.empty(0, dtype=np.bool_)
    far_behind = lag > produced * (LONGEST_PATIENCE_S / 60.0)
    unsure = np.isnan(interval) & alive & ~far_behind
    return np.where(unsure, LONGEST_PATIENCE_S, np.minimum(2.0 * np.nan_to_num(interval), LONGEST_PATIENCE_S))

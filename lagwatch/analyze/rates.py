"""How fast groups read, when they will have read all, and since when they have not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lagwatch.analyze.cadence import Cadence
from lagwatch.analyze.growth import GrowthWindow
from lagwatch.analyze.index import Index
from lagwatch.analyze.usual import ordinary
from lagwatch.model.columns import Array, entry, followed, segments, sums
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64, PartitionTable

STUCK_LAG = 10
"""A partition with more lag than this and no commit for a whole window keeps its topic from ever being read to the end."""

_NOISE = 1e-6  # messages a minute; less is what sums of floats leave over


class Clamped:
    """
    The rows whose commit was outside of the log in the last minutes; sparse, because that is rare.

    The lag of such a row is the length of the log, so it says nothing about the commit.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._rows: Int64 = np.empty(0, dtype=np.int64)
        self._seen_at: Float64 = np.empty(0)

    def follow(self, origin: Int64) -> None:
        """Rows have moved."""
        moved = np.flatnonzero(np.isin(origin, self._rows))
        at = np.searchsorted(self._rows, origin[moved])
        self._rows, self._seen_at = moved, self._seen_at[at]

    def add(self, at: float, rows: Int64) -> Int64:
        """Take in the rows of a poll, ascending; those of the last minutes."""
        old = ~np.isin(self._rows, rows) & (self._seen_at >= at - self._window_s) & (self._seen_at < at)
        together = np.concatenate((self._rows[old], rows))
        seen_at = np.concatenate((self._seen_at[old], np.full(len(rows), at)))
        order = np.argsort(together)
        self._rows, self._seen_at = together[order], seen_at[order]
        return self._rows


def consumed(
    index: Index,
    lags: GrowthWindow,
    growth: Float64,
    ends: GrowthWindow,
    produced: Float64,
    clamped: Int64,
    stands: Bool,
) -> Float64:
    """
    By how many messages a minute each row's commit moves on; NaN where unknown.

    lag = end - commit, and slopes of sums are sums of slopes: a commit moves by what is produced (`produced`, one entry a
    partition row) less what the lag grows by (`growth`). Where lags are missing in the window both are taken over the samples
    that are there. A commit outside of the log (`clamped`) is unknown, unless it has not moved all the time (`stands`).
    """
    answer: Float64 = produced[index.row]
    answer -= growth
    partial = lags.incomplete()
    partial = partial[~np.isnan(growth[partial])]
    if len(partial):
        answer[partial] = lags.per_minute_under(ends, partial, index.row[partial])
    answer[clamped] = np.nan
    answer[answer < _NOISE] = 0.0
    answer[stands] = 0.0
    return answer


def open_lag(index: Index, partitions: PartitionTable, lags: Int64, lag: Int64) -> tuple[Int64, Int64]:
    """
    Per pair: the lag to the last stable offset, and the rest, which an open transaction holds back.

    Both are sums over the partitions where lag and last stable offset are known; UNKNOWN where that is none. `lag` is the sum of
    the pair's `lags`.
    """
    held = np.where(
        (partitions.lso >= 0) & (partitions.end >= 0), np.maximum(partitions.end - partitions.lso, 0), UNKNOWN
    )
    odd = np.flatnonzero((held != 0)[index.row])
    if not len(odd):
        return lag, np.where(lag >= 0, 0, UNKNOWN)
    known = lags >= 0
    back: Int64 = np.zeros(len(lags), dtype=np.int64)
    back[odd] = np.minimum(lags[odd], held[index.row[odd]])
    known[odd[held[index.row[odd]] < 0]] = False
    return sums(known, lags - back, index.first, UNKNOWN), sums(known, back, index.first, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backlog:
    """
    What is known of a backlog, one entry a pair; see PairTable. `stuck` are pairs with a partition that is not read at all.

    `window_s` is the time that speeds were measured over.
    """

    lag: Int64
    unknown: Int64
    growth: Float64
    produced: Float64
    interval_s: Float64
    stuck: Bool
    window_s: float


class Backlogs:
    """When each pair was last seen without a backlog; a pair that is new has none before its first poll."""

    def __init__(self) -> None:
        self._free_at: Float64 = np.empty(0)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        return {"free_at": self._free_at.copy()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many pairs; raises ValueError."""
        self._free_at = entry(columns, "free_at", (len(self._free_at),), np.float64)

    def follow(self, origin: Int64, at: float) -> None:
        """Pairs have moved."""
        self._free_at = followed(self._free_at, origin, at)

    def add(self, at: float, backlog: Backlog) -> Float64:
        """
        Take in a poll; for how many seconds each pair has had a backlog.

        A backlog is more lag than is ordinary (see `usual.ordinary`). 0 without one, NaN where it is not known.
        """
        lag = np.where(backlog.lag >= 0, backlog.lag, np.nan)
        much = ordinary(lag, backlog.produced, backlog.interval_s, backlog.window_s)
        self._free_at[(much <= 1) & (lag >= 0) & (backlog.unknown == 0)] = at
        unclear = np.isnan(lag) | np.isnan(much) | ((much <= 1) & (backlog.unknown > 0))
        return np.where(unclear, np.nan, at - self._free_at)


def drain_s(backlog: Backlog, behind_s: Float64) -> Float64:
    """
    Seconds until each pair's backlog is read at the present speeds.

    0 without a backlog, or with one that is no older than the time between two commits; inf while it does not shrink, or while
    one of its partitions is not read at all. NaN where unknown, also for a group that commits too rarely for the window.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(backlog.growth < 0, -60.0 * backlog.lag / backlog.growth, np.inf)
    seconds[np.isnan(backlog.growth) | (backlog.interval_s > backlog.window_s)] = np.nan
    seconds[backlog.stuck] = np.inf
    seconds[np.isnan(behind_s)] = np.nan
    seconds[behind_s <= np.nan_to_num(backlog.interval_s)] = 0.0
    return seconds


def longest(seconds: Float64, first: Int64) -> Float64:
    """The longest of each segment: inf if one is, else NaN if one is unknown."""
    known, sure = segments(np.fmax, seconds, first, np.nan), segments(np.maximum, seconds, first, np.nan)
    return np.where(np.isinf(known), known, sure)


def soonest(seconds: Float64, first: Int64) -> Float64:
    """The shortest of each segment; inf (never) only if that is known of all of it, else NaN."""
    known, sure = segments(np.fmin, seconds, first, np.inf), segments(np.minimum, seconds, first, np.inf)
    return np.where(np.isinf(known), sure, known)


def stuck(index: Index, lags: Int64, frozen_s: Int32, cadence: Cadence, window_s: float) -> Bool:
    """The pairs with a partition that has lag, and no commit that moved for a window and twice its usual time between two."""
    rows = np.flatnonzero((lags > STUCK_LAG) & (frozen_s >= window_s))
    rows = rows[frozen_s[rows] >= 2.0 * np.nan_to_num(cadence.interval_s(rows))]
    flags = np.zeros(len(index.pair_group), dtype=np.bool_)
    flags[np.searchsorted(index.first, rows, side="right") - 1] = True
    return flags

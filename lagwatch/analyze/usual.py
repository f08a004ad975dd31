"""What a group can read: how much its topic took in while the group kept up with it. Bounded history. Pure."""

from collections.abc import Mapping

import numpy as np

from lagwatch.model.columns import Array, entry, followed
from lagwatch.model.snapshot import Bool, Float64, Int64

REMEMBERED = 12.0
"""So many windows of measurement are averaged: an hour of the usual five minutes. What came before fades exponentially."""

PREFETCHED = 1 / 10
"""A group that is no more than this part of a window behind keeps up: its consumers have that in their hands."""

STEADY = 1 / 20
"""A lag that changes by no more than this part of what is produced neither grows nor shrinks."""


def ordinary(lag: Float64, produced: Float64, interval_s: Float64, window_s: float) -> Float64:
    """
    By how much each lag exceeds what a group that keeps up shows, as a part of the latter: at most 1 is ordinary.

    That is what comes together between two commits (twice, for commits that are late), or during a tenth of the window.
    `produced` is messages a minute, `interval_s` seconds between commits (NaN: not known). NaN where `produced` is unknown and
    there is lag; inf where nothing is produced and there is lag.

    >>> ordinary(np.array([0.0, 50.0, 5000.0]), np.array([0.0, 60.0, 600.0]), np.array([np.nan, 60.0, 5.0]), 300.0).tolist()
    [0.0, 0.4166666666666667, 16.666666666666668]
    """
    seconds = np.fmax(2.0 * interval_s, PREFETCHED * window_s)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(lag > 0, lag / (np.maximum(produced, 0.0) / 60.0 * seconds), 0.0)


def keeps_up(lag: Int64, produced: Float64, growth: Float64, interval_s: Float64, window_s: float) -> Bool:
    """Where a group keeps up: its lag is ordinary, or does not change."""
    steady: Bool = np.abs(growth) <= STEADY * produced
    return steady | (ordinary(lag.astype(np.float64), produced, interval_s, window_s) <= 1.0)


class UsualRates:
    """
    The mean of what each pair's topic took in, over the times when the group kept up and something came.

    What a group reads while it keeps up is what is produced, so one number says both: what usually comes, and what the group
    is known to manage. A time of falling behind does not count, however long it is.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._at: float | None = None
        self._mean: Float64 = np.empty(0)
        self._seen_s: Float64 = np.empty(0)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        return {"mean": self._mean.copy(), "seen_s": self._seen_s.copy()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many pairs; raises ValueError."""
        self._mean = entry(columns, "mean", (len(self._mean),), np.float64)
        self._seen_s = entry(columns, "seen_s", (len(self._seen_s),), np.float64)

    def follow(self, origin: Int64) -> None:
        """Pairs have moved."""
        self._mean, self._seen_s = followed(self._mean, origin, 0.0), followed(self._seen_s, origin, 0.0)

    def add(self, at: float, produced: Float64, keeps_up: Bool) -> Float64:
        """Take in a poll; what is usual for each pair, messages a minute; NaN until it kept up for half a window."""
        step = 0.0 if self._at is None else min(max(at - self._at, 0.0), self._window_s)
        self._at = at
        rows = np.flatnonzero(keeps_up & (produced > 0))
        if step > 0 and len(rows):
            self._seen_s[rows] = np.minimum(self._seen_s[rows] + step, REMEMBERED * self._window_s)
            self._mean[rows] += step / self._seen_s[rows] * (produced[rows] - self._mean[rows])
        return np.where(self._seen_s >= self._window_s / 2, self._mean, np.nan)

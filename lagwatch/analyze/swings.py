"""Whether a lag rises, or only swings as it has done before. Pure."""

from collections import deque
from collections.abc import Mapping

import numpy as np

from lagwatch.model.columns import Array, entry, followed
from lagwatch.model.snapshot import Bool, Float64, Int64

SMOOTHED_S = 120.0
"""Lags are smoothed exponentially over about this time: a single high value is no new high."""

BLOCK_S = 300.0
"""The highest smoothed lag is kept for every such block of time."""

BLOCKS = 12
"""So many blocks are remembered: an hour."""

RECENT_BLOCKS = 2
"""So many of the last blocks belong to the rise itself."""

FALLEN_TO = 1 / 5
"""A lag that comes down to this part of its height has recovered: what comes then is judged by itself."""


class Swings:
    """The smoothed lag of each pair, and how high it was in the hour before."""

    def __init__(self) -> None:
        self._at: Float64 = np.empty(0)
        self._smooth: Float64 = np.empty(0)
        self._heights: deque[Float64] = deque([np.empty(0)], maxlen=BLOCKS)
        self._block = -np.inf

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        heights = np.stack(list(self._heights))
        block = np.array([self._block])
        return {"at": self._at.copy(), "smooth": self._smooth.copy(), "heights": heights, "block": block}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many pairs; raises ValueError."""
        pairs = len(self._at)
        at, smooth = (entry(columns, name, (pairs,), np.float64).copy() for name in ("at", "smooth"))
        heights = entry(columns, "heights", (None, pairs), np.float64)
        block = entry(columns, "block", (1,), np.float64)
        if not len(heights):
            raise ValueError("heights: none")
        self._at, self._smooth, self._block = at, smooth, float(block[0])
        self._heights = deque((height.copy() for height in heights), maxlen=BLOCKS)

    def follow(self, origin: Int64) -> None:
        """Pairs have moved."""
        self._at, self._smooth = followed(self._at, origin, np.nan), followed(self._smooth, origin, np.nan)
        self._heights = deque((followed(height, origin, 0.0) for height in self._heights), maxlen=BLOCKS)

    def add(self, at: float, lag: Int64, whole: Bool, anew: Int64) -> Float64:
        """
        Take in the lags of a poll: how high each is, as a part of its height in the hour before (without the last minutes).

        More than 1 is a new high; inf if the lag was nothing before; NaN where the lag is not known. `whole` says which lags
        are those of all partitions; others are passed over. The pairs in `anew` do not continue what they were.
        """
        if not 0 <= at - self._block < BLOCK_S:
            self._heights.append(np.zeros(len(lag)))
            self._block = at
        self._smooth[anew] = np.nan
        begins = np.isnan(self._smooth)
        weight = np.where(begins, 1.0, -np.expm1(-(at - self._at) / SMOOTHED_S))
        smooth = np.where(begins, 0.0, self._smooth)
        smooth += np.where(whole, weight * (lag - smooth), 0.0)
        self._smooth = np.where(begins & ~whole, np.nan, smooth)
        self._at = np.where(whole, at, self._at)
        np.fmax(self._heights[-1], self._smooth, out=self._heights[-1])
        before = self._before(anew)
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = np.where(before > 0, self._smooth / before, np.inf)
        return np.where(whole, rise, np.nan)

    def _before(self, anew: Int64) -> Float64:
        """How high each lag was before the last minutes; 0 where it has recovered from that, or does not continue it."""
        earlier = list(self._heights)[:-RECENT_BLOCKS]
        before: Float64 = np.max(earlier, axis=0) if earlier else np.zeros(len(self._smooth))
        forget = self._smooth < FALLEN_TO * np.maximum(before, self._heights[-1])
        forget[anew] = True
        for height in self._heights if forget.any() else ():
            height[forget] = 0.0
        return np.where(forget, 0.0, before)

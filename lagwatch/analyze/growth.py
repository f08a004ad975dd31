"""Growth: the least-squares slope of a column over the last minutes, five unless one says otherwise. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lagwatch.analyze.columns import followed
from lagwatch.model.snapshot import Bool, Float64, Int64

WINDOW_S = 300.0
"""The samples that count are at most this old, by default."""

MINIMUM_SAMPLES = 4
"""With fewer samples there is no growth."""

_COVERED = 1 / 2  # of the window: with samples that are closer together there is no growth
_SPACING = 1 / 12  # of the window: a nearer sample replaces the one before, so that memory has a bound

_BLOCK = 1 << 13  # rows; all samples of a block fit into the processor's cache

Float32 = NDArray[np.float32]


class GrowthWindow:
    """
    The last samples of one column of numbers, 4 bytes each: distances from the row's first value, exact up to 2**24.

    Sums of slopes are slopes of sums, therefore the growth of a group is the sum over its partitions, and a partition that
    joins, leaves or starts anew does not look like growth.
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, Float32]] = deque()
        self._base: Int64 = np.empty(0, dtype=np.int64)

    def follow(self, origin: Int64) -> None:
        """Rows have moved: row i was `origin[i]` before, or is new (negative)."""
        self._base = followed(self._base, origin, -1)
        self._samples = deque((at, followed(values, origin, np.nan)) for at, values in self._samples)

    def forget(self, rows: Int64) -> None:
        """Drop the history of some rows: what comes does not continue what was."""
        if len(rows):
            self._base[rows] = -1
            for _, values in self._samples:
                values[rows] = np.nan

    def add(self, at: float, column: Int64) -> None:
        """The column at a moment, negative where unknown. Moments that do not advance start everything anew."""
        if self._samples and at <= self._samples[-1][0]:
            self._samples.clear()
        fresh = np.flatnonzero((self._base < 0) & (column >= 0))
        self._base[fresh] = column[fresh]
        values = np.subtract(column, self._base, dtype=np.int64).astype(np.float32)
        values[column < 0] = np.nan
        if len(self._samples) > 1 and at - self._samples[-2][0] < self._window_s * _SPACING:
            self._samples.pop()
        self._samples.append((at, values))
        while self._samples[0][0] < at - self._window_s:
            self._samples.popleft()

    def per_minute(self) -> Float64:
        """The slope of each row, a minute; NaN where the last value is unknown or there are too few samples."""
        answer = np.full(len(self._base), np.nan)
        times = np.array([at for at, _ in self._samples])
        covered_s = self._window_s * _COVERED
        if len(times) < MINIMUM_SAMPLES or times[-1] - times[0] < covered_s:
            return answer
        minutes = (times - times[-1]) / 60.0
        for part in _blocks(len(answer)):
            answer[part] = slopes(minutes, [values[part] for _, values in self._samples], covered_s)
        return answer


def slopes(minutes: Float64, samples: Sequence[Float32], covered_s: float) -> Float64:
    """
    Least-squares slopes; `samples` has an array per moment with an entry per row, NaN where nothing is known.

    A row has no slope (NaN) if its last sample is unknown, or if the known ones are too few or cover less than
    `covered_s` seconds.
    """
    centred = minutes - minutes.mean()
    answer = np.zeros(len(samples[0]))
    for weight, values in zip(centred / (centred @ centred), samples, strict=True):
        answer += np.multiply(values, weight, dtype=np.float64)
    partial = np.flatnonzero(np.isnan(answer))
    if len(partial):
        known = np.stack([values[partial] for values in samples]).astype(np.float64)
        answer[partial] = _partial_slopes(minutes, known, covered_s)
    return answer


def _partial_slopes(minutes: Float64, samples: Float64, covered_s: float) -> Float64:
    there = ~np.isnan(samples)
    count = there.sum(axis=0)
    usable: Bool = there[-1] & (count >= MINIMUM_SAMPLES)
    answer = np.full(samples.shape[1], np.nan)
    if not usable.any():
        return answer
    there, values, count = there[:, usable], samples[:, usable], count[usable]
    when = np.where(there, minutes[:, None], 0.0)
    covered = (minutes[-1] - minutes[there.argmax(axis=0)]) * 60.0
    centred = np.where(there, minutes[:, None] - when.sum(axis=0) / count, 0.0)
    slope = (centred * np.where(there, values, 0.0)).sum(axis=0) / (centred * centred).sum(axis=0)
    answer[usable] = np.where(covered >= covered_s, slope, np.nan)
    return answer


def _blocks(size: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _BLOCK, size)) for begin in range(0, size, _BLOCK))

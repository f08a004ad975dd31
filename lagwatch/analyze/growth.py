"""Growth: the least-squares slope of a column over the last five minutes. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lagwatch.analyze.columns import followed
from lagwatch.model.snapshot import Bool, Float64, Int64

WINDOW_S = 300.0
"""The samples that count are at most this old."""

MINIMUM_SAMPLES = 4
"""With fewer samples there is no growth."""

MINIMUM_COVERED_S = WINDOW_S / 2
"""With samples that are closer together there is no growth."""

SPACING_S = 25.0
"""A sample that is nearer to the one before replaces it, so that memory has a bound whatever the interval of the polls."""

_BLOCK = 1 << 13  # rows; all samples of a block fit into the processor's cache

Float32 = NDArray[np.float32]


class GrowthWindow:
    """
    The last samples of one column of numbers, 4 bytes each: distances from the row's first value, exact up to 2**24.

    Sums of slopes are slopes of sums, therefore the growth of a group is the sum over its partitions, and a partition that
    joins, leaves or starts anew does not look like growth.
    """

    def __init__(self) -> None:
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
        if len(self._samples) > 1 and at - self._samples[-2][0] < SPACING_S:
            self._samples.pop()
        self._samples.append((at, values))
        while self._samples[0][0] < at - WINDOW_S:
            self._samples.popleft()

    def per_minute(self) -> Float64:
        """The slope of each row, a minute; NaN where the last value is unknown or there are too few samples."""
        answer = np.full(len(self._base), np.nan)
        times = np.array([at for at, _ in self._samples])
        if len(times) < MINIMUM_SAMPLES or times[-1] - times[0] < MINIMUM_COVERED_S:
            return answer
        minutes = (times - times[-1]) / 60.0
        for part in _blocks(len(answer)):
            answer[part] = slopes(minutes, [values[part] for _, values in self._samples])
        return answer


def slopes(minutes: Float64, samples: Sequence[Float32]) -> Float64:
    """
    Least-squares slopes; `samples` has an array per moment with an entry per row, NaN where nothing is known.

    A row has no slope (NaN) if its last sample is unknown, or if the known ones are too few or too close together.
    """
    centred = minutes - minutes.mean()
    answer = np.zeros(len(samples[0]))
    for weight, values in zip(centred / (centred @ centred), samples, strict=True):
        answer += np.multiply(values, weight, dtype=np.float64)
    partial = np.flatnonzero(np.isnan(answer))
    if len(partial):
        answer[partial] = _partial_slopes(minutes, np.stack([values[partial] for values in samples]).astype(np.float64))
    return answer


def _partial_slopes(minutes: Float64, samples: Float64) -> Float64:
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
    answer[usable] = np.where(covered >= MINIMUM_COVERED_S, slope, np.nan)
    return answer


def _blocks(size: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _BLOCK, size)) for begin in range(0, size, _BLOCK))

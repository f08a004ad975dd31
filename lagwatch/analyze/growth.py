"""Growth: the least-squares slope of a column over the last minutes, five unless one says otherwise. Pure."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.columns import followed, slopes
from lagwatch.model.snapshot import Float64, Int64

WINDOW_S = 300.0
"""The samples that count are at most this old, by default."""

MINIMUM_SAMPLES = 4
"""With fewer samples there is no growth."""

_COVERED = 1 / 2  # of the window: with samples that are closer together there is no growth
_SPACING = 1 / 12  # of the window: a nearer sample replaces the one before, so that memory has a bound

_BLOCK = 1 << 13  # rows; all samples of a block fit into the processor's cache


class GrowthWindow:
    """
    The last samples of one column of numbers, 4 bytes each: distances from the row's first value, exact up to 2**24.

    Sums of slopes are slopes of sums, therefore the growth of a group is the sum over its partitions, and a partition that
    joins, leaves or starts anew does not look like growth.
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, NDArray[np.float32]]] = deque()
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
        values = np.subtract(column, self._base).astype(np.float32)
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
        if len(times) < MINIMUM_SAMPLES:
            return answer
        minutes = (times - times[-1]) / 60.0
        covering = self._window_s * _COVERED / 60.0
        for part in _blocks(len(answer)):
            samples = [values[part] for _, values in self._samples]
            answer[part] = slopes(minutes, samples, at_least=MINIMUM_SAMPLES, covering=covering)
        return answer


def _blocks(size: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _BLOCK, size)) for begin in range(0, size, _BLOCK))

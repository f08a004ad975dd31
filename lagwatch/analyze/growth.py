"""Growth: the least-squares slope of a column over the last minutes, five unless one says otherwise. Pure."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.columns import Array, entry, followed, slopes
from lagwatch.model.snapshot import Float64, Int64

WINDOW_S = 300.0
"""The samples that count are at most this old, by default."""

MINIMUM_SAMPLES = 4
"""With fewer samples there is no growth."""

_COVERED = 1 / 2  # of the window: with samples that are closer together there is no growth
_SPACING = 1 / 12  # of the window: a nearer sample replaces the one before, so that memory has a bound

_FAR = 1 << 23  # messages: half of what a 4-byte float counts exactly

_BLOCK = 1 << 13  # rows; all samples of a block fit into the processor's cache


class GrowthWindow:
    """
    The last samples of one column of numbers, 4 bytes each: distances from a value of the row that is near, exact up to 2**24.

    Sums of slopes are slopes of sums, therefore the growth of a group is the sum over its partitions, and a partition that
    joins, leaves or starts anew does not look like growth.
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self.samples: deque[tuple[float, NDArray[np.float32]]] = deque()
        """The moments, and for each the distances of all rows, NaN where unknown."""
        self._base: Int64 = np.empty(0, dtype=np.int64)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        samples = np.empty((len(self.samples), len(self._base)), dtype=np.float32)
        for place, (_, values) in enumerate(self.samples):
            samples[place] = values
        return {"times": np.array([at for at, _ in self.samples]), "samples": samples, "base": self._base.copy()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many rows; raises ValueError."""
        times = entry(columns, "times", (None,), np.float64)
        samples = entry(columns, "samples", (len(times), len(self._base)), np.float32)
        base = entry(columns, "base", (len(self._base),), np.int64)
        if not (np.diff(times) > 0).all():
            raise ValueError("times: they do not rise")
        self.samples = deque((at, values.copy()) for at, values in zip(times.tolist(), samples, strict=True))
        self._base = base

    def follow(self, origin: Int64) -> None:
        """Rows have moved: row i was `origin[i]` before, or is new (negative)."""
        self._base = followed(self._base, origin, -1)
        self.samples = deque((at, followed(values, origin, np.nan)) for at, values in self.samples)

    def forget(self, rows: Int64) -> None:
        """Drop the history of some rows: what comes does not continue what was."""
        if len(rows):
            self._base[rows] = -1
            for _, values in self.samples:
                values[rows] = np.nan

    def add(self, at: float, column: Int64) -> None:
        """The column at a moment, negative where unknown. Moments that do not advance start everything anew."""
        if self.samples and at <= self.samples[-1][0]:
            self.samples.clear()
        fresh = np.flatnonzero((self._base < 0) & (column >= 0))
        self._base[fresh] = column[fresh]
        distance = np.subtract(column, self._base)
        far = np.flatnonzero(np.abs(distance) > _FAR)
        self._come_nearer(far[column[far] >= 0], distance)
        values = distance.astype(np.float32)
        values[column < 0] = np.nan
        if len(self.samples) > 1 and at - self.samples[-2][0] < self._window_s * _SPACING:
            self.samples.pop()
        self.samples.append((at, values))
        while self.samples[0][0] < at - self._window_s:
            self.samples.popleft()

    def _come_nearer(self, rows: Int64, distance: Int64) -> None:
        """Rows that went far from that value are measured from where they are: floats are exact near 0 only."""
        if len(rows):
            self._base[rows] += distance[rows]
            for _, values in self.samples:
                values[rows] = (values[rows].astype(np.float64) - distance[rows]).astype(np.float32)
            distance[rows] = 0

    def per_minute(self) -> Float64:
        """The slope of each row, a minute; NaN where the last value is unknown or there are too few samples."""
        return self._slopes(len(self._base), lambda part: [values[part] for _, values in self.samples])

    def per_minute_under(self, other: "GrowthWindow", rows: Int64, others: Int64) -> Float64:
        """
        The slope of `other` (its rows `others`) less this column (`rows`), over the samples that both have.

        Both were given the same moments. Where every sample of both is there, it is the difference of the slopes.
        """
        pairs = list(zip(self.samples, other.samples, strict=True))

        def samples(part: slice) -> list[NDArray[np.float32]]:
            return [theirs[others[part]] - mine[rows[part]] for (_, mine), (_, theirs) in pairs]

        return self._slopes(len(rows), samples)

    def incomplete(self) -> Int64:
        """The rows that lack some sample of the window."""
        lacks = np.zeros(len(self._base), dtype=np.bool_)
        for _, values in self.samples:
            lacks |= np.isnan(values)
        return np.flatnonzero(lacks)

    def _slopes(self, size: int, samples: Callable[[slice], list[NDArray[np.float32]]]) -> Float64:
        answer = np.full(size, np.nan)
        times = np.array([at for at, _ in self.samples])
        if len(times) < MINIMUM_SAMPLES:
            return answer
        minutes = (times - times[-1]) / 60.0
        covering = self._window_s * _COVERED / 60.0
        for part in _blocks(size):
            answer[part] = slopes(minutes, samples(part), at_least=MINIMUM_SAMPLES, covering=covering)
        return answer


def _blocks(size: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _BLOCK, size)) for begin in range(0, size, _BLOCK))

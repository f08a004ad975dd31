"""Values over the last minutes, for conditions on a growth, a mean or a quantile. Bounded. Pure."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from lagwatch.judge.subjects import Subjects, origin
from lagwatch.model.alerts import Statistic
from lagwatch.model.columns import followed, slopes
from lagwatch.model.snapshot import Float64

MINIMUM_SAMPLES = 4
"""With fewer known samples, or with samples over less than half of the time, there is no value."""

MOST_SAMPLES = 60
"""Samples that are nearer to one another than this part of the time are thinned out."""


class Window:
    """The samples of one column over the last `over_s` seconds, 4 bytes each."""

    def __init__(self, over_s: float) -> None:
        self._over_s = over_s
        self._samples: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._there: Subjects | None = None

    def add(self, at: float, there: Subjects, values: Float64) -> None:
        """Take in the column of a moment."""
        if self._there is not None and not there.same_as(self._there):
            moved = origin(self._there, there)
            self._samples = deque((then, followed(column, moved, np.nan)) for then, column in self._samples)
        self._there = there
        if self._samples and at <= self._samples[-1][0]:
            self._samples.clear()
        if len(self._samples) > 1 and at - self._samples[-2][0] < self._over_s / MOST_SAMPLES:
            self._samples.pop()
        self._samples.append((at, values.astype(np.float32)))
        while self._samples[0][0] < at - self._over_s:
            self._samples.popleft()

    def read(self, statistic: Statistic, quantile: float) -> Float64:
        """What became of each subject's value (growth: a minute); NaN where too little is known, or nothing now."""
        times = np.array([at for at, _ in self._samples])
        columns = [column for _, column in self._samples]
        minutes, covering = (times - times[-1]) / 60.0, self._over_s / 120.0
        if statistic is Statistic.GROWTH:
            return slopes(minutes, columns, at_least=MINIMUM_SAMPLES, covering=covering)
        stack = np.stack(columns).astype(np.float64)
        there = ~np.isnan(stack)
        covered = minutes[-1] - minutes[there.argmax(axis=0)]
        usable = np.flatnonzero(there[-1] & (there.sum(axis=0) >= MINIMUM_SAMPLES) & (covered >= covering))
        answer = np.full(stack.shape[1], np.nan)
        if len(usable):
            answer[usable] = _reduced(statistic, stack[:, usable], quantile)
        return answer


def _reduced(statistic: Statistic, stack: Float64, quantile: float) -> Float64:
    if statistic is Statistic.QUANTILE:
        return np.asarray(np.nanquantile(stack, quantile, axis=0))
    if statistic is Statistic.MEAN:
        return np.asarray(np.nanmean(stack, axis=0), dtype=np.float64)
    extreme = np.nanmin(stack, axis=0) if statistic is Statistic.MIN else np.nanmax(stack, axis=0)
    return np.asarray(extreme, dtype=np.float64)

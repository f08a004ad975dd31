"""Where the logs ended at moments of the past: one table for all groups, from which follows when a record was appended. Pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from lagwatch.model.columns import Array, entry, followed
from lagwatch.model.snapshot import Bool, Float64, Int64

RECENT = 240
"""So many of the last points are kept as they were polled, if they are of the last hour."""

HOUR_S, DAY_S, KEPT_S = 3600.0, 86_400.0, 604_800.0
"""Ages at which points are thinned, the last one that at which they are dropped."""

SPACINGS_S = (30.0, 300.0, 3600.0)
"""What lies between two points at least: within the hour, within the day, and beyond."""

POINTS = 960
"""The table never has more points than this: what the ages and spacings allow is less. A point has 8 bytes a partition."""

MOST_BYTES = 256 * 1024**2
"""Nor more than fit into this: with more than 34,952 partitions the oldest points go earlier."""

_EARLY = 0.9  # of a spacing: a poll that comes a little early still counts
_LATE = 1.5  # times the usual distance between polls: points that are farther apart lack a poll
_TOLERATED = (
    1 / 8
)  # of the age: so far apart two points may be without being a poll after another; less within the hour

_NEVER = 0  # see EndTable: not seen, and nothing was seen before


class Appended(NamedTuple):
    """When records were appended (seconds since the epoch); where `latest` is set it was then or before."""

    at: Float64
    latest: Bool


class EndTable:
    """
    The log ends of all partitions at the polls of the past; partitions are rows, as in the partition table.

    A value is twice the last log end that was seen by then, plus one where it was seen at that very point: so the values of a
    partition rise with time and can be searched, and it is still known where nothing was seen. Memory for the values is
    reserved at once, and taken from the system only when points fill it.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._slots: list[int] = []
        self._values = _reserved(0)
        self._steps: deque[float] = deque(maxlen=5)
        self._polled_at = np.nan

    def __len__(self) -> int:
        return len(self._times)

    def __getstate__(self) -> dict[str, Any]:
        """Without the memory that is reserved only."""
        return {**self.__dict__, "_values": self.kept()["ends"]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._values = _reserved(state["_values"].shape[1])
        self._values[: len(self)] = state["_values"]
        self._slots = list(range(len(self)))

    @property
    def times(self) -> Sequence[float]:
        """The moments of the points, ascending."""
        return self._times

    @property
    def step_s(self) -> float:
        """How far apart polls usually are; 0 before there were two."""
        return median(self._steps) if self._steps else 0.0

    @property
    def nbytes(self) -> int:
        """The bytes that the points take."""
        return 8 * len(self) * int(self._values.shape[1])

    def kept(self) -> dict[str, Array]:
        """What outlives a restart: moments, and the values at each of them."""
        values = np.empty((len(self), self._values.shape[1]), dtype=np.int64)
        for place, slot in enumerate(self._slots):
            values[place] = self._values[slot]
        return {"times": np.array(self._times), "ends": values}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of a table with as many partitions; raises ValueError if it cannot be that."""
        times = entry(columns, "times", (None,), np.float64)
        values = entry(columns, "ends", (len(times), self._values.shape[1]), np.int64)
        if len(times) > POINTS or not (np.diff(times) > 0).all() or not np.isfinite(times).all():
            raise ValueError("times: they do not rise")
        if (np.diff(values >> 1, axis=0, prepend=0) < 0).any():
            raise ValueError("ends: they fall")
        self._times = times.tolist()[-len(self._values) :]
        self._slots = list(range(len(self)))
        self._values[: len(self)] = values[len(times) - len(self) :]
        self._steps.extend(np.diff(times)[-5:].tolist())
        self._polled_at = self._times[-1] if self._times else np.nan

    def follow(self, origin: Int64) -> None:
        """Partition rows have moved: row i was `origin[i]` before, or is new (negative)."""
        before = self._values
        if len(origin) == before.shape[1] and np.array_equal(origin, np.arange(len(origin))):
            return  # only groups have come or gone, as they do all the time: nothing is copied
        self._values = _reserved(len(origin))
        kept = self._slots[-len(self._values) :]
        self._times, self._slots = self._times[-len(kept) :], list(range(len(kept)))
        for slot, old in enumerate(kept):
            self._values[slot] = followed(before[old], origin, _NEVER)

    def forget(self, rows: Int64) -> None:
        """Partitions that do not continue what they were."""
        if len(rows) and self._slots:
            self._values[np.ix_(np.array(self._slots), rows)] = _NEVER

    def add(self, at: float, end: Int64) -> None:
        """
        Take in the log ends of a poll, UNKNOWN where not known.

        Points that are not before it are dropped: the clock was put back.
        """
        while self._times and self._times[-1] >= at:
            self._times.pop()
            self._slots.pop()
        if at > self._polled_at:
            self._steps.append(at - self._polled_at)
        self._polled_at = at
        before = self._values[self._slots[-1]] if self._slots else None
        if before is not None:
            self.forget(np.flatnonzero((end >= 0) & (end < before >> 1)))
        carried = _NEVER if before is None else before & ~1
        self._thin(at)
        slot = self._free()
        self._values[slot] = np.where(end >= 0, 2 * end + 1, carried)
        self._times.append(at)
        self._slots.append(slot)

    def insert(self, at: float, end: Int64) -> bool:
        """
        Take in log ends of a moment in the past (UNKNOWN where not known) that was learnt later; whether it told anything.

        It does not where there are points as near as polls are. Ends are taken to lie between those around them.
        """
        place = int(np.searchsorted(self._times, at))
        if len(self) == len(self._values) or place == len(self):
            return False
        if place > 0 and self._times[place] - self._times[place - 1] <= float(
            self.close(np.array(self._times[-1] - at))
        ):
            return False
        before = self._values[self._slots[place - 1]] if place > 0 else np.full(len(end), _NEVER, dtype=np.int64)
        slot = self._free()
        within = np.clip(end, before >> 1, self._seen_next(place))
        self._values[slot] = np.where(end >= 0, 2 * within + 1, before & ~1)
        self._times.insert(place, at)
        self._slots.insert(place, slot)
        self._carry_on(place)
        return True

    def appended(self, row: Int64, offset: Int64) -> Appended:
        """
        When the record at an offset of a partition (parallel arrays) was appended, as far as the points tell.

        Between two points that are as near as polls are, it lies at the place of the offset among those that came between;
        elsewhere it was at the latest when the log end was first seen beyond it, or at the last point if it never was.
        """
        times, slots = np.array(self._times), np.array(self._slots, dtype=np.int64)
        beyond = self._search(slots, row, offset)
        under = self._seen_before(slots, row, beyond)
        sought, lower = 2 * offset + 1, self._at(slots, np.maximum(under, 0), row)
        gap = self._at(slots, beyond, row) - sought
        upper, before = times.take(beyond), np.maximum(under, 0)
        span = upper - times.take(before)
        steady = (gap > 0) & (span <= self.close(times[-1] - times).take(before)) & (under >= 0)
        # Values are twice the log ends, and the middle of the record is meant: the halves and ones cancel out.
        upper -= np.where(steady, span * (gap - 1) / np.maximum(gap + sought - lower, 1), 0.0)
        return Appended(upper, ~steady)

    def between(self, row: Int64, offset: Int64) -> tuple[Float64, Float64]:
        """The two points between which each record was appended: -inf and the first one if it was before that."""
        times, slots = np.array(self._times), np.array(self._slots, dtype=np.int64)
        beyond = self._search(slots, row, offset)
        under = self._seen_before(slots, row, beyond)
        return np.where(under >= 0, times[np.maximum(under, 0)], -np.inf), times[beyond]

    def close(self, age: Float64) -> Float64:
        """How far apart points of this age may be that tell all there is to tell."""
        tolerated = np.where(age > HOUR_S, age * _TOLERATED, np.minimum(age * _TOLERATED, _LATE * SPACINGS_S[0]))
        return np.maximum(_LATE * self.step_s, tolerated)

    def _search(self, slots: Int64, row: Int64, offset: Int64) -> Int64:
        """The first point at which the log end is seen beyond each offset; the last one if there is none."""
        sought, rest = 2 * offset + 1, np.arange(len(row))
        answer = np.empty(len(row), dtype=np.int64)
        high, step = len(slots) - 1, 1
        # Most readers are a few polls behind: the search begins at the newest points, and its steps double.
        while high > 0 and len(rest):
            low = max(high - step, 0)
            above = self._values[slots[low]][row[rest]] > sought[rest]
            here, rest = rest[~above], rest[above]
            answer[here] = self._halve(slots, row[here], sought[here], low + 1, high)
            high, step = low, 2 * step
        answer[rest] = high
        return answer

    def _halve(self, slots: Int64, row: Int64, sought: Int64, low: int, high: int) -> Int64:
        """The first point from `low` on whose values are above those sought; `high` where no earlier one is."""
        lows, highs = np.full(len(row), low, dtype=np.int64), np.full(len(row), high, dtype=np.int64)
        for _ in range((high - low).bit_length()):
            middle = (lows + highs) >> 1
            above = self._at(slots, middle, row) > sought
            lows, highs = np.where(above, lows, np.minimum(middle + 1, highs)), np.where(above, middle, highs)
        return highs

    def _at(self, slots: Int64, point: Int64, row: Int64) -> Int64:
        """The values of partitions at points, entry by entry."""
        values: Int64 = self._values.reshape(-1).take(slots.take(point) * self._values.shape[1] + row)
        return values

    def _seen_before(self, slots: Int64, row: Int64, beyond: Int64) -> Int64:
        """The last point before each of these at which the partition was seen; -1 if it was not."""
        under = beyond - 1
        rest = np.flatnonzero(
            self._at(slots, under, row) & 1 == 0
        )  # -1 is the newest point, where a row may be unseen too
        while len(rest):
            rest = rest[under[rest] >= 0]
            rest = rest[self._at(slots, under[rest], row[rest]) & 1 == 0]
            under[rest] -= 1
        return under

    def _seen_next(self, place: int) -> Int64:
        """The log end of each partition at the first point from this one on at which it was seen; very large if there is none."""
        answer = np.full(self._values.shape[1], np.iinfo(np.int64).max >> 2, dtype=np.int64)
        rest = np.arange(len(answer))
        for slot in self._slots[place:]:
            values = self._values[slot][rest]
            seen = values & 1 == 1
            answer[rest[seen]] = values[seen] >> 1
            rest = rest[~seen]
            if not len(rest):
                break
        return answer

    def _carry_on(self, place: int) -> None:
        """What was seen at a point that was put in is carried to those after it at which nothing was seen."""
        value = self._values[self._slots[place]] & ~1
        for slot in self._slots[place + 1 :]:
            unseen = (self._values[slot] & 1 == 0) & (self._values[slot] < value)
            if not unseen.any():
                return
            np.copyto(self._values[slot], value, where=unseen)

    def _thin(self, now: float) -> None:
        kept = thinned(self._times, now)
        if len(kept) < len(self):
            self._times = [self._times[i] for i in kept]
            self._slots = [self._slots[i] for i in kept]

    def _free(self) -> int:
        """A place for one more point; the oldest one goes where there is none."""
        if len(self) == len(self._values):
            self._times.pop(0)
            return self._slots.pop(0)
        taken = set(self._slots)
        return next(slot for slot in range(len(self._values)) if slot not in taken)


def _reserved(partitions: int) -> Int64:
    """Memory for as many points as there may be of so many partitions."""
    points = min(POINTS, max(MOST_BYTES // (8 * max(partitions, 1)), 1))
    return np.empty((points, partitions), dtype=np.int64)


def thinned(times: Sequence[float], now: float) -> list[int]:
    """Which of these moments (ascending) are kept when a poll at `now` is added."""
    kept: list[int] = []
    last = -np.inf
    recent = len(times) - (RECENT - 1)
    for i, at in enumerate(times):
        age = now - at
        if age > KEPT_S:
            continue
        hour, day, beyond = SPACINGS_S
        spacing = (0.0 if i >= recent else hour) if age <= HOUR_S else day if age <= DAY_S else beyond
        if at - last >= _EARLY * spacing:
            kept.append(i)
            last = at
    return kept

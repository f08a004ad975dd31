"""How often commits come: the time a group leaves messages unread between two commits. Pure."""

from collections.abc import Mapping

import numpy as np

from lagwatch.model.columns import Array, entry, followed
from lagwatch.model.snapshot import Bool, Float64, Int32, Int64

_NEVER = -2  # no commit was seen move yet: the time since the first sight says nothing about the interval
_ONCE = -1  # the next commit ends an interval of which the beginning was seen


class Cadence:
    """
    Since when each row waits for a commit, and how long it waited the last three times. Seconds, 4 bytes each.

    A row waits while it has lag; a commit that moves, or having no lag, ends the waiting. The interval between commits is
    the median of the last waits (the shorter one of two), so that one long stop is not taken for a habit.
    """

    def __init__(self) -> None:
        self._zero: float | None = None
        self._waits_since: Int32 = np.empty(0, dtype=np.int32)
        self._waits: tuple[Int32, Int32, Int32] = (self._waits_since, self._waits_since, self._waits_since)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        zero = np.array([] if self._zero is None else [self._zero])
        return {"zero": zero, "since": self._waits_since.copy(), "waits": np.stack(self._waits)}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many rows; raises ValueError."""
        rows = len(self._waits_since)
        zero = entry(columns, "zero", (None,), np.float64)
        since, waits = entry(columns, "since", (rows,), np.int32), entry(columns, "waits", (3, rows), np.int32)
        self._zero = float(zero[0]) if len(zero) else None
        last, second, third = (wait.copy() for wait in waits)
        self._waits_since, self._waits = since, (last, second, third)

    def follow(self, origin: Int64, at: float) -> None:
        """Rows have moved: row i was `origin[i]` before, or is new (negative) and waits from now on."""
        self._waits_since = followed(self._waits_since, origin, int(self._seconds(at)))
        last, second, third = (followed(wait, origin, _NEVER) for wait in self._waits)
        self._waits = (last, second, third)

    def add(self, at: float, *, moved: Bool, caught_up: Bool) -> None:
        """What a poll saw: where commits moved, and where there is no lag."""
        now = self._seconds(at)
        last, second, third = self._waits
        measured = moved & (last != _NEVER)
        np.copyto(third, second, where=measured)
        np.copyto(second, last, where=measured)
        np.copyto(last, now - self._waits_since, where=measured)
        seen = moved | caught_up
        np.copyto(last, np.int32(_ONCE), where=seen & (last == _NEVER))
        np.copyto(self._waits_since, now, where=seen)

    def interval_s(self, rows: Int64 | slice = slice(None)) -> Float64:
        """Seconds between commits of some rows; NaN until one whole interval was seen."""
        last, second, third = (wait[rows] for wait in self._waits)
        lower, upper = np.minimum(last, second), np.maximum(last, second)
        median = np.maximum(lower, np.minimum(upper, third))
        interval = np.where(third >= 0, median, np.where(second >= 0, lower, last))
        return np.where(interval >= 0, interval, np.nan).astype(np.float64)

    def seen_to_move(self) -> Bool:
        """Whether a commit of each row was seen to move, or its lag to be none."""
        seen: Bool = self._waits[0] != _NEVER
        return seen

    def frozen_s(self, at: float, rows: Int64 | slice = slice(None)) -> Int32:
        """For how long some rows have had lag without a commit that moved."""
        return self._seconds(at) - self._waits_since[rows]

    def _seconds(self, at: float) -> np.int32:
        if self._zero is None:
            self._zero = at
        return np.int32(round(at - self._zero))

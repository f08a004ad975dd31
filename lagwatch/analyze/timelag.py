"""Time lag: how long ago the next record that a group will read was appended. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lagwatch.analyze.ends import EndTable
from lagwatch.analyze.exact import refine
from lagwatch.analyze.index import Index, Origin
from lagwatch.model.columns import Array, entry, followed, segments
from lagwatch.model.snapshot import Anchor, Bool, Float64, Int64, Snapshot
from lagwatch.model.view import Float32

_BLOCK = 1 << 14  # rows that are looked up at a time; what that takes then stays in the processor's cache


class TimeLag(NamedTuple):
    """
    Seconds, one entry a row, NaN where unknown; where `bound` is set it may be more (a lower bound), where `exact` is set the
    record itself was asked.
    """

    seconds: Float32
    bound: Bool
    exact: Bool


class TimeLags:
    """
    The history of the log ends, and of each row that lags when its next unread record was appended.

    That is worked out when a commit moves (or the log start passes it) and holds until it moves again: so the time lag of a
    reader that is stuck grows as the clock goes, whatever becomes of the history.
    """

    def __init__(self) -> None:
        self.ends = EndTable()
        self._appended: Float64 = np.empty(0)
        self._latest: Bool = np.empty(0, dtype=np.bool_)
        self._exact: Bool = np.empty(0, dtype=np.bool_)

    def follow(self, origin: Origin) -> None:
        """Partitions and rows have moved."""
        self.ends.follow(origin.partition)
        self._appended = followed(self._appended, origin.row, np.nan)
        self._latest = followed(self._latest, origin.row, default=False)
        self._exact = followed(self._exact, origin.row, default=False)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        return {**self.ends.kept(), "appended": self._appended.copy(), "latest": self._latest.copy()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many partitions and rows; raises ValueError."""
        rows = (len(self._appended),)
        appended, latest = entry(columns, "appended", rows, np.float64), entry(columns, "latest", rows, np.bool_)
        self.ends.take_up(columns)
        self._appended, self._latest = appended, latest

    def add(self, snapshot: Snapshot, index: Index, offset: Int64, lags: Int64, *, stands: Bool, anew: Bool) -> TimeLag:
        """
        Take in a poll: the time lag of each row, and where it may be more.

        `offset` and `lags` are those of the rows, `stands` says which commits are those of the poll before, `anew` which
        partitions do not continue what they were.
        """
        partitions, at = snapshot.partitions, snapshot.at
        self.ends.forget(np.flatnonzero(anew))
        self.ends.add(at, partitions.end)
        if self._anchor(snapshot.anchors):
            self._appended[self._latest] = np.nan
        np.copyto(self._appended, np.nan, where=(lags == 0) | ((offset >= 0) & ~stands))
        lagging, start = lags > 0, partitions.start[index.row]
        unread = np.maximum(offset, start)
        sought = np.flatnonzero(lagging & ((offset < start) | np.isnan(self._appended)))
        for block in (sought[i : i + _BLOCK] for i in range(0, len(sought), _BLOCK)):
            found = self.ends.appended(index.row[block], unread[block])
            self._appended[block], self._latest[block] = found
        self._exact[sought] = False
        if snapshot.record_times:
            self._refine(snapshot, index, np.flatnonzero(lagging), unread)
        seconds = np.maximum(at - self._appended, 0.0).astype(np.float32)
        np.copyto(seconds, 0.0, where=lags == 0)
        np.copyto(seconds, np.nan, where=lags < 0)
        return TimeLag(seconds, self._latest & lagging, self._exact & lagging)

    def pass_over(self, rows: Int64, at: float) -> None:
        """What is unread there at this moment is nothing that is read: the next unread record is the next one that comes."""
        self._appended[rows], self._latest[rows], self._exact[rows] = at, False, False

    def _refine(self, snapshot: Snapshot, index: Index, lagging: Int64, unread: Int64) -> None:
        """Take in what the records themselves tell."""
        row, sure = index.row[lagging], ~self._latest[lagging]
        found = refine(snapshot.topics, snapshot.record_times, self.ends, row, unread[lagging], sure=sure)
        rows = lagging[found.at]
        self._appended[rows], self._latest[rows], self._exact[rows] = found.moment, False, found.exact

    def _anchor(self, anchors: tuple[Anchor, ...]) -> bool:
        """Take in where the logs were in the past; whether that told anything."""
        told = [self.ends.insert(anchor.at, anchor.offset) for anchor in anchors]
        return any(told)


def worst(seconds: Float64 | Float32, bound: Bool, first: Int64) -> tuple[Float64, Bool]:
    """The largest of each segment (NaN where none is known), and whether it may be more: where any of them may be."""
    most = segments(np.fmax, seconds, first, np.nan).astype(np.float64)
    return most, segments(np.logical_or, bound, first, empty=False)


def typical(seconds: Float32, first: Int64) -> Float64:
    """
    The median of the known entries of each segment, NaN where none is known.

    Where more than half of them are 0 it is 0, so that only the segments of readers that are behind are sorted; those of the
    same length together.
    """
    known = ~np.isnan(seconds)
    count = segments(np.add, known.astype(np.int64), first, 0)
    behind = segments(np.add, (seconds > 0).astype(np.int64), first, 0)
    answer = np.where(count > 0, 0.0, np.nan)
    sizes = np.diff(first)
    rest = np.flatnonzero((2 * behind >= count) & (behind > 0))
    for size in np.unique(sizes[rest]):
        these = rest[sizes[rest] == size]
        block = np.sort(seconds[first[these][:, None] + np.arange(size)], axis=1)  # NaN comes last
        row, known_here = np.arange(len(these)), count[these]
        low, high = block[row, (known_here - 1) // 2], block[row, known_here // 2]
        answer[these] = (low.astype(np.float64) + high) / 2
    return answer

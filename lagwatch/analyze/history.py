"""What the analysis remembers of one cluster between polls, and what it makes of the next poll. Bounded. Pure."""

from typing import NamedTuple

import numpy as np

from lagwatch.analyze.cadence import Cadence
from lagwatch.analyze.columns import followed, segments
from lagwatch.analyze.growth import WINDOW_S, GrowthWindow
from lagwatch.analyze.index import Index, Origin, build
from lagwatch.analyze.lag import lag
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64, Snapshot


class Rows(NamedTuple):
    """One entry a row of the index: the committed offset and the lag, UNKNOWN where unknown; the growth of the lag, NaN."""

    offset: Int64
    lag: Int64
    growth: Float64


class History:
    """
    The index and the columns of the last poll, the lags of the last minutes, and the cadence of commits.

    `advance` is called once a poll, in order; the other attributes then say what holds for that poll.
    """

    def __init__(self, growth_window_s: float = WINDOW_S) -> None:
        self.index: Index | None = None
        self.at: float | None = None
        self.row_cadence = Cadence()
        self.pair_cadence = Cadence()
        self.produced = GrowthWindow(growth_window_s)
        self._lags = GrowthWindow(growth_window_s)
        self._offset: Int64 = np.empty(0, dtype=np.int64)
        self._end: Int64 = np.empty(0, dtype=np.int64)
        self._topic_ids: tuple[str | None, ...] = ()

    def advance(self, snapshot: Snapshot) -> tuple[Index, Rows]:
        """Take in a snapshot; what is known of each row of its index."""
        before, index = self.index, self._indexed(snapshot)
        partitions = snapshot.partitions
        end = partitions.end
        anew = self._started_anew(snapshot, before)
        self.produced.forget(np.flatnonzero(anew))
        self.produced.add(snapshot.at, end)
        offset = self._offsets(snapshot, index)
        lags = lag(offset, partitions.start[index.row], end[index.row])
        _reported(lags, snapshot, index)
        known = offset >= 0
        self._lags.forget(np.flatnonzero((known & (offset < self._offset)) | anew[index.row]))
        self._lags.add(snapshot.at, lags)
        self._commits(snapshot.at, index, known & (self._offset >= 0) & (offset != self._offset), lags)
        np.copyto(self._offset, offset, where=known)
        np.copyto(self._end, end, where=end >= 0)
        self.at, self._topic_ids = snapshot.at, snapshot.topics.ids
        return index, Rows(offset, lags, self._lags.per_minute())

    def _indexed(self, snapshot: Snapshot) -> Index:
        """The index of this snapshot; all that is remembered follows it."""
        if self.index is not None and self.index.still_holds(snapshot):
            return self.index
        self.index, origin = build(snapshot, self.index)
        self._follow(origin, snapshot.at)
        return self.index

    def _follow(self, origin: Origin, at: float) -> None:
        self.row_cadence.follow(origin.row, at)
        self.pair_cadence.follow(origin.pair, at)
        self._lags.follow(origin.row)
        self.produced.follow(origin.partition)
        self._offset = followed(self._offset, origin.row, UNKNOWN)
        self._end = followed(self._end, origin.partition, UNKNOWN)

    def _started_anew(self, snapshot: Snapshot, before: Index | None) -> Bool:
        """Partitions that do not continue what they were: their topic was created again, or records at their end are gone."""
        end = snapshot.partitions.end
        anew: Bool = (end >= 0) & (end < self._end)
        if before is not None and self._topic_ids != snapshot.topics.ids:
            was = dict(zip(before.topics.names, self._topic_ids, strict=True))
            pairs = zip(snapshot.topics.names, snapshot.topics.ids, strict=True)
            other = np.array(
                [new is not None and was.get(name) not in (None, new) for name, new in pairs], dtype=np.bool_
            )
            anew |= other[snapshot.partitions.topic]
        return anew

    def _offsets(self, snapshot: Snapshot, index: Index) -> Int64:
        if index.live is None:
            return snapshot.commits.offset
        offset = np.full(len(index), UNKNOWN, dtype=np.int64)
        offset[index.live] = snapshot.commits.offset
        return offset

    def _commits(self, at: float, index: Index, moved: Bool, lags: Int64) -> None:
        caught_up = lags == 0
        self.row_cadence.add(at, moved=moved, caught_up=caught_up)
        self.pair_cadence.add(
            at,
            moved=segments(np.logical_or, moved, index.first, empty=False),
            caught_up=segments(np.logical_and, caught_up, index.first, empty=True),
        )


def _reported(lags: Int64, snapshot: Snapshot, index: Index) -> None:
    """Where the broker itself counts what is left to read (share groups), its number stands."""
    counted = np.flatnonzero(snapshot.commits.reported_lag >= 0)
    rows = counted if index.live is None else index.live[counted]
    lags[rows] = snapshot.commits.reported_lag[counted]

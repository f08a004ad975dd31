"""How fast topics take records in and let go of them, and what holds their readers up. Bounded history. Pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lagwatch.analyze.growth import GrowthWindow
from lagwatch.model.columns import followed, segments, sums
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64, PartitionTable, Snapshot
from lagwatch.model.view import TopicFacts

RETENTION_WINDOW_S = 21_600.0
"""The log start moves in jumps, a segment at a time: its speed is a mean over the last hours."""

RETENTION_SPACING_S = 600.0
RETENTION_MINIMUM_S = 300.0


class TopicHistory:
    """What is remembered of each partition: the ends of the last minutes, the starts of the last hours, what stands still."""

    def __init__(self, growth_window_s: float) -> None:
        self.ends = GrowthWindow(growth_window_s)
        """The log ends of the last minutes."""
        self._starts: deque[tuple[float, Int64]] = deque()
        self._end: Int64 = np.empty(0, dtype=np.int64)
        self._lso: Int64 = np.empty(0, dtype=np.int64)
        self._end_moved: Float64 = np.empty(0)
        self._lso_moved: Float64 = np.empty(0)
        self._opened: Bool = np.empty(0, dtype=np.bool_)
        self._ids: dict[str, str | None] = {}
        self.start: Int64 = np.empty(0, dtype=np.int64)
        """The log starts of the poll before, UNKNOWN where they are not known or were those of another log."""

    def follow(self, origin: Int64, at: float) -> None:
        """Partition rows have moved: row i was `origin[i]` before, or is new (negative)."""
        self.ends.follow(origin)
        self._starts = deque((then, followed(start, origin, UNKNOWN)) for then, start in self._starts)
        self._end, self._lso = followed(self._end, origin, UNKNOWN), followed(self._lso, origin, UNKNOWN)
        self._end_moved, self._lso_moved = followed(self._end_moved, origin, at), followed(self._lso_moved, origin, at)
        self._opened = followed(self._opened, origin, False)
        self.start = followed(self.start, origin, UNKNOWN)

    def ids(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """The ids of topics as they were last seen."""
        return tuple(map(self._ids.get, names))

    def recall(self, ids: Mapping[str, str | None]) -> None:
        """Topics had these ids before the first poll."""
        self._ids = dict(ids)

    def look(self, snapshot: Snapshot) -> Bool:
        """
        Partitions that do not continue what they were: the topic was created again, or records at the end are gone.

        What is remembered of them is dropped.
        """
        end = snapshot.partitions.end
        anew: Bool = (end >= 0) & (end < self._end)
        ids = dict(zip(snapshot.topics.names, snapshot.topics.ids, strict=True))
        if ids != self._ids:
            other = [new is not None and self._ids.get(name) not in (None, new) for name, new in ids.items()]
            anew |= np.array(other, dtype=np.bool_)[snapshot.partitions.topic]
            self._ids = {name: new if new is not None else self._ids.get(name) for name, new in ids.items()}
        rows = np.flatnonzero(anew)
        self.ends.forget(rows)
        for _, start in self._starts:
            start[rows] = UNKNOWN
        for column in (self.start, self._end, self._lso):
            column[rows] = UNKNOWN
        self._opened[rows] = False
        return anew

    def add(self, snapshot: Snapshot) -> None:
        """Take in the ends, starts and last stable offsets of a poll."""
        at, partitions = snapshot.at, snapshot.partitions
        self.ends.add(at, partitions.end)
        np.copyto(self._end_moved, at, where=(partitions.end >= 0) & (partitions.end != self._end))
        free = (partitions.lso >= 0) & ((partitions.lso != self._lso) | (partitions.lso >= partitions.end))
        np.copyto(self._lso_moved, at, where=free)
        self._opened |= _blocked(partitions)
        for mine, seen in ((self._end, partitions.end), (self._lso, partitions.lso), (self.start, partitions.start)):
            np.copyto(mine, seen, where=seen >= 0)
        if not self._starts or at - self._starts[-1][0] >= RETENTION_SPACING_S or at <= self._starts[-1][0]:
            self._starts.append((at, self.start.copy()))
        while self._starts[0][0] < at - RETENTION_WINDOW_S:
            self._starts.popleft()

    def idle_s(self, at: float) -> Float64:
        """Seconds since each partition last took a record in."""
        return at - self._end_moved

    def speeds(self, at: float) -> "Speeds":
        """The speeds of log ends and log starts, one entry a partition row."""
        minutes = np.full(len(self.start), np.nan)
        moved = np.zeros(len(self.start))
        for then, start in self._starts:
            first = np.isnan(minutes) & (start >= 0) & (self.start >= 0) & (at - then >= RETENTION_MINIMUM_S)
            minutes[first] = (at - then) / 60.0
            moved[first] = (self.start - start)[first]
        return Speeds(end=self.ends.per_minute(), start=moved / minutes)

    def facts(self, snapshot: Snapshot, speeds: "Speeds") -> TopicFacts:
        """The columns of the topics."""
        first = snapshot.topics.first
        held = np.where(_blocked(snapshot.partitions), snapshot.at - self._lso_moved, 0.0)
        held[(snapshot.partitions.lso < 0) | (snapshot.partitions.end < 0)] = np.nan
        return TopicFacts(
            produced=sums(~np.isnan(speeds.end), speeds.end, first, np.nan),
            idle_s=segments(np.minimum, self.idle_s(snapshot.at), first, np.nan),
            lso_held_s=segments(np.fmax, held, first, np.nan),
            produced_skew=_skew(speeds.end, first),
            transactional=segments(np.logical_or, self._opened, first, empty=False),
        )


def _skew(produced: Float64, first: Int64) -> Float64:
    """The largest of each topic as a multiple of the mean of those that are known; NaN where nothing is."""
    known = ~np.isnan(produced)
    total, count = sums(known, produced, first, np.nan), segments(np.add, known.astype(np.int64), first, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = segments(np.fmax, produced, first, np.nan) * count / total
    return np.where(total > 0, skew, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speeds:
    """Messages a minute, one entry a partition row, NaN where unknown: of the log end (produced), of the log start (deleted)."""

    end: Float64
    start: Float64


def _blocked(partitions: PartitionTable) -> Bool:
    """Where an open transaction keeps read_committed readers from the end of the log."""
    blocked: Bool = (partitions.lso >= 0) & (partitions.lso < partitions.end)
    return blocked

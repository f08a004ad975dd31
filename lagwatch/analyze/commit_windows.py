"""The windows of commits that Burrow's evaluator looks at, filled by polls. Bounded. Pure."""

from collections import deque

import numpy as np

from lagwatch.analyze.index import Index, committed, moved
from lagwatch.model.burrow import Part
from lagwatch.model.columns import Array, followed
from lagwatch.model.commit_windows import CommitWindows, WindowOptions
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64, Snapshot
from lagwatch.model.words import plural


class WindowHistory:
    """
    The last commits of each row of the index, and the last ends of each partition row.

    What `windows` gives is never changed afterwards: only the columns of the slots that a poll writes to are made anew, so
    that a poll in which nothing moved costs next to nothing.
    """

    def __init__(self, options: WindowOptions) -> None:
        self.options = options
        self.windows: CommitWindows | None = None
        """The windows after the last poll; None where none are kept."""
        self.off = ""
        """Why none are kept, as a sentence."""
        self.removed: dict[Part, float] = {}
        """What is to be forgotten, and when that was asked for; the next poll does it. Any thread may add to it."""
        self._index: Index | None = None
        self._ids: dict[str, str | None] = {}
        self._rows = _Rows(0, options)
        self._ends: deque[tuple[float, Int64]] = deque(maxlen=options.intervals)

    def add(self, snapshot: Snapshot, index: Index) -> None:
        """Take in a poll and its index."""
        if len(index) > self.options.most_commits:
            self._index, self.windows = None, None
            self._rows = _Rows(0, self.options)
            self._ends.clear()
            self.off = _too_many(len(index), self.options.most_commits)
            return
        self.off = ""
        self._follow(snapshot, index)
        self._remove(snapshot, index)
        offset, end = committed(snapshot, index), snapshot.partitions.end
        self._take_ends(snapshot.at, end)
        self._rows.add(snapshot.at, offset, end, index.row)
        self.windows = self._published(snapshot, index, fresh=(offset >= 0) & (end[index.row] >= 0))

    def _follow(self, snapshot: Snapshot, index: Index) -> None:
        before, self._index = self._index, index
        ids, self._ids = self._ids, dict(zip(snapshot.topics.names, snapshot.topics.ids, strict=True))
        if before is None:
            self._rows = _Rows(len(index), self.options)
            return
        if before is not index:
            partitions, rows = moved(snapshot, before, index)
            self._rows.follow(rows)
            self._set_ends([(at, followed(column, partitions, UNKNOWN)) for at, column in self._ends])
        anew = [t for t, name in enumerate(snapshot.topics.names) if self._ids[name] != ids.get(name, self._ids[name])]
        if anew:
            gone = np.isin(snapshot.partitions.topic, anew)
            self._rows.forget(np.flatnonzero(gone[index.row]), for_good=True)
            self._set_ends([(at, np.where(gone, UNKNOWN, column)) for at, column in self._ends])

    def _take_ends(self, at: float, end: Int64) -> None:
        """Where an end could not be read, those that are kept stay, as Burrow's do; else they would be forgotten one by one."""
        before = [column for _, column in self._ends]
        self._ends.append((at, end))
        unread = end == UNKNOWN
        if unread.any():
            before[:0] = [np.full(len(end), UNKNOWN, dtype=np.int64)] * (len(self._ends) - len(before))
            kept = zip(self._ends, before, strict=True)
            self._set_ends([(when, np.where(unread, old, column)) for (when, column), old in kept])

    def _set_ends(self, ends: list[tuple[float, Int64]]) -> None:
        self._ends = deque(ends, maxlen=self.options.intervals)

    def _remove(self, snapshot: Snapshot, index: Index) -> None:
        """Do what was asked for in `removed`; it stays there for as long as somebody may still read the windows before."""
        before = -np.inf if self.windows is None else self.windows.at
        for (group, topic), at in list(self.removed.items()):
            if at < before:
                del self.removed[group, topic]
            elif group in index.groups:
                rows = np.flatnonzero(index.group == index.groups.index(group))
                of = snapshot.partitions.topic[index.row[rows]].tolist()
                here = [topic is None or topic == snapshot.topics.names[t] for t in of]
                self._rows.forget(rows[np.array(here, dtype=np.bool_)], for_good=False)

    def _published(self, snapshot: Snapshot, index: Index, fresh: Bool) -> CommitWindows:
        rows = self._rows
        times = tuple(rows.times)
        return CommitWindows(
            at=snapshot.at,
            options=self.options,
            groups=snapshot.groups,
            topics=snapshot.topics.names,
            topic=snapshot.partitions.topic,
            partition=snapshot.partitions.partition,
            group=index.group,
            row=index.row,
            seen=rows.seen,
            offsets=tuple(rows.offsets),
            times=times,
            observed=tuple(rows.observed) or times,
            lags=tuple(rows.lags),
            fresh=fresh,
            ends=tuple(column for _, column in self._ends),
            polled=tuple(at for at, _ in self._ends),
        )


class _Rows:
    """The rings of all rows: the columns of CommitWindows, and the commit that was seen last (also of what was forgotten)."""

    def __init__(self, size: int, options: WindowOptions) -> None:
        slots = range(options.intervals)
        self._options = options
        self._last: Int64 = np.full(size, UNKNOWN, dtype=np.int64)
        self.seen: Int32 = np.zeros(size, dtype=np.int32)
        self.offsets: list[Int64] = [np.full(size, UNKNOWN, dtype=np.int64) for _ in slots]
        self.lags: list[Int64] = [np.full(size, UNKNOWN, dtype=np.int64) for _ in slots]
        self.times: list[Float64] = [np.full(size, np.nan) for _ in slots]
        # Without a least distance a commit was observed when it was made, as far as a poll can tell.
        apart = options.min_distance_s > 0
        self.observed: list[Float64] = [np.full(size, np.nan) for _ in slots] if apart else []

    def follow(self, origin: Int64) -> None:
        """Rows have moved."""
        self._last, self.seen = followed(self._last, origin, UNKNOWN), followed(self.seen, origin, 0)
        for columns in (self.offsets, self.lags):
            columns[:] = [followed(column, origin, UNKNOWN) for column in columns]
        for times in (self.times, self.observed):
            times[:] = [followed(column, origin, np.nan) for column in times]

    def forget(self, rows: Int64, *, for_good: bool) -> None:
        """Empty some windows; unless it is for good, the commit that is there now does not count as a new one."""
        self.seen = _with(self.seen, rows, 0)
        if for_good:
            self._last[rows] = UNKNOWN

    def add(self, at: float, offset: Int64, end: Int64, partition: Int64) -> None:
        """Take in the committed offsets of a poll (UNKNOWN where unknown), and where the logs ended."""
        rows = np.flatnonzero((offset >= 0) & (offset != self._last))
        if len(rows):
            ends = end[partition[rows]]
            lags = np.where(ends >= 0, np.maximum(ends - offset[rows], 0), UNKNOWN)
            self._write(at, rows, offset[rows], lags)
            self._last[rows] = offset[rows]

    def _write(self, at: float, rows: Int64, offset: Int64, lags: Int64) -> None:
        over = self._too_soon(at, rows)
        self.seen = _with(self.seen, rows[~over], self.seen[rows[~over]] + 1)
        slots = (self.seen[rows] - 1) % self._options.intervals
        for slot in np.unique(slots).tolist():
            here = slots == slot
            self.offsets[slot] = _with(self.offsets[slot], rows[here], offset[here])
            self.lags[slot] = _with(self.lags[slot], rows[here], lags[here])
            self.times[slot] = _with(self.times[slot], rows[here & ~over], at)
            if self.observed:
                self.observed[slot] = _with(self.observed[slot], rows[here], at)

    def _too_soon(self, at: float, rows: Int64) -> Bool:
        """Which commits take the place of the newest one, because they come too soon after it; its time stays."""
        over = np.zeros(len(rows), dtype=np.bool_)
        if self._options.min_distance_s > 0:
            slots = (self.seen[rows] - 1) % self._options.intervals
            for slot, times in enumerate(self.times):
                over |= (slots == slot) & (self.seen[rows] > 0) & (at - times[rows] < self._options.min_distance_s)
        return over


def _with(column: Array, places: Int64, values: Array | float) -> Array:
    """The column with other values in some places."""
    answer = column.copy()
    answer[places] = values
    return answer


def _too_many(commits: int, most: int) -> str:
    return (
        f"windows of commits are not kept: there are {plural(commits, 'commit')}, "
        f"more than burrow.most_commits ({most:,}), and each takes 250 bytes"
    )

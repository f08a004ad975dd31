"""
The last commits of each group on each partition, and the last ends of each partition: what Burrow's evaluator looks at. Pure.

We poll: a commit is seen when the committed offset has moved since the poll before, and counts as made at the poll that saw it.
"""

from dataclasses import dataclass

import numpy as np

from lagwatch.model.columns import Array
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int32, Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """
    How much is kept and how it is judged, in Burrow's words.

    A window has room for `intervals` commits, and so many ends of each partition are kept; a commit that comes less than
    `min_distance_s` after the newest one takes its place; a group without a commit for `expire_group_s` is forgotten; a window
    less full than `minimum_complete` (0 to 1) is OK, and a lag up to `allowed_lag` messages is none.

    With more than `most_commits` committed partitions no windows are kept.
    """

    intervals: int = 10
    min_distance_s: float = 0.0
    expire_group_s: float = 604_800.0
    minimum_complete: float = 0.0
    allowed_lag: int = 0
    most_commits: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommitWindows:
    """
    All windows after one poll, at the moment `at`.

    `topic` (which indexes `topics`) and `partition` have an entry a partition row. All else has one entry a row: `group` indexes
    `groups`, `row` the partition rows; rows are sorted by both, and groups that could not be read in this poll keep theirs.
    `seen` counts the commits that were ever put into the window of a row: the next goes to slot `seen % intervals`.
    `offsets`, `times` (seconds), `observed` (seconds) and `lags` (UNKNOWN where unknown) have an array a slot. `fresh` is where
    this poll read both the commit and the end.

    `ends` are the last known log end offsets, the newest last, with an entry a partition row (UNKNOWN where there were fewer);
    `polled` are the times of the last polls, as many.
    """

    at: float
    options: WindowOptions
    groups: tuple[Group, ...]
    topics: tuple[str, ...]
    topic: Int32
    partition: Int32
    group: Int32
    row: Int64
    seen: Int32
    offsets: tuple[Int64, ...]
    times: tuple[Float64, ...]
    observed: tuple[Float64, ...]
    lags: tuple[Int64, ...]
    fresh: Bool
    ends: tuple[Int64, ...]
    polled: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.group)

    def partitions(self, rows: Int64) -> list[tuple[str, int]]:
        """The topics and partitions of some rows."""
        at = self.row[rows]
        return [(self.topics[t], p) for t, p in zip(self.topic[at].tolist(), self.partition[at].tolist(), strict=True)]

    def counts(self) -> Int64:
        """How many commits each window holds."""
        return np.minimum(self.seen, self.options.intervals).astype(np.int64)

    def newest(self, columns: tuple[Array, ...], empty: float) -> Array:
        """The newest entry of each window in the columns of a slot each; `empty` where there is none."""
        answer = np.full(len(self), empty, dtype=columns[0].dtype)
        slot = (self.seen - 1) % self.options.intervals
        for number, column in enumerate(columns):
            np.copyto(answer, column, where=(slot == number) & (self.seen > 0))
        return answer

    def ordered(self, columns: tuple[Array, ...], rows: Int64) -> Array:
        """
        Windows of some rows, shape (intervals, rows), the newest commit last: what is before the first `intervals - count`
        entries of a row is no commit.
        """
        size = self.options.intervals
        stack = np.stack([column[rows] for column in columns])
        places = (self.seen[rows][None, :] + np.arange(size)[:, None]) % size
        return np.take_along_axis(stack, places, axis=0)

    def end(self) -> Int64:
        """The newest known end of each partition row, UNKNOWN where none is."""
        answer = self.ends[-1].copy()
        for column in reversed(self.ends[:-1]):
            np.copyto(answer, column, where=answer == UNKNOWN)
        return answer

    def lag(self, rows: Int64) -> Int64:
        """The current lag of some rows as Burrow has it: newest known end minus newest commit, at least 0; UNKNOWN if either is."""
        end = self.end()[self.row[rows]]
        offset = self.newest(self.offsets, UNKNOWN)[rows]
        known = (end >= 0) & (offset >= 0)
        return np.where(known, np.maximum(end - offset, 0), UNKNOWN)

"""
Burrow's evaluator over the windows that polls fill, all rows at once. Pure.

`burrow.evaluate` is the rules; this gives the same answers for columns. What a poll cannot see is made up for by who is there:
a commit that repeats an offset looks like no commit at all. So

- a partition that stands still although a live member owns it is STALL, and STOP where nobody does;
- the first commit of all was made at some time before it was first seen. As long as it is the oldest of the window, it is not
  known how often the group commits, so a silence is OK until the partition has stood still for as many polls as a window has room
  for; whether it has members or not, for who assigns partitions to itself commits without being one. For rules it is unknown.
"""

import numpy as np

from lagwatch.judge.burrow import Status
from lagwatch.model.burrow import NO_STATUS, Burrow, Int8, known
from lagwatch.model.commit_windows import CommitWindows
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int64
from lagwatch.model.view import View

UNDECIDED = -1
"""The internal number of a row that is silent for longer than its window, but may have committed rarely before it was seen."""


def statuses(windows: CommitWindows, rows: Int64) -> Int8:
    """The status number of some rows of the windows: NO_STATUS where nothing is stored, else as `Status.number` has it."""
    answer = _judged(windows, rows)
    answer[answer == UNDECIDED] = Status.OK.number
    return answer


def undecided(windows: CommitWindows) -> Bool:
    """The rows whose status is OK only because nobody knows yet how often their group commits."""
    answer = np.zeros(len(windows), dtype=np.bool_)
    rows = np.flatnonzero(_just_met(windows, np.arange(len(windows))) & (windows.seen > 0))
    answer[rows] = _judged(windows, rows) == UNDECIDED
    return answer


def _judged(windows: CommitWindows, rows: Int64) -> Int8:
    answer = np.full(len(rows), Status.OK.number, dtype=np.int8)
    counts = windows.counts()[rows]
    answer[counts == 0] = NO_STATUS
    options = windows.options
    full_enough = counts / options.intervals >= options.minimum_complete
    lag = windows.lag(rows)
    behind = np.flatnonzero((counts > 0) & full_enough & (lag > options.allowed_lag))
    if len(behind):
        answer[behind] = _behind(windows, rows[behind], counts[behind])
    return answer


def group_statuses(windows: CommitWindows, of_rows: Int8) -> Float64:
    """
    The status number of each group from those of all rows: the worst, ERR at most, OK where it has no window.

    NaN where a group could not be read in this poll.
    """
    worst = np.full(len(windows.groups), Status.OK.number, dtype=np.int64)
    np.maximum.at(worst, windows.group, of_rows)
    answer = np.minimum(worst, Status.ERR.number).astype(np.float64)
    answer[[not group.known for group in windows.groups]] = np.nan
    return answer


def of_groups(view: View) -> tuple[Float64, Bool]:
    """
    The status number of each group of a view as a rule may read it, NaN where nothing is known; and where it may be worse, because
    a partition could not be read in this poll or is undecided.
    """
    burrow = view.burrow
    if burrow is None or burrow.windows is None:
        size = len(view.snapshot.groups)
        return np.full(size, np.nan), np.zeros(size, dtype=np.bool_)
    windows = burrow.windows
    worse = np.zeros(len(windows.groups), dtype=np.bool_)
    worse[windows.group[~windows.fresh | undecided(windows)]] = True
    return group_statuses(windows, _shown(burrow, windows)), worse


def of_commits(view: View) -> Float64:
    """The status number of each commit of a view (a group on a partition), NaN where it is not known in this poll."""
    burrow, commits = view.burrow, view.snapshot.commits
    if burrow is None or burrow.windows is None:
        return np.full(len(commits), np.nan)
    windows = burrow.windows
    known_now = windows.fresh & ~undecided(windows)
    values = np.where(known_now, np.maximum(_shown(burrow, windows), Status.OK.number), np.nan)
    if len(values) == len(commits):
        return values
    width = max(len(view.snapshot.partitions), 1)
    keys = windows.group.astype(np.int64) * width + windows.row
    return np.asarray(values[np.searchsorted(keys, commits.group.astype(np.int64) * width + commits.row)])


def _shown(burrow: Burrow, windows: CommitWindows) -> Int8:
    """The statuses without those of groups that Burrow would not know."""
    return np.where(known(burrow, windows).counts > 0, burrow.statuses, NO_STATUS).astype(np.int8)


def _behind(windows: CommitWindows, rows: Int64, counts: Int64) -> Int8:
    """The status of rows that have commits, and more lag than is allowed."""
    offsets = windows.ordered(windows.offsets, rows)
    times = windows.ordered(windows.times, rows)
    lags = windows.ordered(windows.lags, rows)
    there = np.arange(len(offsets))[:, None] >= len(offsets) - counts[None, :]
    known = there & (lags != UNKNOWN)
    stop = _silent(times, counts, windows.at) & ~_was_at_end(windows, rows, offsets[-1])
    caught_up = (known & (lags <= windows.options.allowed_lag)).any(axis=0)
    same = (~there | (offsets == offsets[-1])).all(axis=0)
    answer = np.select(
        [stop, _rewound(offsets, there), caught_up, same, ~_falls(lags, known)],
        [s.number for s in (Status.STOP, Status.REWIND, Status.OK, Status.STALL, Status.WARN)],
        Status.OK.number,
    ).astype(np.int8)
    still = np.flatnonzero((answer == Status.STOP.number) | (answer == Status.STALL.number))
    answer[still] = _standing(windows, rows[still])
    return answer


def _silent(times: Float64, counts: Int64, now: float) -> Bool:
    oldest = times[len(times) - counts, np.arange(len(counts))]
    first, last = np.rint(oldest * 1000.0), np.rint(times[-1] * 1000.0)
    silent: Bool = np.floor(now) * 1000.0 - last > last - first
    return silent


def _was_at_end(windows: CommitWindows, rows: Int64, newest: Int64) -> Bool:
    """Whether one of the stored ends is not above the newest commit."""
    lowest = np.full(len(windows.ends[0]), np.iinfo(np.int64).max)
    for ends in windows.ends:
        np.minimum(lowest, ends, out=lowest, where=ends != UNKNOWN)
    at_end: Bool = lowest[windows.row[rows]] <= newest
    return at_end


def _rewound(offsets: Int64, there: Bool) -> Bool:
    """Whether the first step back of each column has not been made good."""
    stepped = np.zeros(offsets.shape[1], dtype=np.bool_)
    good = stepped.copy()
    before = np.zeros(offsets.shape[1], dtype=np.int64)
    for i in range(1, len(offsets)):
        first = ~stepped & there[i - 1] & (offsets[i] < offsets[i - 1])
        before[first] = offsets[i - 1][first]
        stepped |= first
        good |= stepped & (offsets[i] >= before)
    rewound: Bool = stepped & ~good
    return rewound


def _falls(lags: Int64, known: Bool) -> Bool:
    """Whether a known lag of each column is lower than the known one before it."""
    falls = np.zeros(lags.shape[1], dtype=np.bool_)
    before = np.full(lags.shape[1], UNKNOWN, dtype=np.int64)
    for lag, there in zip(lags, known, strict=True):
        falls |= there & (lag < before)
        before = np.where(there, lag, before)
    return falls


def _standing(windows: CommitWindows, rows: Int64) -> Int8:
    """The status of rows whose offset stands still: by who could commit, and for how long it was looked at."""
    answer = np.where(_owned(windows, rows), Status.STALL.number, Status.STOP.number)
    return np.where(_just_met(windows, rows), UNDECIDED, answer).astype(np.int8)


def _just_met(windows: CommitWindows, rows: Int64) -> Bool:
    """Where the first commit of all is in the window, and the newest is not yet a window of polls old."""
    looked = len(windows.polled) == windows.options.intervals
    since = windows.polled[0] if looked else -np.inf
    newest = windows.newest(windows.times, -np.inf)[rows]
    met: Bool = (windows.seen[rows] <= windows.options.intervals) & (newest > since)
    return met


def _owned(windows: CommitWindows, rows: Int64) -> Bool:
    """Whether a live member owns the partition, as far as is known."""
    answer = np.zeros(len(rows), dtype=np.bool_)
    group = windows.group[rows]
    for g in np.unique(group).tolist():
        facts = windows.groups[g]
        if facts.member_count > 0:
            here = np.flatnonzero(group == g)
            answer[here] = _owned_of(windows, facts, rows[here])
    return answer


def _owned_of(windows: CommitWindows, facts: Group, rows: Int64) -> Bool:
    if not facts.assigned_known:
        return np.ones(len(rows), dtype=np.bool_)
    owned = {
        (part.topic, partition) for member in facts.members for part in member.assigned for partition in part.partitions
    }
    return np.array([name in owned for name in windows.partitions(rows)], dtype=np.bool_)

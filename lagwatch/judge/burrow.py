"""
Burrow's evaluator: what the last commits of a group on a partition say, as Burrow 1.9.5 says it. Pure.

The rules are those of Burrow's `core/internal/evaluator/caching.go` and the words and numbers those of its
`core/protocol/evaluator.go`. Nothing here looks at how large a lag is (but for `allowed_lag`), at time (but for the silence of
STOP), or at retention: whoever wants that uses lagwatch's own rules.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from lagwatch.model.burrow import Status

__all__ = ["Status", "complete", "evaluate", "group_complete", "group_status"]


def evaluate(
    *,
    offsets: Sequence[float | None],
    timestamps: Sequence[float | None],
    lags: Sequence[float | None],
    broker_offsets: Sequence[float | None],
    current_lag: float | None,
    now: float,
    allowed_lag: float = 0,
) -> Status:
    """
    The status of one partition of a group: OK, WARN, STOP, STALL or REWIND.

    The window is three sequences (lists, tuples, arrays) with one entry a commit, the oldest commit first (Burrow keeps the last
    10):

    - `offsets`: the committed offsets. None at the beginning is a place that is still empty, as `/v3` shows it, and left out.
    - `timestamps`: when they were committed, seconds since any epoch; they count in whole milliseconds, as Kafka has them.
    - `lags`: the lag in messages at the moment of each commit, None (in an array of floats: NaN) where it is unknown.

    `broker_offsets` are the log end offsets of the partition that are stored, in any order (Burrow keeps the last 10, taken every
    10 s); None and NaN among them are left out. `current_lag` is the lag now, in messages: the newest end offset minus the newest
    commit, at least 0; None or NaN if it is unknown. `now` is the time, seconds since the same epoch; only its whole seconds
    count. `allowed_lag` is a lag in messages that is no lag at all.

    In this order, every comparison strict as it is written; the first rule that applies has the say:

    1. No commit in the window, or `current_lag` is unknown: OK, for want of anything to judge.
    2. `current_lag` <= `allowed_lag`: OK, whatever the window holds.
    3. STOP, if both: the newest commit is longer ago than the window spans (now - newest > newest - oldest, so that a window
       of one commit is over after a millisecond), and no entry of `broker_offsets` is <= the newest committed offset (an
       entry that is says that the group had read everything not long ago; without entries nothing says so).
    4. REWIND, if at the first place where an offset is lower than the one before it (only the first place counts), no offset
       from there on is as high as that one before again.
    5. Any known lag in the window <= `allowed_lag`: OK. This comes after STOP and REWIND, not before.
    6. All offsets are the same: STALL (also those of a window of one commit).
    7. No known lag is lower than the known one before it: WARN (also where fewer than two are known).
    8. Otherwise OK.

    Raises ValueError if `offsets`, `timestamps` and `lags` differ in length, if an offset behind the first commit is missing, or
    if a time is not finite.
    """
    committed, times, known = _window(offsets, timestamps, lags, now)
    if not committed or all(lag <= allowed_lag for lag in _known([current_lag])):
        return Status.OK
    if _silent(times, now) and not any(end <= committed[-1] for end in _known(broker_offsets)):
        return Status.STOP
    if _rewound(committed):
        return Status.REWIND
    if any(one <= allowed_lag for one in known):
        return Status.OK
    if all(offset == committed[0] for offset in committed):
        return Status.STALL
    falls = any(later < earlier for earlier, later in pairwise(known))
    return Status.OK if falls else Status.WARN


def group_status(statuses: Sequence[Status]) -> Status:
    """
    The status of a group from those of all its partitions: the worst, where STOP, STALL and REWIND count as ERR.

    A group without partitions is OK.
    """
    worst = max(statuses, key=lambda status: status.number, default=Status.OK)
    if worst.number > Status.ERR.number:
        return Status.ERR
    return Status.OK if worst is Status.NOTFOUND else worst


def complete(commits: int, intervals: int) -> float:
    """How full the window of a partition is, 0 to 1: `commits` of the `intervals` that it has room for."""
    return min(commits / intervals, 1.0)


def group_complete(shares: Sequence[float]) -> float:
    """The share of a group's partitions whose window is full, 0 to 1; 0 where there are none."""
    return sum(share == 1.0 for share in shares) / len(shares) if len(shares) else 0.0


def _window(
    offsets: Sequence[float | None], timestamps: Sequence[float | None], lags: Sequence[float | None], now: float
) -> tuple[list[float], list[float], list[float]]:
    """Offsets, times and known lags of the commits, without the places at the beginning that are still empty."""
    sizes = (len(offsets), len(timestamps), len(lags))
    if len(set(sizes)) != 1:
        raise ValueError(
            "offsets, timestamps and lags have one entry each for every commit of the window, "
            f"but there are {sizes[0]} offsets, {sizes[1]} timestamps and {sizes[2]} lags"
        )
    committed = _known(offsets)
    empty = len(offsets) - len(committed)
    if len(_known(offsets[empty:])) != len(committed):
        raise ValueError("an offset may be missing (None) before the first commit of the window only")
    times = _known(timestamps[empty:])
    if len(times) != len(committed) or not all(math.isfinite(time) for time in (now, *times)):
        raise ValueError("timestamps and now are seconds since the epoch, but one of them is missing or not finite")
    return committed, times, _known(lags[empty:])


def _known(values: Iterable[float | None]) -> list[float]:
    """Those that are known: neither None, nor NaN, which stands for it in an array."""
    return [value for value in values if value is not None and not math.isnan(value)]


def _silent(times: Sequence[float], now: float) -> bool:
    """Whether the silence since the newest commit is longer than the window; Burrow's clock has whole seconds."""
    oldest, newest = (round(float(time) * 1000) for time in (times[0], times[-1]))
    return math.floor(now) * 1000 - newest > newest - oldest


def _rewound(offsets: Sequence[float]) -> bool:
    """Whether the first step back has not been made good."""
    for i in range(1, len(offsets)):
        if offsets[i] < offsets[i - 1]:
            return all(later < offsets[i - 1] for later in offsets[i:])
    return False

"""What Burrow would say of a cluster: its words and numbers, and what it would know. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.commit_windows import CommitWindows
from lagwatch.model.snapshot import Bool, Int64

Int8 = NDArray[np.int8]


class Status(StrEnum):
    """
    What Burrow calls a partition or a group; the values are the words of its JSON answers, `number` those of its metrics.

    A partition is OK, WARN, STOP, STALL or REWIND, a group NOTFOUND, OK, WARN or ERR.
    """

    NOTFOUND = "NOTFOUND"
    """There is no such cluster or group (number 0)."""
    OK = "OK"
    """Healthy, or too little is known to say anything else (1)."""
    WARN = "WARN"
    """Commits move on, but the lag never fell within the window (2)."""
    ERR = "ERR"
    """A partition of the group is STOP, STALL or REWIND (3)."""
    STOP = "STOP"
    """No commit for longer than the window spans, with lag (4)."""
    STALL = "STALL"
    """Commits arrive, the offset does not move, with lag (5)."""
    REWIND = "REWIND"
    """The committed offset went back and has not come back to where it was (6)."""

    @property
    def number(self) -> int:
        """The number in Burrow's metrics; a higher one is worse."""
        return _NUMBERS[self]


_NUMBERS = {status: number for number, status in enumerate(Status)}


NO_STATUS = Status.NOTFOUND.number
"""The status of a row of which nothing is stored."""

Part = tuple[str, str | None]
"""A group with None, or a group on a topic."""

Judge = Callable[[CommitWindows, Int64], Int8]
"""Gives the status numbers of some rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is left for people to see: `counts` has the commits of each row's window, `groups` says which groups have any."""

    counts: Int64
    groups: Bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Burrow:
    """
    What Burrow would know of one cluster: its windows, and how they are judged, which costs nothing until somebody asks.

    `windows` is None where none are kept; `off` is then a sentence that says why. `removed` is what the next poll will forget,
    and when that was asked for.
    """

    judge: Judge
    windows: CommitWindows | None = None
    off: str = ""
    removed: Mapping[Part, float] = field(default_factory=dict)

    @cached_property
    def statuses(self) -> Int8:
        """The status number of every row, NO_STATUS where no commit is stored; made once, when it is asked for."""
        if self.windows is None:
            return np.empty(0, dtype=np.int8)
        return self.judge(self.windows, np.arange(len(self.windows)))


def known(burrow: Burrow, windows: CommitWindows) -> Known:
    """
    What Burrow would show of its windows: nothing of share groups, which it does not know, of what somebody has removed since the
    poll, and of groups that have not moved for `expire_group_s`.
    """
    counts = windows.counts()
    for (name, topic), at in list(burrow.removed.items()):
        if at >= windows.at:
            counts[_rows(windows, name, topic)] = 0
    ordinary = np.array([group.type != "share" for group in windows.groups], dtype=np.bool_)
    there = counts > 0
    last = np.full(len(windows.groups), -np.inf)
    np.maximum.at(last, windows.group[there], windows.newest(windows.times, -np.inf)[there])
    groups = ordinary & (last >= windows.at - windows.options.expire_group_s)
    counts[~groups[windows.group]] = 0
    return Known(counts=counts, groups=groups)


def _rows(windows: CommitWindows, name: str, topic: str | None) -> Bool:
    """The rows of a group, or of a group on a topic."""
    groups = np.array([group.name == name for group in windows.groups], dtype=np.bool_)
    rows: Bool = groups[windows.group]
    if topic is not None:
        topics = np.array([each == topic for each in windows.topics], dtype=np.bool_)
        rows = rows & topics[windows.topic[windows.row]]
    return rows

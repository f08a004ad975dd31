"""The commit table from its parts, which are what each request about committed offsets gave. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.snapshot import UNKNOWN, CommitTable, Int32, Int64


class Part(NamedTuple):
    """
    Committed offsets of some groups, one entry a committed partition: `group` is the place in `groups`, `row` that in the
    partition table. `reported_lag` is None where brokers do not count lag (all but share groups).
    """

    groups: tuple[str, ...]
    group: Int32
    row: Int32
    offset: Int64
    reported_lag: Int64 | None = None


class CommitTables:
    """
    Makes each poll's commit table; group and row columns are the same objects for as long as they say the same.

    The order that puts the parts in place is kept too, so that in the steady state a table is one gather.
    """

    def __init__(self) -> None:
        self._shape: tuple[object, ...] = ()
        self._order: NDArray[np.intp] = np.empty(0, np.intp)
        self._group: Int32 = np.empty(0, np.int32)
        self._row: Int32 = np.empty(0, np.int32)
        self._unknown: Int64 = np.empty(0, np.int64)

    def table(
        self, groups: tuple[str, ...], parts: Sequence[Part], unknown: frozenset[str] = frozenset()
    ) -> CommitTable:
        """
        The table for the snapshot's groups (their names, sorted). Other groups are left out, and so are those that are
        `unknown` because a part of what they have committed is.
        """
        shape = (groups, unknown, *(column for part in parts for column in (part.groups, part.group, part.row)))
        if len(shape) != len(self._shape) or any(a is not b for a, b in zip(shape, self._shape, strict=True)):
            self._arrange(groups, parts, unknown)
            self._shape = shape
        return CommitTable(
            group=self._group,
            row=self._row,
            offset=_joined([part.offset for part in parts])[self._order],
            reported_lag=self._reported(parts),
        )

    def _arrange(self, groups: tuple[str, ...], parts: Sequence[Part], unknown: frozenset[str]) -> None:
        place = {name: index for index, name in enumerate(groups) if name not in unknown}
        group = _joined(
            [np.fromiter((place.get(name, -1) for name in p.groups), np.int64, len(p.groups))[p.group] for p in parts]
        )
        row = _joined([part.row.astype(np.int64) for part in parts])
        key = group * (int(row.max(initial=0)) + 1) + row
        order = np.argsort(key, kind="stable")
        order = order[group[order] >= 0]
        # Two coordinators may both claim a group while it moves: the first part's answer counts.
        order = order[np.diff(key[order], prepend=-1) != 0]
        self._order = order
        self._group = _kept(group[order].astype(np.int32), self._group)
        self._row = _kept(row[order].astype(np.int32), self._row)
        if len(self._unknown) != len(order):
            # One number in memory, however many there are.
            self._unknown = np.broadcast_to(np.int64(UNKNOWN), len(order))

    def _reported(self, parts: Sequence[Part]) -> Int64:
        if all(part.reported_lag is None for part in parts):
            return self._unknown
        lags = [np.full(len(p.offset), UNKNOWN, np.int64) if p.reported_lag is None else p.reported_lag for p in parts]
        return _joined(lags)[self._order]


def _joined(columns: Sequence[Int64]) -> Int64:
    return np.concatenate(columns) if columns else np.empty(0, np.int64)


def _kept(now: Int32, before: Int32) -> Int32:
    return before if np.array_equal(now, before) else now

"""
The two large answers, OffsetFetch and ListOffsets, from bytes straight into numpy columns. Pure.

Almost all of such an answer repeats from poll to poll: names, partition numbers, counts. A decoder therefore keeps the last
answer's skeleton: the answer with every value (offset, leader epoch, commit metadata) blanked out. An answer with the
same skeleton has its values at the same places, so that decoding it is one comparison and one vectorised read. Any other
answer is parsed (parse.py). Bytes that do not follow the format raise ProtocolMismatch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lagwatch.collect.parse import COMMIT_WIDTH, OFFSET_WIDTH, Runs, commit_runs, offset_runs
from lagwatch.model.snapshot import UNKNOWN, Int32, Int64

Bytes: TypeAlias = bytes | bytearray | memoryview
Positions: TypeAlias = NDArray[np.intp]

_BLOCK = 1 << 18
"""Bytes compared at a time: small enough for a processor's cache together with mask and skeleton."""

_COMMIT_VALUES = range(4, 16)
"""Bytes of a commit record that may differ under the same skeleton: committed offset, leader epoch."""

_OFFSET_VALUES = range(6, OFFSET_WIDTH)
"""Bytes of an offset record that may differ: timestamp, offset, leader epoch."""


class Rows(Protocol):
    """Where partitions are in the partition table: partition p of topic t is row `first[t] + p`, below `first[t + 1]`."""

    @property
    def first(self) -> Int64:
        """One entry more than there are topics."""

    @property
    def by_name(self) -> Mapping[bytes, int]:
        """The place of each wanted topic by its name as UTF-8; other topics are ignored."""


class Offsets(NamedTuple):
    """One ListOffsets answer, one entry a partition: row, offset (UNKNOWN where Kafka gave an error or none), error code."""

    row: Int64
    offset: Int64
    error: Int32


class Commits(NamedTuple):
    """
    One OffsetFetch answer, one entry a committed partition of a wanted topic.

    `group` is the place in `groups`, `row` that in the partition table. `group_errors` are Kafka's codes, parallel to
    `groups`; `failed` are partitions with an error of their own: (place of the group, row, code). `bytes_by_group` is about
    how much of the answer each group took. All but `offset` are the very objects of the last answer if its skeleton was
    the same.
    """

    groups: tuple[str, ...]
    group_errors: tuple[int, ...]
    group: Int32
    row: Int32
    offset: Int64
    failed: tuple[tuple[int, int, int], ...]
    bytes_by_group: tuple[int, ...]


class OffsetDecoder:
    """Decodes ListOffsets answers (v4, v5) of one broker to one and the same request."""

    def __init__(self) -> None:
        self._rows: Rows | None = None
        self._skeleton: _Skeleton | None = None
        self._last: Offsets | None = None
        self._value_at: Positions = np.empty(0, np.intp)

    def decode(self, body: Bytes, rows: Rows) -> Offsets:
        """The columns of an answer; raises ProtocolMismatch."""
        if self._last is None or self._rows is not rows or self._skeleton is None or not self._skeleton.fits(body):
            self._learn(bytes(body), rows)
        assert self._last is not None
        offset = _gather(body, self._value_at, ">i8").astype(np.int64)
        offset[(self._last.error != 0) | (offset < 0)] = UNKNOWN
        return self._last._replace(offset=offset)

    def _learn(self, body: bytes, rows: Rows) -> None:
        self._last = None
        placed = _place(body, offset_runs(body), OFFSET_WIDTH, rows)
        error = _gather(body, placed.at + 4, ">i2").astype(np.int32)
        self._value_at = placed.at + 14
        self._skeleton = _Skeleton(body, placed.every, _OFFSET_VALUES, ())
        self._rows = rows
        self._last = Offsets(placed.row, np.empty(0, np.int64), error)


class CommitDecoder:
    """Decodes OffsetFetch answers to one and the same request: v8 for many groups, or v7 for the one called `group`."""

    def __init__(self, group: str | None = None) -> None:
        self._group = group
        self._rows: Rows | None = None
        self._skeleton: _Skeleton | None = None
        self._last: Commits | None = None
        self._value_at: Positions = np.empty(0, np.intp)

    def decode(self, body: Bytes, rows: Rows) -> Commits:
        """The columns of an answer; raises ProtocolMismatch."""
        if self._last is None or self._rows is not rows or self._skeleton is None or not self._skeleton.fits(body):
            self._learn(bytes(body), rows)
        assert self._last is not None
        offset = _gather(body, self._value_at, ">i8").astype(np.int64)
        if offset.size and offset.min() < 0:  # asked for by name and never committed, or -1001: none
            there = offset >= 0
            return self._last._replace(group=self._last.group[there], row=self._last.row[there], offset=offset[there])
        return self._last._replace(offset=offset)

    def _learn(self, body: bytes, rows: Rows) -> None:
        self._last = None
        runs = commit_runs(body, group=self._group)
        placed = _place(body, runs, COMMIT_WIDTH, rows)
        error = np.asarray(runs.error, np.int64)[placed.run]
        good = error == 0
        group = np.asarray(runs.group, np.int32)[placed.run]
        bad = np.flatnonzero(~good)
        self._value_at = placed.at[good] + 4
        self._skeleton = _Skeleton(body, placed.every, _COMMIT_VALUES, runs.metadata)
        self._rows = rows
        self._last = Commits(
            groups=tuple(runs.groups),
            group_errors=tuple(runs.group_errors),
            group=group[good],
            row=placed.row[good].astype(np.int32),
            offset=np.empty(0, np.int64),
            failed=tuple((int(group[i]), int(placed.row[i]), int(error[i])) for i in bad),
            bytes_by_group=_bytes_by_group(runs, len(body)),
        )


class _Skeleton:
    """An answer with its values blanked out."""

    def __init__(self, body: bytes, at: Positions, values: range, more: Sequence[tuple[int, int]]) -> None:
        self._mask = np.full(len(body), 0xFF, np.uint8)
        for value in values:
            self._mask[at + value] = 0
        for start, end in more:
            self._mask[start:end] = 0
        self._bones = np.frombuffer(body, np.uint8) & self._mask

    def fits(self, body: Bytes) -> bool:
        """Whether this answer differs from the learned one in values only."""
        size = len(self._bones)
        if len(body) != size:
            return False
        flesh, scratch = np.frombuffer(body, np.uint8), np.empty(_BLOCK, np.uint8)
        for start in range(0, size, _BLOCK):
            end = min(start + _BLOCK, size)
            bare = np.bitwise_and(flesh[start:end], self._mask[start:end], out=scratch[: end - start])
            if not np.array_equal(bare, self._bones[start:end]):
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Placed:
    """
    Records and where they belong: `every` has the byte position of each record of the answer; the rest is parallel, one
    entry a record of a wanted partition: byte position `at`, `run`, `row` of the partition table.
    """

    every: Positions
    at: Positions
    run: Positions
    row: Int64


def _place(body: bytes, runs: Runs, width: int, rows: Rows) -> _Placed:
    count = np.asarray(runs.count, np.intp)
    start = np.asarray(runs.start, np.intp)
    run = np.repeat(np.arange(len(count)), count)
    behind = np.cumsum(count) - count
    every = start[run] + width * (np.arange(len(run)) - behind[run])
    place = np.fromiter((rows.by_name.get(name, -1) for name in runs.topics), np.int64, len(runs.topics))
    topic = place[np.asarray(runs.topic, np.intp)][run] if len(run) else np.empty(0, np.int64)
    partition = _gather(body, every, ">i4").astype(np.int64)
    row = rows.first[topic] + partition
    wanted = (topic >= 0) & (partition >= 0) & (row < rows.first[topic + 1])
    if wanted.all():
        return _Placed(every, every, run, row)
    return _Placed(every, every[wanted], run[wanted], row[wanted])


def _gather(body: Bytes, at: Positions, dtype: str) -> NDArray[Any]:
    """The numbers that start at these byte positions, whatever their alignment."""
    width = np.dtype(dtype).itemsize
    if not len(at):
        return np.empty(0, dtype)
    sliding: NDArray[Any] = np.ndarray((len(body) - width + 1,), dtype, body, strides=(1,))
    return sliding[at]


def _bytes_by_group(runs: Runs, size: int) -> tuple[int, ...]:
    """The answer's bytes shared out by the number of records."""
    if not runs.groups:
        return ()
    counts = np.bincount(runs.group, weights=runs.count, minlength=len(runs.groups))
    each = size / (counts.sum() + len(runs.groups))
    return tuple(int(each * (count + 1)) for count in counts)

"""Log start, log end and last stable offset of every watched partition: ListOffsets, three requests a leader."""

import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lagwatch.collect.client import Versions
from lagwatch.collect.columns import OffsetDecoder
from lagwatch.collect.errors import MOVED_LEADER, NoAnswer, error_name, no_answer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.requests import LIST_OFFSETS
from lagwatch.collect.wire import Request
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.snapshot import NO_LEADER, UNKNOWN, Int32, Int64

_READ_UNCOMMITTED, _READ_COMMITTED = 0, 1
_LATEST, _EARLIEST = -1, -2

_ASKED = (
    ("end", _READ_UNCOMMITTED, _LATEST),
    ("lso", _READ_COMMITTED, _LATEST),
    ("start", _READ_UNCOMMITTED, _EARLIEST),
)
"""
The columns in the order in which each leader is asked for them. The end comes after the commits, so that lag is never
understated. The last stable offset comes after the end: asked before, it would lie below the end of any log that takes records
in, as if a transaction were open; beyond the end it is cut off. The start comes last.
"""

_RECORD = np.dtype([("partition", ">i4"), ("leader_epoch", ">i4"), ("timestamp", ">i8")])

Refresh = Callable[[], Awaitable[Layout]]


class Ends(NamedTuple):
    """The columns of the partition table that change, and the layout that they were read with in the end."""

    layout: Layout
    start: Int64
    end: Int64
    lso: Int64


class OffsetReader:
    """Reads the offsets of one cluster; keeps what it asks each leader for as long as that stays the same."""

    def __init__(self) -> None:
        self._plans: dict[int, _Plan] = {}
        self._topology: Topology | None = None
        self._leader: Int32 | None = None

    async def read(self, exchange: Exchange, layout: Layout, refresh: Refresh, gaps: Gaps) -> Ends:
        """
        Asks every leader, and once more those partitions that have moved meanwhile.

        `refresh` gives fresh metadata or raises NoAnswer. What stays unknown is counted in `gaps`.
        """
        if layout.topology is not self._topology or layout.leader is not self._leader:
            self._plans = _plans(layout.topology, layout.leader, np.flatnonzero(layout.leader != NO_LEADER))
            self._topology, self._leader = layout.topology, layout.leader
        board = _Board(layout.topology)
        board.mark(np.flatnonzero(layout.leader == NO_LEADER), "LEADER_NOT_AVAILABLE", UNKNOWN)
        await _ask(exchange, self._plans, board)
        if board.again.any():
            layout = await _again(exchange, layout, refresh, board)
        board.count(gaps)
        end, lso = board.columns["end"], board.columns["lso"]
        return Ends(layout, board.columns["start"], end, np.where(end >= 0, np.minimum(lso, end), lso))


class _Board:
    """The columns as they fill, why a row is unknown, and which rows may be asked again."""

    def __init__(self, topology: Topology) -> None:
        self.columns = {name: np.full(len(topology), UNKNOWN, np.int64) for name, _, _ in _ASKED}
        self.topology = topology
        self.again = np.zeros(len(topology), np.bool_)
        self._why = np.zeros(len(topology), np.int32)
        self._reasons: list[tuple[str, int]] = [("OFFSET_NOT_AVAILABLE", UNKNOWN)]

    def mark(self, rows: Int64, reason: str, broker: int, *, again: bool = False) -> None:
        """These rows are unknown so far, for this reason."""
        if len(rows):
            self._why[rows] = len(self._reasons)
            self._reasons.append((reason, broker))
            self.again[rows] |= again

    def count(self, gaps: Gaps) -> None:
        """Counts the rows that stayed unknown."""
        unknown = np.flatnonzero(np.any([column < 0 for column in self.columns.values()], axis=0))
        for why in np.unique(self._why[unknown]):
            rows = unknown[self._why[unknown] == why]
            reason, broker = self._reasons[why]
            gaps.add("offsets", reason, self.topology.name_of(rows[0]), broker=broker, count=len(rows))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one leader is asked: its rows, and request bodies and decoders, parallel to _ASKED."""

    rows: Int64
    bodies: tuple[bytes, ...]
    decoders: tuple[OffsetDecoder, ...]

    def requests(self, versions: Versions) -> list[Request]:
        version = LIST_OFFSETS.version(versions)
        return [LIST_OFFSETS.raw(version, body) for body in self.bodies]


def _plans(topology: Topology, leader: Int32, rows: Int64) -> dict[int, _Plan]:
    """Who is asked what, for these rows and the leader of each row of the whole table."""
    plans = {}
    for node in np.unique(leader[rows]):
        mine = rows[leader[rows] == node]
        bodies = tuple(list_offsets_body(topology, mine, isolation, timestamp) for _, isolation, timestamp in _ASKED)
        plans[int(node)] = _Plan(mine, bodies, tuple(OffsetDecoder() for _ in _ASKED))
    return plans


def list_offsets_body(topology: Topology, rows: Int64, isolation: int, timestamp: int) -> bytes:
    """The body of a ListOffsets v5 request for these rows, which are ascending."""
    records = np.empty(len(rows), _RECORD)
    records["partition"] = topology.partition[rows]
    records["leader_epoch"] = -1
    records["timestamp"] = timestamp
    topic = topology.topic[rows]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(topic)) + 1)) if len(rows) else np.empty(0, np.intp)
    ends = np.append(starts[1:], len(rows))
    parts = [struct.pack(">ibi", -1, isolation, len(starts))]
    for start, end in zip(starts, ends, strict=False):
        name = topology.names[topic[start]].encode()
        parts.append(struct.pack(f">h{len(name)}si", len(name), name, end - start))
        parts.append(records[start:end].tobytes())
    return b"".join(parts)


async def _ask(exchange: Exchange, plans: dict[int, _Plan], board: _Board) -> None:
    async def leader(node: int, plan: _Plan) -> Sequence[memoryview | NoAnswer]:
        versions = await exchange.versions(node)
        return await exchange.ask_all(node, plan.requests(versions))

    jobs = [lambda node=node, plan=plan: leader(node, plan) for node, plan in plans.items()]
    for (node, plan), answers in zip(plans.items(), await exchange.together(jobs), strict=True):
        if isinstance(answers, NoAnswer):
            board.mark(plan.rows, answers.reason, node, again=True)
            continue
        for (column, _, _), decoder, answer in zip(_ASKED, plan.decoders, answers, strict=True):
            _take(board, node, plan, board.columns[column], decoder, answer)


def _take(
    board: _Board, node: int, plan: _Plan, column: Int64, decoder: OffsetDecoder, answer: memoryview | NoAnswer
) -> None:
    """Puts one answer into its column."""
    try:
        if isinstance(answer, NoAnswer):
            raise answer
        offsets = decoder.decode(answer, board.topology)
    except (NoAnswer, ProtocolMismatch) as error:
        board.mark(plan.rows, no_answer(error).reason, node, again=True)
        return
    column[offsets.row] = offsets.offset
    for code in np.unique(offsets.error[offsets.error != 0]):
        rows = offsets.row[offsets.error == code]
        board.mark(rows, error_name(int(code)), node, again=int(code) in MOVED_LEADER)


async def _again(exchange: Exchange, layout: Layout, refresh: Refresh, board: _Board) -> Layout:
    """Asks the leaders of fresh metadata for the rows that failed; the layout to go on with."""
    try:
        fresh = await refresh()
    except NoAnswer:
        return layout
    rows = np.flatnonzero(board.again)
    board.again[:] = False
    leader = layout.leader.copy()
    leader[rows] = _leaders(fresh, layout.topology, rows)
    rows = rows[
        (leader[rows] != NO_LEADER) & np.fromiter((exchange.answers(int(n)) for n in leader[rows]), np.bool_, len(rows))
    ]
    plans = _plans(layout.topology, leader, rows)
    exchange.retries += len(_ASKED) * len(plans)
    await _ask(exchange, plans, board)
    return fresh if fresh.topology is layout.topology else layout


def _leaders(fresh: Layout, topology: Topology, rows: Int64) -> Int32:
    """Who leads these rows of an older topology now; NO_LEADER for those that are gone (a topic made anew is another one)."""
    if fresh.topology is topology:
        return fresh.leader[rows]
    now = np.full(len(rows), NO_LEADER, np.int32)
    first = fresh.topology.first
    for place, row in enumerate(rows):
        before = topology.topic[row]
        topic = fresh.topology.by_name.get(topology.names[before].encode())
        if topic is not None and fresh.topology.ids[topic] == topology.ids[before]:
            moved = first[topic] + topology.partition[row]
            if moved < first[topic + 1]:
                now[place] = fresh.leader[moved]
    return now

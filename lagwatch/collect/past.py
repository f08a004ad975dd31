"""Where the logs were before the first poll: ListOffsets by timestamp, asked once."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from lagwatch.collect.columns import OffsetDecoder
from lagwatch.collect.errors import NoAnswer, error_name, no_answer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.offsets import Ends, list_offsets_body
from lagwatch.collect.requests import LIST_OFFSETS
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.snapshot import NO_LEADER, UNKNOWN, Anchor, Int64

AGES_S = (60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)
"""How long ago the moments are; they are asked for in this order, so that the nearest are there if time runs out."""

PART = "past_offsets"
TRIES = 3
"""So many polls ask, each for the moments that are still missing; a broker that cannot tell then will hardly be able to later."""

SHARE = 0.25
"""The part of a poll's deadline that this may take."""

LEAST_S = 0.2
"""With less time than this it is left to the next poll."""


class PastReader:
    """
    Asks in the first polls. Brokers look into the index of each partition's log for this, so they are not asked often.

    What they tell are records' timestamps: on a topic with CreateTime those that producers gave.
    """

    def __init__(self, *, wanted: bool) -> None:
        self._tries = TRIES if wanted else 0
        self._ages: tuple[float, ...] = AGES_S

    async def read(self, main: Exchange, deadline_s: float, at: float, ends: Ends, gaps: Gaps) -> tuple[Anchor, ...]:
        """The anchors, oldest first; none where they are known already, or nothing could be learnt. Raises nothing."""
        if not self._tries:
            return ()
        exchange = main.later(SHARE * deadline_s)
        if exchange.remaining_s() < LEAST_S:
            gaps.add(PART, "DEADLINE", "all of it")
            return ()
        self._tries -= 1
        ages = self._ages
        columns = np.full((len(ages), len(ends.end)), UNKNOWN, dtype=np.int64)
        nodes = [int(node) for node in np.unique(ends.layout.leader) if node != NO_LEADER]
        moments = [at - age for age in ages]
        jobs = [partial(_ask, exchange, node, moments, ends, columns, gaps) for node in nodes]
        for node, failure in zip(nodes, await exchange.together(jobs), strict=True):
            if isinstance(failure, NoAnswer):
                gaps.add(PART, failure.reason, f"broker {node}", broker=node)
        main.count(exchange)
        known = np.all(columns[:, ends.layout.leader != NO_LEADER] >= 0, axis=1)
        self._ages = tuple(age for age, whole in zip(ages, known.tolist(), strict=True) if not whole)
        if not self._ages:
            self._tries = 0
        return tuple(
            Anchor(at=moment, offset=column)
            for moment, column in zip(moments[::-1], columns[::-1], strict=True)
            if (column >= 0).any()
        )


async def _ask(exchange: Exchange, node: int, moments: Sequence[float], ends: Ends, columns: Int64, gaps: Gaps) -> None:
    """What one leader tells of its partitions."""
    topology = ends.layout.topology
    mine = np.flatnonzero(ends.layout.leader == node)
    version = LIST_OFFSETS.version(await exchange.versions(node))
    bodies = (list_offsets_body(topology, mine, 0, round(1000 * moment)) for moment in moments)
    answers = await exchange.ask_all(node, [LIST_OFFSETS.raw(version, body) for body in bodies])
    for number, (column, answer) in enumerate(zip(columns, answers, strict=True)):
        try:
            if isinstance(answer, NoAnswer):
                raise answer
            found = OffsetDecoder().decode(answer, topology)
        except (NoAnswer, ProtocolMismatch) as error:
            gaps.add(PART, no_answer(error).reason, f"broker {node}", broker=node)
            return
        # Without an error, no offset means that no record is that young: the log ended there already.
        column[found.row] = np.where(found.error == 0, _or_end(found.offset, ends.end[found.row]), UNKNOWN)
        for code in np.unique(found.error[found.error != 0]) if number == 0 else ():
            rows = found.row[found.error == code]
            gaps.add(PART, error_name(int(code)), topology.name_of(rows[0]), broker=node, count=len(rows))


def _or_end(offset: Int64, end: Int64) -> Int64:
    return np.where(offset >= 0, offset, end)

"""
Who holds back a last stable offset: DescribeProducers, to the leaders of partitions where it has not moved for a while (Kafka
2.8; it takes READ on the topic).
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from lagwatch.collect.details.asking import TOO_MANY, Asking
from lagwatch.collect.errors import NoAnswer, error_name
from lagwatch.collect.layout import Topology
from lagwatch.collect.requests import DESCRIBE_PRODUCERS, LIST_TRANSACTIONS
from lagwatch.model.details import OPEN_STATES, OpenProducer, Transaction
from lagwatch.model.snapshot import NO_LEADER, UNKNOWN, Int64

MOST_PARTITIONS = 100
"""So many partitions are looked into at once, those first that have been held for longest."""

Named = Mapping[int, tuple[str, str | None, int]]
"""By producer id: transactional id, state, coordinator."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A producer with an open transaction, as the leader of a partition knows it."""

    topic: str
    partition: int
    producer: Any


class HolderReader:
    """Remembers from reading to reading which last stable offsets stood still."""

    def __init__(self) -> None:
        self._topology: Topology | None = None
        self._lso: Int64 = np.empty(0, np.int64)
        self._still: Int64 = np.empty(0, np.int64)

    async def read(
        self, asking: Asking, ongoing: tuple[Transaction, ...], *, all_answered: bool
    ) -> tuple[OpenProducer, ...]:
        """
        The producers that hold a last stable offset. `ongoing` are the open transactions that coordinators know;
        `all_answered` says whether each of them did.
        """
        rows = self._held(asking)
        asking.missing(TOO_MANY, "producers of held partitions", count=len(rows) - MOST_PARTITIONS)
        found = await _open_producers(asking, rows[:MOST_PARTITIONS])
        by_producer = {each.producer_id: each for each in ongoing}
        strangers = {each.producer.producer_id for each in found} - by_producer.keys()
        named: Named = {}
        if strangers:
            named, asked_all = await _named(asking, sorted(strangers))
            all_answered &= asked_all
        now, longest = time.time(), asking.longest_transaction_s
        holders = (_holder(each, by_producer, named, all_answered=all_answered) for each in found)
        return tuple(replace(each, hung=_hung(each, now, longest)) for each in holders)

    def _held(self, asking: Asking) -> Int64:
        """Rows that are held since the last reading at least, the longest first; in the first one, all that are held."""
        first = asking.layout.topology is not self._topology
        held = (asking.lso >= 0) & (asking.lso < asking.end)
        if first:
            self._still = held.astype(np.int64)
        else:
            self._still = np.where(held & (asking.lso == self._lso), self._still + 1, held)
        self._topology, self._lso = asking.layout.topology, asking.lso
        rows = np.flatnonzero(self._still > (0 if first else 1))
        rows = rows[asking.layout.leader[rows] != NO_LEADER]
        ordered: Int64 = rows[np.argsort(-self._still[rows], kind="stable")]
        return ordered


async def _open_producers(asking: Asking, rows: Int64) -> list[_Open]:
    """Asks each leader for the producers of its partitions, and takes those with an open transaction."""
    topology, leader = asking.layout.topology, asking.layout.leader
    asked: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.tolist():
        asked[int(leader[row])][topology.names[topology.topic[row]]].append(int(topology.partition[row]))
    topic = DESCRIBE_PRODUCERS.request.TopicRequest

    async def ask(node: int) -> Any:
        topics = [topic(name=name, partition_indexes=partitions) for name, partitions in asked[node].items()]
        return await asking.ask(node, DESCRIBE_PRODUCERS, topics=topics)

    try:
        answers = await asking.of_all(list(asked), ask) if asked else {}
    except NoAnswer:  # each is missing already; the open transactions themselves are known
        return []
    return [found for answer in answers.values() for found in _open(asking, answer)]


def _open(asking: Asking, answer: Any) -> Iterator[_Open]:
    for topic in answer.topics:
        for partition in topic.partitions:
            if partition.error_code:
                where = f"{topic.name}/{partition.partition_index}"
                asking.missing(error_name(partition.error_code), where)
            for producer in partition.active_producers or ():
                if producer.current_txn_start_offset >= 0:
                    yield _Open(topic.name, partition.partition_index, producer)


async def _named(asking: Asking, producer_ids: Iterable[int]) -> tuple[Named, bool]:
    """What coordinators call these producers, whatever the state of their transactions; and whether all of them answered."""

    async def ask(node: int) -> Any:
        return await asking.ask(
            node,
            LIST_TRANSACTIONS,
            state_filters=[],
            producer_id_filters=list(producer_ids),
            duration_filter=-1,
            transactional_id_pattern=None,
        )

    answers = await asking.exchange.together([partial(ask, node) for node in asking.brokers])
    named = {
        state.producer_id: (state.transactional_id, state.transaction_state, node)
        for node, answer in zip(asking.brokers, answers, strict=True)
        if not isinstance(answer, NoAnswer)
        for state in answer.transaction_states
    }
    return named, not any(isinstance(answer, NoAnswer) for answer in answers)


def _holder(found: _Open, ongoing: Mapping[int, Transaction], named: Named, *, all_answered: bool) -> OpenProducer:
    producer = found.producer
    transaction = ongoing.get(producer.producer_id)
    name: str
    state: str | None
    if transaction is not None:
        name, state, node = transaction.transactional_id, transaction.state, transaction.coordinator
    else:
        name, state, node = named.get(producer.producer_id, ("", "" if all_answered else None, UNKNOWN))
    return OpenProducer(
        topic=found.topic,
        partition=found.partition,
        producer_id=producer.producer_id,
        producer_epoch=producer.producer_epoch,
        start_offset=producer.current_txn_start_offset,
        coordinator_epoch=producer.coordinator_epoch,
        since=producer.last_timestamp / 1000 if producer.last_timestamp >= 0 else None,
        transactional_id=name,
        state=state,
        coordinator=node,
        started_at=None if transaction is None else transaction.started_at,
    )


def _hung(holder: OpenProducer, now: float, longest_s: float) -> bool | None:
    """
    Whether no coordinator will end the transaction.

    One that lasts for longer than transactions may would have been aborted by its coordinator; one that is younger may have
    begun or ended while we asked, or be hidden from us.
    """
    if holder.state in OPEN_STATES:
        return False
    overdue = holder.since is not None and now - holder.since > longest_s
    return True if overdue and holder.state is not None else None

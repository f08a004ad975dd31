"""
Open transactions: ListTransactions to every broker, DescribeTransactions to the coordinators of those that are open (Kafka 3.0;
it takes DESCRIBE on the transactional ids, and others are not listed). holders.py tells who holds back which partition.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from lagwatch.collect.details.asking import TOO_MANY, Asking
from lagwatch.collect.details.holders import HolderReader
from lagwatch.collect.errors import error_name
from lagwatch.collect.requests import DESCRIBE_TRANSACTIONS, LIST_TRANSACTIONS
from lagwatch.model.details import OPEN_STATES, Transaction, Transactions

MOST_DESCRIBED = 500
"""Of so many open transactions each coordinator is asked the particulars."""

_GONE = 105
"""TRANSACTIONAL_ID_NOT_FOUND: it has expired since it was listed."""


class TransactionReader:
    """Reads the open transactions of one cluster, and keeps what tells which last stable offsets are held."""

    def __init__(self) -> None:
        self._holders = HolderReader()

    async def read(self, asking: Asking) -> Transactions:
        """Raises NoAnswer if no broker tells anything."""
        listed = await asking.of_all(asking.brokers, partial(_listed, asking))
        ongoing = await _described(asking, listed)
        all_answered = len(listed) == len(asking.brokers)
        holders = await self._holders.read(asking, ongoing, all_answered=all_answered)
        return Transactions(ongoing=ongoing, holders=holders)


async def _listed(asking: Asking, node: int) -> list[Any]:
    answer = await asking.ask(
        node,
        LIST_TRANSACTIONS,
        state_filters=list(OPEN_STATES),
        producer_id_filters=[],
        duration_filter=-1,
        transactional_id_pattern=None,
    )
    return list(answer.transaction_states)


async def _described(asking: Asking, listed: Mapping[int, list[Any]]) -> tuple[Transaction, ...]:
    """The listed transactions with their particulars where these can be had; sorted by id."""
    plain = {
        each.transactional_id: Transaction(
            transactional_id=each.transactional_id,
            producer_id=each.producer_id,
            state=each.transaction_state,
            coordinator=node,
        )
        for node, states in listed.items()
        for each in states
    }
    asked = {node: [each.transactional_id for each in states][:MOST_DESCRIBED] for node, states in listed.items()}
    left_out = len(plain) - sum(map(len, asked.values()))
    asking.missing(TOO_MANY, "start and partitions of transactions", count=left_out)

    async def ask(node: int) -> Any:
        return await asking.ask(node, DESCRIBE_TRANSACTIONS, transactional_ids=asked[node])

    nodes = [node for node, ids in asked.items() if ids]
    for node, answer in (await asking.of_all(nodes, ask) if nodes else {}).items():
        for state in answer.transaction_states:
            if state.error_code == 0:
                plain[state.transactional_id] = _transaction(state, node)
            elif state.error_code == _GONE:
                plain.pop(state.transactional_id, None)
            else:
                asking.missing(error_name(state.error_code), state.transactional_id, broker=node)
    return tuple(plain[name] for name in sorted(plain))


def _transaction(state: Any, coordinator: int) -> Transaction:
    return Transaction(
        transactional_id=state.transactional_id,
        producer_id=state.producer_id,
        state=state.transaction_state,
        coordinator=coordinator,
        started_at=state.transaction_start_time_ms / 1000 if state.transaction_start_time_ms >= 0 else None,
        timeout_s=state.transaction_timeout_ms / 1000,
        partitions=tuple(sorted((topic.topic, partition) for topic in state.topics for partition in topic.partitions)),
    )

"""The health of a cluster, put together. Pure."""

from dataclasses import replace

import numpy as np

from lagwatch.analyze.health.brokers import broker_table, rates, skew
from lagwatch.analyze.health.kept import Kept
from lagwatch.analyze.health.quorum import quorum_state
from lagwatch.analyze.health.risks import Risks, risks
from lagwatch.analyze.health.score import Evidence, score
from lagwatch.analyze.placement import Placed
from lagwatch.model.details import Details, Transactions
from lagwatch.model.health import BrokerTable, Health
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64, Snapshot


class HealthHistory:
    """The health of one cluster from poll to poll; it remembers nothing but what need not be worked out again."""

    def __init__(self) -> None:
        self._kept = Kept()

    def health(
        self, snapshot: Snapshot, placed: Placed, *, produced: Float64, lso_held_s: Float64, missing: int
    ) -> Health:
        """
        The health at the moment of a poll.

        `produced` (messages a minute, NaN where unknown) is parallel to the partitions, `lso_held_s` (see TopicFacts) to the
        topics; `missing` counts the brokers that should be up and are not.
        """
        details, partitions = snapshot.details or Details(), snapshot.partitions
        layout = (partitions.leader, partitions.replicas, partitions.isr, snapshot.brokers, snapshot.topics)
        elr = None if details.elr is None else details.elr.value
        found = self._kept.of("risks", (*layout, elr, details.topic_config), lambda: risks(snapshot, placed))
        table = self._kept.of("brokers", (*layout, found, details.log_dirs), lambda: broker_table(snapshot, found))
        table = replace(table, produced=rates(table, partitions.leader, produced))
        sizes = self._kept.of("sizes", (*layout, details.log_dirs), lambda: _topic_bytes(snapshot))
        plain = _plain(snapshot, details, placed, found, table)
        return score(Evidence(replace(plain, topic_bytes=sizes), snapshot, placed, found, lso_held_s, missing))


def _plain(snapshot: Snapshot, details: Details, placed: Placed, found: Risks, table: BrokerTable) -> Health:
    """Everything but the score and the sizes of topics."""
    transactions = None if details.transactions is None else details.transactions.value
    begun = [] if transactions is None else [t.started_at for t in transactions.ongoing if t.started_at is not None]
    return Health(
        brokers=table,
        at_min_isr=_count(found.at_min_isr, known=bool(placed.under_min_isr_known.all())),
        unrecoverable=_unrecoverable(found, placed),
        single_copy=_count(found.single_copy, known=bool(found.placed.all())),
        single_rack=_count(found.single_rack),
        unclean_topics=_count(found.unclean),
        reassigning=UNKNOWN if details.reassignments is None else len(details.reassignments.value),
        open_transactions=UNKNOWN if transactions is None else len(transactions.ongoing),
        oldest_transaction_s=max(0.0, snapshot.at - min(begun)) if begun else float("nan"),
        hung_transactions=_hung(transactions),
        preferred_imbalance=_imbalance(table),
        leader_skew=skew(table.leaders, table.up),
        produce_skew=skew(table.produced, table.up),
        size_skew=skew(table.log_bytes, table.up),
        quorum=quorum_state(details.quorum, set(table.id[~table.up].tolist())),
    )


def _count(flags: Bool | None, *, known: bool = True) -> int:
    return int(flags.sum()) if flags is not None and known else UNKNOWN


def _unrecoverable(found: Risks, placed: Placed) -> int:
    """Only where nothing is offline is it known without asking that nothing is beyond recovery."""
    return _count(found.unrecoverable, known=found.elr_known or not placed.offline.any())


def _hung(transactions: Transactions | None) -> int:
    if transactions is None:
        return UNKNOWN
    return len({holder.producer_id for holder in transactions.holders if holder.hung})


def _imbalance(table: BrokerTable) -> float:
    preferred = int(table.preferred.sum())
    return float(table.led_by_others.sum() / preferred) if preferred else float("nan")


def _topic_bytes(snapshot: Snapshot) -> Int64:
    """UNKNOWN for all topics while a broker did not tell, or before any did."""
    count = len(snapshot.topics)
    log_dirs = None if snapshot.details is None else snapshot.details.log_dirs
    if log_dirs is None or not {broker.id for broker in snapshot.brokers} <= set(log_dirs.value.brokers):
        return np.full(count, UNKNOWN, dtype=np.int64)
    sizes = log_dirs.value.replicas
    place = {name: t for t, name in enumerate(snapshot.topics.names)}
    of = np.array([place.get(name, UNKNOWN) for name in sizes.topics], dtype=np.int64)[sizes.topic]
    return np.bincount(of[of >= 0], weights=sizes.size[of >= 0], minlength=count).astype(np.int64)

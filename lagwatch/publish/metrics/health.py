"""What is published of the health of a cluster. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import numpy as np

from lagwatch.model.details import Details, LogDirs, Quorum
from lagwatch.model.health import BrokerTable, Health
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.families import health as f
from lagwatch.publish.metrics.lines import Column, Table, label_set, listed
from lagwatch.publish.metrics.names import Names


def tables(view: View, names: Names) -> Iterator[Table]:
    """Everything about health, as far as it is known."""
    if view.health is None:
        return
    cluster, health, details = view.snapshot.cluster, view.health, view.snapshot.details or Details()
    yield _brokers(cluster, health.brokers)
    rates = dict(zip(map(str, health.brokers.id.tolist()), np.round(health.brokers.produced, 3).tolist(), strict=True))
    yield _numbers(cluster, f.PRODUCED, "broker", {b: rate for b, rate in rates.items() if not np.isnan(rate)})
    yield _cluster(cluster, health)
    yield _points(cluster, health)
    if len(health.topic_bytes):
        yield names.by_cluster(names.topics, Column(f.TOPIC_BYTES, health.topic_bytes))
    if details.log_dirs is not None:
        yield _directories(cluster, details.log_dirs.value)
    if details.quorum is not None:
        yield _quorum(cluster, details.quorum.value)
    if details.features is not None:
        features = details.features.value
        yield _numbers(cluster, f.FEATURE, "feature", features.finalized)
        yield listed(
            [label_set(kafka_cluster=cluster, broker=b, release=r) for b, r in sorted(features.releases.items())],
            Column(f.RELEASE, np.ones(len(features.releases), np.int64)),
        )
    yield _read_at(cluster, details)


def _brokers(cluster: str, table: BrokerTable) -> Table:
    columns = {
        f.LEADERS: table.leaders,
        f.MISPLACED: table.led_by_others,
        f.REPLICAS: table.replicas,
        f.OUT_OF_SYNC: table.out_of_sync,
        f.LOG_BYTES: table.log_bytes,
        f.DIRS: table.dirs,
        f.FAILED_DIRS: table.failed_dirs,
        f.WOULD_GO_OFFLINE: table.would_go_offline,
        f.WOULD_REFUSE: table.would_refuse,
        f.LAST_COPIES: table.last_copies,
    }
    return listed(
        [label_set(kafka_cluster=cluster, broker=broker) for broker in table.id.tolist()],
        *(Column(family, values) for family, values in columns.items()),
    )


def _cluster(cluster: str, health: Health) -> Table:
    whole = {
        f.AT_MIN_ISR: health.at_min_isr,
        f.UNRECOVERABLE: health.unrecoverable,
        f.SINGLE_COPY: health.single_copy,
        f.SINGLE_RACK: health.single_rack,
        f.UNCLEAN: health.unclean_topics,
        f.REASSIGNING: health.reassigning,
        f.OPEN_TRANSACTIONS: health.open_transactions,
        f.HUNG_TRANSACTIONS: health.hung_transactions,
    }
    broken = {
        f.SCORE: np.nan if health.score is None else health.score,
        f.OLDEST_TRANSACTION: health.oldest_transaction_s,
        f.IMBALANCE: health.preferred_imbalance,
        f.LEADER_SKEW: health.leader_skew,
        f.PRODUCE_SKEW: health.produce_skew,
        f.SIZE_SKEW: health.size_skew,
    }
    if health.quorum is not None:
        whole |= {f.VOTERS: health.quorum.voters, f.CAUGHT_UP: health.quorum.caught_up}
    return listed(
        [label_set(kafka_cluster=cluster)],
        *(Column(family, np.array([number], np.int64)) for family, number in whole.items()),
        *(Column(family, np.array([round(number, 4)], np.float64)) for family, number in broken.items()),
    )


def _points(cluster: str, health: Health) -> Table:
    known = {part.name: part.lost for part in health.parts if part.lost is not None}
    return _numbers(cluster, f.POINTS_LOST, "part", {name: round(lost, 2) for name, lost in known.items()})


def _directories(cluster: str, log_dirs: LogDirs) -> Table:
    dirs = log_dirs.dirs
    return listed(
        [label_set(kafka_cluster=cluster, broker=each.broker, log_dir=each.path) for each in dirs],
        Column(f.DIR_BYTES, np.array([each.total_bytes for each in dirs], np.int64)),
        Column(f.DIR_FREE, np.array([each.usable_bytes for each in dirs], np.int64)),
    )


def _quorum(cluster: str, quorum: Quorum) -> Table:
    nodes = [("voter", node) for node in quorum.voters] + [("observer", node) for node in quorum.observers]
    return listed(
        [label_set(kafka_cluster=cluster, node=node.id, role=role) for role, node in nodes],
        Column(f.QUORUM_LAG, np.array([node.lag for _, node in nodes], np.int64)),
    )


def _read_at(cluster: str, details: Details) -> Table:
    parts = {field.name: getattr(details, field.name) for field in fields(details)}
    known = {name: round(part.read_at, 3) for name, part in sorted(parts.items()) if part is not None}
    known.pop("topic_overrides", None)  # read with topic_config
    return _numbers(cluster, f.READ_AT, "part", known)


def _numbers(cluster: str, family: Family, label: str, numbers: Mapping[str, float]) -> Table:
    """One series a name, sorted."""
    names: Sequence[str] = sorted(numbers)
    return listed(
        [label_set(kafka_cluster=cluster, **{label: name}) for name in names],
        Column(family, np.array([numbers[name] for name in names], np.float64)),
    )

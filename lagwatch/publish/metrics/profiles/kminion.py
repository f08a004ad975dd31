"""
The names of kminion (redpanda-data/kminion 2.3), as it reads by the admin API and with the granularity partition. Pure.

What its end-to-end probe measures, and what it counts while it reads `__consumer_offsets`, is not here: lagwatch does neither.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagwatch import __version__
from lagwatch.model.columns import segments
from lagwatch.model.details import LogDirs
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN, Broker, Group, Int64, Snapshot
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table, full_label_set, listed
from lagwatch.publish.metrics.profiles.base import NO_LABELS, SHARE, Profile, Rows, commits, summed

CONFIG_KEYS = ("cleanup.policy",)
"""The settings of topics that `kminion_kafka_topic_info` carries unless others are asked for."""

_TOPIC = ("topic_name",)
_PARTITION = (*_TOPIC, "partition_id")
_GROUP = ("group_id",)
_PAIR = (*_GROUP, *_TOPIC)
_ADDRESS = ("broker_id", "address", "port", "rack_id")

UP = Family("kminion_exporter_up", ("version",), "1 if the last poll saw everything, else 0.")
CLUSTER_INFO = Family(
    "kminion_kafka_cluster_info",
    ("cluster_version", "broker_count", "controller_id", "cluster_id"),
    "Always 1; the labels carry what is known of the cluster.",
)
BROKER_INFO = Family(
    "kminion_kafka_broker_info", (*_ADDRESS, "is_controller"), "Always 1, one series for each broker that is up."
)
BROKER_SIZE = Family(
    "kminion_kafka_broker_log_dir_size_total_bytes", _ADDRESS, "Bytes in all log directories of the broker."
)
TOPIC_SIZE = Family(
    "kminion_kafka_topic_log_dir_size_total_bytes",
    _TOPIC,
    "Bytes of the topic on all brokers, every replica counted; absent while a log directory is unknown.",
)
LOW_MARK = Family("kminion_kafka_topic_partition_low_water_mark", _PARTITION, "Log start offset of the partition.")
HIGH_MARK = Family("kminion_kafka_topic_partition_high_water_mark", _PARTITION, "Log end offset of the partition.")
LOW_MARKS = Family(
    "kminion_kafka_topic_low_water_mark_sum", _TOPIC, "Log start offsets of all partitions; absent if one is unknown."
)
HIGH_MARKS = Family(
    "kminion_kafka_topic_high_water_mark_sum", _TOPIC, "Log end offsets of all partitions; absent if one is unknown."
)
GROUP_INFO = Family(
    "kminion_kafka_consumer_group_info",
    ("group_id", "protocol", "protocol_type", "state", "coordinator_id"),
    "1 if the group is stable, else 0; the labels carry how it is.",
)
MEMBERS = Family("kminion_kafka_consumer_group_members", _GROUP, "Live members of the group.")
EMPTY_MEMBERS = Family(
    "kminion_kafka_consumer_group_empty_members", _GROUP, "Members without a partition; absent where there are none."
)
TOPIC_MEMBERS = Family(
    "kminion_kafka_consumer_group_topic_members", _PAIR, "Members that own a partition of the topic."
)
TOPIC_ASSIGNED = Family(
    "kminion_kafka_consumer_group_topic_assigned_partitions", _PAIR, "Partitions of the topic that members own."
)
OFFSETS = Family(
    "kminion_kafka_consumer_group_topic_offset_sum", _PAIR, "Committed offsets of the group on the topic, summed."
)
LAG = Family(
    "kminion_kafka_consumer_group_topic_partition_lag",
    (*_PAIR, "partition_id"),
    "Messages between committed offset and log end, at least 0.",
)
TOPIC_LAG = Family("kminion_kafka_consumer_group_topic_lag", _PAIR, "Lag of the group on the topic, summed.")
REQUESTS = Family(
    "kminion_kafka_requests_sent_total", (), "Requests that lagwatch has sent to the cluster.", kind="counter"
)


def profile(config_keys: Sequence[str] = CONFIG_KEYS) -> Profile:
    """The profile, with a label of `kminion_kafka_topic_info` for each of these settings of topics."""
    labels = {key: key.replace(".", "_") for key in config_keys}
    topic_info = Family(
        "kminion_kafka_topic_info",
        ("topic_name", "partition_count", "replication_factor", *labels.values()),
        "Always 1; the labels carry what is known of the topic.",
    )
    families = (
        *(UP, REQUESTS, CLUSTER_INFO, BROKER_INFO, BROKER_SIZE, TOPIC_SIZE, topic_info),
        *(LOW_MARK, HIGH_MARK, LOW_MARKS, HIGH_MARKS, GROUP_INFO, MEMBERS, EMPTY_MEMBERS),
        *(TOPIC_MEMBERS, TOPIC_ASSIGNED, OFFSETS, LAG, TOPIC_LAG),
    )
    return Profile(name="kminion", families=families, facts=partial(_facts, topic_info, labels), health=_health)


def _health(latest: Latest) -> Iterator[Table]:
    good = latest.view is not None and not latest.health.error and not latest.gaps
    yield _listed(UP, [full_label_set(version=__version__)], [int(good)])
    yield _listed(REQUESTS, [NO_LABELS], [sum(latest.health.requests_by_api.values())])


def _facts(topic_info: Family, labels: Mapping[str, str], _latest: Latest, view: View) -> Iterator[Table]:
    snapshot = view.snapshot
    rows = Rows(snapshot, group="group_id", topic="topic_name", partition="partition_id")
    yield _cluster(snapshot)
    yield _ones(
        BROKER_INFO,
        [_address(b, is_controller="true" if b.id == snapshot.controller else "false") for b in snapshot.brokers],
    )
    yield from _sizes(snapshot)
    yield _ones(topic_info, _topics(snapshot, labels))
    yield from _marks(snapshot, rows)
    yield _groups(snapshot)
    yield from _members(snapshot)
    yield from _lags(snapshot, rows)


def _cluster(snapshot: Snapshot) -> Table:
    labels = {
        "cluster_version": _version(snapshot),
        "broker_count": len(snapshot.brokers),
        "controller_id": UNKNOWN if snapshot.controller is None else snapshot.controller,
        "cluster_id": snapshot.cluster_id,
    }
    return _ones(CLUSTER_INFO, [full_label_set(**labels)])


def _version(snapshot: Snapshot) -> str | None:
    """The oldest release among the brokers ("v4.1"), as far as the requests that they know tell."""
    features = snapshot.details.features if snapshot.details is not None else None
    releases = [release.split()[0] for release in features.value.releases.values()] if features is not None else []
    return "v" + min(releases, key=lambda r: [int(part) for part in r.split(".")]) if releases else None


def _address(broker: Broker, **more: str) -> bytes:
    return full_label_set(broker_id=broker.id, address=broker.host, port=broker.port, rack_id=broker.rack, **more)


def _sizes(snapshot: Snapshot) -> Iterator[Table]:
    """
    Bytes by broker and by topic; nothing while log directories were not read, and no topic while one is missing.

    Directories are read seldom and hold every topic; which of these are watched and still there, the snapshot knows.
    """
    read = snapshot.details.log_dirs if snapshot.details is not None else None
    brokers = {broker.id: broker for broker in snapshot.brokers}
    found: dict[int, int] = {}
    topics: dict[str, int] = {}
    if read is not None:
        dirs = read.value
        ids, place = np.unique(dirs.replicas.broker, return_inverse=True)
        found = dict(zip(ids.tolist(), summed(dirs.replicas.size, place, len(ids)).tolist(), strict=True))
        if _complete(dirs, brokers):
            by_topic = summed(dirs.replicas.size, dirs.replicas.topic, len(dirs.replicas.topics))
            watched = set(snapshot.topics.names)
            every = zip(dirs.replicas.topics, by_topic.tolist(), strict=True)
            topics = {name: size for name, size in every if name in watched}
    here = {broker: size for broker, size in found.items() if broker in brokers}
    yield _listed(BROKER_SIZE, [_address(brokers[broker]) for broker in here], here.values())
    yield _listed(TOPIC_SIZE, [full_label_set(topic_name=name) for name in topics], topics.values())


def _complete(dirs: LogDirs, brokers: Mapping[int, Broker]) -> bool:
    return set(dirs.brokers) >= brokers.keys() and not any(one.error for one in dirs.dirs)


def _topics(snapshot: Snapshot, labels: Mapping[str, str]) -> list[bytes]:
    details = snapshot.details.topic_config if snapshot.details is not None else None
    every = details.value if details is not None else {}
    table, counts = snapshot.topics, snapshot.partitions.replicas.counts.tolist()
    found = []
    for name, config, start, end in zip(
        table.names, table.config, table.first[:-1].tolist(), table.first[1:].tolist(), strict=True
    ):
        known = {**every.get(name, {}), **config}
        values = {label: known.get(key, "N/A") for key, label in labels.items()}
        factor = counts[start] if end > start else 0
        found.append(full_label_set(topic_name=name, partition_count=end - start, replication_factor=factor, **values))
    return found


def _marks(snapshot: Snapshot, rows: Rows) -> Iterator[Table]:
    table = snapshot.partitions
    yield rows.partitions(Column(LOW_MARK, table.start), Column(HIGH_MARK, table.end))
    yield rows.topics(
        *(_sum(family, marks, snapshot) for family, marks in ((LOW_MARKS, table.start), (HIGH_MARKS, table.end)))
    )


def _sum(family: Family, marks: Int64, snapshot: Snapshot) -> Column:
    first = snapshot.topics.first
    known = segments(np.minimum, marks, first, 0) != UNKNOWN
    return Column(family, segments(np.add, marks, first, 0), known=known)


def _groups(snapshot: Snapshot) -> Table:
    described = [group for group in _ordinary(snapshot) if group.state is not None]
    return _listed(GROUP_INFO, map(_group_labels, described), (group.state == "Stable" for group in described))


def _group_labels(group: Group) -> bytes:
    how = {"protocol": group.protocol, "protocol_type": group.protocol_type, "state": group.state}
    return full_label_set(group_id=group.name, **how, coordinator_id=group.coordinator)


def _members(snapshot: Snapshot) -> Iterator[Table]:
    """How many members there are, how many own nothing, and of each topic how many own how much of it."""
    counted = [group for group in _ordinary(snapshot) if group.member_count != UNKNOWN]
    yield _listed(MEMBERS, (full_label_set(group_id=g.name) for g in counted), (g.member_count for g in counted))
    described = [group for group in counted if group.assigned_known]
    idle = {g.name: sum(not member.assigned for member in g.members) for g in described}
    idle = {name: count for name, count in idle.items() if count}
    yield _listed(EMPTY_MEMBERS, (full_label_set(group_id=name) for name in idle), idle.values())
    owners: Counter[tuple[str, str]] = Counter()
    owned: Counter[tuple[str, str]] = Counter()
    for group in described:
        for topic, partitions in (part for member in group.members for part in member.assigned):
            owners[group.name, topic] += 1
            owned[group.name, topic] += len(partitions)
    labels = [full_label_set(group_id=group, topic_name=topic) for group, topic in owners]
    numbers = (_numbers(owners.values()), _numbers(owned[pair] for pair in owners))
    yield listed(labels, Column(TOPIC_MEMBERS, numbers[0]), Column(TOPIC_ASSIGNED, numbers[1]))


def _lags(snapshot: Snapshot, rows: Rows) -> Iterator[Table]:
    found = commits(snapshot)
    end = snapshot.partitions.end[found.row]
    known = end != UNKNOWN
    lag = np.maximum(0, end - found.offset)
    yield rows.commits(found.group, found.row, Column(LAG, lag, known=known))
    some = found.summed(known.astype(np.int64)) > 0
    sums = ((TOPIC_LAG, lag), (OFFSETS, found.offset))
    columns = [Column(family, found.summed(np.where(known, values, 0)), known=some) for family, values in sums]
    yield rows.pairs(found.pair_group, found.pair_topic, *columns)


def _ordinary(snapshot: Snapshot) -> list[Group]:
    return [group for group in snapshot.groups if group.type != SHARE]


def _ones(family: Family, labels: list[bytes]) -> Table:
    return listed(labels, Column(family, np.ones(len(labels), np.int64)))


def _listed(family: Family, labels: Iterable[bytes], values: Iterable[int]) -> Table:
    return listed(list(labels), Column(family, _numbers(values)))


def _numbers(values: Iterable[int]) -> NDArray[Any]:
    return np.fromiter(values, np.int64)


PROFILE = profile()

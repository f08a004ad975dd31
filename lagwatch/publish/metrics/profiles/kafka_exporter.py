"""
The names of kafka_exporter (danielqsj/kafka_exporter 1.9). Pure.

Its odd parts are kept: a partition without a commit, of a topic on which the group has others, has offset and lag -1; those -1 are
added into `kafka_consumergroup_current_offset_sum` and not into `kafka_consumergroup_lag_sum`; lag is not floored at 0.
"""

from collections.abc import Iterator

import numpy as np

from lagwatch import __version__
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN, Bool, Int64, Snapshot
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table, full_label_set, listed
from lagwatch.publish.metrics.profiles.base import NO_LABELS, SHARE, Profile, Rows, commits, summed

_PARTITION = ("topic", "partition")
_COMMIT = ("consumergroup", "topic", "partition")
_PAIR = ("consumergroup", "topic")

BROKERS = Family("kafka_brokers", (), "Brokers that are up.")
BROKER_INFO = Family("kafka_broker_info", ("id", "address"), "Always 1, one series for each broker that is up.")
PARTITIONS = Family("kafka_topic_partitions", ("topic",), "Partitions of the topic.")
CURRENT_OFFSET = Family("kafka_topic_partition_current_offset", _PARTITION, "Log end offset of the partition.")
OLDEST_OFFSET = Family("kafka_topic_partition_oldest_offset", _PARTITION, "Log start offset of the partition.")
LEADER = Family("kafka_topic_partition_leader", _PARTITION, "Broker id of the leader; absent where there is none.")
REPLICAS = Family("kafka_topic_partition_replicas", _PARTITION, "Replicas of the partition.")
IN_SYNC = Family("kafka_topic_partition_in_sync_replica", _PARTITION, "In-sync replicas of the partition.")
PREFERRED = Family(
    "kafka_topic_partition_leader_is_preferred", _PARTITION, "1 if the leader is the first of the replicas, else 0."
)
UNDER_REPLICATED = Family(
    "kafka_topic_partition_under_replicated_partition",
    _PARTITION,
    "1 if fewer replicas are in sync than there are, else 0.",
)
GROUP_OFFSET = Family(
    "kafka_consumergroup_current_offset", _COMMIT, "Committed offset; -1 where the group has none on this partition."
)
GROUP_OFFSET_SUM = Family(
    "kafka_consumergroup_current_offset_sum",
    _PAIR,
    "Committed offsets of the topic, the -1 of those that are not there too.",
)
GROUP_LAG = Family(
    "kafka_consumergroup_lag", _COMMIT, "Log end offset less committed offset; -1 where nothing is committed."
)
GROUP_LAG_SUM = Family("kafka_consumergroup_lag_sum", _PAIR, "Lag of the topic, over the partitions with a commit.")
MEMBERS = Family("kafka_consumergroup_members", ("consumergroup",), "Live members of the group.")
BUILD_INFO = Family("kafka_exporter_build_info", ("version",), "Always 1; the version is that of lagwatch.")

FAMILIES = (
    *(BROKERS, BROKER_INFO, PARTITIONS, CURRENT_OFFSET, OLDEST_OFFSET, LEADER, REPLICAS, IN_SYNC, PREFERRED),
    *(UNDER_REPLICATED, GROUP_OFFSET, GROUP_OFFSET_SUM, GROUP_LAG, GROUP_LAG_SUM, MEMBERS),
    BUILD_INFO,
)


def health(_latest: Latest) -> Iterator[Table]:
    """What is always there."""
    yield listed([full_label_set(version=__version__)], Column(BUILD_INFO, np.ones(1, np.int64)))


def facts(_latest: Latest, view: View) -> Iterator[Table]:
    """The tables of one cluster."""
    snapshot = view.snapshot
    rows = Rows(snapshot, group="consumergroup", topic="topic", partition="partition")
    brokers = [full_label_set(id=b.id, address=f"{b.host}:{b.port}") for b in snapshot.brokers]
    yield listed([NO_LABELS], Column(BROKERS, np.array([len(brokers)], np.int64)))
    yield listed(brokers, Column(BROKER_INFO, np.ones(len(brokers), np.int64)))
    yield rows.topics(Column(PARTITIONS, np.diff(snapshot.topics.first)))
    yield _partitions(view, rows)
    yield from _commits(snapshot, rows)
    members = (group.member_count if group.type != SHARE else UNKNOWN for group in snapshot.groups)
    yield rows.groups(Column(MEMBERS, np.fromiter(members, np.int64)))


def _partitions(view: View, rows: Rows) -> Table:
    table = view.snapshot.partitions
    placed = table.replicas.counts > 0
    first = np.full(len(table), UNKNOWN, np.int64)
    first[placed] = table.replicas.brokers[table.replicas.first[:-1][placed]]
    return rows.partitions(
        Column(CURRENT_OFFSET, table.end),
        Column(OLDEST_OFFSET, table.start),
        Column(LEADER, table.leader, known=table.leader >= 0),
        Column(REPLICAS, table.replicas.counts, known=placed),
        Column(IN_SYNC, table.isr.counts, known=placed),
        Column(PREFERRED, (placed & (first == table.leader)).astype(np.int64), known=placed),
        Column(UNDER_REPLICATED, view.under_replicated.astype(np.int64), known=placed),
    )


def _commits(snapshot: Snapshot, rows: Rows) -> Iterator[Table]:
    """For each topic on which a group has a commit: all of its partitions, and their sums."""
    found = commits(snapshot)
    first = snapshot.topics.first
    sizes = np.diff(first)[found.pair_topic]
    start = np.cumsum(sizes) - sizes
    pair = np.repeat(np.arange(len(sizes)), sizes)
    row = np.arange(len(pair)) - start[pair] + first[found.pair_topic][pair]
    offset = np.full(len(pair), UNKNOWN, np.int64)
    offset[start[found.pair] + found.row - first[found.pair_topic][found.pair]] = found.offset
    there, end = offset != UNKNOWN, snapshot.partitions.end[row]
    measured = ~there | (end != UNKNOWN)
    lag = np.where(there, end - offset, UNKNOWN)
    of_rows = (Column(GROUP_OFFSET, offset, known=_every(offset)), Column(GROUP_LAG, lag, known=measured))
    yield rows.commits(found.pair_group[pair], row.astype(np.int32), *of_rows)
    of_pairs = (
        Column(GROUP_OFFSET_SUM, offset_sum := summed(offset, pair, len(sizes)), known=_every(offset_sum)),
        Column(
            GROUP_LAG_SUM,
            summed(np.where(there & measured, lag, 0), pair, len(sizes)),
            known=summed((there & measured).astype(np.int64), pair, len(sizes)) > 0,
        ),
    )
    yield rows.pairs(found.pair_group, found.pair_topic, *of_pairs)


def _every(column: Int64) -> Bool:
    """Here -1 is a number like others, not the mark of what is unknown."""
    return np.ones(len(column), np.bool_)


PROFILE = Profile(name="kafka_exporter", families=FAMILIES, facts=facts, health=health)

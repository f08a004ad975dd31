"""
The names of kafka-lag-exporter (seglo/kafka-lag-exporter 0.8). Pure.

A group with members has the partitions that they own and no others, one without has those that it committed on; a partition
without a commit is NaN. Partitions that no group reads are not there. Lag in seconds is lagwatch's own, never extrapolated.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lagwatch.model.columns import positions, segments, sums
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Group, Int32, Int64, Member, Snapshot
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table, full_label_set, listed, templated
from lagwatch.publish.metrics.profiles.base import SHARE, Profile, Rows

_CLUSTER = ("cluster_name",)
_PARTITION = (*_CLUSTER, "topic", "partition")
_GROUP = (*_CLUSTER, "group")
_MEMBER = (*_GROUP, "topic", "partition", "member_host", "consumer_id", "client_id")

LATEST = Family("kafka_partition_latest_offset", _PARTITION, "Log end offset of a partition that a group reads.")
EARLIEST = Family("kafka_partition_earliest_offset", _PARTITION, "Log start offset of a partition that a group reads.")
OFFSET = Family("kafka_consumergroup_group_offset", _MEMBER, "Committed offset; NaN where nothing is committed.")
LAG = Family("kafka_consumergroup_group_lag", _MEMBER, "Messages not yet committed; NaN where nothing is committed.")
SECONDS = Family(
    "kafka_consumergroup_group_lag_seconds", _MEMBER, "Time since the next unread message was appended; NaN if unknown."
)
MAX_LAG = Family("kafka_consumergroup_group_max_lag", _GROUP, "Largest lag of the group on one partition.")
MAX_SECONDS = Family("kafka_consumergroup_group_max_lag_seconds", _GROUP, "Largest lag in seconds of the group.")
SUM_LAG = Family("kafka_consumergroup_group_sum_lag", _GROUP, "Lag of the group, summed over its partitions.")
TOPIC_SUM_LAG = Family(
    "kafka_consumergroup_group_topic_sum_lag", (*_GROUP, "topic"), "Lag of the group on the topic, summed."
)
POLL_TIME = Family("kafka_consumergroup_poll_time_ms", _CLUSTER, "Milliseconds that the last good poll took.")

FAMILIES = (LATEST, EARLIEST, OFFSET, LAG, SECONDS, MAX_LAG, MAX_SECONDS, SUM_LAG, TOPIC_SUM_LAG, POLL_TIME)

_NOBODY = b'member_host="unknown",consumer_id="unknown",client_id="unknown"} '


class _Read(NamedTuple):
    """
    What groups read, a row a partition, sorted by group and partition: the row of the partition table, who owns it (a place in
    `owners`, which are ends of label sets), and the row of the commit table, UNKNOWN where nothing is committed.
    """

    group: Int32
    row: Int32
    owner: Int32
    commit: Int64
    owners: list[bytes]


def facts(_latest: Latest, view: View) -> Iterator[Table]:
    """The tables of one cluster."""
    snapshot = view.snapshot
    cluster = {"cluster_name": snapshot.cluster}
    rows = Rows(snapshot, first=cluster, group="group", topic="topic", partition="partition")
    read = _read(snapshot)
    yield _partitions(snapshot, rows, read)
    yield from _groups(view, rows, read)
    taken = np.array([round(snapshot.stats.duration_s * 1000)], np.int64)
    yield listed([full_label_set(**cluster)], Column(POLL_TIME, taken))


def _partitions(snapshot: Snapshot, rows: Rows, read: _Read) -> Table:
    table = snapshot.partitions
    someone = np.zeros(len(table), np.bool_)
    someone[read.row] = True
    columns = ((LATEST, table.end), (EARLIEST, table.start))
    return rows.partitions(*(Column(f, marks, known=someone & (marks != UNKNOWN)) for f, marks in columns))


def _groups(view: View, rows: Rows, read: _Read) -> Iterator[Table]:
    snapshot = view.snapshot
    there, end = read.commit != UNKNOWN, snapshot.partitions.end[read.row]
    offset = _picked(snapshot.commits.offset.astype(np.float64), read.commit)
    lag = np.where(there & (end != UNKNOWN), np.maximum(0, end - offset), np.nan)
    timed = len(view.time_lag_s) == len(snapshot.commits)
    age = view.time_lag_s.astype(np.float64) if timed else np.full(len(snapshot.commits), np.nan)
    seconds = _picked(age, read.commit)
    yield _owned(rows, read, (OFFSET, offset), (LAG, lag), (SECONDS, seconds))
    # A partition without a commit adds nothing; a sum of which nothing else is known is unknown.
    counted = ~np.isnan(lag) | ~there
    first = _starts(read.group)
    group = read.group[first[:-1]]
    top = (_largest(MAX_LAG, lag, first), _largest(MAX_SECONDS, seconds, first))
    yield rows.groups(*top, _sum(SUM_LAG, counted, lag, first), which=group)
    topic = snapshot.partitions.topic[read.row]
    first = _starts(read.group.astype(np.int64) * len(snapshot.topics) + topic)
    group, topic = read.group[first[:-1]], topic[first[:-1]]
    yield rows.pairs(group, topic, _sum(TOPIC_SUM_LAG, counted, lag, first))


def _starts(key: Int32 | Int64) -> Int64:
    """Where each run of the same key begins, and the end."""
    return np.append(np.flatnonzero(np.diff(key, prepend=-1)), len(key))


def _largest(family: Family, values: Float64, first: Int64) -> Column:
    return _all(family, segments(np.fmax, values, first, np.nan))


def _sum(family: Family, counted: Bool, values: Float64, first: Int64) -> Column:
    return _all(family, sums(counted, np.nan_to_num(values), first, np.nan))


def _owned(rows: Rows, read: _Read, *columns: tuple[Family, Float64]) -> Table:
    size = len(rows.partition_rests)
    keys, rest = np.unique(read.owner.astype(np.int64) * size + read.row, return_inverse=True)
    rests = [rows.partition_rests[key % size][:-2] + b"," + read.owners[key // size] for key in keys.tolist()]
    return Table(rows.group_heads, read.group, rests, rest.astype(np.int32), tuple(_all(f, v) for f, v in columns))


def _all(family: Family, values: Float64) -> Column:
    """Here NaN is a value, as it is for that exporter."""
    return Column(family, values, known=np.ones(len(values), np.bool_))


def _picked(column: Float64, at: Int64) -> Float64:
    answer = np.full(len(at), np.nan)
    answer[at != UNKNOWN] = column[at[at != UNKNOWN]]
    return answer


def _read(snapshot: Snapshot) -> _Read:
    group, row, owner, owners = _assigned(snapshot)
    table = snapshot.commits
    without = np.fromiter((_seen(g) and not _owns(g) for g in snapshot.groups), np.bool_, len(snapshot.groups))
    idle = np.flatnonzero(without[table.group] & (table.offset != UNKNOWN))
    group = np.concatenate([group, table.group[idle]]).astype(np.int64)
    row = np.concatenate([row, table.row[idle]]).astype(np.int64)
    owner = np.concatenate([owner, np.zeros(len(idle), np.int64)])
    key = group * len(snapshot.partitions) + row
    order = np.argsort(key, kind="stable")
    committed = table.group.astype(np.int64) * len(snapshot.partitions) + table.row
    commit = positions(committed, key[order])
    return _Read(
        group[order].astype(np.int32), row[order].astype(np.int32), owner[order].astype(np.int32), commit, owners
    )


def _assigned(snapshot: Snapshot) -> tuple[Int64, Int64, Int64, list[bytes]]:
    """Group, partition row and owner of what members own, and the owners; the first of these is nobody."""
    first, owners = snapshot.topics.first.tolist(), [_NOBODY]
    bounds = {name: first[t : t + 2] for t, name in enumerate(snapshot.topics.names)}
    found: list[tuple[int, int, int]] = []
    for number, group in enumerate(snapshot.groups):
        for member in group.members if _seen(group) and _owns(group) else ():
            owners.append(_labels(member))
            for topic, partitions in member.assigned:
                start, end = bounds.get(topic, (0, 0))
                found += [(number, start + p, len(owners) - 1) for p in partitions if start + p < end]
    columns = np.array(found, np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2], owners


def _seen(group: Group) -> bool:
    """Whether it is a group of consumers, or a streams group, which was one before Kafka 4."""
    return group.type == "streams" or (group.type != SHARE and group.protocol_type in ("", "consumer"))


def _owns(group: Group) -> bool:
    return bool(group.members) and group.assigned_known


def _labels(member: Member) -> bytes:
    who = (templated(member.host), templated(member.id), templated(member.client_id))
    return b'member_host="%s",consumer_id="%s",client_id="%s"} ' % who


PROFILE = Profile(name="kafka_lag_exporter", families=FAMILIES, facts=facts, many_clusters=True)

"""What is published of a View: its columns under the names of their families. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lagwatch.model.kinds import kind, rebalance_protocol
from lagwatch.model.snapshot import UNKNOWN, UNKNOWN_LEADER, Bool, Int64, Snapshot
from lagwatch.model.view import View
from lagwatch.publish.metrics import families as f
from lagwatch.publish.metrics import health, rates, time
from lagwatch.publish.metrics.families import Family, Granularity
from lagwatch.publish.metrics.limit import limited
from lagwatch.publish.metrics.lines import Column, Rendered, Table, label_set, listed, render, rounded
from lagwatch.publish.metrics.names import Names


class Lines(NamedTuple):
    """The lines of every family of a view, how many series a limit keeps off, and the names that are in the lines."""

    rendered: tuple[Rendered, ...] = ()
    suppressed: int = 0
    names: Names | None = None


def render_view(view: View, granularity: Granularity, before: Lines | None = None, *, most: int | None = None) -> Lines:
    """The lines of every family that the setting keeps, `most` series; `before` is what this gave for the view before."""
    before = before or Lines()
    old = {rendered.table.columns[0].family: rendered for rendered in before.rendered}
    names = Names.of(view.snapshot, before.names)
    tables = [table for table in (_cut(each, granularity) for each in _tables(view, names)) if table.columns]
    suppressed = 0
    if most is not None:
        tables, suppressed = limited(tables, most)
    rendered = tuple(render(table, old.get(table.columns[0].family)) for table in tables)
    return Lines(rendered, suppressed, names)


def _cut(table: Table, granularity: Granularity) -> Table:
    return replace(table, columns=tuple(c for c in table.columns if c.family.published_at(granularity)))


def _tables(view: View, names: Names) -> Iterator[Table]:
    yield _commits(view, names)
    yield _pairs(view, names)
    yield _groups(view, names)
    yield _states(view.snapshot, names)
    yield _group_infos(view.snapshot, names)
    yield _partitions(view.snapshot, names)
    yield _topics(view, names)
    yield _cluster(view)
    yield from _infos(view.snapshot)
    yield from rates.tables(view, names)
    yield from time.tables(view, names)
    yield from health.tables(view, names)


def _commits(view: View, names: Names) -> Table:
    commits = view.snapshot.commits
    columns = (
        Column(f.groups.GROUP_LAG, view.lag),
        Column(f.groups.COMMITTED_OFFSET, commits.offset),
        time.of_commits(view),
    )
    return names.by_group(commits.group, names.partitions, commits.row, *columns)


def _pairs(view: View, names: Names) -> Table:
    pairs = view.pairs
    columns = (
        Column(f.groups.TOPIC_LAG, pairs.lag),
        Column(f.groups.TOPIC_MAX_LAG, pairs.max_lag),
        rounded(f.groups.TOPIC_LAG_GROWTH, pairs.growth, 1),
        Column(f.groups.TOPIC_UNKNOWN, pairs.unknown),
    )
    return names.by_group(pairs.group, names.topics, pairs.topic, *columns)


def _groups(view: View, names: Names) -> Table:
    groups, table = view.snapshot.groups, view.groups
    read = np.fromiter((group.known for group in groups), np.bool_)
    columns = (
        Column(f.groups.TOTAL_LAG, table.lag_sum),
        Column(f.groups.MAX_LAG, table.lag_max),
        rounded(f.groups.TOTAL_LAG_GROWTH, table.growth, 1),
        # A group that could never be read has no partitions that we know of: not 0 of them are unknown.
        Column(f.groups.GROUP_UNKNOWN, table.unknown, known=read | (table.unknown > 0)),
        Column(f.groups.GROUP_KNOWN, read.astype(np.int64)),
        Column(f.groups.GROUP_MEMBERS, np.fromiter((group.member_count for group in groups), np.int64)),
    )
    return listed([name[:-1] + b"} " for name in names.groups], *columns)


def _states(snapshot: Snapshot, names: Names) -> Table:
    known = [
        (name, group) for name, group in zip(names.groups, snapshot.groups, strict=True) if group.state is not None
    ]
    rests = {
        (state, kind): label_set(state=state, type=kind)[1:]
        for state, kind in {(group.state, group.type) for _, group in known}
    }
    return _info(f.groups.GROUP_STATE, [name + rests[group.state, group.type] for name, group in known])


def _group_infos(snapshot: Snapshot, names: Names) -> Table:
    told = [(kind(group), group.protocol_type, group.protocol, rebalance_protocol(group)) for group in snapshot.groups]
    rests = {each: _group_labels(*each) for each in set(told)}
    known = zip(names.groups, told, strict=True)
    return _info(f.groups.GROUP_INFO, [name + rests[each] for name, each in known if any(each)])


def _group_labels(what: str | None, protocol_type: str, assignor: str, rebalances: str | None) -> bytes:
    return label_set(kind=what, protocol_type=protocol_type, assignor=assignor, rebalance_protocol=rebalances)[1:]


def _partitions(snapshot: Snapshot, names: Names) -> Table:
    table = snapshot.partitions
    placed = _placed(snapshot)
    columns = (
        Column(f.cluster.LOG_START, table.start),
        Column(f.cluster.LOG_END, table.end),
        Column(f.cluster.LAST_STABLE, table.lso),
        Column(
            f.cluster.LEADER, table.leader, known=table.leader != UNKNOWN_LEADER
        ),  # that there is none is a fact: -1
        Column(f.cluster.REPLICAS, table.replicas.counts, known=placed),
        Column(f.cluster.IN_SYNC, table.isr.counts, known=placed),
    )
    return names.by_cluster(names.partitions, *columns)


def _topics(view: View, names: Names) -> Table:
    topics, of = view.snapshot.topics, view.snapshot.partitions.topic

    def count(flags: Bool) -> Int64:
        return np.bincount(of[flags], minlength=len(topics)).astype(np.int64)

    conditions = (
        Column(family, count(flags), known=count(~known) == 0) for (_, family), flags, known in _conditions(view)
    )
    columns = (Column(f.cluster.TOPIC_PARTITIONS, np.diff(topics.first)), *conditions)
    return names.by_cluster(names.topics, *columns)


def _cluster(view: View) -> Table:
    snapshot = view.snapshot
    numbers = {
        f.cluster.BROKERS: len(snapshot.brokers),
        f.cluster.CONTROLLER: UNKNOWN if snapshot.controller is None else snapshot.controller,
        f.cluster.CLUSTER_TOPICS: len(snapshot.topics),
        f.cluster.CLUSTER_PARTITIONS: len(snapshot.partitions),
        f.cluster.CLUSTER_GROUPS: len(snapshot.groups),
    }
    for (family, _), flags, known in _conditions(view):
        numbers[family] = int(flags.sum()) if known.all() else UNKNOWN
    columns = tuple(Column(family, np.array([number], np.int64)) for family, number in numbers.items())
    return listed([label_set(kafka_cluster=snapshot.cluster)], *columns)


def _conditions(view: View) -> tuple[tuple[tuple[Family, Family], Bool, Bool], ...]:
    """Families of cluster and topic that count partitions, which partitions those are, and of which that is known."""
    placed, led = _placed(view.snapshot), view.snapshot.partitions.leader != UNKNOWN_LEADER
    return (
        ((f.cluster.UNDER_REPLICATED, f.cluster.TOPIC_UNDER_REPLICATED), view.under_replicated, placed),
        ((f.cluster.OFFLINE, f.cluster.TOPIC_OFFLINE), view.offline, led),
        (
            (f.cluster.UNDER_MIN_ISR, f.cluster.TOPIC_UNDER_MIN_ISR),
            view.under_min_isr,
            view.under_min_isr_known & placed,
        ),
    )


def _placed(snapshot: Snapshot) -> Bool:
    """A partition has at least one replica: where none is listed, its placement is unknown."""
    return snapshot.partitions.replicas.counts > 0


def _infos(snapshot: Snapshot) -> Iterator[Table]:
    cluster = snapshot.cluster
    if snapshot.cluster_id:
        yield _info(f.cluster.CLUSTER_INFO, [label_set(kafka_cluster=cluster, cluster_id=snapshot.cluster_id)])
    brokers = [
        label_set(kafka_cluster=cluster, broker=b.id, host=b.host, port=b.port or None, rack=b.rack)
        for b in snapshot.brokers
    ]
    yield _info(f.cluster.BROKER_INFO, brokers)


def _info(family: Family, labels: list[bytes]) -> Table:
    return listed(labels, Column(family, np.ones(len(labels), np.int64)))

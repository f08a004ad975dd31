"""Topics and partitions."""

from bisect import bisect_left
from typing import Annotated, Literal, NamedTuple

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.snapshot import Bool, Int64
from lagwatch.model.view import View
from lagwatch.publish.api.access import ClusterData, Seen
from lagwatch.publish.api.names import TopicName, matching
from lagwatch.publish.api.paging import Absent, BrokerId, Columns, PageQuery, Pattern, choose, sums
from lagwatch.publish.api.problems import Refused, documented, unknown_name
from lagwatch.publish.api.rates import topic_rates
from lagwatch.publish.api.routers.clusters import min_isr_count
from lagwatch.publish.api.routers.pages import aged, page
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.schemas.clusters import Partition, Topic, TopicDetail
from lagwatch.publish.api.values import known, number

router = APIRouter(tags=["topics"])
_TopicSort = Literal[
    "name", "-name", "partitions", "-partitions", "messages", "-messages", "groups", "-groups",
    "under_replicated", "-under_replicated", "offline", "-offline",
]  # fmt: skip
_PartitionSort = Literal[
    "partition", "-partition", "messages", "-messages", "log_end_offset", "-log_end_offset", "leader", "-leader"
]
_Flag = Literal["under_replicated", "offline", "under_min_isr"]


class TopicQuery(PageQuery):
    """Which topics, in which order."""

    sort: _TopicSort = Field(
        "name", description="The field to sort by; `-` for the largest first.", examples=["-messages"]
    )
    name: Pattern | Absent = Field(
        None, description="Only names that match this pattern (`*`, `?`).", examples=["orders*"]
    )
    internal: bool | Absent = Field(None, description="Only internal topics, or only others.", examples=[False])
    problem: _Flag | Absent = Field(None, description="Only topics with such partitions.", examples=["offline"])


class PartitionQuery(PageQuery):
    """Which partitions, in which order."""

    sort: _PartitionSort = Field(
        "partition", description="The field to sort by; `partition`: by topic and number.", examples=["-messages"]
    )
    problem: _Flag | Absent = Field(None, description="Only such partitions.", examples=["offline"])
    leader: BrokerId | Absent = Field(None, description="Only those that this broker leads.", examples=[1])


class AllPartitionsQuery(PartitionQuery):
    """Which partitions of the cluster, in which order."""

    topic: Pattern | Absent = Field(
        None, description="Only topics that match this pattern (`*`, `?`).", examples=["orders*"]
    )


@router.get("/clusters/{cluster}/topics", responses=documented(404, 422, 503))
async def list_topics(query: Annotated[TopicQuery, Query()], seen: ClusterData) -> ClusterPage[Topic]:
    """Topics in numbers."""
    topics = seen.snapshot.topics
    numbers = numbers_of(seen.view)
    keep = matching(topics.names, query.name)
    if query.internal is not None:
        keep &= topics.internal == query.internal
    if query.problem is not None:
        keep &= sums(topics.first, _flagged(seen.view, query.problem)) > 0
    rows = choose(query, keep, query.sort, {**numbers._asdict(), "partitions": np.diff(topics.first)})
    return page(seen, query, rows, lambda row: topic_item(seen.view, numbers, row))


@router.get("/clusters/{cluster}/topics/{topic}", responses=documented(404, 422, 503))
async def get_topic(topic: TopicName, seen: ClusterData) -> TopicDetail:
    """One topic in numbers."""
    row = _row(seen, topic)
    return TopicDetail(**aged(seen), **topic_item(seen.view, numbers_of(seen.view), row).model_dump())


@router.get("/clusters/{cluster}/topics/{topic}/partitions", responses=documented(404, 422, 503))
async def list_topic_partitions(
    topic: TopicName, query: Annotated[PartitionQuery, Query()], seen: ClusterData
) -> ClusterPage[Partition]:
    """The partitions of one topic."""
    row = _row(seen, topic)
    keep = np.zeros(len(seen.snapshot.partitions), dtype=np.bool_)
    keep[seen.snapshot.topics.first[row] : seen.snapshot.topics.first[row + 1]] = True
    return _partitions(seen, query, keep)


@router.get("/clusters/{cluster}/partitions", responses=documented(404, 422, 503))
async def list_partitions(query: Annotated[AllPartitionsQuery, Query()], seen: ClusterData) -> ClusterPage[Partition]:
    """The partitions of all topics."""
    chosen = matching(seen.snapshot.topics.names, query.topic)
    return _partitions(seen, query, chosen[seen.snapshot.partitions.topic])


def _row(seen: Seen, topic: str) -> int:
    names = seen.snapshot.topics.names
    row = bisect_left(names, topic)
    if row == len(names) or names[row] != topic:
        raise unknown_topic(seen, topic)
    return row


def unknown_topic(seen: Seen, topic: str) -> Refused:
    """404 with near misses: there is no topic of that name."""
    return unknown_name("topic", topic, f"in cluster {seen.latest.cluster}", seen.snapshot.topics.names)


class Numbers(NamedTuple):
    """Parallel columns, one row a topic."""

    messages: Int64
    unknown: Int64
    groups: Int64
    under_replicated: Int64
    offline: Int64


def numbers_of(view: View) -> Numbers:
    """The columns of all topics."""
    snapshot = view.snapshot
    first = snapshot.topics.first
    messages = messages_of(view)
    unknown = sums(first, messages < 0)
    total = sums(first, np.maximum(messages, 0))
    total[unknown == np.diff(first)] = -1
    return Numbers(
        messages=total,
        unknown=unknown,
        groups=np.bincount(view.pairs.topic, minlength=len(snapshot.topics)),
        under_replicated=sums(first, view.under_replicated),
        offline=sums(first, view.offline),
    )


def messages_of(view: View) -> Int64:
    """Log end minus log start of every partition, UNKNOWN where one of them is."""
    parts = view.snapshot.partitions
    return np.where((parts.start >= 0) & (parts.end >= 0), np.maximum(parts.end - parts.start, 0), -1)


def _flagged(view: View, flag: _Flag) -> Bool:
    flags: Bool = getattr(view, flag)
    return flags


def topic_item(view: View, numbers: Numbers, row: int) -> Topic:
    """One topic in numbers."""
    topics = view.snapshot.topics
    rows = slice(int(topics.first[row]), int(topics.first[row + 1]))
    replicas = view.snapshot.partitions.replicas.first[rows.start : rows.stop + 1]
    return Topic(
        **topic_rates(view, row),
        name=topics.names[row],
        id=topics.ids[row],
        internal=bool(topics.internal[row]),
        partitions=rows.stop - rows.start,
        replication_factor=int(np.diff(replicas).min()) if rows.stop > rows.start else None,
        messages=known(numbers.messages[row]),
        log_bytes=None if view.health is None else known(view.health.topic_bytes[row]),
        unknown_partitions=int(numbers.unknown[row]),
        groups=int(numbers.groups[row]),
        under_replicated=int(numbers.under_replicated[row]),
        offline=int(numbers.offline[row]),
        under_min_isr=min_isr_count(view, rows),
        config=dict(topics.config[row]),
    )


def _partitions(seen: Seen, query: PartitionQuery, keep: Bool) -> ClusterPage[Partition]:
    view = seen.view
    parts = seen.snapshot.partitions
    if query.problem is not None:
        keep = keep & _flagged(view, query.problem)
    if query.leader is not None:
        keep = keep & (parts.leader == query.leader)
    messages = messages_of(view)
    columns: Columns = {"messages": messages, "log_end_offset": parts.end, "leader": parts.leader}
    rows = choose(query, keep, query.sort, columns)

    return page(seen, query, rows, lambda row: partition_item(view, messages, row))


def partition_item(view: View, messages: Int64, row: int) -> Partition:
    """One row of the partition table; `messages` is what `messages_of` gives."""
    parts = view.snapshot.partitions
    return Partition(
        topic=view.snapshot.topics.names[parts.topic[row]],
        partition=int(parts.partition[row]),
        leader=known(parts.leader[row]),
        replicas=parts.replicas.of(row),
        in_sync_replicas=parts.isr.of(row),
        offline_replicas=parts.offline.of(row),
        log_start_offset=known(parts.start[row]),
        log_end_offset=known(parts.end[row]),
        last_stable_offset=known(parts.lso[row]),
        messages=known(messages[row]),
        produced_per_minute=number(view.produced[row]),
        under_replicated=bool(view.under_replicated[row]),
        offline=bool(view.offline[row]),
        under_min_isr=bool(view.under_min_isr[row]) if view.under_min_isr_known[row] else None,
    )

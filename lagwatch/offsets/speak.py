"""What is asked of brokers about one group's offsets, request by request, and how each answer is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

from kafka.protocol.consumer import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetDeleteRequest,
    OffsetDeleteResponse,
)

from lagwatch.collect.errors import NO_SUCH_GROUP, Kind, NoAnswer, error_name
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.requests import FIND_COORDINATOR, LIST_OFFSETS, OFFSET_FETCH, Api
from lagwatch.offsets.plan import Move
from lagwatch.offsets.seen import Commit, Partition

T = TypeVar("T")

OFFSET_COMMIT = Api(OffsetCommitRequest, OffsetCommitResponse, 7, 8)
OFFSET_DELETE = Api(OffsetDeleteRequest, OffsetDeleteResponse, 0, 0, throttled=False)

Reasons = dict[Partition, str]
"""Kafka's error name for each partition, "" where all went well."""

Commits = tuple[dict[Partition, Commit], Reasons]
"""What is committed, and why that is not known of a partition."""


async def coordinator(exchange: Exchange, node: int, group: str) -> int:
    """The broker that keeps the group, by this node's word; raises NoAnswer, also with Kafka's own error."""
    version = FIND_COORDINATOR.version(await exchange.versions(node))
    new = version >= 4
    asked = {"coordinator_keys": [group]} if new else {"key": group}
    body = await exchange.ask(node, FIND_COORDINATOR.encode(version, key_type=0, **asked))
    answer = FIND_COORDINATOR.decode(version, body)
    home = answer.coordinators[0] if new else answer
    _raise(home.error_code)
    return int(home.node_id)


async def commits(exchange: Exchange, node: int, group: str) -> Commits:
    """
    All that the group has committed; nothing if there is no such group. An offset that a transaction is about to change counts
    as unreadable.
    """
    version = OFFSET_FETCH.version(await exchange.versions(node))
    if version < 8:
        asked: dict[str, Any] = {"group_id": group, "topics": None}
    else:
        asked = {"groups": [OFFSET_FETCH.request.OffsetFetchRequestGroup(group_id=group, topics=None)]}
    body = await exchange.ask(node, OFFSET_FETCH.encode(version, **asked, require_stable=True))
    answer = OFFSET_FETCH.decode(version, body)
    found = answer if version < 8 else answer.groups[0]
    if found.error_code == NO_SUCH_GROUP:
        return {}, {}
    _raise(found.error_code)
    known: dict[Partition, Commit] = {}
    unreadable: Reasons = {}
    for topic in found.topics:
        for part in topic.partitions:
            where = Partition(topic.name, part.partition_index)
            if part.error_code:
                unreadable[where] = error_name(part.error_code)
            elif part.committed_offset >= 0:
                known[where] = Commit(part.committed_offset, part.committed_leader_epoch, part.metadata or "")
    return known, unreadable


async def commit(exchange: Exchange, node: int, group: str, moves: Sequence[Move]) -> Reasons:
    """Commit for the group, as somebody who is no member of it: Kafka takes that only while it has none."""
    version = OFFSET_COMMIT.version(await exchange.versions(node))
    topic = OFFSET_COMMIT.request.OffsetCommitRequestTopic
    topics = [
        topic(name=name, partitions=[_committed(topic, move) for move in some])
        for name, some in _by_topic(moves, lambda move: move.partition)
    ]
    request = OFFSET_COMMIT.encode(
        version, group_id=group, generation_id_or_member_epoch=-1, member_id="", topics=topics
    )
    return _reasons(OFFSET_COMMIT.decode(version, await exchange.ask(node, request)))


async def delete(exchange: Exchange, node: int, group: str, partitions: Sequence[Partition]) -> Reasons:
    """Remove what the group has committed; Kafka does that only while no member reads the topic."""
    version = OFFSET_DELETE.version(await exchange.versions(node))
    topic = OFFSET_DELETE.request.OffsetDeleteRequestTopic
    topics = [
        topic(
            name=name, partitions=[topic.OffsetDeleteRequestPartition(partition_index=where.number) for where in some]
        )
        for name, some in _by_topic(partitions, lambda where: where)
    ]
    body = await exchange.ask(node, OFFSET_DELETE.encode(version, group_id=group, topics=topics))
    answer = OFFSET_DELETE.decode(version, body)
    _raise(answer.error_code)
    return _reasons(answer)


async def offsets_at(
    exchange: Exchange, leader: int, at_ms: int, partitions: Sequence[Partition]
) -> dict[Partition, int | str]:
    """Of each partition the offset of its first record that is as new (-1: there is none), or the name of the error."""
    version = LIST_OFFSETS.version(await exchange.versions(leader))
    topic = LIST_OFFSETS.request.ListOffsetsTopic
    topics = [
        topic(
            name=name,
            partitions=[topic.ListOffsetsPartition(partition_index=where.number, timestamp=at_ms) for where in some],
        )
        for name, some in _by_topic(partitions, lambda where: where)
    ]
    request = LIST_OFFSETS.encode(version, replica_id=-1, isolation_level=0, topics=topics)
    answer = LIST_OFFSETS.decode(version, await exchange.ask(leader, request))
    return {
        Partition(t.name, p.partition_index): error_name(p.error_code) if p.error_code else int(p.offset)
        for t in answer.topics
        for p in t.partitions
    }


def _committed(topic: Any, move: Move) -> Any:
    return topic.OffsetCommitRequestPartition(
        partition_index=move.partition.number,
        committed_offset=move.after,
        committed_leader_epoch=move.epoch,
        committed_metadata=move.metadata,
    )


def _by_topic(items: Iterable[T], where: Callable[[T], Partition]) -> Iterator[tuple[str, list[T]]]:
    ordered = sorted(items, key=where)
    return ((name, list(some)) for name, some in groupby(ordered, key=lambda item: where(item).topic))


def _reasons(answer: Any) -> Reasons:
    return {
        Partition(t.name, p.partition_index): error_name(p.error_code) if p.error_code else ""
        for t in answer.topics
        for p in t.partitions
    }


def _raise(code: int) -> None:
    if code:
        raise NoAnswer(error_name(code), "the broker refused", Kind.PROTOCOL, lasting=False)

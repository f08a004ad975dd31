"""Group lists and group descriptions of every type, from kafka-python's objects to facts. Pure."""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from lagwatch.collect.errors import NO_SUCH_GROUP
from lagwatch.model.snapshot import UNKNOWN, Assigned, Group, Member

CLASSIC, CONSUMER, SHARE, STREAMS = "classic", "consumer", "share", "streams"
"""Group types as Kafka reports them."""

_DEAD = "Dead"


class Listed(NamedTuple):
    """A group in a broker's list. `type` is "" and `state` None where the broker is too old to tell."""

    name: str
    type: str
    state: str | None
    protocol_type: str


class Described(NamedTuple):
    """
    What a coordinator says of one group: `error` is Kafka's code, the rest is empty if it is not 0.

    `gone` says that the coordinator knows no such group (of this type).
    """

    name: str
    type: str
    error: int
    gone: bool
    state: str | None = None
    protocol_type: str = ""
    protocol: str = ""
    members: tuple[Member, ...] = ()
    assigned_known: bool = True
    epoch: int | None = None
    assignment_epoch: int | None = None


def listed(answer: Any, version: int) -> dict[str, Listed]:
    """The groups of a ListGroups answer. Before version 5 (Kafka 3.8) all groups were classic, before 4 it had no states."""
    return {
        g.group_id: Listed(
            g.group_id,
            g.group_type.lower() if version >= 5 else CLASSIC,
            g.group_state if version >= 4 else None,
            g.protocol_type,
        )
        for g in answer.groups
    }


def group(known: Listed, described: Described | None, coordinator: int) -> Group:
    """The fact: what the list says, and what the description adds to it (None: there is none, or it failed)."""
    if described is None:
        empty = known.type in ("", CLASSIC) and known.state == "Empty"
        return Group(
            name=known.name,
            type=known.type,
            state=known.state,
            protocol_type=known.protocol_type,
            coordinator=coordinator,
            member_count=0 if empty else UNKNOWN,
            assigned_known=empty,
        )
    return Group(
        name=known.name,
        type=described.type,
        state=described.state,
        protocol_type=described.protocol_type or known.protocol_type,
        protocol=described.protocol,
        coordinator=coordinator,
        member_count=len(described.members),
        members=described.members,
        assigned_known=described.assigned_known,
        epoch=described.epoch,
        assignment_epoch=described.assignment_epoch,
    )


def classic_groups(answer: Any) -> list[Described]:
    """A DescribeGroups answer. Before version 6 a group that does not exist was described as dead, without an error."""
    return [_failed(g, CLASSIC) if g.error_code or g.group_state == _DEAD else _classic_group(g) for g in answer.groups]


def consumer_groups(answer: Any) -> list[Described]:
    """A ConsumerGroupDescribe answer (KIP-848)."""

    def member(m: Any) -> Member:
        return _member(m, m.instance_id, _by_topic(m.assignment), _by_topic(m.target_assignment))

    return _epoch_groups(answer, CONSUMER, member)


def share_groups(answer: Any) -> list[Described]:
    """A ShareGroupDescribe answer; its members have no target assignment."""
    return _epoch_groups(answer, SHARE, lambda m: _member(m, None, _by_topic(m.assignment), None))


def streams_groups(answer: Any, partitions: Callable[[str], int]) -> list[Described]:
    """
    A StreamsGroupDescribe answer. A task of subtopology S and partition p reads partition p of each source topic of S.

    `partitions` gives how many partitions a topic has (0 if that is not known): a task is not a partition of a topic that
    has fewer.
    """
    described = []
    for g in answer.groups:
        sources = _sources(g.topology)

        def member(m: Any, sources: Mapping[str, list[str]] = sources) -> Member:
            now, target = (
                _by_task(tasks.active_tasks, sources, partitions) for tasks in (m.assignment, m.target_assignment)
            )
            return _member(m, m.instance_id, now, target)

        described.append(_epoch_group(g, STREAMS, member))
    return described


def _classic_group(g: Any) -> Described:
    consumers = g.protocol_type == "consumer"
    owned = [_assignment(m.member_assignment) if consumers else None for m in g.members]
    members = tuple(
        Member(
            id=m.member_id,
            client_id=m.client_id,
            host=m.client_host,
            instance_id=m.group_instance_id,
            assigned=assigned or (),
        )
        for m, assigned in zip(g.members, owned, strict=True)
    )
    return Described(
        name=g.group_id,
        type=CLASSIC,
        error=0,
        gone=False,
        state=g.group_state,
        protocol_type=g.protocol_type,
        protocol=g.protocol_data,
        members=members,
        assigned_known=None not in owned,
    )


def _epoch_groups(answer: Any, kind: str, member: Callable[[Any], Member]) -> list[Described]:
    return [_epoch_group(g, kind, member) for g in answer.groups]


def _epoch_group(g: Any, kind: str, member: Callable[[Any], Member]) -> Described:
    if g.error_code or g.group_state == _DEAD:
        return _failed(g, kind)
    return Described(
        name=g.group_id,
        type=kind,
        error=0,
        gone=False,
        state=g.group_state,
        protocol=getattr(g, "assignor_name", None) or "",
        members=tuple(member(m) for m in g.members),
        epoch=g.group_epoch,
        assignment_epoch=g.assignment_epoch,
    )


def _failed(g: Any, kind: str) -> Described:
    gone = g.error_code == NO_SUCH_GROUP or (g.error_code == 0 and g.group_state == _DEAD)
    return Described(name=g.group_id, type=kind, error=g.error_code, gone=gone)


def _member(
    m: Any, instance_id: str | None, assigned: tuple[Assigned, ...], target: tuple[Assigned, ...] | None
) -> Member:
    return Member(
        id=m.member_id,
        client_id=m.client_id,
        host=m.client_host,
        instance_id=instance_id,
        rack=m.rack_id,
        epoch=m.member_epoch,
        assigned=assigned,
        target=target,
    )


def _by_topic(assignment: Any) -> tuple[Assigned, ...]:
    return tuple(
        sorted(Assigned(part.topic_name, tuple(sorted(part.partitions))) for part in assignment.topic_partitions)
    )


def _sources(topology: Any) -> dict[str, list[str]]:
    """The topics that the tasks of each subtopology read."""
    subtopologies = topology.subtopologies if topology is not None else None
    return {
        s.subtopology_id: [*s.source_topics, *(t.name for t in s.repartition_source_topics)]
        for s in subtopologies or ()
    }


def _by_task(
    tasks: Iterable[Any], sources: Mapping[str, list[str]], partitions: Callable[[str], int]
) -> tuple[Assigned, ...]:
    owned: defaultdict[str, set[int]] = defaultdict(set)
    for task in tasks:
        for topic in sources.get(task.subtopology_id, ()):
            owned[topic].update(p for p in task.partitions if p < partitions(topic))
    return tuple(Assigned(topic, tuple(sorted(own))) for topic, own in sorted(owned.items()) if own)


def _assignment(blob: bytes | None) -> tuple[Assigned, ...] | None:
    """
    A classic consumer's assignment (ConsumerProtocolAssignment, any version); () if it has none yet.

    None if it cannot be read: the bytes are the group's own, and a client in another language may put anything there.
    """
    if not blob:
        return ()
    owned = []
    try:
        (topics,) = struct.unpack_from(">i", blob, 2)
        position = 6
        for _ in range(topics):
            (length,) = struct.unpack_from(">h", blob, position)
            position += 2
            (name, count) = struct.unpack_from(f">{length}si", blob, position)
            position += length + 4
            partitions = struct.unpack_from(f">{count}i", blob, position)
            position += 4 * count
            owned.append(Assigned(name.decode(), tuple(sorted(partitions))))
    except (struct.error, UnicodeDecodeError):
        return None
    return tuple(sorted(owned))

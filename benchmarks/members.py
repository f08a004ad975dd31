"""
One live member for each group, without a process for each: it joins, gets its partitions, and is then expected to be heard of only
half an hour later (the longest session that a broker grants by default).

Members are static (KIP-345): one that a run before has left behind is taken over at once, instead of being waited for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kafka.protocol.consumer.group import (
    JoinGroupRequest,
    JoinGroupResponse,
    SyncGroupRequest,
    SyncGroupResponse,
)
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

from benchmarks.wire import Wire, answer, frame

JOIN_GROUP, SYNC_GROUP, PROTOCOL = 5, 3, 1
INSTANCE = "bench-member"
SESSION_MS = 1_800_000
REBALANCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Membership:
    """Who commits for a group; the defaults are those of a group without members."""

    member: str = ""
    instance: str | None = None
    generation: int = -1


def join(
    wire: Wire, groups: Mapping[int, Sequence[str]], topics: Mapping[str, Sequence[str]], partitions: int
) -> tuple[dict[str, Membership], set[int]]:
    """
    Let one member join each group and take the first `partitions` partitions of the group's topics.

    `groups` are by coordinator. Returns the memberships and all error codes; with an error they are not complete.
    """
    answers = wire.exchange(
        {node: [frame(_join(group, topics[group]), JOIN_GROUP) for group in own] for node, own in groups.items()}
    )
    memberships: dict[str, Membership] = {}
    errors: set[int] = set()
    for node, own in groups.items():
        for group, body in zip(own, answers[node], strict=True):
            joined = answer(JoinGroupResponse, JOIN_GROUP, body)
            errors.add(joined.error_code)
            memberships[group] = Membership(joined.member_id, INSTANCE, joined.generation_id)
    if not errors - {0}:
        errors |= _take(wire, groups, topics, partitions, memberships)
    return memberships, errors


def _take(
    wire: Wire,
    groups: Mapping[int, Sequence[str]],
    topics: Mapping[str, Sequence[str]],
    partitions: int,
    memberships: Mapping[str, Membership],
) -> set[int]:
    frames = {
        node: [frame(_sync(group, memberships[group], topics[group], range(partitions)), SYNC_GROUP) for group in own]
        for node, own in groups.items()
    }
    bodies = [body for of_node in wire.exchange(frames).values() for body in of_node]
    return {answer(SyncGroupResponse, SYNC_GROUP, body).error_code for body in bodies}


def _join(group: str, topics: Sequence[str]) -> JoinGroupRequest:
    metadata = ConsumerProtocolSubscription(PROTOCOL, list(topics), b"").encode()
    return JoinGroupRequest(
        group_id=group,
        session_timeout_ms=SESSION_MS,
        rebalance_timeout_ms=REBALANCE_MS,
        member_id="",
        group_instance_id=INSTANCE,
        protocol_type="consumer",
        protocols=[JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=metadata)],
    )


def _sync(group: str, who: Membership, topics: Sequence[str], partitions: Iterable[int]) -> SyncGroupRequest:
    assignment = ConsumerProtocolAssignment(PROTOCOL, [(topic, list(partitions)) for topic in topics], b"").encode()
    return SyncGroupRequest(
        group_id=group,
        generation_id=who.generation,
        member_id=who.member,
        group_instance_id=who.instance,
        assignments=[SyncGroupRequest.SyncGroupRequestAssignment(member_id=who.member, assignment=assignment)],
    )

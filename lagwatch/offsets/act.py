"""
Looks at one group, and tells Kafka where the group's offsets are from now on.

All of it goes through lagwatch's own connections (kafka-python): librdkafka's way to read a group's commits can end the
process while a coordinator moves, and its Python client cannot remove a commit, which an undo may have to. Kafka itself refuses
offsets for a group with members, so a consumer that starts between the check and the act is safe.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from lagwatch.collect import Reader, ReaderOptions
from lagwatch.collect.client import Client
from lagwatch.collect.details.options import NO_DETAILS
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.metadata import MetadataReader
from lagwatch.errors import AccessDenied, CollectError, OffsetsError
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import NO_LEADER, Snapshot
from lagwatch.offsets import speak
from lagwatch.offsets.plan import Move
from lagwatch.offsets.seen import Partition, Seen

T = TypeVar("T")

AT_ONCE = 1_000
"""Partitions a request: the coordinator writes them as one batch, which must fit into its message.max.bytes."""

PAUSE_S = 0.2
"""How long a coordinator that is moving is left alone before it is asked again."""

_SLACK_S = 1.0

_MOVING = frozenset(
    {"COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "CONNECTION_FAILED"}
)
"""Until another broker is found to be dead, it is still named as the coordinator: no connection is no reason to give up."""

_GRANT = "kafka-acls.sh --add --allow-principal User:<ours>"
_SENTENCES: Mapping[str, str] = {
    "GROUP_AUTHORIZATION_FAILED": "this user may not do that to the group; moving takes READ on it, and an undo that removes "
    f"a commit DELETE: {_GRANT} --operation Read --operation Delete --group <group>",
    "TOPIC_AUTHORIZATION_FAILED": f"this user may not do that to the topic; moving takes READ on it: {_GRANT} "
    "--operation Read --topic <topic>",
    "UNKNOWN_MEMBER_ID": "the group has active members; stop them first",
    "NON_EMPTY_GROUP": "the group has active members; stop them first",
    "GROUP_SUBSCRIBED_TO_TOPIC": "members of the group read the topic; stop them first",
    "UNSTABLE_OFFSET_COMMIT": "a transaction is about to change it; wait for its end",
    "REQUEST_TIMED_OUT": "the broker did not answer in time",
    "DEADLINE": "there was no answer in time",
}


def sentence(reason: str) -> str:
    """A reason, with what to do about it where there is something."""
    more = _SENTENCES.get(reason)
    return f"{reason}: {more}" if more else reason


class Hand:
    """
    One group of one cluster; not for several threads. Raises CollectError or OffsetsError.

    Every call ends within the deadline of the options, or twice that if a coordinator keeps moving.
    """

    def __init__(self, options: ReaderOptions, group: str) -> None:
        self._options = replace(
            options,
            groups=NameFilter(include=(re.escape(group),)),
            topics=NameFilter(),
            internal_topics=True,
            details=NO_DETAILS,
        )
        self._group = group
        self._client = Client(options.bootstrap, options.client)
        self._metadata = MetadataReader(options.cluster)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def look(self) -> Seen:
        """The group as it is. Raises AccessDenied if this user may not see it, OffsetsError if its commits cannot be read."""
        reader = Reader(self._options)
        try:
            snapshot = reader.read()
        finally:
            reader.close()
        try:
            commits, unreadable = self._until_settled(lambda exchange, node: speak.commits(exchange, node, self._group))
        except NoAnswer as failure:
            raise self._unreadable(failure) from failure
        return Seen(
            snapshot=snapshot,
            name=self._group,
            group=next((group for group in snapshot.groups if group.name == self._group), None),
            commits=commits,
            unreadable={where: sentence(reason) for where, reason in unreadable.items()},
        )

    def offsets_at(self, at_ms: int, snapshot: Snapshot, partitions: Iterable[Partition]) -> dict[Partition, int | str]:
        """Of each partition the offset of its first record that is as new (-1: there is none), or why that is not known."""
        by_leader: dict[int, list[Partition]] = {}
        for where in partitions:
            topic = snapshot.topics.names.index(where.topic)
            leader = int(snapshot.partitions.leader[int(snapshot.topics.first[topic]) + where.number])
            by_leader.setdefault(leader, []).append(where)
        found: dict[Partition, int | str] = dict.fromkeys(by_leader.pop(NO_LEADER, ()), "LEADER_NOT_AVAILABLE")
        for leader, some in by_leader.items():
            for pack in _packs(some):
                try:
                    found |= self._run(partial(self._at, leader, at_ms, pack))
                except NoAnswer as failure:
                    found |= dict.fromkeys(pack, failure.reason)
        return found

    def move(self, moves: Sequence[Move]) -> dict[Partition, str]:
        """Carry these out; why it failed for each partition where it did, as far as answers came."""
        failed: dict[Partition, str] = {}
        for pack in _packs([move for move in moves if move.after is not None]):
            failed |= self._write(pack, partial(self._commit, pack))
        for pack in _packs([move for move in moves if move.after is None]):
            failed |= self._write(pack, partial(self._delete, pack))
        return {where: sentence(reason) for where, reason in failed.items()}

    def _write(
        self, pack: Sequence[Move], act: Callable[[Exchange, int], Awaitable[speak.Reasons]]
    ) -> dict[Partition, str]:
        try:
            told = self._until_settled(act)
        except NoAnswer as failure:
            told = dict.fromkeys((move.partition for move in pack), failure.reason)
        except CollectError as failure:  # others may have moved, and these as well: a look afterwards tells
            told = dict.fromkeys((move.partition for move in pack), str(failure))
        answers = {move.partition: told.get(move.partition, "BAD_ANSWER") for move in pack}
        return {where: reason for where, reason in answers.items() if reason}

    def _until_settled(self, ask: Callable[[Exchange, int], Awaitable[T]]) -> T:
        """The coordinator's answer; while the group moves to another one, the same question again. Raises NoAnswer."""
        until = time.monotonic() + self._options.deadline_s
        while True:
            try:
                return self._run(partial(self._of_coordinator, ask))
            except NoAnswer as failure:
                if failure.reason not in _MOVING or time.monotonic() > until:
                    raise
            time.sleep(PAUSE_S)

    def _run(self, ask: Callable[[Exchange], Awaitable[T]]) -> T:
        deadline_s = self._options.deadline_s
        exchange = Exchange(self._client, time.monotonic() + deadline_s)
        return self._client.run(partial(ask, exchange), deadline_s + _SLACK_S)

    async def _of_coordinator(self, ask: Callable[[Exchange, int], Awaitable[T]], exchange: Exchange) -> T:
        layout = await self._metadata.read(exchange, _no_topic)
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if node is None:
            raise NoAnswer("CONNECTION_FAILED", "no broker answers")
        return await ask(exchange, await speak.coordinator(exchange, node, self._group))

    async def _commit(self, moves: Sequence[Move], exchange: Exchange, node: int) -> speak.Reasons:
        return _settled(await speak.commit(exchange, node, self._group, moves))

    async def _delete(self, moves: Sequence[Move], exchange: Exchange, node: int) -> speak.Reasons:
        return _settled(await speak.delete(exchange, node, self._group, [move.partition for move in moves]))

    async def _at(
        self, leader: int, at_ms: int, partitions: Sequence[Partition], exchange: Exchange
    ) -> dict[Partition, int | str]:
        await self._metadata.read(exchange, _no_topic)
        return await speak.offsets_at(exchange, leader, at_ms, partitions)

    def _unreadable(self, failure: NoAnswer) -> AccessDenied | OffsetsError:
        kind = AccessDenied if failure.reason.endswith("AUTHORIZATION_FAILED") else OffsetsError
        return kind(f'what the group "{self._group}" has committed cannot be read: {sentence(failure.reason)}')


def _settled(reasons: speak.Reasons) -> speak.Reasons:
    """The same; raises NoAnswer if a partition's coordinator is moving, so that all of them are written once more."""
    for reason in reasons.values():
        if reason in _MOVING:
            raise NoAnswer(reason, "the coordinator is moving", lasting=False)
    return reasons


def _no_topic(_name: str, _internal: bool) -> bool:  # noqa: FBT001 (the signature is MetadataReader's)
    """Brokers are all that is wanted of metadata."""
    return False


def _packs(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))

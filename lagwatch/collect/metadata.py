"""Which brokers, topics and partitions there are: Metadata, from any broker that answers."""

from collections.abc import Callable
from contextlib import suppress

from lagwatch.collect.client import Node
from lagwatch.collect.errors import NoAnswer, cluster_error
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.layout import Layout, layout
from lagwatch.collect.parse import skip_tags, uvarint
from lagwatch.collect.remember import Remembered
from lagwatch.collect.requests import METADATA
from lagwatch.collect.wire import Request

Wanted = Callable[[str, bool], bool]
"""Whether a topic of this name, internal or not, is watched."""


class MetadataReader:
    """
    Reads the layout of one cluster. It keeps to one broker for as long as that one answers: brokers list topics in orders
    of their own, and an answer that is the same byte for byte need not be decoded. That a topic is gone takes two brokers.
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._node: Node | None = None
        self._remembered: Remembered[Layout] = Remembered()
        self.last: Layout | None = None
        """The layout that was read last."""

    async def read(self, exchange: Exchange, wanted: Wanted) -> Layout:
        """
        The layout as some broker knows it. The same object as last time if nothing changed, given the same `wanted`.

        Raises ClusterUnreachable, AuthenticationFailed, AccessDenied or ProtocolMismatch if no broker gives it.
        """
        said: dict[str, NoAnswer] = {}
        addresses = exchange.client.addresses()
        for node in self._candidates(exchange):
            try:
                return await self._ask(exchange, node, wanted)
            except NoAnswer as answer:
                said[addresses.get(node, str(node))] = answer
                if answer.reason == "SASL_AUTHENTICATION_FAILED":
                    break  # the others would count it as one more failed login
        raise cluster_error(self._cluster, said)

    async def again(self, exchange: Exchange, wanted: Wanted) -> Layout:
        """The same once more within a poll; raises NoAnswer."""
        last: NoAnswer = NoAnswer("CONNECTION_FAILED", "no broker answers")
        for node in self._candidates(exchange):
            if exchange.answers(node):
                try:
                    return await self._ask(exchange, node, wanted)
                except NoAnswer as answer:
                    last = answer
        raise last

    def _candidates(self, exchange: Exchange) -> list[Node]:
        """The broker that answered last time, then the others, then the bootstrap addresses."""
        nodes: list[Node] = [] if self._node is None else [self._node]
        if self.last is not None:
            nodes += [broker.id for broker in self.last.brokers if broker.id != self._node]
        return nodes + exchange.client.bootstrap_nodes()

    async def _ask(self, exchange: Exchange, node: Node, wanted: Wanted) -> Layout:
        """
        What this broker knows. If it lacks topics that were there before, what another one knows, should that be more of them: a
        broker that has just started (before KRaft) or is cut off from the controller tells less than there is.
        """
        before, found, told_by = self.last, await self._told(exchange, node, wanted), node
        lacks = _lacking(before, found, wanted)
        if lacks and (second := await self._second(exchange, node, wanted)) is not None:
            other, doubted = second
            if _lacking(before, doubted, wanted) < lacks:
                found, told_by = doubted, other
        self.last = found
        self._node = told_by if isinstance(told_by, int) else found.brokers[0].id
        exchange.client.learn(found.brokers)
        return found

    async def _second(self, exchange: Exchange, first: Node, wanted: Wanted) -> tuple[Node, Layout] | None:
        """What some other broker knows; None if no other one answers."""
        others = [broker.id for broker in self.last.brokers] if self.last is not None else []
        for node in others:
            if node != first and exchange.answers(node):
                with suppress(NoAnswer):
                    return node, await self._told(exchange, node, wanted)
        return None

    async def _told(self, exchange: Exchange, node: Node, wanted: Wanted) -> Layout:
        version = METADATA.version(await exchange.versions(node))
        body = await exchange.ask(node, _request(version))

        def decode(received: bytes) -> Layout:
            return layout(METADATA.decode(version, received), wanted, self.last)

        found = self._remembered.decode(body, decode, wanted, _key(body))
        if not found.brokers:
            raise NoAnswer("BROKER_NOT_AVAILABLE", "the broker knows no brokers")
        return found


def _lacking(before: Layout | None, now: Layout, wanted: Wanted) -> int:
    """How many of the topics that there were, and that are still `wanted`, are not there now."""
    if before is None or before.topology is now.topology:
        return 0
    there = {*now.topology.names, *(name for name, _ in now.failed)}
    known = zip(before.topology.names, before.topology.internal.tolist(), strict=True)
    return sum(name not in there and wanted(name, internal) for name, internal in known)


def _key(body: memoryview) -> bytes:
    """
    What tells one Metadata answer (v9 to v12) from another: all but the throttle time and the id of the controller, for
    which brokers of a KRaft cluster give any broker's, another one each time. quorum.py knows the controller.
    """
    try:
        brokers, at = uvarint(body, 4)
        for _ in range(brokers - 1):
            length, at = uvarint(body, at + 4)
            rack, at = uvarint(body, at + length - 1 + 4)
            at = skip_tags(body, at + max(rack - 1, 0))
        length, at = uvarint(body, at)
        at += max(length - 1, 0)
    except (IndexError, ValueError):
        return bytes(body)  # decoding it will tell what is wrong
    return bytes(body[4:at]) + bytes(body[at + 4 :])


def _request(version: int) -> Request:
    return METADATA.encode(version, topics=METADATA.request.ALL_TOPICS, allow_auto_topic_creation=False)

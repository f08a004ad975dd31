"""
kafka-python's connections to one cluster, on an I/O thread of their own.

Of kafka-python this uses `kafka.net` (KafkaConnectionManager, NetworkSelector), which is not its public API; a contract test
holds what is assumed. Its own bootstrap and metadata refresh are not used: they retry without telling why.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias, TypeVar

import kafka.errors as kafka
from kafka.net.selector import NetworkSelector
from kafka.protocol.metadata import CoordinatorType, MetadataResponse

from lagwatch.collect.errors import NoAnswer, no_answer
from lagwatch.collect.transport import Manager
from lagwatch.collect.wire import Answer, Request
from lagwatch.errors import ClusterUnreachable
from lagwatch.model.snapshot import UNKNOWN, Broker

Node: TypeAlias = int | str
"""A broker id, or kafka-python's name of a bootstrap address ("bootstrap-0")."""

Versions: TypeAlias = Mapping[int, tuple[int, int]]
"""The oldest and newest version that a broker has of each API, by API key."""

T = TypeVar("T")

_SETTINGS = {
    "client_id": "lagwatch",
    "client_software_name": "lagwatch",
    "receive_message_max_bytes": 200_000_000,
    "max_in_flight_requests_per_connection": 100,  # exchange.py keeps its own, smaller window
    "reconnect_backoff_max_ms": 1_000,
    "request_timeout_ms": 5_000,
}
"""What suits a monitor: large answers, quick to give up, quick to come back. The configured settings go over it."""

_PASSING = (kafka.KafkaConnectionError, kafka.InvalidReceiveError)
"""Errors that a request gets although the next one, on a new connection, may well be answered."""

# kafka-python logs each failure that we report as a gap or an error; without a log configuration that must not go to stderr.
logging.getLogger("kafka").addHandler(logging.NullHandler())


class Connection:
    """A connection that is ready for requests."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    @property
    def versions(self) -> Versions:
        """What this broker can do."""
        versions: Versions = self._raw.broker_version_data.api_versions
        return versions

    @property
    def release(self) -> str:
        """The newest Kafka release that has every request that this broker has: "4.3 or later"."""
        return ".".join(map(str, self._raw.broker_version_data.broker_version)) + " or later"

    @property
    def last_heard_at(self) -> float:
        """When bytes came last, as time.monotonic() counts."""
        transport = self._raw.transport
        return float("-inf") if transport is None else float(transport.last_read)

    def send(self, request: Request, timeout_s: float) -> Any:
        """Sends without waiting; kafka-python's future of the Answer. When it times out, the connection is closed."""
        return self._raw.send_request(request, request_timeout_ms=max(1, int(timeout_s * 1000)))

    def give_up(self, patience_s: float) -> None:
        """Closes the connection of a broker that said nothing for this long; whatever was asked of it fails."""
        self._raw.close(kafka.RequestTimedOutError(f"no answer in {patience_s:.1f} s"))


class Sent(NamedTuple):
    """A request that was sent: kafka-python's future of its Answer, and when, as time.monotonic() counts."""

    request: Request
    future: Any
    at: float


class Client:
    """
    One cluster's connections. `run` is for the owner's thread, the coroutines for code that `run` runs on the I/O thread.

    `settings` are kafka-python's security settings; they hold secrets. Raises ClusterUnreachable for an address that is none.
    """

    def __init__(self, bootstrap: Sequence[str], settings: Mapping[str, Any]) -> None:
        configuration = {**_SETTINGS, **settings, "bootstrap_servers": list(bootstrap)}
        self._net = NetworkSelector(client_id=_SETTINGS["client_id"], slow_task_threshold_secs=0)
        try:
            self._manager = Manager(self._net, **configuration)
        except ValueError as error:
            self._net.close()
            raise ClusterUnreachable(
                f"The addresses {', '.join(bootstrap)} cannot be used, each must be host:port: {error}."
            ) from error
        self._brokers: tuple[Broker, ...] = ()
        self._aside: dict[Node, Node] = {}
        self._done: threading.Event | None = None
        self._closed = False
        self._net.start()
        self._thread: threading.Thread = self._net.run(threading.current_thread)

    def run(self, work: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """
        Runs a coroutine on the I/O thread and waits for it; what it raises comes out here.

        Raises ClusterUnreachable if it did not end in time, which should not be, or if the client was closed meanwhile.
        The client is then of no more use.
        """
        done = self._done = threading.Event()
        if self._closed:
            raise ClusterUnreachable("The connections to this cluster are closed.")
        future = self._net.call_soon_with_future(work)
        future.add_both(lambda _: done.set())
        ended = done.wait(timeout_s)
        if self._closed:
            raise ClusterUnreachable("The connections to this cluster were closed while it was read.")
        if not ended:
            raise ClusterUnreachable(f"Reading this cluster did not end in {timeout_s:.1f} s. Is this host overloaded?")
        if future.exception is not None:
            raise future.exception
        value: T = future.value
        return value

    def addresses(self) -> dict[Node, str]:
        """`host:port` of every bootstrap address and every broker."""
        cluster = self._manager.cluster
        return {node.node_id: f"{node.host}:{node.port}" for node in (*cluster.bootstrap_brokers(), *cluster.brokers())}

    def bootstrap_nodes(self) -> list[Node]:
        """The bootstrap addresses, as nodes."""
        return [node.node_id for node in self._manager.cluster.bootstrap_brokers()]

    def learn(self, brokers: tuple[Broker, ...]) -> None:
        """From now on these are the brokers; connections to others, bootstrap addresses included, are given back."""
        if brokers != self._brokers:
            self._aside.clear()  # a broker may have moved to another address
            self._brokers = brokers
            known = [MetadataResponse.MetadataResponseBroker(b.id, b.host, b.port, b.rack, version=1) for b in brokers]
            self._manager.cluster.update_metadata(
                MetadataResponse(version=1, brokers=known, controller_id=UNKNOWN, topics=[])
            )
        kept: set[Node] = {broker.id for broker in brokers}
        kept |= {self._aside[node] for node in kept & self._aside.keys()}
        for connection in self._manager.least_used_connections():
            if connection.node_id not in kept:
                self._manager.close(connection.node_id)

    def aside(self, node: Node) -> Node:
        """A second node that is the same broker, so that it has a connection of its own."""
        if node not in self._aside:
            broker = self._manager.cluster.broker_metadata(node)
            if broker is None:
                return node
            # kafka-python gives coordinators connections of their own, under names of their own.
            told = SimpleNamespace(error_code=0, node_id=node, host=broker.host, port=broker.port)
            self._aside[node] = self._manager.cluster.add_coordinator(told, CoordinatorType.GROUP, f"aside-{node}")
        return self._aside[node]

    async def connection(self, node: Node, timeout_s: float) -> Connection:
        """A connection that is ready; raises NoAnswer if there is none in time."""
        until = time.monotonic() + timeout_s
        try:
            if (delay := self._manager.connection_delay(node)) > 0:
                await self._net.sleep(min(delay + 0.001, timeout_s))
            raw = self._manager.get_connection(node, timeout_ms=timeout_s * 1000, refresh_metadata_on_err=False)
            if not raw.connected:
                await self._ready(raw, until)
        except Exception as error:
            raise no_answer(error) from error
        return Connection(raw)

    async def _ready(self, raw: Any, until: float) -> None:
        try:
            await self._manager.wait_for(raw.init_future, max(1, (until - time.monotonic()) * 1000))
        except kafka.KafkaTimeoutError:
            # kafka-python waits for a TLS handshake without end; a closed connection is made anew next time.
            raw.close(kafka.KafkaConnectionError("not connected in time"))
            raise NoAnswer("CONNECTION_FAILED", "no connection in time") from None

    async def result(self, connection: Connection, sent: Sent, patience_s: float) -> Answer:
        """
        The answer to a request that was sent. Raises NoAnswer when it failed, or when the broker said nothing at all for
        `patience_s`: a broker that works on earlier requests, or is sending a large answer, is waited for.
        """
        while not sent.future.is_done:
            quiet_until = max(sent.at, connection.last_heard_at) + patience_s
            if (left := quiet_until - time.monotonic()) <= 0:
                connection.give_up(patience_s)
                break
            with contextlib.suppress(kafka.KafkaError):  # our timeout; or the future's own error, which comes below
                await self._manager.wait_for(sent.future, left * 1000 + 1)
        try:
            answer: Answer = await sent.future
        except Exception as error:
            raise no_answer(error, lasting=not isinstance(error, _PASSING)) from error
        return answer

    def start(self, work: Callable[[], Awaitable[T]]) -> Any:
        """Starts a coroutine beside the running one; kafka-python's future of its result."""
        return self._net.call_soon_with_future(work)

    def close(self, wait_s: float = 1.0) -> None:
        """Gives everything back, within `wait_s` or a little later by itself; a `run` that waits ends."""
        if self._closed:
            return
        self._closed = True
        if self._done is not None:
            self._done.set()
        if self._thread.is_alive():
            self._net.call_soon_threadsafe(self._manager.close)
            self._net.stop(timeout_ms=int(wait_s * 1000))
        if not self._thread.is_alive():  # else it still resolves a name; it is a daemon, and stops right after
            self._net.close()

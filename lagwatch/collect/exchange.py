"""
The requests of one poll: all in flight, one deadline, partial answers, everything counted.

A broker that does not answer is left alone for the rest of the poll, so that it costs one timeout and its own part only.
"""

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from lagwatch.collect.client import Client, Connection, Node, Sent, Versions
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.wire import Request

T = TypeVar("T")

PATIENCE_S = (1.0, 5.0)
"""
How long a broker may say nothing, to a request or while it is connected to: a quarter of the poll, within these bounds.
Several times that must fit into a poll, and a broker that is busy must not count as dead.
"""

SHORTEST_S = 0.5
"""What is asked behind the main facts has this time at least, however short a poll is: brokers do not answer faster then."""

WINDOW = 20
"""Requests in flight per broker. A broker works on one at a time; more of them only wait there, and time out."""


class Exchange:
    """
    What one poll asks. Its coroutines run on the client's I/O thread and raise NoAnswer, also once `deadline` (as
    time.monotonic() counts) is past.
    """

    def __init__(self, client: Client, deadline: float) -> None:
        self.client = client
        self.requests: Counter[str] = Counter()
        self.bytes_received = 0
        self.retries = 0
        self._deadline = deadline
        self._patience_s = min(max(self.remaining_s() / 4, PATIENCE_S[0]), PATIENCE_S[1])
        self._silent: dict[Node, NoAnswer] = {}
        self._throttled: set[Node] = set()

    def later(self, within_s: float) -> "Exchange":
        """
        For what may be asked once the rest is answered, within this time (half a second if it is less) and the deadline: what
        fails there counts for nothing here, and a broker that is silent is not asked again. A broker may take half that time for
        an answer.
        """
        within_s = max(within_s, SHORTEST_S)
        other = Exchange(self.client, min(self._deadline, time.monotonic() + within_s))
        other._patience_s = within_s / 2
        other._silent = dict(self._silent)
        return other

    def count(self, other: "Exchange") -> None:
        """What the other one asked belongs to this poll, too."""
        self.requests.update(other.requests)
        self.bytes_received += other.bytes_received
        self.retries += other.retries

    def remaining_s(self) -> float:
        """Seconds until the deadline; negative behind it."""
        return self._deadline - time.monotonic()

    def answers(self, node: Node) -> bool:
        """Whether this broker is not known to be silent."""
        return node not in self._silent

    def silence(self, node: Node) -> str:
        """Why this broker does not answer, for people; empty if it does, as far as is known."""
        return str(self._silent.get(node, ""))

    def any_of(self, nodes: Iterable[int]) -> int | None:
        """The first of these brokers that is not known to be silent."""
        return next((node for node in nodes if self.answers(node)), None)

    async def versions(self, node: Node) -> Versions:
        """What this broker can do."""
        return (await self._connection(node)).versions

    async def release(self, node: Node) -> str:
        """The Kafka release that what it can do points to ("4.3 or later")."""
        return (await self._connection(node)).release

    async def ask(self, node: Node, request: Request) -> memoryview:
        """The body of the answer to one request."""
        (answer,) = await self.ask_all(node, [request])
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    async def ask_all(self, node: Node, requests: Sequence[Request]) -> list[memoryview | NoAnswer]:
        """
        The bodies of the answers of one broker, in the order of the requests, which it works on in that order too (but for
        those that go aside, which have a connection of their own).

        Raises NoAnswer only if there is no connection.
        """
        aside = [request for request in requests if request.aside]
        started = self.client.start(partial(self._ask_aside, node, aside)) if aside else None
        straight = iter(await self._ask_in_order(node, [request for request in requests if not request.aside]))
        around = iter(await started if started is not None else ())
        return [next(around if request.aside else straight) for request in requests]

    async def _ask_aside(self, node: Node, requests: Sequence[Request]) -> list[memoryview | NoAnswer]:
        try:
            return await self._ask_in_order(self.client.aside(node), requests)
        except NoAnswer as failure:
            return [failure] * len(requests)

    async def _ask_in_order(self, node: Node, requests: Sequence[Request]) -> list[memoryview | NoAnswer]:
        if not requests:
            return []
        connection = await self._connection(node)
        answers: list[memoryview | NoAnswer] = []
        pending: deque[Sent] = deque()
        for request in requests:
            if len(pending) >= WINDOW:
                answers.append(await self._result(node, connection, pending.popleft()))
            pending.append(self._send(connection, request))
        while pending:
            answers.append(await self._result(node, connection, pending.popleft()))
        return answers

    async def together(self, jobs: Iterable[Callable[[], Awaitable[T]]]) -> list[T | NoAnswer]:
        """Runs coroutines beside each other; their results, or what they raised, in the order of the jobs."""
        futures = [self.client.start(job) for job in jobs]
        results: list[T | NoAnswer] = []
        for future in futures:
            try:
                results.append(await future)
            except NoAnswer as answer:
                results.append(answer)
        return results

    async def _connection(self, node: Node) -> Connection:
        if node in self._silent:
            raise self._silent[node]
        timeout_s = min(self._patience_s, self._time_left())
        try:
            return await self.client.connection(node, timeout_s)
        except NoAnswer as answer:
            self._silent.setdefault(node, answer)
            raise

    def _send(self, connection: Connection, request: Request) -> Sent:
        self.requests[request.name] += 1
        return Sent(request, connection.send(request, max(0.001, self.remaining_s())), time.monotonic())

    async def _result(self, node: Node, connection: Connection, sent: Sent) -> memoryview | NoAnswer:
        try:
            answer = await self.client.result(connection, sent, self._patience_s)
        except NoAnswer as failure:
            return self._failed(node, failure)
        self.bytes_received += len(answer.body)
        if sent.request.throttled and int.from_bytes(answer.body[:4], "big", signed=True) > 0:
            self._throttled.add(node)
        return answer.body

    def _failed(self, node: Node, failure: NoAnswer) -> NoAnswer:
        if failure.reason == "REQUEST_TIMED_OUT":
            if self.remaining_s() <= 0:
                return NoAnswer("DEADLINE", "the poll's deadline came first")
            if node in self._throttled:
                failure = NoAnswer("THROTTLING_QUOTA_EXCEEDED", "the broker holds back this client's requests")
        if failure.lasting:
            self._silent.setdefault(node, failure)
        return failure

    def _time_left(self) -> float:
        left = self.remaining_s()
        if left <= 0:
            raise NoAnswer("DEADLINE", "the poll's deadline came first")
        return left

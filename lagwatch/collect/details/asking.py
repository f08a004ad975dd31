"""What every slow part asks with: the brokers that may be asked, the poll's main facts, and where to say what is missing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from lagwatch.collect.client import Node
from lagwatch.collect.errors import NoAnswer, refused
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout
from lagwatch.collect.requests import Api
from lagwatch.model.snapshot import UNKNOWN, Int64

T = TypeVar("T")

TOO_MANY = "TOO_MANY"
"""The reason of a gap for what was left out because there is so much of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """
    One reading of one part.

    `lso` and `end` are parallel to the layout's partitions (UNKNOWN where not known), `config` has the settings of its topics as
    far as they are known; no transaction lasts for longer than `longest_transaction_s`. `gaps` takes what is missing of `part`,
    and `silent` the brokers that had not even answered what the poll is about.
    """

    part: str
    exchange: Exchange
    layout: Layout
    lso: Int64
    end: Int64
    config: Sequence[Mapping[str, str]]
    longest_transaction_s: float = 900.0
    gaps: Gaps = field(default_factory=Gaps)
    silent: set[int] = field(default_factory=set)

    @property
    def brokers(self) -> list[int]:
        """The brokers that are up."""
        return [broker.id for broker in self.layout.brokers]

    def missing(self, reason: str, first: str, *, broker: int = UNKNOWN, count: int = 1) -> None:
        """Something of this part is not known."""
        self.gaps.add(self.part, reason, first, broker=broker, count=count)

    async def of_all(self, nodes: list[int], ask: Callable[[int], Awaitable[T]]) -> dict[int, T]:
        """What these brokers answer, beside each other. One that does not is missing; if none does, NoAnswer is raised."""
        self.silent.update(node for node in nodes if not self.exchange.answers(node))
        results = await self.exchange.together([partial(ask, node) for node in nodes])
        answers: dict[int, T] = {}
        failure: NoAnswer | None = None
        for node, result in zip(nodes, results, strict=True):
            if isinstance(result, NoAnswer):
                failure = result
                self.missing(result.reason, f"broker {node}", broker=node)
            else:
                answers[node] = result
        if failure is not None and not answers:
            raise failure
        return answers

    async def ask(self, node: Node, api: Api, **fields: Any) -> Any:
        """kafka-python's object of the answer of a broker; an error code for the whole of it is a NoAnswer."""
        version = api.version(await self.exchange.versions(node))
        answer = api.decode(version, await self.exchange.ask(node, api.encode(version, **fields)))
        code = getattr(answer, "error_code", 0)
        if code:
            raise refused(code, f"{api.name} was refused")
        return answer

    async def ask_any(self, api: Api, **fields: Any) -> Any:
        """The same of the first broker that is not silent."""
        return await self.ask(self.any_broker(), api, **fields)

    def any_broker(self, first: int | None = None) -> int:
        """The first broker that is not silent, preferably that one; raises NoAnswer if all are."""
        brokers = self.brokers
        node = self.exchange.any_of([first, *brokers] if first in brokers and first is not None else brokers)
        if node is None:
            raise NoAnswer("CONNECTION_FAILED", "no broker answers")
        return node

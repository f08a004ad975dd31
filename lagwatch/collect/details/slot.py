"""One slow part: when it is read, what its last reading gave, and what is missing of it."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.gaps import Gaps
from lagwatch.model.details import Part

T = TypeVar("T")

DENIED_S = 600.0
"""After this time something that we may not ask, or that a broker does not know, is tried again."""

FAILED_S = 60.0
"""The same for what failed in another way, unless the part is due earlier anyway."""


class Slot(Generic[T]):
    """
    A part of the details, called `part` in gaps, that is read every `every_s` seconds.

    It is read sooner when brokers have come, gone or begun to answer again, and when `wanted` says so of a poll. A `heavy` part
    takes its brokers some work: no two such parts are read in one poll.
    """

    def __init__(
        self,
        part: str,
        read: Callable[[Asking], Awaitable[T]],
        *,
        every_s: float,
        heavy: bool = False,
        wanted: Callable[[Asking, "Slot[Any]"], bool] = lambda *_: False,
    ) -> None:
        self.part = part
        self.heavy = heavy
        self.value: Part[T] | None = None
        self.due_at = float("-inf")
        self.gaps = Gaps()
        self._read = read
        self._every_s = every_s
        self._wanted = wanted
        self._blocked_until = float("-inf")
        self._brokers: frozenset[int] = frozenset()
        self._silent: set[int] = set()

    def is_due(self, asking: Asking, now: float) -> bool:
        """Whether it is to be read now; `now` counts as time.monotonic()."""
        if now < self._blocked_until:
            return False
        return now >= self.due_at or self._others(asking) or self._wanted(asking, self)

    async def read(self, asking: Asking, now: float, at: float) -> None:
        """Reads it; never raises NoAnswer. `at` is the time in seconds since the epoch."""
        self.due_at = now + self._every_s
        self._blocked_until = float("-inf")
        try:
            self.value = Part(value=await self._read(asking), read_at=at)
        except NoAnswer as answer:
            if not asking.gaps:
                asking.missing(answer.reason, "all of it")
            denied = answer.reason.endswith("AUTHORIZATION_FAILED") or answer.reason == "UNSUPPORTED_VERSION"
            self._blocked_until = now + (DENIED_S if denied else min(FAILED_S, self._every_s))
            self.due_at = self._blocked_until
        self.gaps = asking.gaps
        self._brokers, self._silent = frozenset(asking.brokers), asking.silent

    def _others(self, asking: Asking) -> bool:
        """Whether other brokers answer than when it was read last."""
        return self._brokers != frozenset(asking.brokers) or any(map(asking.exchange.answers, self._silent))

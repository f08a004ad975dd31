"""Notices as data: what is told to whom, what waits to be sent, and what people asked to be left alone with. Pure."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Protocol

from lagwatch.model.alerts import Severity, Subject


class Status(StrEnum):
    """What a message says: alerts fire, all of them have ended, many began at once, or that somebody tries a receiver."""

    FIRING = "firing"
    RESOLVED = "resolved"
    DIGEST = "digest"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One message for one receiver. `id` is the idempotency key: the same at every try.

    Messages of one `key` (a group of alerts) reach the receiver in the order in which they were made. `body` is the JSON
    that Alertmanager sends to webhooks, version 4, as a mapping; senders make their own text of it. `severity` is that of the
    loudest alert in it. `created_at` is seconds since the epoch. `cluster` is "" where it is about lagwatch itself.
    """

    id: str
    receiver: str
    key: str
    status: Status
    body: Mapping[str, Any]
    created_at: float
    severity: Severity | None = None
    cluster: str = ""


class Stage(StrEnum):
    """Where a message in the outbox is. DEAD: it was refused or given up, and may be sent again by hand."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message on its way: how often it was tried, when to try next (seconds since the epoch), and what was said last."""

    message: Message
    attempts: int = 0
    next_attempt_at: float = 0.0
    state: Stage = Stage.PENDING
    last_error: str = ""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What one receiver was told last of one group of alerts (`key`), and when (`at`).

    `content` is JSON and belongs to the planner of notices. Without content the receiver holds no alert of this group any
    more, and the row is to be deleted.
    """

    receiver: str
    cluster: str
    key: str
    at: float
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One label that must be (`is_equal`) or must not be `value`; with `is_regex` a regular expression over the whole value."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it holds; a label that is not there is empty, as for Alertmanager."""
        found = labels.get(self.name, "")
        same = _pattern(self.value).fullmatch(found) is not None if self.is_regex else found == self.value
        return same is self.is_equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts whose labels meet all matchers are not told from `starts_at` to `ends_at` (seconds since the epoch)."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: float
    ends_at: float
    author: str = ""
    comment: str = ""

    def silences(self, labels: Mapping[str, str], now: float) -> bool:
        """Whether an alert with these labels is silenced now."""
        return self.starts_at <= now < self.ends_at and all(matcher.matches(labels) for matcher in self.matchers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """
    Somebody takes care of an alert (`alert`: see `alert_id`): it is not repeated until `until` (None: without end), as long as
    it fires and is not louder than `severity`, which it had when it was acknowledged.
    """

    id: str
    alert: str
    severity: Severity
    created_at: float
    author: str = ""
    comment: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverHealth:
    """How the outbox of one receiver stands; times are seconds since the epoch, None for never or nothing."""

    pending: int = 0
    oldest_pending_at: float | None = None
    dead: int = 0
    last_sent_at: float | None = None
    last_error: str = ""


class Outbox(Protocol):
    """
    Messages that wait to be sent, each until it was sent or is dead. Every method may raise a LagwatchError when what keeps
    them is away: who asks tries again later.
    """

    def put(self, messages: Sequence[Message], told: Sequence[Told]) -> None:
        """Take messages and what they tell, together or not at all; a message that is there already (by id) is left alone."""

    def told(self, cluster: str) -> Sequence[Told]:
        """What every receiver was told last of a cluster."""

    def due(self, receiver: str, now: float, limit: int = 100) -> Sequence[OutboxEntry]:
        """The first pending message of every key, as far as it may be tried now; the oldest first."""

    def next_due(self, receiver: str) -> float | None:
        """When the next of them may be tried; None if there is none."""

    def sent(self, message_id: str, at: float) -> None:
        """The receiver accepted it."""

    def again(self, message_id: str, next_attempt_at: float, error: str) -> None:
        """A try failed: one attempt more, and when to try next."""

    def dead(self, message_id: str, at: float, error: str) -> None:
        """It was refused or given up, after one attempt more: a dead letter."""

    def resend(self, message_id: str, now: float) -> bool:
        """Make a dead letter pending again, as if it were new; False if there is no such dead letter."""

    def health(self, receiver: str) -> ReceiverHealth:
        """How it stands."""

    def pending_keys(self, receiver: str) -> AbstractSet[str]:
        """The keys of which a message waits."""


def alert_id(rule: str, subject: Subject) -> str:
    """What makes an alert the same alert, its severity and its rule's labels aside: 64 hexadecimal digits."""
    parts = [rule, *(f"{name}={value}" for name, value in sorted(subject.labels().items()))]
    return sha256("\0".join(parts).encode()).hexdigest()


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

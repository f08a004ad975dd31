"""Where offsets are to go, and of which partitions: from what a person typed. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_SECONDS_DIGITS = 11
"""A number of more digits counts milliseconds: 11 digits of seconds reach to the year 5138."""

_LAST_MS = 2**63 - 1

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Kind(StrEnum):
    """The ways to say where to."""

    EARLIEST = "earliest"
    LATEST = "latest"
    TIMESTAMP = "timestamp"
    SHIFT = "shift"
    OFFSET = "offset"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: `value` is milliseconds since the epoch, messages to shift by, or an offset; 0 for the two ends of the log."""

    kind: Kind
    value: int = 0

    def __str__(self) -> str:
        match self.kind:
            case Kind.TIMESTAMP:
                return f"timestamp {said(self.value)}"
            case Kind.SHIFT:
                return f"shift by {self.value:+d}"
            case Kind.OFFSET:
                return f"offset {self.value}"
        return self.kind.value


@dataclass(frozen=True, slots=True)
class Scope:
    """Which partitions: topics, each with its partitions (none: all of them); no topics: whatever the group has committed."""

    topics: tuple[tuple[str, tuple[int, ...]], ...] = ()


def milliseconds(text: str) -> int:
    """
    A moment as milliseconds since the epoch: ISO 8601 with its time zone, or seconds or milliseconds since the epoch.

    Raises ValueError, whose message says what is expected. Kafka means other things by times before the epoch (-1 is the log end).

    >>> milliseconds("1970-01-01T01:00:01+01:00"), milliseconds("1"), milliseconds("1700000000123")
    (1000, 1000, 1700000000123)
    """
    at_ms = _since_epoch(text)
    if at_ms < 0:
        raise ValueError(f"{text}: before 1970 there are no records; --to-earliest goes to the log start")
    if at_ms > _LAST_MS:
        raise ValueError(f"{text}: no moment is as late; --to-latest goes to the log end")
    return at_ms


def _since_epoch(text: str) -> int:
    number = re.fullmatch(r"(\d+)(\.\d+)?", text)
    if number:
        scale = 1 if len(number[1]) > _SECONDS_DIGITS else 1_000
        return int(float(text) * scale) if number[2] else int(number[1]) * scale
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text}: not a moment; write 2026-11-24T10:00:00Z, 2026-11-24T10:00:00+01:00, or seconds since the epoch"
        ) from None
    if moment.tzinfo is None:
        raise ValueError(f"{text}: say in which time zone, as {text}Z (UTC) or {text}+01:00")
    since = moment - datetime.fromtimestamp(0, UTC)
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def said(at_ms: int) -> str:
    """A moment as people read it: ISO 8601, UTC."""
    try:
        return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{at_ms} ms"


def scope(texts: "list[str]") -> Scope:
    """
    The topics of `--topic`: "orders", or "orders:0,3" for some of its partitions.

    Raises ValueError, whose message says what is expected.

    >>> scope(["orders:3,0", "payments"]).topics
    (('orders', (0, 3)), ('payments', ()))
    """
    wanted: dict[str, set[int]] = {}
    for text in texts:
        name, colon, rest = text.partition(":")
        if not _TOPIC.fullmatch(name):
            raise ValueError(f"{text}: not a topic; write orders, or orders:0,3 for some of its partitions")
        if colon and not re.fullmatch(r"\d+(,\d+)*", rest):
            raise ValueError(f"{text}: not a list of partitions; write {name}:0,3")
        partitions = {int(number) for number in rest.split(",")} if colon else set()
        if name in wanted and bool(partitions) != bool(wanted[name]):
            raise ValueError(f"{text}: all partitions of {name} and some of them; say one of the two")
        wanted[name] = wanted.get(name, set()) | partitions
    return Scope(tuple((name, tuple(sorted(partitions))) for name, partitions in wanted.items()))

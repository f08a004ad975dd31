"""
Rules as data, alert states, and the verdict of one evaluation. Pure.

The words are Prometheus': inactive -> pending (the condition holds) -> firing (it held for `for_s`) -> resolved. `unknown`
is ours: a firing or pending alert whose values cannot be known at present; it never resolves from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where an alert stands. INACTIVE is never stored: an inactive subject has no alert."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How loud; emergency inhibits critical inhibits warning for the same subject."""

    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alert is about: a cluster, and as far as the rule has them a group, a topic, a partition."""

    cluster: str
    group: str | None = None
    topic: str | None = None
    partition: int | None = None

    def labels(self) -> dict[str, str]:
        """The fields that are set, as strings, under the names that metrics and notices use (`kafka_cluster`, ...)."""
        pairs = {"kafka_cluster": self.cluster, "group": self.group, "topic": self.topic, "partition": self.partition}
        return {name: str(value) for name, value in pairs.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`value` (a column of the View by name: lag, growth, ...) compared with `above`; `clear` is where it stops to hold."""

    value: str
    above: float
    clear: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One rule. Every condition must hold; `for_s` seconds make it fire, `keep_s` keep it firing after it stopped to hold.

    `grain` says what the rule is judged for: "pair" is (group, topic). `summary` and `next_step` are templates with
    the names of the subject and of the values in braces; a number may be formatted as in str.format.
    """

    name: str
    severity: Severity
    grain: str
    conditions: tuple[Condition, ...]
    for_s: float
    keep_s: float
    summary: str
    next_step: str = ""
    enabled: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """
    One alert as it stands now. Times are seconds since the epoch; `value` is that of the rule's first condition (None if
    unknown), `values` all of them by name.

    `since` is when the condition began to hold, `fired_at` and `resolved_at` when it fired and resolved (None before).
    `effective_for_s` is the `for` that was applied (a group that commits rarely has a longer one). `inhibited` says that a
    more severe alert about the same subject speaks for this one at present: it stands, but nobody is notified of it.
    """

    rule: str
    severity: Severity
    subject: Subject
    state: State
    since: float
    fired_at: float | None = None
    resolved_at: float | None = None
    value: float | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)
    summary: str = ""
    next_step: str = ""
    effective_for_s: float = 0.0
    inhibited: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """An alert changed its state: `to` is the new one; `alert` is as it stands after the change."""

    at: float
    to: State
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one evaluation: all alerts that are not inactive (resolved ones for a while), and what changed."""

    at: float
    alerts: tuple[Alert, ...] = ()
    transitions: tuple[Transition, ...] = ()

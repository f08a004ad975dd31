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


class Statistic(StrEnum):
    """What a condition compares: the value itself, or what became of it over the last `over_s` seconds (growth: a minute)."""

    LAST = "last"
    GROWTH = "growth"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    QUANTILE = "quantile"


class Match(StrEnum):
    """How a rule combines its conditions."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alert is about: a cluster and, where the rule has them, a group, a topic, a partition; or a receiver of notices."""

    cluster: str
    group: str | None = None
    topic: str | None = None
    partition: int | None = None
    receiver: str | None = None

    def labels(self) -> dict[str, str]:
        """The fields that are set, as strings, under the names that metrics and notices use (`kafka_cluster`, ...)."""
        pairs = {
            "kafka_cluster": self.cluster,
            "group": self.group,
            "topic": self.topic,
            "partition": self.partition,
            "receiver": self.receiver,
        }
        return {name: str(value) for name, value in pairs.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """
    A value (a column of the View by name: lag, growth, ...) that is strictly above `above` or strictly below `below`.

    Exactly one of the two is set. `clear` is the threshold of an alert that fires already (None: the same); with -inf
    (+inf for `below`) the condition has no say in the end of an alert. A `statistic` other than LAST looks at the values
    of the last `over_s` seconds; `quantile` (0 to 1) belongs to QUANTILE.
    """

    value: str
    above: float | None = None
    below: float | None = None
    clear: float | None = None
    statistic: Statistic = Statistic.LAST
    over_s: float = 0.0
    quantile: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Other numbers for the condition on one value; None leaves what the rule says."""

    above: float | None = None
    below: float | None = None
    clear: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """
    What is different for some subjects: the patterns are anchored regular expressions, None matches everything.

    Of a rule's overrides the first that matches a subject is taken, and only that one. `thresholds` go by the name of the
    condition's value. `why` is a note for people ("nightly batch"). `profile` names the profile that it comes from, with its
    numbers ("batch, every 6h"); "" if somebody wrote it for this rule.
    """

    cluster: str | None = None
    group: str | None = None
    topic: str | None = None
    enabled: bool | None = None
    severity: Severity | None = None
    for_s: float | None = None
    keep_s: float | None = None
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    why: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """The alert has this severity instead of the rule's while these conditions hold as well."""

    severity: Severity
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One rule. Its conditions must hold for `for_s` seconds to make it fire; `keep_s` keep it firing after they stopped to hold.

    `grain` says what the rule is judged for: cluster, topic, group, pair (a group on a topic), partition (a group on one
    partition), receiver (of notices). `match` says whether all conditions must hold or any of them is enough. `tolerance` is
    the share of `for_s` during which the conditions may fail without starting over.
    `follows_commits`: a group that commits rarely gets a longer `for`, so that the time between two of its commits does not
    look like a lag that grows. Subjects whose group or topic matches one of the excluded patterns (anchored) are left out.
    `summary`, `cause` and `next_step` are templates with the names of the subject and of the values in braces; a number may
    be formatted as in str.format. `runbook` is the name of its page in docs/runbooks.
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
    match: Match = Match.ALL
    tolerance: float = 0.0
    follows_commits: bool = False
    escalation: Escalation | None = None
    overrides: tuple[Override, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    exclude_topics: tuple[str, ...] = ()
    cause: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """
    One alert as it stands now. Times are seconds since the epoch; `value` is that of the rule's first condition (None if
    unknown), `values` all of them by name.

    `since` is when the condition began to hold, `fired_at` and `resolved_at` when it fired and resolved (None before).
    `effective_for_s` is the `for` that was applied (a group that commits rarely has a longer one). `threshold` is that of
    the first condition. `inhibited_by` names the firing rules that speak for the same subject more loudly: an alert that
    has some is not sent. `seen` is what the group was seen doing, `cause` what that probably means. `reason` says how it
    ended when that was not a recovery ("the group is gone"), and of an unknown one since when its cluster has not been read.
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
    labels: Mapping[str, str] = field(default_factory=dict)
    threshold: float | None = None
    inhibited_by: tuple[str, ...] = ()
    seen: Mapping[str, float | str | None] = field(default_factory=dict)
    cause: str = ""
    runbook: str = ""
    reason: str = ""

    @property
    def inhibited(self) -> bool:
        """Whether a louder alert speaks for this one."""
        return bool(self.inhibited_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """An alert changed its state: `to` is the new one; `alert` is as it stands after the change."""

    at: float
    to: State
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    The outcome of one evaluation: all alerts that are not inactive (resolved ones for a while), and what changed.

    An alert that was unknown and is known again is no transition: nothing new happened to it.
    """

    at: float
    alerts: tuple[Alert, ...] = ()
    transitions: tuple[Transition, ...] = ()

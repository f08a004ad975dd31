"""What an audit finds: settings of brokers, topics and groups that are not good practice, why, and what mends them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Level(StrEnum):
    """
    How bad a finding is. ERROR: data can be lost, or stops being written, by one ordinary fault. WARNING: a risk, or a cost that
    grows. NOTE: could be better. UNKNOWN: it could not be seen, so that nobody knows; it counts as much as a warning.
    """

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    NOTE = "note"

    @property
    def weight(self) -> int:
        """For comparing: more is worse."""
        return {Level.ERROR: 3, Level.WARNING: 2, Level.UNKNOWN: 2, Level.NOTE: 1}[self]


class Kind(StrEnum):
    """What findings are about."""

    CLUSTER = "cluster"
    BROKER = "broker"
    TOPIC = "topic"
    GROUP = "group"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRule:
    """
    A rule: its `id` never changes; `check` says when it speaks, `why` that matters, `mend` what helps.

    `advice` is what no client tells a broker: it is good practice, and never a finding.
    """

    id: str
    level: Level
    kind: Kind
    title: str
    check: str
    why: str
    mend: str
    advice: bool = False

    @property
    def page(self) -> str:
        """Where the documentation has it."""
        return f"docs/audit.md#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """
    A rule speaks of a subject: `message` is what was seen, `command` what mends it (lines for a shell or a file; "" for none).

    `suppressed` is the reason that the configuration gives for not minding; None if it minds.
    """

    rule: AuditRule
    level: Level
    subject: str
    message: str
    command: str = ""
    suppressed: str | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Findings that are not minded: regular expressions over the whole rule id and the whole subject, and why."""

    rule: str
    subject: str = ".*"
    why: str = ""

    def covers(self, finding: AuditFinding) -> bool:
        """Whether it is about this finding."""
        # The name of a group may have line breaks in it, and ".*" is to mean all of them.
        about = re.fullmatch(self.subject, finding.subject, re.DOTALL)
        return about is not None and re.fullmatch(self.rule, finding.rule.id) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """
    What one look at a cluster found, the worst first; `at` is the moment of the facts, seconds since the epoch. `rules` are all
    that were judged, `advice` what could not be judged for any cluster.
    """

    cluster: str
    cluster_id: str | None
    at: float
    rules: tuple[AuditRule, ...]
    findings: tuple[AuditFinding, ...]
    suppressed: tuple[AuditFinding, ...] = ()
    advice: tuple[AuditRule, ...] = ()

    def at_least(self, level: Level) -> tuple[AuditFinding, ...]:
        """The findings that are as bad as this, or worse."""
        return tuple(finding for finding in self.findings if finding.level.weight >= level.weight)

    def without(self, suppressions: Iterable[Suppression]) -> "AuditReport":
        """The same, with what is suppressed set apart."""
        kept, apart = [], list(self.suppressed)
        suppressions = tuple(suppressions)
        for finding in self.findings:
            by = next((each for each in suppressions if each.covers(finding)), None)
            if by is None:
                kept.append(finding)
            else:
                apart.append(replace(finding, suppressed=by.why))
        return replace(self, findings=tuple(kept), suppressed=tuple(apart))

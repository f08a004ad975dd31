"""Which receivers an alert goes to, and how it is grouped and repeated on the way. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lagwatch.model.alerts import Severity
from lagwatch.model.filters import NameFilter

DEFAULT_GROUP_BY = ("kafka_cluster", "group")

DEFAULT_REPEAT_S: Mapping[Severity, float] = {
    Severity.WARNING: 4 * 3600.0,
    Severity.CRITICAL: 3600.0,
    Severity.EMERGENCY: 900.0,
}
"""How long after it was told an alert that still fires is told again (alerting.md § 4.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """
    Conditions on the labels of an alert; all that are given must hold.

    `severities` empty: every one. `labels` go by name: anchored regular expressions, one of which must match (a label that is
    not there is empty). The subject's labels are `kafka_cluster`, `group`, `topic`, `partition`.
    """

    severities: tuple[Severity, ...] = ()
    labels: Mapping[str, NameFilter] = field(default_factory=dict)

    def matches(self, labels: Mapping[str, str], severity: Severity) -> bool:
        """Whether all of them hold."""
        if self.severities and severity not in self.severities:
            return False
        return all(patterns.matches(labels.get(name, "")) for name, patterns in self.labels.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    Where alerts go that match. Of all routes the first that matches counts, and the next ones too if it says `go_on`.

    `group_by` names the labels that alerts of one message share. A new group is told `group_wait_s` after its first alert
    fired, what changes in it at most every `group_interval_s`; an alert that still fires is told again after `repeat_s` of its
    severity. All in seconds.
    """

    receivers: tuple[str, ...]
    matching: Matching = field(default_factory=Matching)
    go_on: bool = False
    group_by: tuple[str, ...] = DEFAULT_GROUP_BY
    group_wait_s: float = 30.0
    group_interval_s: float = 300.0
    repeat_s: Mapping[Severity, float] = field(default_factory=lambda: DEFAULT_REPEAT_S)

    def group(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The labels of the group that an alert with these labels belongs to; those that it does not have are left out."""
        return {name: labels[name] for name in self.group_by if labels.get(name)}


def routed(routes: Sequence[Route], labels: Mapping[str, str], severity: Severity) -> Iterator[tuple[str, Route]]:
    """Each receiver that must hear of an alert, once, with the route that says so."""
    seen: set[str] = set()
    for route in routes:
        if not route.matching.matches(labels, severity):
            continue
        for receiver in route.receivers:
            if receiver not in seen:
                seen.add(receiver)
                yield receiver, route
        if not route.go_on:
            return

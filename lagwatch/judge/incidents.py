"""What a replay amounts to: how often each rule fired and for how long, and how two configurations differ. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lagwatch.model.alerts import Severity, State, Subject, Transition, Verdict

COUNTED: Final = (State.PENDING, State.FIRING, State.UNKNOWN)
"""The states of which it is told how long alerts were in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """
    An alert that fired once: from `fired_at` to `resolved_at` (seconds since the epoch; None: the trace ends before).

    `trace` is where it was seen, so that the same subject in two traces is two things. `severity` is the loudest that it had.
    """

    trace: str
    rule: str
    subject: Subject
    severity: Severity
    fired_at: float
    resolved_at: float | None = None


@dataclass(slots=True)
class Tally:
    """
    Counts while verdicts are taken in: the `incidents` so far in the order in which they began, and the seconds that alerts of
    each rule spent in each state, from one evaluation to the next (`seconds`, by rule and state).
    """

    incidents: list[Incident] = field(default_factory=list)
    seconds: dict[tuple[str, State], float] = field(default_factory=dict)
    _open: dict[tuple[str, str, Subject], int] = field(default_factory=dict)
    _before: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def take(self, trace: str, cluster: str, verdict: Verdict) -> None:
        """The next verdict of one cluster in one trace."""
        before = self._before.get((trace, cluster), verdict)
        for alert in before.alerts:
            key = alert.rule, alert.state
            self.seconds[key] = self.seconds.get(key, 0.0) + verdict.at - before.at
        self._before[trace, cluster] = verdict
        for change in verdict.transitions:
            self._change(trace, change)
        self._louder(trace, verdict)

    def _change(self, trace: str, change: Transition) -> None:
        alert = change.alert
        key = (trace, alert.rule, alert.subject)
        if change.to is State.FIRING and key not in self._open:
            self._open[key] = len(self.incidents)
            self.incidents.append(
                Incident(
                    trace=trace, rule=alert.rule, subject=alert.subject, severity=alert.severity, fired_at=change.at
                )
            )
        elif change.to is State.RESOLVED and key in self._open:
            at = self._open.pop(key)
            self.incidents[at] = replace(self.incidents[at], resolved_at=change.at)

    def _louder(self, trace: str, verdict: Verdict) -> None:
        """Take over the severities of what fires on: it may have risen."""
        for alert in verdict.alerts:
            at = self._open.get((trace, alert.rule, alert.subject))
            if at is not None and _LOUDNESS[alert.severity] > _LOUDNESS[self.incidents[at].severity]:
                self.incidents[at] = replace(self.incidents[at], severity=alert.severity)


_LOUDNESS: Final = {Severity.WARNING: 0, Severity.CRITICAL: 1, Severity.EMERGENCY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    """
    One rule over all traces: how often it fired, how many of these incidents ended, seconds in each of COUNTED, how many subjects
    it fired for, and the noisiest of them with how often each fired.
    """

    rule: str
    fired: int
    resolved: int
    seconds: dict[State, float]
    subjects: int
    noisiest: tuple[tuple[Subject, int], ...]


def summarised(tally: Tally, rules: Iterable[str], noisiest: int = 3) -> list[RuleSummary]:
    """One summary a rule that had alerts, in the order of the rules."""
    found = []
    for rule in rules:
        incidents = [incident for incident in tally.incidents if incident.rule == rule]
        seconds = {state: tally.seconds.get((rule, state), 0.0) for state in COUNTED}
        if not incidents and not any(seconds.values()):
            continue
        by_subject = Counter(incident.subject for incident in incidents)
        found.append(
            RuleSummary(
                rule=rule,
                fired=len(incidents),
                resolved=sum(incident.resolved_at is not None for incident in incidents),
                seconds=seconds,
                subjects=len(by_subject),
                noisiest=tuple(by_subject.most_common(noisiest)),
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    An incident under the old configuration and the one that it is under the new one; one of them may be None.

    `later_s` is by how many seconds it fires later than before (negative: earlier), `longer_s` by how many it lasts longer (None
    where one of the two has no end in the trace, and 0 where neither has).
    """

    old: Incident | None
    new: Incident | None
    later_s: float = 0.0
    longer_s: float | None = 0.0

    @property
    def either(self) -> Incident:
        """The one that there is; the new one if there are both."""
        found = self.new or self.old
        assert found is not None, "a difference has at least one side"
        return found

    @property
    def kinds(self) -> tuple[str, ...]:
        """What has changed, in words; empty if nothing has."""
        if self.old is None or self.new is None:
            return ("only old",) if self.new is None else ("only new",)
        found = ["earlier" if self.later_s < 0 else "later"] if self.later_s else []
        if self.longer_s is None:
            found.append("open now" if self.new.resolved_at is None else "ends now")
        elif self.longer_s:
            found.append("longer" if self.longer_s > 0 else "shorter")
        if self.old.severity is not self.new.severity:
            louder = _LOUDNESS[self.new.severity] > _LOUDNESS[self.old.severity]
            found.append("louder" if louder else "quieter")
        return tuple(found)


def compared(old: Sequence[Incident], new: Sequence[Incident]) -> list[Difference]:
    """
    Incidents of the same rule and subject that overlap in time are the same incident; the others are on one side only.

    In the order of time, those that did not change among them.
    """
    left: dict[tuple[str, str, Subject], list[Incident]] = {}
    for incident in new:
        left.setdefault(_key(incident), []).append(incident)
    found = []
    for before in old:
        candidates = left.get(_key(before), [])
        match = next((after for after in candidates if _overlap(before, after)), None)
        if match is not None:
            candidates.remove(match)
        found.append(_difference(before, match))
    found += [_difference(None, after) for rest in left.values() for after in rest]
    return sorted(found, key=lambda each: (each.either.trace, each.either.fired_at, each.either.rule))


def _key(incident: Incident) -> tuple[str, str, Subject]:
    return incident.trace, incident.rule, incident.subject


def _overlap(a: Incident, b: Incident) -> bool:
    end = float("inf")
    return a.fired_at <= (end if b.resolved_at is None else b.resolved_at) and b.fired_at <= (
        end if a.resolved_at is None else a.resolved_at
    )


def _difference(old: Incident | None, new: Incident | None) -> Difference:
    if old is None or new is None:
        return Difference(old=old, new=new)
    longer: float | None = 0.0
    if old.resolved_at is not None and new.resolved_at is not None:
        longer = (new.resolved_at - new.fired_at) - (old.resolved_at - old.fired_at)
    elif (old.resolved_at is None) != (new.resolved_at is None):
        longer = None
    return Difference(old=old, new=new, later_s=new.fired_at - old.fired_at, longer_s=longer)

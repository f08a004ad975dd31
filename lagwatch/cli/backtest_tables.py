"""What a back-test amounts to, as tables and as JSON. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lagwatch.cli.text import table
from lagwatch.judge.incidents import Difference, Incident, Tally, summarised
from lagwatch.model.alerts import Rule, State, Subject
from lagwatch.model.words import duration

_SUMMARY = ("RULE", "FIRED", "ENDED", "PENDING", "FIRING", "UNKNOWN", "SUBJECTS", "NOISIEST")
_COMPARISON = ("RULE", "OLD", "NEW", "SAME", "ONLY-OLD", "ONLY-NEW", "EARLIER", "LATER", "LONGER", "SHORTER", "OTHER")
_CHANGES = ("WHAT", "RULE", "SUBJECT", "OLD", "NEW", "CHANGE")
_SHOWN = 30
_KINDS = ("only old", "only new", "earlier", "later", "longer", "shorter")


def summary(tally: Tally, rules: Iterable[Rule]) -> str:
    """One line a rule that had alerts."""
    found = summarised(tally, [rule.name for rule in rules])
    if not found:
        return "no rule had an alert"
    rows = [
        [
            each.rule,
            each.fired,
            each.resolved,
            *(duration(each.seconds[state]) for state in (State.PENDING, State.FIRING, State.UNKNOWN)),
            each.subjects,
            ", ".join(f"{said(subject)} ({count})" for subject, count in each.noisiest),
        ]
        for each in found
    ]
    return table(_SUMMARY, rows)


def comparison(differences: Sequence[Difference], rules: Iterable[str]) -> str:
    """One line a rule that fired under one of the two configurations, and the first differences one by one."""
    if not differences:
        return "no rule fired, under neither configuration"
    counts = [_rule_line(rule, [each for each in differences if each.either.rule == rule]) for rule in rules]
    text = table(_COMPARISON, [line for line in counts if line])
    changed = [each for each in differences if each.kinds]
    if not changed:
        return f"{text}\n\nnothing differs"
    several = len({each.either.trace for each in differences}) > 1
    more = f"\n... and {len(changed) - _SHOWN} more (--output ndjson has all)" if len(changed) > _SHOWN else ""
    lines = [[*_change_line(each), *([each.either.trace] if several else [])] for each in changed[:_SHOWN]]
    return f"{text}\n\n{table((*_CHANGES, *(['TRACE'] if several else [])), lines)}{more}"


def difference_line(difference: Difference, *, several: bool) -> dict[str, Any]:
    """One difference as JSON."""
    one = difference.either
    both = difference.old is not None and difference.new is not None
    return {
        "change": list(difference.kinds),
        "rule": one.rule,
        **parts(one.subject),
        "old": _side(difference.old),
        "new": _side(difference.new),
        **({"later_s": difference.later_s, "longer_s": difference.longer_s} if both else {}),
        **({"trace": one.trace} if several else {}),
    }


def parts(subject: Subject) -> dict[str, Any]:
    """What an alert is about, as far as it has such parts."""
    names = {"group": subject.group, "topic": subject.topic, "partition": subject.partition}
    return {"cluster": subject.cluster, **{name: part for name, part in names.items() if part is not None}}


def said(subject: Subject) -> str:
    """
    What an alert is about, in words.

    >>> said(Subject(cluster="main", group="billing", topic="orders", partition=2)), said(Subject(cluster="main"))
    ('main: billing on orders/2', 'main')
    """
    topic = subject.topic if subject.partition is None else f"{subject.topic}/{subject.partition}"
    rest = " on ".join(part for part in (subject.group, topic) if part is not None)
    return f"{subject.cluster}: {rest}" if rest else subject.cluster


def moment(seconds: float) -> str:
    """RFC 3339, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _rule_line(rule: str, differences: Sequence[Difference]) -> list[object]:
    if not differences:
        return []
    kinds = Counter(kind for each in differences for kind in each.kinds)
    return [
        rule,
        sum(each.old is not None for each in differences),
        sum(each.new is not None for each in differences),
        sum(not each.kinds for each in differences),
        *(kinds[kind] for kind in _KINDS),
        sum(count for kind, count in kinds.items() if kind not in _KINDS),
    ]


def _change_line(difference: Difference) -> list[object]:
    one = difference.either
    change = []
    if difference.old is not None and difference.new is not None:
        if difference.later_s:
            change.append(f"fires {duration(difference.later_s)} {'later' if difference.later_s > 0 else 'earlier'}")
        if difference.longer_s:
            change.append(f"lasts {duration(difference.longer_s)} {'longer' if difference.longer_s > 0 else 'less'}")
        if difference.old.severity is not difference.new.severity:
            change.append(f"{difference.old.severity} becomes {difference.new.severity}")
    what = ", ".join(difference.kinds)
    return [what, one.rule, said(one.subject), _span(difference.old), _span(difference.new), ", ".join(change)]


def _span(incident: Incident | None) -> str | None:
    if incident is None:
        return None
    if incident.resolved_at is None:
        return f"{moment(incident.fired_at)} on"
    return f"{moment(incident.fired_at)} for {duration(incident.resolved_at - incident.fired_at)}"


def _side(incident: Incident | None) -> dict[str, Any] | None:
    if incident is None:
        return None
    ended = None if incident.resolved_at is None else moment(incident.resolved_at)
    return {"severity": incident.severity.value, "fired_at": moment(incident.fired_at), "resolved_at": ended}

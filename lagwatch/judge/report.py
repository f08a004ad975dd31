"""Alerts as they are told: their values in words, what was seen, what it probably means. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lagwatch.judge.columns import COLUMNS
from lagwatch.judge.conditions import threshold
from lagwatch.judge.explain import NAMES, cause, circumstances, is_about_lag
from lagwatch.judge.scope import Scope
from lagwatch.judge.sight import Sight
from lagwatch.judge.tracks import FIRING, RESOLVED, Tracks
from lagwatch.judge.wording import worded
from lagwatch.model.alerts import Alert, Rule, State, Subject
from lagwatch.model.snapshot import Float64, Int64

Values = Mapping[str, float | None]


def told(scope: Scope, tracks: Tracks, sight: Sight, wait: Float64) -> Iterator[Alert]:
    """The alerts of one rule; `wait` is the `for` of each, seconds. Of what is not known, the last that was told is told again."""
    if not len(tracks):
        return
    grain, unread = scope.rules[0].grain, sight.unread
    named = {condition.value for condition in scope.rules[0].conditions}
    names = [name for name, column in COLUMNS[grain].items() if name in named or not column.costly]
    rows = zip(*(_at(sight.column(grain, name).values, tracks.at) for name in names), strict=True)
    for i, (at, row) in enumerate(zip(tracks.at.tolist(), rows, strict=True)):
        known = at >= 0 and not tracks.dark[i]
        if known or tracks.told[i] is None:
            values = dict(zip(names, row, strict=True))
            now = _alert(scope.rule(at), tracks.subject[i], values, sight, float(wait[i]))
            tracks.told[i] = _explained(now, tracks.told[i], int(tracks.phase[i]), scope.rule(at), sight)
        yield as_it_stands(tracks, i, scope.rule(at), unread)


def _at(column: Float64, at: Int64) -> list[float | None]:
    """The values at some positions; None where they are unknown, or where there is no position."""
    if not len(column):
        return [None] * len(at)
    values = np.where(at >= 0, column[np.maximum(at, 0)], np.nan)
    return [None if value != value else value for value in values.tolist()]


def _alert(rule: Rule, subject: Subject, values: Values, sight: Sight, wait: float) -> Alert:
    """An alert with everything but its state and its times."""
    seen = circumstances(sight.view, rule.grain, subject, values, fresh=sight.looked.fresh)
    words: dict[str, Any] = {**seen, **values, **{name: getattr(subject, name) for name in NAMES[rule.grain]}}
    first = rule.conditions[0]
    return Alert(
        rule=rule.name,
        severity=rule.severity,
        subject=subject,
        state=State.INACTIVE,
        since=0.0,
        value=_finite(values[first.value]),
        values={condition.value: _finite(values[condition.value]) for condition in rule.conditions},
        summary=worded(rule.summary, words),
        next_step=worded(rule.next_step, words),
        effective_for_s=wait,
        labels=rule.labels,
        threshold=threshold(first, firing=False),
        seen=seen,
        cause=worded(rule.cause, words),
        runbook=rule.runbook,
    )


def _explained(alert: Alert, before: Alert | None, phase: int, rule: Rule, sight: Sight) -> Alert:
    """
    With the likeliest cause and what to do about it, if it fires; once it has ended, with what these were.

    A rule that names a cause of its own is taken at its word.
    """
    if rule.cause:
        return alert
    if phase == RESOLVED and before is not None:
        return replace(alert, cause=before.cause, next_step=before.next_step)
    found = cause(rule, alert.subject, sight) if phase == FIRING else None
    if found is None:
        return alert
    mends = found.next_step and is_about_lag(rule)
    return replace(alert, cause=found.sentence, next_step=found.next_step if mends else alert.next_step)


def as_it_stands(tracks: Tracks, i: int, rule: Rule, unread: str = "") -> Alert:
    """The alert at a position as it was told last, with its state and its times; `unread` is why nothing is known, if so."""
    alert: Alert = tracks.told[i]
    state = tracks.state(i)
    reason = unread if state is State.UNKNOWN else str(tracks.reason[i])
    louder = rule.escalation.severity if rule.escalation and tracks.escalated[i] else alert.severity
    return replace(
        alert,
        state=state,
        severity=louder,
        since=float(tracks.since[i]),
        fired_at=_number(tracks.fired_at[i]),
        resolved_at=_number(tracks.resolved_at[i]),
        value=None if state is State.UNKNOWN else alert.value,
        summary=f"{alert.summary} ({reason})" if reason else alert.summary,
        reason=reason,
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _finite(value: float | None) -> float | None:
    """A value that JSON can carry: what is not in sight (infinitely far) has none."""
    return value if value is None or math.isfinite(value) else None

"""Alerts as they are told: with their values in words. Pure."""

from collections.abc import Iterator, Mapping

import numpy as np

from lagwatch.judge.columns import COLUMNS
from lagwatch.judge.conditions import threshold
from lagwatch.judge.scope import Scope
from lagwatch.judge.sight import Sight
from lagwatch.judge.tracks import Tracks
from lagwatch.judge.wording import worded
from lagwatch.model.alerts import Alert, Rule, Subject
from lagwatch.model.snapshot import Float64


def alerts_of(rule: Rule, scope: Scope, tracks: Tracks, sight: Sight, wait: Float64) -> Iterator[Alert]:
    """The alerts of one rule; `wait` is the `for` of each, seconds."""
    if not len(tracks):
        return
    columns = {name: sight.column(rule.grain, name).values for name in COLUMNS[rule.grain]}
    for i, at in enumerate(tracks.at.tolist()):
        values = {name: None if at < 0 else _number(column[at]) for name, column in columns.items()}
        yield _alert(scope.rule(at), tracks, i, values, float(wait[i]))


def _alert(rule: Rule, tracks: Tracks, i: int, values: Mapping[str, float | None], wait: float) -> Alert:
    subject: Subject = tracks.subject[i]
    words: dict[str, object] = {
        **values,
        "cluster": subject.cluster,
        "group": subject.group,
        "topic": subject.topic,
        "partition": subject.partition,
    }
    first = rule.conditions[0]
    return Alert(
        rule=rule.name,
        severity=rule.severity,
        subject=subject,
        state=tracks.state(i),
        since=float(tracks.since[i]),
        fired_at=_number(tracks.fired_at[i]),
        resolved_at=_number(tracks.resolved_at[i]),
        value=values[first.value],
        values={condition.value: values[condition.value] for condition in rule.conditions},
        summary=worded(rule.summary, words),
        next_step=worded(rule.next_step, words),
        effective_for_s=wait,
        labels=rule.labels,
        threshold=threshold(first, firing=False),
        cause=worded(rule.cause, words),
        runbook=rule.runbook,
        reason=str(tracks.reason[i]),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

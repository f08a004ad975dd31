"""
The alerts of one cluster as something that can be kept while the program does not run, and back again. Pure.

A restart is no evaluation: nothing fires, ends or is forgotten by it. What was pending goes on to wait where it was, unless the
program was away for so long that nobody can say whether the conditions held in between: then it begins anew. What fired fires on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from lagwatch.judge.engine import RULE_GONE, Alerts, Watch
from lagwatch.judge.subjects import MISSING
from lagwatch.judge.tracks import DARK_EVALUATIONS_HELD, FIRING, PENDING, Tracks
from lagwatch.judge.wording import not_read
from lagwatch.model.alert_json import decode_subject, encode_subject
from lagwatch.model.alerts import Alert, Rule, State, Subject, Transition, Verdict
from lagwatch.model.kept import AlertState
from lagwatch.model.notices import alert_id

WAITS_ON_S = 600.0
"""Timers go on after a gap of at most so many seconds between two evaluations (as Prometheus' outage tolerance for `for`)."""

_Kept = tuple[Subject, Mapping[str, Any], Alert | None]
"""What an alert is about, its timers, and how it was told last."""

_TIMERS = tuple(column.name for column in fields(Tracks) if column.name not in ("subject", "at", "told"))


def freeze(alerts: Alerts) -> AlertState:
    """The alerts as they are after an evaluation; nothing in it changes with the next one."""
    rows: dict[str, dict[str, Any]] = {}
    told: dict[str, Alert] = {}
    for rule, watch in alerts.watches.items():
        for subject, timers, alert in _entries(watch.tracks):
            key = alert_id(rule, subject)
            rows[key] = {"rule": rule, "subject": encode_subject(subject), "timers": timers}
            if alert is not None:
                told[key] = alert
    return AlertState(at=alerts.last, steps=tuple(alerts.steps), alerts=rows, told=told)


def thaw(alerts: Alerts, state: AlertState, rules: tuple[Rule, ...], now: float) -> tuple[Transition, ...]:
    """
    Take up again what was kept, at `now`; an alert that `alerts` has already stays as it is.

    Answers the ends of what fired by rules that there are no more: nothing else could end it.
    """
    waits_on = state.at is not None and abs(now - state.at) <= WAITS_ON_S
    if alerts.last is None:
        alerts.last = state.at if waits_on else None
        alerts.steps.extend(state.steps)
    by_name = {rule.name: rule for rule in rules}
    kept: dict[str, list[_Kept]] = {}
    ended = []
    for key, row in state.alerts.items():
        told = state.told.get(key)
        if row["rule"] in by_name:
            kept.setdefault(row["rule"], []).append((decode_subject(row["subject"]), row["timers"], told))
        elif told is not None and row["timers"]["phase"] == FIRING:
            ended.append(_end(told, row["timers"], now))
    for name, entries in kept.items():
        watch = alerts.watches.setdefault(name, Watch(by_name[name]))
        watch.settled = False
        _take_up(watch.tracks, entries, now, waits_on=waits_on)
    return tuple(ended)


def groups(alerts: Alerts) -> set[str]:
    """The names of all groups that there are alerts about."""
    subjects = (subject for watch in alerts.watches.values() for subject in watch.tracks.subject)
    return {subject.group for subject in subjects if subject.group is not None}


def not_seen_yet(alerts: Alerts, now: float) -> Verdict:
    """What is known of alerts that were taken up and not evaluated yet: those that were pending or firing are unknown."""
    found = []
    for watch in alerts.watches.values():
        for i, alert in enumerate(watch.tracks.told):
            if alert is not None:
                found.append(_unseen(watch.tracks, i, alert))
    return Verdict(at=now, alerts=tuple(found))


def _unseen(tracks: Tracks, i: int, alert: Alert) -> Alert:
    ended = tracks.state(i) is State.RESOLVED
    return replace(
        alert,
        state=State.RESOLVED if ended else State.UNKNOWN,
        since=float(tracks.since[i]),
        fired_at=_number(tracks.fired_at[i]),
        resolved_at=_number(tracks.resolved_at[i]),
        value=alert.value if ended else None,
        values=alert.values if ended else dict.fromkeys(alert.values),
        reason=str(tracks.reason[i]) if ended else not_read(alert.subject.cluster, None),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _end(told: Alert, timers: Mapping[str, Any], now: float) -> Transition:
    times = {"since": timers["since"], "fired_at": timers["fired_at"], "resolved_at": now}
    alert = replace(told, state=State.RESOLVED, reason=RULE_GONE, summary=f"{told.summary} ({RULE_GONE})", **times)
    return Transition(at=now, to=State.RESOLVED, alert=alert)


def _entries(tracks: Tracks) -> Iterator[_Kept]:
    columns = [getattr(tracks, name).tolist() for name in _TIMERS]
    for subject, told, *values in zip(tracks.subject, tracks.told, *columns, strict=True):
        # NaN is unequal to itself, and no JSON.
        timers: dict[str, Any] = {
            name: value if value == value else None for name, value in zip(_TIMERS, values, strict=True)
        }
        timers["dark"] = min(timers["dark"], DARK_EVALUATIONS_HELD + 1)
        if timers["phase"] == FIRING and timers["cleared"] is None:
            timers["held"] = 0.0  # it counts on, and matters only after a failure, which sets it to 0
        yield subject, timers, told


def _take_up(tracks: Tracks, kept: list[_Kept], now: float, *, waits_on: bool) -> None:
    there = set(tracks.subject)
    wanted = [each for each in kept if each[0] not in there and (waits_on or each[1]["phase"] != PENDING)]
    first = len(tracks)
    tracks.add([subject for subject, _, _ in wanted], np.full(len(wanted), MISSING, dtype=np.int64), now)
    for i, (_, timers, told) in enumerate(wanted, start=first):
        tracks.told[i] = told
        for name in timers.keys() & set(_TIMERS):
            getattr(tracks, name)[i] = np.nan if timers[name] is None else timers[name]
        if not waits_on and tracks.phase[i] == FIRING:
            tracks.cleared[i] = np.nan

"""From a View and rules to a Verdict: which alerts there are, and what changed. Pure."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from lagwatch.judge.columns import patience_s
from lagwatch.judge.conditions import DARK, TRUE, Answers, holds
from lagwatch.judge.inhibition import inhibited
from lagwatch.judge.report import alerts_of
from lagwatch.judge.scope import Scope, scope
from lagwatch.judge.sight import Sight
from lagwatch.judge.subjects import MISSING, Finder, Subjects
from lagwatch.judge.tracks import FIRING, PENDING, RESOLVED, Timing, Tracks, step
from lagwatch.model.alerts import Alert, Rule, State, Transition, Verdict
from lagwatch.model.snapshot import Int64
from lagwatch.model.view import View

LEFT_OUT = "the rule does not apply to it any more"


@dataclass(slots=True)
class _Watch:
    """What is remembered of one rule: its alerts, and the subjects and the scope that their positions refer to."""

    rule: Rule
    there: Subjects
    scope: Scope
    tracks: Tracks = field(default_factory=Tracks)


class Alerts:
    """The alerts of one cluster between two evaluations; `judge` is the only one that changes it."""

    def __init__(self) -> None:
        self.watches: dict[str, _Watch] = {}
        self.last: float | None = None
        self.steps: deque[float] = deque(maxlen=9)


def judge(alerts: Alerts, view: View, rules: tuple[Rule, ...], now: float) -> Verdict:
    """Evaluate all rules on a view; `now` is seconds since the epoch and advances from call to call."""
    passed = _passed(alerts, now)
    for name in alerts.watches.keys() - {rule.name for rule in rules}:
        del alerts.watches[name]
    sight = Sight(view)
    found: list[Alert] = []
    changes: list[tuple[int, State]] = []
    for rule in rules:
        watch = _watch(alerts, rule, sight, now)
        changed = _evaluate(watch, sight, now, passed)
        changes += [(len(found) + i, state) for i, state in sorted(changed.items())]
        found += alerts_of(rule, watch.scope, watch.tracks, sight, _wait(watch, sight, watch.tracks.at))
    final = inhibited(found)
    transitions = tuple(Transition(at=now, to=state, alert=final[i]) for i, state in changes)
    return Verdict(at=now, alerts=tuple(final), transitions=transitions)


def _passed(alerts: Alerts, now: float) -> float:
    """The time to count since the evaluation before: polls that were missed in between do not count."""
    before, alerts.last = alerts.last, now
    if before is None or now <= before:
        return 0.0
    usual = median(alerts.steps) if alerts.steps else now - before
    alerts.steps.append(now - before)
    return now - before if now - before <= 1.5 * usual else usual


def _watch(alerts: Alerts, rule: Rule, sight: Sight, now: float) -> _Watch:
    """The watch of a rule, with its alerts at their positions in this view; those whose subject is gone have ended."""
    there = sight.subjects(rule.grain)
    watch = alerts.watches.get(rule.name)
    if watch is None or watch.rule.grain != rule.grain:
        watch = alerts.watches[rule.name] = _Watch(rule, there, scope(rule, there))
    elif watch.rule is not rule or not there.same_as(watch.there):
        watch.rule, watch.scope = rule, scope(rule, there)
        _settle(watch.tracks, Finder(sight.view, there), now)
    watch.there = there
    _leave_out(watch.tracks, watch.scope, now)
    return watch


def _settle(tracks: Tracks, finder: Finder, now: float) -> None:
    """Find the alerts' subjects again; an alert ends with its subject."""
    stays = np.ones(len(tracks), dtype=np.bool_)
    for i, subject in enumerate(tracks.subject):
        tracks.at[i] = at = finder.find(subject)
        gone = finder.gone(subject) if at == MISSING else ""
        if gone and tracks.phase[i] == FIRING:
            tracks.end(i, now, gone)
        elif gone:
            stays[i] = tracks.phase[i] != PENDING
    tracks.keep(stays)


def _leave_out(tracks: Tracks, scope: Scope, now: float) -> None:
    """End the alerts for whose subjects the rule is not judged (any more)."""
    out = (tracks.at != MISSING) & ~scope.judged(tracks.at)
    for i in np.flatnonzero(out & (tracks.phase == FIRING)):
        tracks.end(int(i), now, LEFT_OUT)
    tracks.keep(~out | (tracks.phase != PENDING))


def _evaluate(watch: _Watch, sight: Sight, now: float, passed: float) -> dict[int, State]:
    """Let one evaluation pass over one rule; the alerts that changed, by position among the rule's alerts."""
    tracks, rule = watch.tracks, watch.rule
    answers = holds(watch.scope, sight.reader(rule.grain), None, firing=False)
    there = np.flatnonzero(tracks.at != MISSING)
    fire = np.full(len(tracks), DARK, dtype=np.int8)
    hold = fire.copy()
    if len(there):
        at = tracks.at[there]
        fire[there] = np.where(watch.scope.judged(at), answers[at], DARK)
        hold[there] = holds(watch.scope, sight.reader(rule.grain), at, firing=True)
    wait = _wait(watch, sight, tracks.at)
    keep = np.broadcast_to(watch.scope.number(lambda r: r.keep_s, tracks.at), wait.shape)
    timing = Timing(now=now, passed=passed, wait=wait, keep=keep, slack=wait * rule.tolerance)
    changed = step(tracks, fire, hold, timing)
    ended = np.flatnonzero((tracks.phase == RESOLVED) & (tracks.resolved_at == now))
    return changed | dict.fromkeys(ended.tolist(), State.RESOLVED) | _begin(watch, answers, sight, now)


def _begin(watch: _Watch, answers: Answers, sight: Sight, now: float) -> dict[int, State]:
    """Begin to follow the subjects whose conditions hold for the first time."""
    tracks = watch.tracks
    true = np.flatnonzero(answers == TRUE)
    fresh = np.setdiff1d(true[watch.scope.judged(true)], tracks.at)
    if not len(fresh):
        return {}
    before = len(tracks)
    tracks.add([watch.there[int(i)] for i in fresh], fresh, now)
    at_once = _wait(watch, sight, fresh) <= 0
    tracks.phase[before:][at_once], tracks.fired_at[before:][at_once] = FIRING, now
    return {before + i: State.FIRING if at_once[i] else State.PENDING for i in range(len(fresh))}


def _wait(watch: _Watch, sight: Sight, at: Int64) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The `for` of the subjects at some positions, seconds; a group that commits rarely has a longer one."""
    wait = np.broadcast_to(watch.scope.number(lambda rule: rule.for_s, at), at.shape).astype(np.float64)
    patience = patience_s(sight.view, watch.rule.grain) if watch.rule.follows_commits else None
    if patience is not None and len(patience):
        wait = np.maximum(wait, np.where(at == MISSING, 0.0, patience[at]))
    return wait

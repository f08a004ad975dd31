"""From what there is to see and rules to a Verdict: which alerts there are, and what changed. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np

from lagwatch.judge.conditions import DARK, TRUE, Answers, holds
from lagwatch.judge.inhibition import inhibited
from lagwatch.judge.reasons import Reasons
from lagwatch.judge.report import as_it_stands, told
from lagwatch.judge.scope import Scope, scope
from lagwatch.judge.sight import Looked, Sight, WindowKey
from lagwatch.judge.subjects import MISSING, Finder, Subjects
from lagwatch.judge.tracks import FIRING, PENDING, RESOLVED, Timing, Tracks, step
from lagwatch.judge.windows import Window
from lagwatch.model.alerts import Alert, Match, Rule, State, Transition, Verdict
from lagwatch.model.snapshot import Bool, Float64, Int64

LEFT_OUT = "the rule does not apply to it any more"
LEFT_TOPIC = "the group does not consume the topic any more"
RULE_GONE = "the rule is gone"

UNSURE_S = 3600.0
"""The `for` of a group of which nobody can say yet how often it commits."""

LEFT_FOR_S = 600.0
"""A topic that a live group has not consumed for so long is left; until then its alerts are held."""


@dataclass(slots=True)
class Watch:
    """
    What is remembered of one rule: its alerts, and the subjects and the scope that their positions refer to.

    `there` is None until the rule is judged for the first time; `escalation` is the scope of its louder conditions. It is not
    `settled` while it has alerts of a run before of which no position was looked for yet.
    """

    rule: Rule
    tracks: Tracks = field(default_factory=Tracks)
    there: Subjects | None = None
    scope: Scope = field(default_factory=lambda: Scope(rules=(), variant=None))
    escalation: Scope | None = None
    settled: bool = True


class Alerts:
    """The alerts of one cluster between two evaluations; `judge` is the only one that changes it. It can be pickled."""

    def __init__(self) -> None:
        self.watches: dict[str, Watch] = {}
        self.windows: dict[WindowKey, Window] = {}
        self.reasons = Reasons()
        self.last: float | None = None
        self.steps: deque[float] = deque(maxlen=9)


def judge(alerts: Alerts, looked: Looked, rules: tuple[Rule, ...]) -> Verdict:
    """Evaluate the rules on what there is to see; its time advances from call to call."""
    now, passed = looked.now, _passed(alerts, looked.now)
    gone = [alerts.watches.pop(name) for name in sorted(alerts.watches.keys() - {rule.name for rule in rules})]
    ended = tuple(change for watch in gone for change in _ends(watch, now))
    if looked.fresh:
        alerts.reasons.begin()
    sight = Sight(looked, alerts.windows, alerts.reasons)
    sight.remember(rules)
    found: list[Alert] = []
    changes: list[tuple[int, State]] = []
    for rule in rules:
        if not sight.sees(rule.grain) or _sleeps(alerts, rule):
            continue
        watch = _watch(alerts, rule, sight, now)
        changed = _evaluate(watch, sight, now, passed)
        changes += [(len(found) + i, state) for i, state in sorted(changed.items())]
        if len(watch.tracks):
            found += told(watch.scope, watch.tracks, sight, _wait(watch, sight, watch.tracks.at))
    final = inhibited(found)
    transitions = tuple(Transition(at=now, to=state, alert=final[i]) for i, state in changes)
    return Verdict(at=now, alerts=tuple(final), transitions=(*ended, *transitions))


def _ends(watch: Watch, now: float) -> Iterator[Transition]:
    """The ends of what fires by a rule that there is no more: nothing else could end it."""
    for i in np.flatnonzero(watch.tracks.phase == FIRING).tolist():
        watch.tracks.end(i, now, RULE_GONE)
        if watch.tracks.told[i] is not None:
            yield Transition(at=now, to=State.RESOLVED, alert=as_it_stands(watch.tracks, i, watch.rule))


def _sleeps(alerts: Alerts, rule: Rule) -> bool:
    """Whether a rule is judged for nobody and has no alerts that must end: then it costs nothing, and holds no poll in memory."""
    watch = alerts.watches.get(rule.name)
    if rule.enabled or any(override.enabled for override in rule.overrides) or (watch and len(watch.tracks)):
        return False
    alerts.watches.pop(rule.name, None)
    return True


def _passed(alerts: Alerts, now: float) -> float:
    """The time to count since the evaluation before: polls that were missed in between do not count."""
    before, alerts.last = alerts.last, now
    if before is None or now <= before:
        return 0.0
    usual = median(alerts.steps) if alerts.steps else now - before
    alerts.steps.append(now - before)
    return now - before if now - before <= 1.5 * usual else usual


def _watch(alerts: Alerts, rule: Rule, sight: Sight, now: float) -> Watch:
    """The watch of a rule, with its alerts at their positions in this view; those whose subject is gone have ended."""
    there = sight.subjects(rule.grain)
    watch = alerts.watches.get(rule.name)
    if watch is None or watch.rule.grain != rule.grain:
        watch = alerts.watches[rule.name] = Watch(rule)
    if watch.there is None or watch.rule is not rule or not sight.stands(watch.there):
        watch.rule, watch.scope, watch.escalation = rule, scope(rule, there), _escalation(rule)
        watch.settled = False
    if sight.looked.fresh and not watch.settled:
        _settle(watch.tracks, Finder(sight.view, there), now)
        watch.settled = True
    watch.there = there
    if len(watch.tracks):
        _leave_out(watch.tracks, watch.scope.judged(watch.tracks.at), now, LEFT_OUT)
    left = sight.left_s(rule.grain)
    if left is not None and len(watch.tracks):
        _leave_out(watch.tracks, ~(left[watch.tracks.at] >= LEFT_FOR_S), now, LEFT_TOPIC)
    return watch


def _escalation(rule: Rule) -> Scope | None:
    if rule.escalation is None:
        return None
    louder = replace(rule, conditions=rule.escalation.conditions, match=Match.ALL, overrides=())
    return Scope(rules=(louder,), variant=None)


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


def _leave_out(tracks: Tracks, judged: Bool, now: float, why: str) -> None:
    """End the alerts for whose subjects the rule is not judged (any more)."""
    out = (tracks.at != MISSING) & ~judged
    for i in np.flatnonzero(out & (tracks.phase == FIRING)):
        tracks.end(int(i), now, why)
    tracks.keep(~out | (tracks.phase != PENDING))


def _evaluate(watch: Watch, sight: Sight, now: float, passed: float) -> dict[int, State]:
    """Let one evaluation pass over one rule; the alerts that changed, by position among the rule's alerts."""
    if watch.scope.nobody and not len(watch.tracks):
        return {}
    answers = _answers(watch, sight, None, firing=False)
    changed = _step(watch, answers, sight, now, passed) if len(watch.tracks) else {}
    changed |= _begin(watch, answers, sight, now)
    _escalate(watch, sight)
    return changed


def _step(watch: Watch, answers: Answers, sight: Sight, now: float, passed: float) -> dict[int, State]:
    """Let one evaluation pass over the alerts that there are."""
    tracks, rule = watch.tracks, watch.rule
    there = np.flatnonzero(tracks.at != MISSING)
    fire = np.full(len(tracks), DARK, dtype=np.int8)
    hold = fire.copy()
    if len(there):
        at = tracks.at[there]
        fire[there] = np.where(watch.scope.judged(at), answers[at], DARK)
        hold[there] = _answers(watch, sight, at, firing=True)
    wait = _wait(watch, sight, tracks.at)
    keep = np.broadcast_to(watch.scope.number(lambda r: r.keep_s, tracks.at), wait.shape)
    again = _again(watch, sight, tracks.at)
    timing = Timing(now=now, passed=passed, wait=wait, keep=keep, slack=wait * rule.tolerance, again=again)
    changed = step(tracks, fire, hold, timing)
    ended = np.flatnonzero((tracks.phase == RESOLVED) & (tracks.resolved_at == now))
    return changed | dict.fromkeys(ended.tolist(), State.RESOLVED)


def _answers(watch: Watch, sight: Sight, at: Int64 | None, *, firing: bool) -> Answers:
    """Whether the conditions hold; of a topic that its live group has left, nothing is said."""
    answers = holds(watch.scope, sight.reader(watch.rule.grain), at, firing=firing)
    left = sight.left_s(watch.rule.grain)
    if left is not None:
        answers[(left if at is None else left[at]) >= 0] = DARK
    return answers


def _begin(watch: Watch, answers: Answers, sight: Sight, now: float) -> dict[int, State]:
    """Begin to follow the subjects whose conditions hold for the first time."""
    assert watch.there is not None
    tracks = watch.tracks
    true = np.flatnonzero(answers == TRUE)
    fresh = np.setdiff1d(true[watch.scope.judged(true)], tracks.at) if len(true) else true
    if not len(fresh):
        return {}
    before = len(tracks)
    tracks.add([watch.there[int(i)] for i in fresh], fresh, now)
    at_once = _wait(watch, sight, fresh) <= 0
    tracks.phase[before:][at_once], tracks.fired_at[before:][at_once] = FIRING, now
    return {before + i: State.FIRING if at_once[i] else State.PENDING for i in range(len(fresh))}


def _escalate(watch: Watch, sight: Sight) -> None:
    """Say which alerts are louder now; where that cannot be known it stays as it was."""
    tracks = watch.tracks
    at = np.flatnonzero(tracks.at != MISSING)
    if watch.escalation is None or not len(at):
        return
    read = sight.reader(watch.rule.grain)
    rise = holds(watch.escalation, read, tracks.at[at], firing=False)
    stay = holds(watch.escalation, read, tracks.at[at], firing=True)
    was = tracks.escalated[at]
    tracks.escalated[at] = np.where(was, stay != 0, rise == TRUE)


def _wait(watch: Watch, sight: Sight, at: Int64) -> Float64:
    """The `for` of the subjects at some positions, seconds; a group that commits rarely has a longer one."""
    wait = np.broadcast_to(watch.scope.number(lambda rule: rule.for_s, at), at.shape).astype(np.float64)
    patience = sight.patience_s(watch.rule.grain) if watch.rule.follows_commits else None
    if patience is not None and len(patience):
        wait = np.maximum(wait, np.where(at == MISSING, 0.0, patience[at]))
    return _known_before(wait, watch.tracks, at)


def _known_before(wait: Float64, tracks: Tracks, at: Int64) -> Float64:
    """The same, with what was told last where nothing is known yet (as after a restart), and an hour where nothing was told."""
    unsure = np.flatnonzero(np.isnan(wait))
    told = dict(zip(tracks.at.tolist(), tracks.told, strict=True)) if len(unsure) else {}
    for i in unsure:
        before = told.get(int(at[i]))
        wait[i] = UNSURE_S if before is None else before.effective_for_s
    return wait


def _again(watch: Watch, sight: Sight, at: Int64) -> Float64:
    """
    For how long conditions must hold again until a failure is forgotten, seconds.

    0 for most. With a group that commits rarely they hold again before every commit, however well it is.
    """
    interval = sight.commit_interval_s(watch.rule.grain) if watch.rule.follows_commits else None
    if interval is None or not len(interval):
        return np.zeros(len(at))
    cycle = np.where(at == MISSING, 0.0, 2.0 * np.nan_to_num(interval[at]))
    return np.where(cycle > watch.rule.for_s, np.minimum(cycle, _wait(watch, sight, at)), 0.0)

"""The state machine of alerts, for all subjects of one rule at once. Pure."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagwatch.judge.conditions import DARK, FALSE, TRUE, Answers
from lagwatch.judge.subjects import MISSING
from lagwatch.model.alerts import State
from lagwatch.model.snapshot import Bool, Float64, Int64

PENDING, FIRING, RESOLVED = 1, 2, 3

RESOLVED_SHOWN_S = 900.0
"""How long a resolved alert stays in the verdict (Prometheus keeps sending resolved alerts for as long)."""

DARK_EVALUATIONS_HELD = 3
"""So many evaluations without an answer are passed over; with one more the alert is called unknown."""


def _ints() -> NDArray[Any]:
    return np.empty(0, dtype=np.int64)


def _floats() -> NDArray[Any]:
    return np.empty(0, dtype=np.float64)


def _bools() -> NDArray[Any]:
    return np.empty(0, dtype=np.bool_)


def _objects() -> NDArray[Any]:
    return np.empty(0, dtype=object)


@dataclass(slots=True, kw_only=True, eq=False)
class Tracks:
    """
    One entry an alert, that is, a subject that is not inactive.

    `at` is the subject's position in the columns (MISSING if it has none now). `held`, `failed` and `cleared` are seconds:
    for how long the conditions held, failed while pending, and have been failing at the clear values while firing (NaN: they
    hold). Only time between two evaluations that had an answer is counted. `dark` counts evaluations without one.
    `told` is the Alert as it was told last, None before.
    """

    subject: NDArray[Any] = field(default_factory=_objects)
    at: NDArray[Any] = field(default_factory=_ints)
    phase: NDArray[Any] = field(default_factory=_ints)
    since: NDArray[Any] = field(default_factory=_floats)
    fired_at: NDArray[Any] = field(default_factory=_floats)
    resolved_at: NDArray[Any] = field(default_factory=_floats)
    held: NDArray[Any] = field(default_factory=_floats)
    failed: NDArray[Any] = field(default_factory=_floats)
    cleared: NDArray[Any] = field(default_factory=_floats)
    dark: NDArray[Any] = field(default_factory=_ints)
    escalated: NDArray[Any] = field(default_factory=_bools)
    reason: NDArray[Any] = field(default_factory=_objects)
    told: NDArray[Any] = field(default_factory=_objects)

    def __len__(self) -> int:
        return len(self.subject)

    def keep(self, those: Bool) -> None:
        """Drop all others."""
        if not those.all():
            for column in fields(self):
                setattr(self, column.name, getattr(self, column.name)[those])

    def add(self, subjects: list[object], at: Int64, now: float) -> None:
        """Begin to follow subjects whose conditions hold now."""
        count = len(subjects)
        nan = np.full(count, np.nan)
        named = np.empty(count, dtype=object)
        named[:] = subjects
        fresh: dict[str, NDArray[Any]] = {
            "subject": named,
            "at": at,
            "phase": np.full(count, PENDING),
            "since": np.full(count, now),
            "fired_at": nan,
            "resolved_at": nan,
            "held": np.zeros(count),
            "failed": np.zeros(count),
            "cleared": nan,
            "dark": np.zeros(count, dtype=np.int64),
            "escalated": np.zeros(count, dtype=np.bool_),
            "reason": np.full(count, "", dtype=object),
            "told": np.full(count, None, dtype=object),
        }
        for name, entries in fresh.items():
            setattr(self, name, np.concatenate((getattr(self, name), entries)))

    def end(self, i: int, now: float, reason: str) -> None:
        """Resolve a firing alert for another reason than that its conditions fail."""
        self.phase[i], self.resolved_at[i], self.reason[i] = RESOLVED, now, reason

    def state(self, i: int) -> State:
        """What an alert is called."""
        if self.phase[i] == RESOLVED:
            return State.RESOLVED
        if self.dark[i] > DARK_EVALUATIONS_HELD:
            return State.UNKNOWN
        return State.FIRING if self.phase[i] == FIRING else State.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """
    Seconds: `passed` since the evaluation before; for each alert the `for` and the `keep` that it has, the part of `for` during
    which the conditions may fail (`slack`), and for how long they must hold again until a failure is forgotten (`again`).
    """

    now: float
    passed: float
    wait: Float64
    keep: Float64
    slack: Float64
    again: Float64


def step(tracks: Tracks, fire: Answers, hold: Answers, timing: Timing) -> dict[int, State]:
    """
    Let one evaluation pass over all alerts of a rule; `fire` and `hold` say whether the conditions hold at the thresholds
    and at the clear values. Answers the alerts that changed their state, by position; drops those that are inactive again.
    """
    counted = np.where(tracks.dark > 0, 0.0, timing.passed)
    again = (tracks.phase == RESOLVED) & (fire == TRUE)
    _begin_again(tracks, again, timing.now)
    waiting = (tracks.phase == PENDING) & ~again
    fired = _wait(tracks, waiting, fire, counted, timing) | ((tracks.phase == PENDING) & again & (timing.wait <= 0))
    resolved = _burn(tracks, (tracks.phase == FIRING) & ~fired, hold, counted, timing)
    unknown = _darken(tracks, np.where(tracks.phase == PENDING, fire, hold))
    tracks.phase[fired], tracks.fired_at[fired] = FIRING, timing.now
    tracks.held[fired] = 0.0
    tracks.phase[resolved], tracks.resolved_at[resolved] = RESOLVED, timing.now
    stays = (tracks.phase == FIRING) | ((tracks.phase == PENDING) & (tracks.failed <= timing.slack))
    stays |= (tracks.phase == RESOLVED) & (timing.now - tracks.resolved_at <= RESOLVED_SHOWN_S)
    changed = {State.PENDING: again & ~fired, State.FIRING: fired, State.RESOLVED: resolved, State.UNKNOWN: unknown}
    place = np.cumsum(stays) - 1
    answer = {int(place[i]): state for state, which in changed.items() for i in np.flatnonzero(which & stays)}
    tracks.keep(stays)
    return answer


def _begin_again(tracks: Tracks, again: Bool, now: float) -> None:
    """A resolved alert whose conditions hold again is a new one."""
    tracks.phase[again], tracks.since[again], tracks.reason[again] = PENDING, now, ""
    for column in (tracks.held, tracks.failed):
        column[again] = 0.0
    for column in (tracks.fired_at, tracks.resolved_at, tracks.cleared):
        column[again] = np.nan
    tracks.dark[again] = 0
    tracks.escalated[again] = False


def _wait(tracks: Tracks, waiting: Bool, fire: Answers, counted: Float64, timing: Timing) -> Bool:
    """Pending alerts: which of them fire now."""
    true, false = waiting & (fire == TRUE), waiting & (fire == FALSE)
    tracks.held[true] += counted[true]
    # Without slack the first failure ends it, also one that follows an evaluation without an answer.
    tracks.failed[false] += np.where(timing.slack > 0, counted, np.inf)[false]
    ripe: Bool = true & (tracks.held + tracks.failed >= timing.wait) & (tracks.failed <= timing.slack)
    return ripe


def _burn(tracks: Tracks, firing: Bool, hold: Answers, counted: Float64, timing: Timing) -> Bool:
    """Firing alerts: which of them resolve now. `held` counts for how long their conditions have held without a failure."""
    true, false = firing & (hold == TRUE), firing & (hold == FALSE)
    ending = ~np.isnan(tracks.cleared)
    tracks.cleared[(true | false) & ending] += counted[(true | false) & ending]
    tracks.cleared[false & ~ending] = 0.0
    tracks.held[false] = 0.0
    tracks.held[true] += counted[true]
    tracks.cleared[true & (tracks.held >= timing.again)] = np.nan
    over: Bool = false & (tracks.cleared >= timing.keep)
    return over


def _darken(tracks: Tracks, answers: Answers) -> Bool:
    """Count evaluations without an answer; which alerts are called unknown from now on."""
    live = tracks.phase != RESOLVED
    dark = live & ((answers == DARK) | (tracks.at == MISSING))
    tracks.dark[dark] += 1
    tracks.dark[live & ~dark] = 0
    lasting: Bool = dark & (tracks.dark == DARK_EVALUATIONS_HELD + 1)
    return lasting

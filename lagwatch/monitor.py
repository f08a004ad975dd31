"""One cluster's loop: read, advance, publish; never raises."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from lagwatch.analyze.growth import WINDOW_S
from lagwatch.analyze.history import History
from lagwatch.cycle import Memory, advance, missed
from lagwatch.errors import CollectError
from lagwatch.judge.engine import Alerts
from lagwatch.judge.state import not_seen_yet
from lagwatch.logs import event
from lagwatch.model.alerts import Rule, State, Transition
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.service import Service
from lagwatch.model.snapshot import Gap, Snapshot
from lagwatch.model.view import View

LOG = logging.getLogger(__name__)

TRANSITION_LINES = 50
"""How many transitions of one poll get a line of their own; the rest is counted in one more line."""


class Reader(Protocol):
    """Where the facts of one cluster come from (`collect.Reader` in the service)."""

    def read(self) -> Snapshot:
        """One poll; raises CollectError if it gave nothing at all."""

    def close(self) -> None:
        """Give the connections back; a `read` that is under way ends soon after."""


class Monitor:
    """
    Watches one cluster: each `tick` is one poll, and `latest` what came of the polls so far.

    `on_latest` gets the new Latest and the transitions of this poll after every poll, failed ones too: a failed poll keeps
    the view of the last good one, which ages; after some, pending and firing alerts are unknown.
    `clock` gives seconds since the epoch, `timer` any steady seconds; `series_suppressed` tells how many series of the poll
    before a limit kept off the metrics page. Growth is measured over `growth_window_s`; `windows` says what is kept for
    Burrow's evaluator. Only one tick runs at a time; one that finds another under way does nothing.
    """

    def __init__(
        self,
        name: str,
        reader: Reader,
        rules: tuple[Rule, ...],
        *,
        interval_s: float,
        deadline_s: float,
        growth_window_s: float = WINDOW_S,
        windows: WindowOptions | None = None,
        on_latest: Callable[[Latest, Sequence[Transition]], None],
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
        series_suppressed: Callable[[], int] = lambda: 0,
    ) -> None:
        self.name = name
        self.rules = rules
        """The rules of the next poll; set anew when the configuration is reloaded."""
        self._started_at = clock()
        self._health = PollHealth(interval_s=interval_s, deadline_s=deadline_s, watched_since=self._started_at)
        self.latest = Latest(cluster=name, health=self._health, rules=rules)
        self._reader = reader
        self._memory = Memory(growth_window_s, windows)
        self._on_latest = on_latest
        self._clock = clock
        self._timer = timer
        self._series_suppressed = series_suppressed
        self._ticking = threading.Lock()
        # Of a poll that outlives its monitor nothing is made: the process may be ending, and a thread that is inside numpy
        # then takes it down with SIGABRT.
        self._abandoned = False
        self._changes: tuple[Transition, ...] = ()
        self._failing: tuple[str, int] = ("", 0)
        self._windows_off = ""

    def tick(self) -> None:
        """Poll once and publish what came of it; never raises."""
        if not self._ticking.acquire(blocking=False):
            return
        try:
            polled = self._guarded(self._poll)
            if self._abandoned:
                return
            if not polled:
                self._guarded(self._miss)
            if self._guarded(self._publish) and polled:
                self._failing = ("", 0)
        finally:
            self._ticking.release()

    @property
    def alerts(self) -> Alerts:
        """The alerts between two evaluations; only the thread of the ticks may look at them or change them."""
        return self._memory.alerts

    def forget(self, group: str, topic: str | None = None) -> None:
        """
        Let the next poll empty the windows of commits of a group (on one topic), as Burrow's DELETE does; on any thread.

        Readers leave them out from now on; the group's next commit brings them back.
        """
        self._memory.windows.removed[group, topic] = self._clock()

    @property
    def history(self) -> History:
        """The history between two polls; the same holds for it."""
        return self._memory.history

    @history.setter
    def history(self, history: History) -> None:
        self._memory.history = history

    def taken_up(self) -> None:
        """Alerts of a run before were added to `alerts`: until the first poll they are shown, as unknown."""
        if self.latest.verdict is None:
            self.latest = replace(self.latest, verdict=not_seen_yet(self.alerts, self._clock()))

    def close(self, grace_s: float) -> bool:
        """
        Let a tick that is under way end for at most `grace_s` seconds, then close the reader; no tick starts any more.

        Returns whether it ended in time.
        """
        ended = self._ticking.acquire(timeout=max(0.0, grace_s))
        self._abandoned = not ended
        self._reader.close()
        return ended

    def _guarded(self, step: Callable[[], None]) -> bool:
        started = self._timer()
        try:
            step()
        except Exception as error:  # noqa: BLE001 (one of two: whatever this poll met, the next one comes)
            if self._abandoned:
                return False
            self._failed(error, self._timer() - started)
            return False
        return True

    def _poll(self) -> None:
        self._changes = ()
        self._health = replace(self._health, polls=self._health.polls + 1)
        started = self._timer()
        snapshot = self._reader.read()
        read = self._timer()
        if self._abandoned:
            return
        rules = self.rules
        # The time of the facts, not the clock's: a replayed trace then takes the very same decisions.
        good = replace(self._health, last_good_at=snapshot.at, duration_s=read - started, error="", error_kind="")
        view, verdict = advance(self._memory, snapshot, rules, snapshot.at, self._service(good))
        advanced = self._timer()
        self._good(snapshot, advanced - started)
        self._log_windows(view)
        self.latest = Latest(
            cluster=self.name, health=self._health, rules=rules, view=view, verdict=verdict, gaps=snapshot.gaps
        )
        self._changes = verdict.transitions
        _log_poll(self.latest, snapshot, read_s=read - started, advance_s=advanced - read)
        _log_transitions(verdict.transitions)

    def _log_windows(self, view: View) -> None:
        """That windows of commits are given up or kept again is said once."""
        off = "" if view.burrow is None else view.burrow.off
        if bool(off) != bool(self._windows_off):
            level, name = (logging.WARNING, "windows off") if off else (logging.INFO, "windows on")
            event(LOG, level, name, cluster=self.name, reason=off or None)
        self._windows_off = off

    def _miss(self) -> None:
        """A poll that gave nothing: what was seen ages, and whether the cluster is still watched is judged all the same."""
        before, rules = self._memory.verdict, self.rules
        verdict = missed(self._memory, self.name, rules, self._clock(), self._service(self._health))
        if verdict is not before:
            self.latest = replace(self.latest, verdict=verdict, rules=rules)
            self._changes = verdict.transitions
            _log_transitions(verdict.transitions)

    def _service(self, health: PollHealth) -> Service:
        suppressed = self._series_suppressed()
        return Service(health=health, started_at=self._started_at, series_suppressed=suppressed)

    def _publish(self) -> None:
        self._on_latest(self.latest, self._changes)

    def _good(self, snapshot: Snapshot, duration_s: float) -> None:
        gaps = Counter(self._health.gaps_by_reason)
        for gap in snapshot.gaps:
            gaps[gap.part, gap.reason] += gap.count
        now = self._clock()
        self._health = replace(
            self._health,
            last_attempt_at=now,
            last_good_at=now,
            duration_s=duration_s,
            error="",
            error_kind="",
            gaps_by_reason=dict(gaps),
            requests_by_api=dict(Counter(self._health.requests_by_api) + Counter(snapshot.stats.requests)),
        )

    def _failed(self, error: Exception, duration_s: float) -> None:
        expected = isinstance(error, CollectError)
        kind = type(error).__name__
        sentence = (
            str(error) if expected else f"{kind} inside lagwatch: {error}; the log has the traceback, please report it"
        )
        now = self._clock()
        self._health = replace(
            self._health,
            last_attempt_at=now,
            duration_s=duration_s,
            error=sentence,
            error_kind=kind,
            failures=self._health.failures + 1,
            failures_by_kind=dict(Counter(self._health.failures_by_kind) + Counter([kind])),
        )
        self.latest = replace(self.latest, health=self._health)
        before, times = self._failing
        self._failing = (sentence, times + 1 if sentence == before else 1)
        event(
            LOG,
            logging.WARNING if expected else logging.ERROR,
            "poll failed",
            cluster=self.name,
            kind=kind,
            error=sentence,
            in_a_row=self._failing[1],
            duration_s=duration_s,
            last_good_s_ago=None if self._health.last_good_at is None else now - self._health.last_good_at,
            exc_info=None if expected or sentence == before else error,
        )


def _log_poll(latest: Latest, snapshot: Snapshot, *, read_s: float, advance_s: float) -> None:
    states = Counter(alert.state for alert in latest.verdict.alerts) if latest.verdict else Counter[State]()
    event(
        LOG,
        logging.WARNING if snapshot.gaps else logging.INFO,
        "poll",
        cluster=latest.cluster,
        read_s=read_s,
        advance_s=advance_s,
        requests=sum(snapshot.stats.requests.values()),
        brokers=len(snapshot.brokers),
        topics=len(snapshot.topics),
        partitions=len(snapshot.partitions),
        groups=len(snapshot.groups),
        commits=len(snapshot.commits),
        alerts_firing=states[State.FIRING],
        alerts_unknown=states[State.UNKNOWN],
        gaps=_causes(snapshot.gaps) or None,
    )


def _causes(gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    """Gaps by part and reason over all brokers, the most numerous first, each with one example."""
    counts: Counter[tuple[str, str]] = Counter()
    firsts: dict[tuple[str, str], Gap] = {}
    for gap in gaps:
        counts[gap.part, gap.reason] += gap.count
        firsts.setdefault((gap.part, gap.reason), gap)
    causes = []
    for (part, reason), count in counts.most_common():
        cause = {
            "part": part,
            "reason": reason,
            "count": count,
            "first": firsts[part, reason].first,
            "hint": firsts[part, reason].hint,
        }
        causes.append({key: value for key, value in cause.items() if value != ""})
    return causes


def _log_transitions(transitions: Sequence[Transition]) -> None:
    told = [change for change in transitions if change.to in (State.FIRING, State.RESOLVED)]
    for change in told[:TRANSITION_LINES]:
        alert = change.alert
        fields: dict[str, Any] = {"rule": alert.rule, "severity": alert.severity.value, **alert.subject.labels()}
        level = logging.WARNING if change.to is State.FIRING else logging.INFO
        event(LOG, level, f"alert {change.to}", **fields, value=alert.value, summary=alert.summary)
    rest = Counter(change.to for change in told[TRANSITION_LINES:])
    if rest:
        event(
            LOG,
            logging.WARNING,
            "more alerts changed than are listed",
            firing=rest[State.FIRING],
            resolved=rest[State.RESOLVED],
        )

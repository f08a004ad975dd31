"""A monitor over a reader that answers what the test says: snapshots, and errors of every kind."""

import logging
import threading
from collections.abc import Iterator, Sequence

import pytest

from lagwatch.config import default_rules
from lagwatch.errors import AccessDenied, ClusterUnreachable
from lagwatch.judge.state import freeze, thaw
from lagwatch.model.alerts import Condition, Rule, Severity, State, Transition
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import Gap, PollStats, Snapshot
from lagwatch.monitor import TRANSITION_LINES, Monitor
from tests.support.build import T0, group, snapshot, topic

DOWN = ClusterUnreachable("no bootstrap address of main answered in 20 s; is kafka-1:9092 right?")


def rule(above: float = 50) -> Rule:
    conditions = (Condition(value="lag", above=above),)
    return Rule(
        name="Behind",
        severity=Severity.CRITICAL,
        grain="pair",
        conditions=conditions,
        for_s=0,
        keep_s=0,
        summary="{group} is {lag:.0f} behind on {topic}",
    )


def facts(at: float = T0, committed: int = 90, topics: int = 1, **fields: object) -> Snapshot:
    names = [f"orders-{number}" for number in range(topics)]
    return snapshot(
        {name: topic((0, 100)) for name in names},
        {"billing": group({name: [committed] for name in names})},
        at=at,
        **fields,
    )


class FakeReader:
    """Answers in order; what it is asked beyond them is a fault of the test."""

    def __init__(self, *answers: Snapshot | Exception) -> None:
        self._answers: Iterator[Snapshot | Exception] = iter(answers)
        self.closed = False

    def read(self) -> Snapshot:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Watched:
    """A monitor, what it published, and clocks that the test moves."""

    def __init__(self, reader: FakeReader, *rules: Rule) -> None:
        self.now = T0
        self.elapsed = 0.0
        self.published: list[tuple[Latest, Sequence[Transition]]] = []
        self.monitor = Monitor(
            "main",
            reader,
            rules,
            interval_s=30,
            deadline_s=20,
            on_latest=self._publish,
            clock=lambda: self.now,
            timer=self._timer,
        )

    def _publish(self, latest: Latest, transitions: Sequence[Transition]) -> None:
        self.published.append((latest, transitions))

    def _timer(self) -> float:
        self.elapsed += 0.5
        return self.elapsed

    def tick(self, times: int = 1) -> Latest:
        for _ in range(times):
            self.monitor.tick()
        return self.published[-1][0]


def watched(*answers: Snapshot | Exception, rules: Sequence[Rule] = ()) -> Watched:
    return Watched(FakeReader(*answers), *rules)


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[dict]:
    return [record.fields for record in caplog.records if record.getMessage() == name]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="lagwatch")


def test_a_good_poll_is_published_with_its_view_and_its_health():
    seen = watched(facts())
    latest = seen.tick()
    assert latest.view is not None
    assert latest.view.lag.tolist() == [10]
    health = latest.health
    assert (health.polls, health.failures, health.error, health.last_attempt_at, health.last_good_at) == (
        1,
        0,
        "",
        T0,
        T0,
    )
    assert health.duration_s == 1.0


def test_before_the_first_poll_there_is_nothing_but_health():
    latest = watched().monitor.latest
    assert (latest.view, latest.verdict, latest.health.polls, latest.health.last_good_at) == (None, None, 0, None)
    assert latest.health.watched_since == T0


def test_a_failed_poll_keeps_the_last_view_and_verdict_which_age():
    seen = watched(facts(), DOWN)
    good = seen.tick()
    seen.now += 30
    failed = seen.tick()
    assert failed.view is good.view
    assert failed.verdict is good.verdict
    assert (failed.health.last_good_at, failed.health.last_attempt_at) == (T0, T0 + 30)
    assert (str(DOWN), "ClusterUnreachable") == (failed.health.error, failed.health.error_kind)
    assert seen.published[-1][1] == ()


def test_failures_are_counted_by_kind_and_a_good_poll_clears_the_error_and_not_the_counts():
    health = watched(DOWN, AccessDenied("no"), DOWN, facts()).tick(4).health
    assert (health.polls, health.failures, health.error, health.error_kind) == (4, 3, "", "")
    assert health.failures_by_kind == {"ClusterUnreachable": 2, "AccessDenied": 1}


def test_gaps_and_requests_are_added_up_over_the_polls():
    gaps = (Gap(part="offsets", reason="DEADLINE", count=3), Gap(part="offsets", reason="DEADLINE", count=1, broker=2))
    stats = PollStats(requests={"Metadata": 1, "ListOffsets": 6})
    seen = watched(facts(gaps=gaps, stats=stats), facts(at=T0 + 30, gaps=gaps[:1], stats=stats))
    latest = seen.tick(2)
    assert latest.health.gaps_by_reason == {("offsets", "DEADLINE"): 7}
    assert latest.health.requests_by_api == {"Metadata": 2, "ListOffsets": 12}
    assert gaps[:1] == latest.gaps


def test_what_was_published_does_not_change_when_more_is_counted():
    seen = watched(DOWN, DOWN)
    first = seen.tick().health
    seen.tick()
    assert first.failures_by_kind == {"ClusterUnreachable": 1}


def test_an_unexpected_error_does_not_stop_the_polls_and_asks_to_be_reported(caplog):
    latest = watched(ZeroDivisionError("oops"), facts()).tick()
    assert "ZeroDivisionError inside lagwatch: oops" in latest.health.error
    assert "report" in latest.health.error


def test_the_traceback_of_an_unexpected_error_is_logged_once_while_it_repeats(caplog):
    broken = ZeroDivisionError("oops")
    watched(broken, broken, broken, facts(), broken).tick(5)
    failed = [record for record in caplog.records if record.getMessage() == "poll failed"]
    assert [record.exc_info is not None for record in failed] == [True, False, False, True]
    assert [record.fields["in_a_row"] for record in failed] == [1, 2, 3, 1]


def test_an_expected_error_is_one_warning_without_a_traceback(caplog):
    watched(DOWN).tick()
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert {
        "cluster": "main",
        "kind": "ClusterUnreachable",
        "error": str(DOWN),
        "in_a_row": 1,
        "duration_s": 1.0,
    } == record.fields


def test_a_publisher_that_fails_does_not_stop_the_polls():
    calls: list[Latest] = []

    def publish(latest: Latest, _transitions: Sequence[Transition]) -> None:
        calls.append(latest)
        if len(calls) == 1:
            raise RuntimeError("cannot render")

    reader = FakeReader(facts(), facts(at=T0 + 30))
    monitor = Monitor("main", reader, (), interval_s=30, deadline_s=20, on_latest=publish)
    monitor.tick()
    monitor.tick()
    assert [latest.health.polls for latest in calls] == [1, 2]
    assert (calls[1].health.failures_by_kind, calls[1].health.error) == ({"RuntimeError": 1}, "")


def test_a_good_poll_is_one_line_with_its_gaps_by_cause(caplog):
    gaps = (
        Gap(part="offsets", reason="DEADLINE", count=2, first="orders/0", broker=1, hint="Is broker 1 up?"),
        Gap(part="offsets", reason="DEADLINE", count=3, first="orders/5", broker=2),
        Gap(part="group_description", reason="MISSING_FROM_LIST", first="audit"),
    )
    watched(facts(gaps=gaps, stats=PollStats(requests={"Metadata": 1}))).tick()
    (line,) = lines(caplog, "poll")
    assert line.pop("gaps") == [
        {"part": "offsets", "reason": "DEADLINE", "count": 5, "first": "orders/0", "hint": "Is broker 1 up?"},
        {"part": "group_description", "reason": "MISSING_FROM_LIST", "count": 1, "first": "audit"},
    ]
    assert line == {
        "cluster": "main",
        "read_s": 0.5,
        "advance_s": 0.5,
        "requests": 1,
        "brokers": 3,
        "topics": 1,
        "partitions": 1,
        "groups": 1,
        "commits": 1,
        "alerts_firing": 0,
        "alerts_unknown": 0,
    }


def test_firing_and_resolving_are_a_line_each_and_handed_on(caplog):
    seen = watched(facts(committed=0), facts(at=T0 + 30, committed=100), rules=[rule()])
    seen.tick(2)
    assert [change.to for _, changes in seen.published for change in changes if change.to is not State.PENDING] == [
        State.FIRING,
        State.RESOLVED,
    ]
    (firing,), (resolved,) = lines(caplog, "alert firing"), lines(caplog, "alert resolved")
    subject = {
        "rule": "Behind",
        "severity": "critical",
        "kafka_cluster": "main",
        "group": "billing",
        "topic": "orders-0",
    }
    assert {**subject, "value": 100, "summary": "billing is 100 behind on orders-0"} == firing
    assert subject.items() <= resolved.items()
    assert [line["alerts_firing"] for line in lines(caplog, "poll")] == [1, 0]


def test_alerts_become_unknown_after_some_failed_polls_and_fire_on_when_they_are_seen_again():
    seen = watched(facts(committed=0), *[DOWN] * 5, facts(at=T0 + 180, committed=0), rules=[rule()])
    assert [alert.state for alert in seen.tick().verdict.alerts] == [State.FIRING]
    for _ in range(3):
        seen.now += 30
        assert [alert.state for alert in seen.tick().verdict.alerts] == [State.FIRING]
        assert seen.published[-1][1] == ()

    seen.now += 30
    stale = seen.tick()
    (alert,) = stale.verdict.alerts
    assert (alert.state, alert.value, alert.fired_at) == (State.UNKNOWN, None, T0)
    assert [change.to for change in seen.published[-1][1]] == [State.UNKNOWN]

    seen.now += 30
    assert seen.tick().verdict is stale.verdict
    assert seen.published[-1][1] == ()

    seen.now += 30

    (alert,) = seen.tick().verdict.alerts
    assert (alert.state, alert.value, alert.fired_at) == (State.FIRING, 100, T0)


def test_a_cluster_that_is_not_polled_any_more_is_an_alert_that_ends_with_the_next_good_poll():
    stale = next(rule for rule in default_rules() if rule.name == "PollStale")
    seen = watched(*[DOWN] * 14, facts(at=T0 + 420), rules=[stale])
    for _ in range(15):
        seen.tick()
        seen.now += 30
    changes = [(change.at - T0, change.to) for _, changes in seen.published for change in changes]
    assert changes == [(330, State.PENDING), (390, State.FIRING), (420, State.RESOLVED)]


def test_alerts_of_a_run_before_are_shown_as_unknown_until_they_are_seen():
    before, seen = watched(facts(committed=0), rules=[rule()]), watched(facts(at=T0 + 30, committed=0), rules=[rule()])
    before.tick()
    seen.now += 30
    thaw(seen.monitor.alerts, freeze(before.monitor.alerts), seen.monitor.rules, seen.now)
    seen.monitor.taken_up()
    (alert,) = seen.monitor.latest.verdict.alerts
    assert (alert.state, alert.fired_at, alert.value) == (State.UNKNOWN, T0, None)
    (alert,) = seen.tick().verdict.alerts
    assert (alert.state, alert.fired_at) == (State.FIRING, T0)
    assert seen.published[-1][1] == ()


def test_a_storm_of_alerts_is_cut_short_in_the_log_and_nowhere_else(caplog):
    seen = watched(facts(committed=0, topics=TRANSITION_LINES + 7), rules=[rule()])
    seen.tick()
    assert len([change for change in seen.published[0][1] if change.to is State.FIRING]) == TRANSITION_LINES + 7
    assert len(lines(caplog, "alert firing")) == TRANSITION_LINES
    assert lines(caplog, "more alerts changed than are listed") == [{"firing": 7, "resolved": 0}]


def test_new_rules_are_judged_from_the_next_poll_on():
    seen = watched(facts(committed=0), facts(at=T0 + 30, committed=0))
    assert seen.tick().verdict.alerts == ()
    seen.monitor.rules = (rule(),)
    latest = seen.tick()
    assert ((rule(),), 1) == (latest.rules, len(latest.verdict.alerts))


class SlowReader(FakeReader):
    """Answers when it is let go; closing it ends a read with an error, as a reader must."""

    def __init__(self) -> None:
        super().__init__(DOWN, DOWN)
        self.reading = threading.Event()
        self.release = threading.Event()

    def read(self) -> Snapshot:
        self.reading.set()
        assert self.release.wait(30)
        return super().read()

    def close(self) -> None:
        super().close()
        self.release.set()


def test_a_poll_that_finds_another_under_way_does_nothing():
    reader = SlowReader()
    seen = Watched(reader)
    first = threading.Thread(target=seen.monitor.tick)
    first.start()
    assert reader.reading.wait(30)
    seen.monitor.tick()
    assert seen.published == []
    reader.release.set()
    first.join(30)
    assert len(seen.published) == 1


def test_closing_closes_the_reader_and_no_poll_starts_any_more():
    reader = FakeReader(facts())
    seen = Watched(reader)
    assert seen.monitor.close(0.0)
    seen.monitor.tick()
    assert (seen.published, reader.closed) == ([], True)


def test_a_poll_that_does_not_end_is_abandoned_and_said_to_be():
    reader = SlowReader()
    seen = Watched(reader)
    first = threading.Thread(target=seen.monitor.tick)
    first.start()
    assert reader.reading.wait(30)
    assert not seen.monitor.close(0.0)
    first.join(30)
    assert reader.closed

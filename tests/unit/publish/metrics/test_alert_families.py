"""What the page says of alerts."""

from lagwatch.model.alerts import Alert, Severity, State, Subject, Verdict
from lagwatch.publish.board import Board
from tests.support.build import T0, latest, snapshot, view
from tests.support.metrics import of, series


def alert(state: State, *, severity: Severity = Severity.WARNING, **subject: object) -> Alert:
    return Alert(
        rule="ConsumerLagGrowing", severity=severity, subject=Subject(cluster="main", **subject), state=state, since=T0
    )


def board(*alerts: Alert) -> Board:
    made = Board(clock=lambda: T0)
    made.put(latest(view(snapshot({}, {})), verdict=Verdict(at=T0, alerts=alerts)))
    return made


def test_an_alert_carries_its_rule_its_state_and_what_it_is_about():
    page = board(
        alert(State.FIRING, group="billing", topic="orders"),
        alert(State.PENDING, group='a"b', topic="orders", partition=0),
        alert(State.UNKNOWN, severity=Severity.CRITICAL),
    )

    labels = ("kafka_cluster", "rule", "severity", "state", "group", "topic", "partition")
    assert of(page, "lagwatch_alert", *labels) == {
        ("main", "ConsumerLagGrowing", "warning", "firing", "billing", "orders", ""): 1,
        ("main", "ConsumerLagGrowing", "warning", "pending", 'a"b', "orders", "0"): 1,
        ("main", "ConsumerLagGrowing", "critical", "unknown", "", "", ""): 1,
    }


def test_a_resolved_alert_is_over():
    page = board(alert(State.RESOLVED, group="billing", topic="orders"))

    assert of(page, "lagwatch_alert", "group") == {}
    assert set(of(page, "lagwatch_alerts", "severity", "state").values()) == {0}


def test_alerts_are_counted_by_severity_and_state_and_counts_of_0_are_there():
    page = board(alert(State.FIRING, group="a"), alert(State.FIRING, group="b"), alert(State.UNKNOWN, group="c"))

    counts = of(page, "lagwatch_alerts", "severity", "state")
    assert len(counts) == 9
    assert {key: n for key, n in counts.items() if n} == {("warning", "firing"): 2, ("warning", "unknown"): 1}


def test_before_the_first_good_poll_there_is_no_count_of_alerts():
    made = Board(clock=lambda: T0)
    made.put(latest())

    assert {name for name, _ in series(made) if name.startswith("lagwatch_alert")} == set()

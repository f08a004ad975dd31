"""What a replay amounts to, and how two replays differ."""

from hypothesis import given
from hypothesis import strategies as st

from lagwatch.judge.incidents import Incident, Tally, compared, summarised
from lagwatch.model.alerts import Alert, Severity, State, Subject, Transition, Verdict

A, B = (Subject(cluster="main", group=name) for name in "ab")


def verdict(at, *alerts, changed=()):
    found = [Alert(rule="R", severity=severity, subject=who, state=state, since=0.0) for who, state, severity in alerts]
    transitions = [Transition(at=at, to=each.state, alert=each) for each in found if each.subject in changed]
    return Verdict(at=at, alerts=tuple(found), transitions=tuple(transitions))


def tallied(*verdicts):
    tally = Tally()
    for each in verdicts:
        tally.take("t", "main", each)
    return tally


LOW, LOUD = Severity.WARNING, Severity.EMERGENCY


def test_time_counts_for_the_state_that_an_alert_was_in():
    tally = tallied(
        verdict(0, (A, State.PENDING, LOW), changed=(A,)),
        verdict(30, (A, State.FIRING, LOW), changed=(A,)),
        verdict(60, (A, State.UNKNOWN, LOW), (B, State.PENDING, LOW), changed=(A, B)),
        verdict(120, (A, State.FIRING, LOUD)),  # known again is no change
        verdict(180, (A, State.RESOLVED, LOUD), changed=(A,)),
    )
    (found,) = summarised(tally, ["Other", "R"])
    assert (found.fired, found.resolved, found.subjects, found.noisiest) == (1, 1, 1, ((A, 1),))
    assert found.seconds == {State.PENDING: 30 + 60, State.FIRING: 30 + 60, State.UNKNOWN: 60}
    (incident,) = tally.incidents
    assert (incident.fired_at, incident.resolved_at, incident.severity) == (30, 180, LOUD)


def incident(fired, resolved, who=A, rule="R", severity=LOW):
    return Incident(trace="t", rule=rule, subject=who, severity=severity, fired_at=fired, resolved_at=resolved)


def kinds(old, new):
    return [each.kinds for each in compared(old, new)]


def test_what_overlaps_is_the_same_incident():
    assert kinds([incident(0, 100)], [incident(10, 100)]) == [("later", "shorter")]
    assert kinds([incident(10, 100)], [incident(0, 90)]) == [("earlier",)]
    assert kinds([incident(0, 100)], [incident(0, 100, severity=LOUD)]) == [("louder",)]
    assert kinds([incident(0, 100)], [incident(101, 200)]) == [("only old",), ("only new",)]
    assert kinds([incident(0, 100)], [incident(0, 100, who=B)]) == [("only old",), ("only new",)]
    assert kinds([incident(0, None)], [incident(500, None)]) == [("later",)]
    assert kinds([incident(0, None)], [incident(0, 50)]) == [("ends now",)]
    assert kinds([incident(0, 100)], [incident(0, 30), incident(60, 100)]) == [("shorter",), ("only new",)]


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from([A, B])), max_size=6)


@given(spans, spans)
def test_every_incident_is_told_once(old, new):
    before, after = ([incident(at, at + long, who) for at, long, who in side] for side in (old, new))
    found = compared(before, after)
    assert sorted(map(repr, (each.old for each in found if each.old))) == sorted(map(repr, before))
    assert sorted(map(repr, (each.new for each in found if each.new))) == sorted(map(repr, after))


@given(spans)
def test_nothing_differs_from_itself(given_):
    same = [incident(at, at + 1, who) for at, _, who in dict.fromkeys((at * 2, 0, who) for at, _, who in given_)]
    assert not any(each.kinds for each in compared(same, same))

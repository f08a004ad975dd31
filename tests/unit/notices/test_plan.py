"""Who is told what, and when nobody is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model.alerts import Alert, Severity, State, Subject, Transition, Verdict
from lagwatch.publish.notices.plan import Told

PAIR = Subject(cluster="local", group="billing", topic="orders")


def alert(state: State, *, rule: str = "ConsumerLagHigh", subject: Subject = PAIR, inhibited: bool = False) -> Alert:
    return Alert(
        rule=rule,
        severity=Severity.CRITICAL,
        subject=subject,
        state=state,
        since=100.0,
        inhibited_by=("ConsumerLagRunaway",) if inhibited else (),
    )


def verdict(*alerts: Alert, at: float = 200.0) -> Verdict:
    return Verdict(at=at, alerts=alerts)


def states(alerts: list[Alert]) -> list[State]:
    return [each.state for each in alerts]


def test_what_fires_is_told_once_however_often_it_is_seen():
    told = Told()
    assert states(told.notices(verdict(alert(State.FIRING)))) == [State.FIRING]
    assert told.notices(verdict(alert(State.FIRING))) == []


def test_an_end_is_told_once_and_a_new_beginning_again():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    assert states(told.notices(verdict(alert(State.RESOLVED)))) == [State.RESOLVED]
    assert told.notices(verdict(alert(State.RESOLVED))) == []
    assert states(told.notices(verdict(alert(State.FIRING)))) == [State.FIRING]


def test_the_end_of_an_alert_that_was_never_told_is_not_told():
    assert Told().notices(verdict(alert(State.RESOLVED))) == []


def test_pending_and_unknown_alerts_are_not_told():
    assert Told().notices(verdict(alert(State.PENDING), alert(State.UNKNOWN, rule="ConsumerLagGrowing"))) == []


def test_an_alert_that_becomes_unknown_is_not_told_to_have_ended():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    assert told.notices(verdict(alert(State.UNKNOWN))) == []
    assert told.notices(verdict(alert(State.FIRING))) == []


def test_an_inhibited_alert_is_told_when_the_inhibition_ends():
    told = Told()
    assert told.notices(verdict(alert(State.FIRING, inhibited=True))) == []
    assert states(told.notices(verdict(alert(State.FIRING)))) == [State.FIRING]


def test_an_alert_that_is_inhibited_after_it_was_told_is_still_told_to_have_ended():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    assert told.notices(verdict(alert(State.FIRING, inhibited=True))) == []
    assert states(told.notices(verdict(alert(State.RESOLVED)))) == [State.RESOLVED]


def test_an_alert_that_is_not_there_any_more_has_ended_when_it_was_missed():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    (ended,) = told.notices(verdict(at=260.0))
    assert (ended.state, ended.resolved_at) == (State.RESOLVED, 260.0)


def test_an_end_that_only_the_transitions_show_is_told_with_its_own_time():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    end = replace(alert(State.RESOLVED), resolved_at=250.0)
    (ended,) = told.notices(Verdict(at=260.0, transitions=(Transition(at=250.0, to=State.RESOLVED, alert=end),)))
    assert ended.resolved_at == 250.0


def test_ends_are_told_before_beginnings():
    told = Told()
    told.notices(verdict(alert(State.FIRING)))
    both = verdict(alert(State.FIRING, rule="ConsumerLagRunaway"), alert(State.RESOLVED))
    assert states(told.notices(both)) == [State.RESOLVED, State.FIRING]


SUBJECTS = [Subject(cluster="local", group=name, topic="orders") for name in "abc"]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(SUBJECTS),
            st.tuples(st.sampled_from([State.PENDING, State.FIRING, State.RESOLVED, State.UNKNOWN]), st.booleans()),
        )
    )
)
def test_beginnings_and_ends_of_a_subject_alternate_whatever_happens(history):
    told = Told()
    heard: dict[Subject, list[State]] = {}
    for poll in history:
        seen = verdict(*(alert(state, subject=who, inhibited=quiet) for who, (state, quiet) in poll.items()))
        for notice in told.notices(seen):
            heard.setdefault(notice.subject, []).append(notice.state)
    for sequence in heard.values():
        assert [State.FIRING, State.RESOLVED] * (len(sequence) // 2) + [State.FIRING] * (len(sequence) % 2) == sequence

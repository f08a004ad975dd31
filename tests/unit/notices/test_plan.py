"""When who is told what: waiting, grouping, repeating, being quiet, and a storm."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model.alerts import Severity, State, Subject
from lagwatch.model.notices import Acknowledgement, Matcher, Silence, Status, alert_id
from lagwatch.publish.notices.plan import STORM
from lagwatch.publish.notices.quiet import Quiet, Window, calm
from lagwatch.publish.notices.routes import Matching, Route
from tests.support.notices import T0, Planner, alert, said

AT_ONCE = Route(receivers=("hook",), group_wait_s=0.0, group_interval_s=0.0)


def silence(now: float, **labels: str) -> Silence:
    matchers = tuple(Matcher(name=name, value=value) for name, value in labels.items())
    return Silence(id="s", matchers=matchers, starts_at=now - 60, ends_at=now + 3600)


def acknowledgement(of, at: float, severity: Severity | None = None, until: float | None = None) -> Acknowledgement:
    return Acknowledgement(
        id="a", alert=alert_id(of.rule, of.subject), severity=severity or of.severity, created_at=at, until=until
    )


def test_a_new_group_waits_for_more_of_it_and_is_told_in_one_message():
    planner = Planner()
    assert planner.look(T0, alert()) == []
    assert planner.last.next_at == T0 + 30
    assert planner.look(T0 + 29, alert(), alert(topic="audit", fired_at=T0 + 20)) == []
    told = planner.look(T0 + 30, alert(), alert(topic="audit", fired_at=T0 + 20))
    assert said(told) == [("firing", [("firing", "billing"), ("firing", "billing")])]
    assert planner.look(T0 + 60, alert(), alert(topic="audit", fired_at=T0 + 20)) == []


def test_what_fires_and_ends_before_it_was_told_is_never_mentioned():
    planner = Planner()
    planner.look(T0, alert())
    assert planner.look(T0 + 20, alert(state=State.RESOLVED)) == []
    assert planner.look(T0 + 400, alert(state=State.RESOLVED)) == []
    assert planner.told == {}


def test_the_end_of_what_was_told_is_told_after_the_interval_of_the_group():
    planner = Planner()
    planner.look(T0 + 30, alert())
    assert planner.look(T0 + 200, alert(state=State.RESOLVED)) == []
    assert planner.last.next_at == T0 + 330
    assert said(planner.look(T0 + 330, alert(state=State.RESOLVED))) == [("resolved", [("resolved", "billing")])]
    assert planner.told == {}


def test_an_end_that_is_not_in_the_verdict_any_more_when_it_is_due_is_told_with_its_time():
    planner = Planner()
    planner.look(T0 + 30, alert())
    planner.look(T0 + 90, alert(state=State.RESOLVED))
    (told,) = planner.look(T0 + 330)
    assert told.body["alerts"][0]["endsAt"] == "2023-11-14T22:14:20.000Z"


def test_what_comes_back_before_its_end_was_told_did_not_end():
    planner = Planner()
    planner.look(T0 + 30, alert())
    planner.look(T0 + 90, alert(state=State.RESOLVED))
    assert planner.look(T0 + 330, alert(fired_at=T0 + 200)) == []


def test_the_end_of_one_of_two_leaves_the_group_firing():
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert(), alert(topic="audit"))
    (told,) = planner.look(T0 + 10, alert(state=State.RESOLVED), alert(topic="audit"))
    assert said([told]) == [("firing", [("resolved", "billing"), ("firing", "billing")])]
    assert told.status is Status.FIRING


@pytest.mark.parametrize("state", [State.UNKNOWN, State.PENDING])
def test_not_to_be_known_is_no_end(state):
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert())
    assert planner.look(T0 + 5000, alert(state=state)) == []
    assert said(planner.look(T0 + 6000, alert(state=State.RESOLVED))) == [("resolved", [("resolved", "billing")])]


def test_what_is_in_no_verdict_has_ended_only_when_it_stays_away():
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert())
    assert planner.look(T0 + 60) == []
    assert planner.look(T0 + 900) == []
    (told,) = planner.look(T0 + 960)
    assert (told.body["status"], "judged no more" in told.body["alerts"][0]["annotations"]["reason"]) == (
        "resolved",
        True,
    )


def test_what_still_fires_is_told_again_after_the_time_of_its_severity():
    for severity, repeat_s in ((Severity.WARNING, 14_400), (Severity.CRITICAL, 3_600), (Severity.EMERGENCY, 900)):
        planner, fires = Planner((AT_ONCE,)), alert(severity=severity)
        planner.look(T0, fires)
        assert planner.look(T0 + repeat_s - 1, fires) == []
        assert said(planner.look(T0 + repeat_s, fires)) == [("firing", [("firing", "billing")])]
        assert planner.look(T0 + repeat_s + 1, fires) == []


def test_nothing_is_repeated_while_a_message_of_the_group_is_on_its_way():
    planner = Planner((AT_ONCE,))
    (first,) = planner.look(T0, alert())
    planner.waiting = {("hook", first.key)}
    assert planner.look(T0 + 7200, alert()) == []
    planner.waiting = set()
    assert len(planner.look(T0 + 7201, alert())) == 1


def test_what_is_louder_than_all_that_was_told_does_not_wait_for_the_interval():
    planner = Planner()
    warning = alert(severity=Severity.WARNING, rule="ConsumerLagGrowing")
    planner.look(T0 + 30, warning)
    emergency = alert(severity=Severity.EMERGENCY, rule="ConsumerLagRunaway", fired_at=T0 + 60)
    assert planner.look(T0 + 60, warning, emergency) == []
    (told,) = planner.look(T0 + 90, warning, emergency)
    assert [each["labels"]["alertname"] for each in told.body["alerts"]] == ["ConsumerLagRunaway", "ConsumerLagGrowing"]
    assert told.severity is Severity.EMERGENCY


def test_an_alert_that_becomes_louder_is_told_at_once_and_one_that_becomes_less_loud_is_not():
    planner = Planner()
    planner.look(T0 + 30, alert(severity=Severity.CRITICAL))
    assert len(planner.look(T0 + 40, alert(severity=Severity.EMERGENCY))) == 1
    assert planner.look(T0 + 50, alert(severity=Severity.CRITICAL)) == []
    assert planner.look(T0 + 60, alert(severity=Severity.EMERGENCY)) == []


def test_an_acknowledged_alert_is_not_repeated_until_it_is_louder():
    planner, fires = Planner((AT_ONCE,)), alert()
    planner.look(T0, fires)
    quiet = calm(T0 + 7200, acknowledgements=[acknowledgement(fires, T0 + 10)])
    assert planner.look(T0 + 7200, fires, quiet=quiet) == []
    assert planner.last.quiet == {Quiet.ACKNOWLEDGED: 1}
    louder = alert(severity=Severity.EMERGENCY)
    assert len(planner.look(T0 + 7300, louder, quiet=replace(quiet, now=T0 + 7300))) == 1
    assert len(planner.look(T0 + 8200, louder, quiet=replace(quiet, now=T0 + 8200))) == 1


def test_an_acknowledgement_ends_with_its_time_and_with_the_incident():
    fires = alert()
    given = acknowledgement(fires, T0 + 10, until=T0 + 100)
    identity = alert_id(fires.rule, fires.subject)
    assert calm(T0 + 99, acknowledgements=[given]).acknowledged(identity, fires)
    assert not calm(T0 + 100, acknowledgements=[given]).acknowledged(identity, fires)
    assert not calm(T0 + 99, acknowledgements=[given]).acknowledged(identity, alert(fired_at=T0 + 50))


def test_the_end_of_an_acknowledged_alert_is_told():
    planner, fires = Planner((AT_ONCE,)), alert()
    planner.look(T0, fires)
    quiet = calm(T0 + 60, acknowledgements=[acknowledgement(fires, T0 + 10)])
    assert len(planner.look(T0 + 60, alert(state=State.RESOLVED), quiet=quiet)) == 1


def test_a_silence_keeps_an_alert_quiet_and_it_is_told_when_that_is_over_and_it_still_fires():
    planner = Planner((AT_ONCE,))
    quiet = calm(T0, silences=[silence(T0, group="billing")])
    planner.look(T0, alert(), alert("audit"), quiet=quiet)
    assert said(list(planner.last.messages)) == [("firing", [("firing", "audit")])]
    assert planner.last.quiet == {Quiet.SILENCED: 1}
    assert said(planner.look(T0 + 3600, alert(), alert("audit")))[0] == ("firing", [("firing", "billing")])


def test_a_silenced_alert_is_not_repeated_and_its_end_is_told_since_its_beginning_was():
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert())
    quiet = calm(T0 + 4000, silences=[silence(T0 + 4000, kafka_cluster="local")])
    assert planner.look(T0 + 4000, alert(), quiet=quiet) == []
    assert said(planner.look(T0 + 4100, alert(state=State.RESOLVED), quiet=quiet)) == [
        ("resolved", [("resolved", "billing")])
    ]


def test_in_a_maintenance_window_only_what_it_is_about_is_quiet():
    planner = Planner((AT_ONCE,))
    # T0 is a Tuesday, 22:13:20 UTC.
    window = Window(name="w", cron="0 22 * * tue", duration_s=3600, matching=Matching(severities=(Severity.WARNING,)))
    quiet = calm(T0, windows=[window])
    planner.look(T0, alert(severity=Severity.WARNING), alert("audit"), quiet=quiet)
    assert said(list(planner.last.messages)) == [("firing", [("firing", "audit")])]
    assert planner.last.quiet == {Quiet.MAINTENANCE: 1}


def test_an_inhibited_alert_is_told_when_the_louder_one_is_gone():
    planner = Planner((AT_ONCE,))
    assert planner.look(T0, alert(inhibited_by=("ConsumerLagRunaway",))) == []
    assert planner.last.quiet == {Quiet.INHIBITED: 1}
    assert len(planner.look(T0 + 60, alert())) == 1


def test_a_receiver_is_not_told_that_it_cannot_be_told():
    planner = Planner((Route(receivers=("hook", "mail"), group_wait_s=0.0),), ("hook", "mail"))
    stuck = alert(rule="NotificationsStuck", subject=Subject(cluster="", receiver="hook"))
    assert [each.receiver for each in planner.look(T0, stuck)] == ["mail"]


def test_many_alerts_at_once_are_one_digest_and_their_end_is_one_too():
    planner = Planner()
    many = [alert(f"group-{number}") for number in range(STORM + 1)]
    (digest,) = planner.look(T0 + 30, *many)
    assert digest.status is Status.DIGEST
    assert digest.body["digest"] == {
        "alerts": 51,
        "firing": 51,
        "rules": {"ConsumerLagHigh": 51},
        "groups": 51,
    }
    assert (len(digest.body["alerts"]), digest.body["truncatedAlerts"]) == (20, 31)
    assert digest.body["commonAnnotations"]["summary"] == (
        "51 alerts began at once on local: 51 ConsumerLagHigh about 51 groups"
    )
    assert planner.look(T0 + 600, *many) == []
    ended = [alert(f"group-{number}", State.RESOLVED) for number in range(STORM)]
    assert planner.look(T0 + 900, *ended, many[-1]) == []
    (again,) = planner.look(T0 + 4000, many[-1])
    assert again.body["digest"]["firing"] == 1
    (end,) = planner.look(T0 + 4100, alert(f"group-{STORM}", State.RESOLVED))
    assert (end.status, end.key, end.body["status"]) == (Status.DIGEST, digest.key, "resolved")
    assert planner.told == {}


def test_as_many_as_are_no_storm_are_told_one_by_one():
    many = [alert(f"group-{number}") for number in range(STORM)]
    assert len(Planner().look(T0 + 30, *many)) == STORM


def test_what_comes_back_or_becomes_louder_after_a_digest_is_told_by_itself():
    planner = Planner()
    many = [alert(f"group-{number}") for number in range(STORM + 1)]
    planner.look(T0 + 30, *many)
    rest = many[2:]
    planner.look(T0 + 60, alert("group-0", State.RESOLVED), *many[1:])
    later = planner.look(
        T0 + 200, alert("group-0", fired_at=T0 + 170), alert("group-1", severity=Severity.EMERGENCY), *rest
    )
    assert sorted(said(later)) == [("firing", [("firing", "group-0")]), ("firing", [("firing", "group-1")])]


def test_a_group_with_very_many_alerts_is_told_in_parts_and_none_is_left_out():
    planner = Planner((replace(AT_ONCE, group_by=("kafka_cluster",)),))
    seen = 0
    alerts = []
    while len(alerts) < 150:
        alerts += [alert(f"group-{len(alerts) + number}") for number in range(50)]
        seen = sum(len(each.body["alerts"]) for each in planner.look(T0 + len(alerts), *alerts))
    assert seen == 150
    assert [len(each.body["alerts"]) for each in planner.last.messages] == [100, 50]
    assert len({each.id for each in planner.last.messages}) == 2


def test_the_first_route_that_matches_counts_and_the_next_one_too_if_it_says_so():
    loud = Matching(severities=(Severity.EMERGENCY,))
    routes = (
        Route(receivers=("pager",), matching=loud, go_on=True, group_wait_s=0.0),
        Route(receivers=("chat", "pager"), group_wait_s=0.0),
        Route(receivers=("never",), group_wait_s=0.0),
    )
    planner = Planner(routes, ("pager", "chat", "never"))
    assert [each.receiver for each in planner.look(T0, alert(severity=Severity.EMERGENCY))] == ["pager", "chat"]
    assert sorted(each.receiver for each in planner.look(T0, alert("audit", severity=Severity.WARNING))) == [
        "chat",
        "pager",
    ]


def test_what_was_told_to_a_receiver_that_is_configured_no_more_is_forgotten():
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert())
    planner.receivers = ()
    assert planner.look(T0 + 1, alert()) == []
    assert planner.told == {}


def test_other_routes_and_groups_make_nothing_news_that_was_told():
    planner = Planner((AT_ONCE,))
    planner.look(T0, alert())
    planner.routes = (replace(AT_ONCE, group_by=("topic",)),)
    assert planner.look(T0 + 10, alert()) == []
    assert said(planner.look(T0 + 20, alert(state=State.RESOLVED))) == [("resolved", [("resolved", "billing")])]


def test_a_level_receiver_gets_no_messages_and_all_that_is_loud():
    planner = Planner((Route(receivers=("manager", "hook"), group_wait_s=30.0),), ("hook",), ("manager",))
    assert planner.look(T0, alert(), alert("audit", inhibited_by=("X",))) == []
    assert planner.last.shown == {"manager": {alert_id("ConsumerLagHigh", alert().subject)}}


GROUPS = ("a", "b", "c")
STATES = st.sampled_from([State.PENDING, State.FIRING, State.FIRING, State.RESOLVED, State.UNKNOWN])
POLLS = st.lists(
    st.tuples(
        st.floats(1.0, 4000.0),
        st.dictionaries(
            st.tuples(st.sampled_from(GROUPS), st.sampled_from(["t", "u"])),
            st.tuples(STATES, st.booleans(), st.sampled_from(list(Severity))),
        ),
        st.sampled_from(["", *GROUPS]),
        st.booleans(),
    ),
    max_size=30,
)


@given(POLLS, st.sampled_from([0.0, 30.0]), st.sampled_from([0.0, 300.0]))
def test_whatever_happens_ends_follow_beginnings_and_what_is_quiet_or_unknown_is_not_begun(history, wait_s, interval_s):
    planner = Planner((Route(receivers=("hook",), group_wait_s=wait_s, group_interval_s=interval_s),))
    held: set[str] = set()
    now = T0
    for passed, poll, silenced, on_its_way in history:
        now += passed
        alerts = [
            alert(
                group,
                state,
                topic=topic,
                severity=severity,
                fired_at=now - 40,
                resolved_at=now,
                inhibited_by=("X",) if inhibited else (),
            )
            for (group, topic), (state, inhibited, severity) in poll.items()
        ]
        loud = {
            alert_id(each.rule, each.subject)
            for each in alerts
            if each.state is State.FIRING and not each.inhibited and each.subject.group != silenced
        }
        over = {alert_id(each.rule, each.subject) for each in alerts if each.state is State.RESOLVED}
        away = {alert_id(each.rule, each.subject) for each in alerts if each.state in (State.UNKNOWN, State.PENDING)}
        planner.waiting = set(planner.told) if on_its_way else set()
        for told in planner.look(now, *alerts, quiet=calm(now, silences=[silence(now, group=silenced)])):
            for each in told.body["alerts"]:
                labels = each["labels"]
                subject = Subject(cluster="local", group=labels["group"], topic=labels["topic"])
                identity = alert_id(labels["alertname"], subject)
                if each["status"] == "resolved":
                    assert identity in held
                    assert identity not in loud
                    held.discard(identity)
                else:
                    assert identity in held or identity in loud
                    held.add(identity)
        kept = {identity for row in planner.told.values() for identity in row.content["alerts"]}
        assert kept == held
        assert not (over & loud & away)


@given(POLLS)
def test_a_plan_is_the_same_after_what_was_told_went_through_json(history):
    import json

    one, other = Planner(), Planner()
    now = T0
    for passed, poll, _, _ in history:
        now += passed
        alerts = [
            alert(group, state, topic=topic, severity=s, fired_at=now - 40)
            for (group, topic), (state, _, s) in poll.items()
        ]
        other.told = {
            key: replace(told, content=json.loads(json.dumps(told.content))) for key, told in other.told.items()
        }
        assert one.look(now, *alerts) == other.look(now, *alerts)


@given(st.lists(st.tuples(st.floats(1.0, 2000.0), st.sampled_from(list(Severity))), max_size=30))
def test_repeats_of_a_firing_alert_are_never_sooner_than_its_severity_allows(history):
    planner, now, last, loudest = Planner((AT_ONCE,)), T0, None, None
    for passed, severity in history:
        now += passed
        told = planner.look(now, alert(severity=severity))
        raised = loudest is not None and list(Severity).index(severity) > list(Severity).index(loudest)
        if told and last is not None and not raised:
            assert now - last >= AT_ONCE.repeat_s[severity]
        if told:
            last, loudest = now, severity
    if history:
        assert last is not None

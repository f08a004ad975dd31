"""What is put into the store is there again after a restart, on every kind of database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lagwatch.model.alerts import Severity, State
from lagwatch.model.kept import AlertState, HistoryFilter, NoticeFilter
from lagwatch.model.notices import Acknowledgement, Matcher, Silence, Stage
from lagwatch.store import Retention, Store
from tests.support.keeping import T0, alert, audit, message, settled, state, told, transition

SILENCE = Silence(
    id="s1",
    matchers=(Matcher(name="group", value="bill.*", is_regex=True), Matcher(name="team", value="x", is_equal=False)),
    starts_at=T0,
    ends_at=T0 + 3600,
    author="ann",
    comment="until the release is through",
)
GIVEN = Acknowledgement(id="a1", alert="f" * 64, severity=Severity.CRITICAL, created_at=T0, author="bob", until=None)


def test_what_one_evaluation_gave_is_there_after_a_restart(location, opened):
    before, changes = state(T0, billing=60.0, web=30.0), [transition(to=State.PENDING), transition()]
    store = opened(location)
    assert store.load_alert_state("main") is None
    store.record("main", before, changes, [message("m1")], [told(alerts=["x"])])
    store = opened(location)
    assert store.load_alert_state("main") == before
    assert store.load_alert_state("other") is None
    assert [entry.transition for entry in store.history()] == changes[::-1]
    assert [entry.message for entry in store.outbox.due("hook", T0)] == [message("m1")]
    assert store.outbox.told("main") == [told(alerts=["x"])]
    assert store.outbox.told("other") == []


def test_the_newest_state_is_kept_and_nothing_of_the_older_ones(location, opened):
    store = opened(location)
    store.load_alert_state("main")
    store.record("main", state(T0, billing=30.0, web=30.0, old=30.0))
    settled(store)
    store.record("main", state(T0 + 30, billing=60.0, web=30.0, new=0.0))
    settled(store)
    kept = opened(location).load_alert_state("main")
    assert kept is not None
    assert kept.at == T0 + 30
    assert kept.alerts == state(billing=60.0, web=30.0, new=0.0).alerts
    assert kept.told.keys() == kept.alerts.keys()


def test_of_an_alert_that_did_not_change_nothing_is_written(anywhere, opened):
    store = opened(anywhere)
    store.load_alert_state("main")
    store.record("main", state(billing=30.0))
    settled(store)
    later = replace(state(T0 + 30, billing=30.0), told={"billing": alert(group="billing", value=1.0)})
    store.record("main", later)
    settled(store)
    kept = store.load_alert_state("main")
    assert kept is not None
    assert kept.told["billing"] == alert(group="billing")


def test_no_state_is_overwritten_before_somebody_has_read_it(location, opened):
    store = opened(location)
    store.load_alert_state("main")
    store.record("main", state(billing=30.0))
    store = opened(location)
    store.record("main", state(T0 + 60))
    store.add_audit(audit("later"))
    kept = store.load_alert_state("main")
    assert kept == state(billing=30.0)


def test_a_transition_is_in_the_history_once_however_often_it_is_written(location, opened):
    store = opened(location)
    store.record("main", None, [transition(), transition(at=T0 + 60)])
    store = opened(location)
    store.record("main", None, [transition(), transition(at=T0 + 60), transition(at=T0 + 60, to=State.RESOLVED)])
    settled(store)
    assert [(each.transition.at, each.transition.to) for each in store.history()] == [
        (T0 + 60, State.RESOLVED),
        (T0 + 60, State.FIRING),
        (T0, State.FIRING),
    ]


def test_the_history_is_asked_for_by_what_one_wants_to_know(anywhere, opened):
    store = opened(anywhere)
    changes = [transition(at=T0 + n, group=f"g{n % 3}", severity=list(Severity)[n % 2]) for n in range(12)]
    store.record("main", None, changes)
    store.record("other", None, [transition(at=T0 + 50, topic="logs", rule="TimeLagHigh")])
    settled(store)
    ask = lambda **wanted: [each.transition.at - T0 for each in store.history(HistoryFilter(**wanted))]  # noqa: E731
    assert ask(cluster="other") == ask(topic="logs") == ask(rule="TimeLagHigh") == [50.0]
    assert ask(group="g2", cluster="main") == [11.0, 8.0, 5.0, 2.0]
    assert ask(severity=Severity.WARNING, until=T0 + 50) == [10.0, 8.0, 6.0, 4.0, 2.0, 0.0]
    assert ask(since=T0 + 10, until=T0 + 11) == [10.0]
    one = store.history(HistoryFilter(group="g2"))[0]
    assert ask(alert_id=one.alert_id) == [11.0, 8.0, 5.0, 2.0]
    first = store.history(HistoryFilter(cluster="main"), limit=5)
    second = store.history(HistoryFilter(cluster="main", before=first[-1].id), limit=100)
    assert [each.transition for each in (*first, *second)] == changes[::-1]


def test_messages_are_sent_in_order_about_each_group_and_those_that_failed_again(location, opened):
    store = opened(location)
    outbox = store.outbox
    outbox.put(
        [message("a1", key="a", at=T0), message("b1", key="b", at=T0 + 1), message("a2", key="a", at=T0 + 2)], []
    )
    outbox.put([message("x", receiver="other")], [])
    settled(store)
    due = lambda now: [entry.message.id for entry in outbox.due("hook", now)]  # noqa: E731
    assert due(T0) == ["a1"]
    assert due(T0 + 5) == ["a1", "b1"]
    assert outbox.due("hook", T0 + 5, limit=1)[0].message.id == "a1"
    assert outbox.pending_keys("hook") == {"a", "b"}
    outbox.again("a1", T0 + 60, "it answered 500")
    assert due(T0 + 5) == ["b1"]
    assert outbox.next_due("hook") == T0 + 1
    outbox.sent("b1", T0 + 5)
    assert outbox.next_due("hook") == T0 + 60
    store = opened(location)
    outbox = store.outbox
    (entry,) = outbox.due("hook", T0 + 60)
    assert (entry.message.id, entry.attempts, entry.last_error) == ("a1", 1, "it answered 500")
    outbox.sent("a1", T0 + 61)
    assert due(T0 + 61) == ["a2"]
    health = outbox.health("hook")
    assert (health.pending, health.oldest_pending_at, health.dead, health.last_sent_at) == (1, T0 + 2, 0, T0 + 61)
    settled(store)
    stages = {entry.message.id: entry.state for _, entry in store.notices(NoticeFilter(receiver="hook"))}
    assert stages == {"a1": Stage.SENT, "b1": Stage.SENT, "a2": Stage.PENDING}


def test_a_dead_letter_can_be_sent_again_before_what_came_later(location, opened):
    store = opened(location)
    store.outbox.put([message("a1", at=T0), message("a2", at=T0 + 1)], [])
    store.outbox.dead("a1", T0 + 9, "it answered 400")
    store = opened(location)
    assert store.outbox.health("hook").dead == 1
    ((number, letter),) = store.notices(NoticeFilter(stage=Stage.DEAD))
    assert (letter.message, letter.attempts, letter.last_error, letter.ended_at) == (
        message("a1"),
        1,
        "it answered 400",
        T0 + 9,
    )
    assert not store.notices(NoticeFilter(stage=Stage.DEAD, before=number))
    assert store.notice("a1") == letter
    assert not store.resend("nobody", T0 + 20)
    assert not store.resend("a2", T0 + 20)
    assert store.resend("a1", T0 + 20, audit("again", action="notice.resend"))
    assert not store.resend("a1", T0 + 20)
    settled(store)
    assert [entry.message.id for entry in store.outbox.due("hook", T0 + 20)] == ["a1"]
    assert store.outbox.health("hook").dead == 0
    assert [entry.id for _, entry in store.audit()] == ["again"]
    store.outbox.sent("a1", T0 + 21)
    assert [entry.message.id for entry in store.outbox.due("hook", T0 + 21)] == ["a2"]


def test_a_message_that_was_there_already_is_no_new_one_not_even_after_it_was_sent(location, opened):
    store = opened(location)
    store.outbox.put([message("m1")], [])
    store.outbox.put([message("m1", at=T0 + 100)], [])
    store.outbox.sent("m1", T0 + 1)
    store.outbox.put([message("m1")], [])
    assert not store.outbox.pending_keys("hook")
    store = opened(location)
    store.outbox.put([message("m1")], [])
    settled(store)
    assert not store.outbox.due("hook", T0 + 200)
    ((_, entry),) = store.notices()
    assert (entry.state, entry.message.created_at) == (Stage.SENT, T0)


def test_what_a_receiver_was_told_is_replaced_and_forgotten(location, opened):
    store = opened(location)
    store.outbox.put([], [told("a", n=1), told("b", n=1), told("a" * 40_000, n=1), told("nul\0", n=1)])
    settled(store)
    store.outbox.put([], [told("a", n=2), told("b")])
    settled(store)
    kept = {each.key: each for each in opened(location).outbox.told("main")}
    assert kept == {"a": told("a", n=2), "a" * 40_000: told("a" * 40_000, n=1), "nul\0": told("nul\0", n=1)}


def test_what_people_ask_for_is_there_before_the_call_returns_and_with_who_asked(location, opened):
    store = opened(location)
    store.put_silence(SILENCE, audit("1"))
    store.put_acknowledgement(GIVEN, audit("2", action="acknowledge", details={"alert": "f" * 64}))
    over = replace(SILENCE, ends_at=T0 + 60)
    store.put_silence(over, audit("3", action="silence.expire"))
    assert store.silences() == [over]
    store = opened(location)
    assert store.silences() == [over]
    assert store.acknowledgements() == [GIVEN]
    assert [entry.id for _, entry in store.audit()] == ["3", "2", "1"]
    number, newest = store.audit(limit=2)[-1]
    assert newest.details == {"alert": "f" * 64}
    assert [entry.id for _, entry in store.audit(before=number)] == ["1"]
    assert store.withdraw_acknowledgement("a1", audit("4"))
    assert not store.withdraw_acknowledgement("a1", audit("5"))
    assert opened(location).acknowledgements() == []


def test_a_change_and_the_entry_that_tells_of_it_are_written_together_or_not_at_all(anywhere, opened):
    store = opened(anywhere)
    with pytest.raises(TypeError):
        store.put_silence(SILENCE, audit("1", details={"what": object()}))
    assert store.silences() == []
    assert store.audit() == []
    store.put_silence(SILENCE, audit("2"))
    assert store.silences() == [SILENCE]


def test_names_of_every_kind_are_kept_as_they_are(anywhere, opened):
    store = opened(anywhere)
    store.load_alert_state("main")
    names = ["nul\0", "\N{PILE OF POO}", "é̂", "'; DROP TABLE x; --", "g" * 30_000, " ", "\\u0000"]
    rows = {str(n): {"rule": "R", "subject": {"cluster": "main", "group": name}} for n, name in enumerate(names)}
    before = AlertState(at=T0, alerts=rows)
    store.record("main", before, [transition(at=T0 + n, group=name) for n, name in enumerate(names)])
    store.outbox.put([message(str(n), key=name, body={"x": name}) for n, name in enumerate(names)], [])
    store.outbox.put([], [told(name, x=name) for name in names])
    settled(store)
    assert store.health().dropped == {}
    assert store.load_alert_state("main") == before
    assert {(entry.message.key, entry.message.body["x"]) for _, entry in store.notices()} == {(n, n) for n in names}
    found = [each.transition.alert.subject.group for each in store.history()]
    assert found[::-1] == names
    assert store.history(HistoryFilter(group="nul\0"))[0].transition.alert.subject.group == "nul\0"


def test_one_thing_that_cannot_be_written_is_dropped_and_counted_and_all_others_are_written(anywhere, opened):
    store = opened(anywhere)
    store.load_alert_state("main")
    wrong = message("wrong", key="w", body={"what": object()})
    store.record(
        "main", state(billing=30.0), [transition()], [message("m1"), wrong, message("m2", key="b")], [told(n=1)]
    )
    settled(store)
    health = store.health()
    assert health.ok
    assert health.dropped == {"message": 1}
    assert {entry.message.id for _, entry in store.notices()} == {"m1", "m2"}
    assert len(store.history()) == 1
    assert store.load_alert_state("main") == state(billing=30.0)


def test_what_is_kept_too_long_goes_and_nothing_else(anywhere, opened):
    now = T0 + 86_400 * 100
    store = opened(anywhere, Retention(rows=1_200), clock=lambda: now)
    old = [transition(at=T0 + n) for n in range(1_500)]
    young = [transition(at=now - 100 + n / 20) for n in range(1_500)]
    store.record("main", None, [*old, *young], [message("sent"), message("waits", key="w"), message("dead", key="d")])
    store.outbox.sent("sent", T0)
    store.outbox.dead("dead", T0, "no")
    store.put_silence(SILENCE, audit("1"))
    store.put_silence(replace(SILENCE, id="s2", ends_at=now + 5), audit("2", at=now))
    settled(store)
    store._core.tidy()
    kept = store.history(limit=5_000)
    assert [entry.transition for entry in kept] == young[::-1][:1_200]
    assert [entry.message.id for _, entry in store.notices()] == ["waits"]
    assert store.outbox.health("hook").dead == 0
    assert [silence.id for silence in store.silences()] == ["s2"]
    assert [entry.id for _, entry in store.audit()] == ["2", "1"]


def poll(store: Store, name: str) -> None:
    store.load_alert_state(name)
    for n in range(25):
        change = transition(at=T0 + n, subject=replace(alert().subject, cluster=name))
        store.record(name, state(T0 + n, billing=float(n)), [change], [message(f"{name}-{n}", receiver=name)])


def send(store: Store, name: str) -> None:
    sent = 0
    while sent < 25:
        for entry in store.outbox.due(name, T0 + 100):
            store.outbox.sent(entry.message.id, T0 + 100)
            sent += 1


def ask(store: Store, name: str) -> None:
    for n in range(10):
        store.history()
        store.notices()
        store.put_silence(replace(SILENCE, id=f"{name}-{n}"), audit(f"{name}-{n}"))


def test_everybody_may_use_it_at_the_same_time(anywhere, opened):
    store = opened(anywhere)
    names = ["c0", "c1", "c2"]
    with ThreadPoolExecutor(9) as pool:
        for future in [pool.submit(work, store, name) for name in names for work in (poll, send, ask)]:
            future.result()
    settled(store)
    assert len(store.history(limit=1_000)) == 75
    assert {entry.state for _, entry in store.notices(limit=1_000)} == {Stage.SENT}
    assert len(store.silences()) == len(store.audit()) == 30
    held = [store.load_alert_state(name).alerts["billing"]["timers"]["held"] for name in names]
    assert held == [24.0, 24.0, 24.0]


def test_a_store_in_memory_says_that_nothing_outlives_it(anywhere, opened):
    store = opened(anywhere)
    assert store.health().durable is (str(anywhere) != "memory")

"""What an Alertmanager is shown, and when, against a real HTTP server; the real program is in tests/prometheus."""

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model.alerts import Severity, State
from lagwatch.publish.notices.level import show
from lagwatch.publish.notices.quiet import calm
from lagwatch.publish.notices.receivers import Alertmanager
from lagwatch.publish.notices.standing import standings
from tests.support.notices import T0, alert, verdict
from tests.support.receiver import CLOSE, HANG, receiver


def look(before, now: float, *alerts):
    standing = standings(verdict(*alerts, at=now), calm(now), "http://lagwatch:8484")
    return show(before, standing, {each.id for each in standing.values() if each.loud}, now)


def statuses(shown) -> list[tuple[str, str]]:
    return sorted((each.entry["labels"]["severity"], each.entry["status"]) for each in shown.values())


def test_an_end_is_shown_for_a_quarter_of_an_hour_and_only_of_what_was_shown():
    shown = look({}, T0, alert(), alert("never", State.RESOLVED))
    assert statuses(shown) == [("critical", "firing")]
    shown = look(shown, T0 + 60, alert(state=State.RESOLVED))
    assert statuses(shown) == [("critical", "resolved")]
    assert statuses(look(shown, T0 + 950)) == [("critical", "resolved")]
    assert look(shown, T0 + 960) == {}


@pytest.mark.parametrize("changes", [{"state": State.UNKNOWN}, {"state": State.PENDING}, {"inhibited_by": ("X",)}])
def test_what_becomes_quiet_or_unknown_is_shown_as_it_was(changes):
    shown = look({}, T0, alert())
    assert statuses(look(shown, T0 + 5000, alert(**changes))) == [("critical", "firing")]
    assert look({}, T0, alert(**changes)) == {}


def test_another_severity_is_another_alert_and_the_old_one_ends():
    shown = look(look({}, T0, alert()), T0 + 10, alert(severity=Severity.EMERGENCY))
    assert statuses(shown) == [("critical", "resolved"), ("emergency", "firing")]


def test_what_comes_back_fires_again():
    shown = look(look({}, T0, alert()), T0 + 60, alert(state=State.RESOLVED))
    assert statuses(look(shown, T0 + 120, alert(fired_at=T0 + 110))) == [("critical", "firing")]


def test_what_is_in_no_verdict_ends_only_when_it_stays_away():
    shown = look(look({}, T0, alert()), T0 + 60)
    assert statuses(look(shown, T0 + 900)) == [("critical", "firing")]
    assert statuses(look(shown, T0 + 960)) == [("critical", "resolved")]


@given(st.lists(st.tuples(st.floats(1, 2000), st.sampled_from([None, *State]), st.booleans()), max_size=30))
def test_an_end_is_never_shown_without_a_recovery(history):
    shown, now, away_since = {}, T0, None
    for passed, state, inhibited in history:
        now += passed
        there = state not in (None, State.INACTIVE)
        away_since = None if there else (now if away_since is None else away_since)
        alerts = [alert(state=state, resolved_at=now, inhibited_by=("X",) if inhibited else ())] if there else []
        before, shown = statuses(shown), look(shown, now, *alerts)
        if ("critical", "firing") in before and ("critical", "firing") not in statuses(shown):
            assert state is State.RESOLVED or (away_since is not None and now - away_since >= 900)


# The sender


@contextmanager
def sending(*urls: str, **options) -> Iterator[Alertmanager]:
    sender = Alertmanager("manager", urls, **options)
    sender.open()
    try:
        yield sender
    finally:
        sender.stop(5.0)


def update(sender: Alertmanager, *alerts, interval_s: float = 30.0) -> None:
    standing = standings(verdict(*alerts), calm(time.time()), "http://lagwatch:8484")
    sender.update("local", standing, {each.id for each in standing.values() if each.loud}, interval_s)


def origin(there) -> str:
    return there.url.removesuffix("/hook")


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_every_peer_is_shown_everything_at_once_and_again_and_again():
    with receiver() as one, receiver() as other, sending(origin(one), origin(other), resend_s=0.5) as sender:
        update(sender, alert())
        for there in (one, other):
            first, second = there.wait_for(2)[:2]
            assert [each["labels"]["group"] for each in first] == ["billing"]
            assert seconds(second[0]["endsAt"]) > seconds(first[0]["endsAt"])
            assert all(isinstance(value, str) for value in first[0]["annotations"].values())


@pytest.mark.parametrize("interval_s, resend_s, ahead_s", [(30.0, 60.0, 240.0), (120.0, 60.0, 480.0)])
def test_alerts_end_four_times_the_longer_of_interval_and_resend_ahead(interval_s, resend_s, ahead_s):
    with receiver() as there, sending(origin(there), resend_s=resend_s, clock=lambda: T0) as sender:
        update(sender, alert(), interval_s=interval_s)
        ((shown,),) = there.wait_for(1)
        assert (seconds(shown["startsAt"]), seconds(shown["endsAt"])) == (T0, T0 + ahead_s)


def test_alertmanager_may_end_alerts_by_its_own_clock():
    with receiver() as there, sending(origin(there), server_ends=True) as sender:
        update(sender, alert())
        ((shown,),) = there.wait_for(1)
        assert "endsAt" not in shown


def test_very_many_alerts_go_in_batches():
    with receiver() as there, sending(origin(there)) as sender:
        update(sender, *(alert(f"group-{number}") for number in range(600)))
        assert [len(body) for body in there.wait_for(3)] == [256, 256, 88]


def test_a_peer_that_is_down_does_not_keep_the_other_from_being_shown():
    with socket.socket() as taken, receiver() as there:
        taken.bind(("127.0.0.1", 0))
        with sending(f"http://127.0.0.1:{taken.getsockname()[1]}", origin(there), resend_s=0.2) as sender:
            update(sender, alert())
            there.wait_for(3)
            assert not sender.counts().down
            assert sender.counts().failed_by_reason.get("unreachable", 0) > 0


def test_while_no_peer_takes_anything_it_is_down_and_what_it_must_show_waits():
    with (
        receiver(CLOSE, HANG, (500, {}), (503, {"Retry-After": "0"})) as there,
        sending(origin(there), resend_s=0.1, timeout_s=1.0) as sender,
    ):
        assert sender.counts().oldest_pending_at is None
        update(sender, alert())
        there.wait_for(1)
        until = time.monotonic() + 30
        while not sender.counts().down:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert (sender.counts().pending, sender.counts().oldest_pending_at is not None) == (1, True)
        there.wait_for(6)
        while sender.counts().down:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert sender.counts().pending == 0


def test_a_refused_batch_is_not_tried_again_before_its_time():
    with receiver((400, {})) as there, sending(origin(there), resend_s=30.0) as sender:
        update(sender, alert())
        there.wait_for(1)
        time.sleep(0.5)
        assert len(there.bodies) == 1
        assert (sender.counts().failed_by_reason, sender.counts().down) == ({"refused": 1}, False)


def test_clocks_that_differ_are_said(caplog):
    with receiver() as there, sending(origin(there), clock=lambda: time.time() - 3600) as sender:
        update(sender, alert())
        there.wait_for(1)
        for _ in itertools.takewhile(lambda _: not caplog.records, range(500)):
            time.sleep(0.01)
    (record,) = [each for each in caplog.records if each.getMessage().startswith("the clocks differ")]
    assert 3500 < record.fields["ahead_s"] < 3700


def test_a_token_is_sent_and_not_shown(caplog):
    with receiver((400, {})) as there, sending(origin(there), token=lambda: "s3cret") as sender:
        update(sender, alert())
        there.wait_for(1)
    assert there.headers[0]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(sender) + str([each.__dict__ for each in caplog.records])

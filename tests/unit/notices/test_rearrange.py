"""Receivers, routes and windows that change while it runs: what waits arrives, in its order, where it is to go now."""

import time
from contextlib import contextmanager

from lagwatch.model.alerts import Severity, State
from lagwatch.publish.notices import Matching, Notices, Route, Setup, Window, Worker
from lagwatch.publish.notices.receivers import Alertmanager, Webhook
from tests.support.notices import alert, verdict
from tests.support.outbox import MemoryOutbox
from tests.support.receiver import HANG, receiver

URL = "http://lagwatch:8484"


def setup(*names: str, level: tuple[str, ...] = (), matching: Matching | None = None) -> Setup:
    route = Route(receivers=(*names, *level), matching=matching or Matching(), group_wait_s=0.0, group_interval_s=0.0)
    return Setup(routes=(route,), receivers=names, level=level, external_url=URL)


@contextmanager
def running(hook: str):
    outbox = MemoryOutbox()
    notices = Notices(setup("hook"), outbox, workers=[Worker(Webhook("hook", hook), outbox)])
    notices.open()
    try:
        yield notices, outbox
    finally:
        notices.close(5.0)


def offer(notices: Notices, *alerts) -> None:
    notices.offer("local", verdict(*alerts, at=time.time()), interval_s=30.0)


def groups(there) -> list[tuple[str, str]]:
    return [(body["groupLabels"]["group"], body["status"]) for body in there.bodies]


def until(condition) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_what_waits_for_a_receiver_goes_to_its_new_address_in_order():
    began = time.time() - 60
    with receiver(*[(503, {})] * 50) as old, receiver() as new, running(old.url) as (notices, outbox):
        offer(notices, alert(fired_at=began))
        old.wait_for(1)
        offer(notices, alert(state=State.RESOLVED, fired_at=began))
        assert outbox.health("hook").pending == 2
        notices.rearrange(setup("hook"), [Webhook("hook", new.url)], ())
        new.wait_for(2)
        until(lambda: outbox.health("hook").pending == 0)
        tried = len(old.bodies)
        offer(notices, alert(group="audit", fired_at=began))
        new.wait_for(3)
    assert groups(new) == [("billing", "firing"), ("billing", "resolved"), ("audit", "firing")]
    assert len(old.bodies) == tried
    assert notices.counts()["hook"].address.startswith("http://127.0.0.1")


def test_a_receiver_that_has_not_changed_goes_on_and_is_told_nothing_twice():
    began = time.time() - 60
    with receiver() as there, receiver() as another, running(there.url) as (notices, _):
        offer(notices, alert(fired_at=began))
        there.wait_for(1)
        notices.rearrange(setup("hook", "second"), [Webhook("second", another.url)], ())
        offer(notices, alert(fired_at=began))
        another.wait_for(1)
        assert (groups(there), groups(another)) == ([("billing", "firing")], [("billing", "firing")])
        assert set(notices.counts()) == {"hook", "second"}


def test_a_receiver_that_is_gone_is_left_alone_and_what_waits_for_it_waits_until_it_is_back():
    began = time.time() - 60
    with receiver(*[(503, {})] * 50) as there, receiver() as other, running(there.url) as (notices, outbox):
        offer(notices, alert(fired_at=began))
        there.wait_for(1)
        notices.rearrange(setup("other"), [Webhook("other", other.url)], ())
        offer(notices, alert(fired_at=began))
        other.wait_for(1)
        assert set(notices.counts()) == {"other"}
        assert outbox.health("hook").pending == 1
        notices.rearrange(setup("hook"), [Webhook("hook", other.url)], ())
        other.wait_for(2)
        until(lambda: outbox.health("hook").pending == 0)


def test_the_worker_of_a_name_that_comes_back_waits_for_the_one_before():
    began = time.time() - 60
    with receiver(HANG) as slow, receiver() as quick, running(slow.url) as (notices, _):
        offer(notices, alert(fired_at=began))
        slow.wait_for(1)
        notices.rearrange(setup(), [], ())
        notices.rearrange(setup("hook"), [Webhook("hook", quick.url)], ())
        offer(notices, alert(fired_at=began))
        time.sleep(0.5)
        assert quick.bodies == []  # the first message is still under way to the old address
        slow.released.set()
        offer(notices, alert(state=State.RESOLVED, fired_at=began))
        until(lambda: ("billing", "resolved") in groups(quick))
        assert groups(quick)[0] == ("billing", "firing")
        assert groups(quick)[-1] == ("billing", "resolved")


def test_routes_and_windows_hold_from_then_on():
    began = time.time() - 60
    only_warnings = Matching(severities=(Severity.WARNING,))
    with receiver() as there, running(there.url) as (notices, _):
        notices.rearrange(setup("hook", matching=only_warnings), [], ())
        offer(notices, alert(fired_at=began))
        time.sleep(0.3)
        assert there.bodies == []
        always = Window(name="w", cron="* * * * *", duration_s=3600, zone="UTC", matching=Matching())
        notices.rearrange(setup("hook"), [], (always,))
        assert notices.windows == (always,)
        offer(notices, alert(fired_at=began))
        time.sleep(0.3)
        assert there.bodies == []
        notices.rearrange(setup("hook"), [], ())
        there.wait_for(1)  # without another poll


def test_an_alertmanager_in_place_of_another_is_shown_what_fires():
    with receiver() as old, receiver() as new, running(old.url) as (notices, _):
        first, second = Alertmanager("am", [old.url]), Alertmanager("am", [new.url])
        notices.rearrange(setup(level=("am",)), [first], ())
        offer(notices, alert(fired_at=time.time()))
        old.wait_for(1)
        notices.rearrange(setup(level=("am",)), [second], ())
        (shown,) = new.wait_for(1)
        assert shown[0]["labels"]["group"] == "billing"
        count = len(old.bodies)
        offer(notices, alert(state=State.RESOLVED, resolved_at=time.time()))
        new.wait_for(2)
        assert len(old.bodies) == count

"""The notices together: polls come, times pass, receivers are told; what cannot be written down is not told twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lagwatch.errors import LagwatchError
from lagwatch.model.alerts import State
from lagwatch.model.notices import Matcher, Silence
from lagwatch.publish.notices import Notices, Route, Setup, Worker
from lagwatch.publish.notices.receivers import Alertmanager, Webhook
from tests.support.notices import alert, verdict
from tests.support.outbox import MemoryOutbox
from tests.support.receiver import receiver


def route(*names: str, wait_s: float = 0.0) -> Route:
    return Route(receivers=names, group_wait_s=wait_s, group_interval_s=0.0)


@contextmanager
def running(url: str, outbox: MemoryOutbox | None = None, wait_s: float = 0.0, **options) -> Iterator[Notices]:
    outbox = outbox or MemoryOutbox()
    setup = Setup(routes=(route("hook", wait_s=wait_s),), receivers=("hook",), external_url="http://lagwatch:8484")
    notices = Notices(setup, outbox, workers=[Worker(Webhook("hook", url), outbox)], **options)
    notices.open()
    try:
        yield notices
    finally:
        notices.close(5.0)


def offer(notices: Notices, *alerts, **options) -> None:
    notices.offer("local", verdict(*alerts, at=time.time()), interval_s=30.0, **options)


def test_what_a_poll_found_arrives_and_its_end_too():
    began = time.time() - 60
    with receiver() as there, running(there.url) as notices:
        offer(notices, alert(fired_at=began))
        there.wait_for(1)
        offer(notices, alert(fired_at=began))
        offer(notices, alert(state=State.RESOLVED, fired_at=began))
        there.wait_for(2)
    assert [body["status"] for body in there.bodies] == ["firing", "resolved"]
    assert notices.counts()["hook"].sent == 2


def test_what_waits_for_its_group_is_told_between_two_polls():
    with receiver() as there, running(there.url, wait_s=1.0) as notices:
        offered = time.time()
        offer(notices, alert(fired_at=offered))
        there.wait_for(1)
        assert time.time() - offered >= 1.0


def test_a_silence_that_ends_is_seen_without_a_poll_and_one_that_is_changed_at_once():
    silences: list[Silence] = []
    with receiver() as there, running(there.url, silences=lambda: silences) as notices:
        everything = (Matcher(name="kafka_cluster", value="local"),)
        silences.append(Silence(id="s", matchers=everything, starts_at=0.0, ends_at=time.time() + 3600))
        offer(notices, alert(fired_at=time.time() - 60))
        assert notices.quiet() == {"local": {"silenced": 1}}
        silences.clear()
        notices.hurry()
        there.wait_for(1)


def test_messages_and_what_they_tell_are_written_down_once_with_whatever_else_belongs_to_them():
    outbox, calls = MemoryOutbox(), []

    def record(messages, told) -> None:
        calls.append((len(messages), len(told)))
        outbox.put(messages, told)

    with receiver() as there, running(there.url, outbox) as notices:
        offer(notices, alert(fired_at=time.time() - 60), record=record)
        offer(notices, alert(fired_at=time.time() - 60), record=record)
        there.wait_for(1)
    assert calls == [(1, 1), (0, 0)]


def test_what_was_told_before_a_restart_is_not_told_again_and_its_end_is():
    outbox, began = MemoryOutbox(), time.time() - 60
    with receiver() as there:
        with running(there.url, outbox) as notices:
            offer(notices, alert(fired_at=began))
            there.wait_for(1)
        with running(there.url, outbox) as notices:
            offer(notices, alert(fired_at=began))
            offer(notices, alert(state=State.RESOLVED, fired_at=began))
            there.wait_for(2)
    assert [body["status"] for body in there.bodies] == ["firing", "resolved"]


def test_while_it_is_not_known_what_was_told_nothing_is_told_and_the_states_are_written_all_the_same():
    class Away(MemoryOutbox):
        away = True

        def told(self, cluster):
            if self.away:
                raise LagwatchError("the store is away")
            return super().told(cluster)

    outbox, calls = Away(), []
    with receiver() as there, running(there.url, outbox) as notices:
        offer(notices, alert(fired_at=time.time() - 60), record=lambda *given: calls.append(given))
        assert calls == [((), ())]
        outbox.away = False
        offer(notices, alert(fired_at=time.time() - 60))
        there.wait_for(1)


def test_what_could_not_be_written_down_was_not_told():
    def fails(*_: object) -> None:
        raise LagwatchError("no")

    with receiver() as there, running(there.url) as notices:
        with pytest.raises(LagwatchError):
            offer(notices, alert(fired_at=time.time() - 60), record=fails)
        offer(notices, alert(fired_at=time.time() - 60))
        there.wait_for(1)


def test_an_alertmanager_is_shown_what_a_webhook_is_told_of_later():
    outbox = MemoryOutbox()
    with receiver() as there:
        manager = Alertmanager("manager", [there.url.removesuffix("/hook")])
        setup = Setup(routes=(route("manager", "hook", wait_s=60.0),), receivers=("hook",), level=("manager",))
        notices = Notices(setup, outbox, workers=[Worker(Webhook("hook", there.url), outbox)], levels=[manager])
        notices.open()
        offer(notices, alert(fired_at=time.time()))
        ((shown,),) = there.wait_for(1)
        assert shown["labels"]["group"] == "billing"
        notices.close(5.0)
        assert notices.counts()["manager"].sent == 1
    assert len(there.bodies) == 1

"""A webhook against a real HTTP server that accepts, refuses, hangs and closes."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lagwatch.errors import ConfigurationError
from lagwatch.model.alerts import Alert, Severity, State, Subject, Verdict
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.publish.notices import Delivery, Webhook
from tests.support.receiver import CLOSE, HANG, receiver

QUICK = Delivery(timeout_s=0.3, first_pause_s=0.01, longest_pause_s=0.05)


def alert(group: str = "billing", state: State = State.FIRING) -> Alert:
    subject = Subject(cluster="local", group=group, topic="orders")
    return Alert(rule="ConsumerLagHigh", severity=Severity.CRITICAL, subject=subject, state=state, since=100.0)


def latest(*alerts: Alert) -> Latest:
    health = PollHealth(interval_s=30.0, deadline_s=20.0)
    return Latest(cluster="local", health=health, verdict=Verdict(at=200.0, alerts=alerts))


@contextmanager
def webhook(url: str, delivery: Delivery = QUICK, grace_s: float = 5.0, **options) -> Iterator[Webhook]:
    hook = Webhook(url, external_url="http://lagwatch:8484", delivery=delivery, **options)
    hook.open()
    try:
        yield hook
    finally:
        hook.close(grace_s)


def settled(hook: Webhook) -> None:
    """Wait until nothing is pending."""
    until = time.monotonic() + 20
    while hook.counts().pending:
        assert time.monotonic() < until, "messages are still pending"
        time.sleep(0.005)


def test_what_fires_and_what_ends_arrives_in_order():
    with receiver() as there:
        with webhook(there.url, headers=lambda: {"Authorization": "Bearer s3cret"}) as hook:
            hook.offer(latest(alert()))
            hook.offer(latest(alert()))
            hook.offer(latest(alert(state=State.RESOLVED)))
        assert [body["status"] for body in there.bodies] == ["firing", "resolved"]
        assert there.headers[0]["Authorization"] == "Bearer s3cret"
        assert there.headers[0]["Content-Type"] == "application/json"
    assert (hook.counts().sent, hook.counts().retries, hook.counts().failed_by_reason) == (2, 0, {})


def test_a_token_that_cannot_be_read_for_a_while_delays_the_message():
    tokens = iter(["old", None, "new"])

    def headers() -> dict[str, str]:
        if (token := next(tokens)) is None:
            raise ConfigurationError("the secret in token.txt cannot be read: no such file; check the file")
        return {"Authorization": f"Bearer {token}"}

    with receiver() as there, webhook(there.url, headers=headers) as hook:
        hook.offer(latest(alert()))
        hook.offer(latest(alert(state=State.RESOLVED)))
        there.wait_for(2)
        assert [each["Authorization"] for each in there.headers] == ["Bearer old", "Bearer new"]


def test_a_cluster_without_a_verdict_has_nothing_to_tell():
    with receiver() as there:
        with webhook(there.url) as hook:
            hook.offer(Latest(cluster="local", health=PollHealth(interval_s=30.0, deadline_s=20.0)))
        assert there.bodies == []


@pytest.mark.parametrize("answer", [(500, {}), (503, {"Retry-After": "0"}), (429, {}), (408, {}), CLOSE, HANG])
def test_a_receiver_that_cannot_take_a_message_gets_it_again_unchanged(answer):
    with receiver(answer, answer) as there, webhook(there.url) as hook:
        hook.offer(latest(alert()))
        first, *others = there.wait_for(3)
        assert [first, first] == others
        assert len({headers["Idempotency-Key"] for headers in there.headers}) == 1
        settled(hook)
        assert (hook.counts().sent, hook.counts().retries, hook.counts().failed_by_reason) == (1, 2, {})


def test_a_receiver_that_asks_for_a_pause_is_left_alone_for_so_long():
    with receiver((429, {"Retry-After": "1"})) as there, webhook(there.url) as hook:
        hook.offer(latest(alert("billing"), alert("audit")))
        there.wait_for(1)
        asked = time.monotonic()
        there.wait_for(2)
        assert time.monotonic() - asked > 0.9
        there.wait_for(3)


def test_a_refused_message_is_not_tried_again_and_the_log_says_what_was_said(caplog):
    with receiver((400, {})) as there:
        with webhook(there.url) as hook:
            hook.offer(latest(alert()))
            hook.offer(latest(alert(), alert("audit")))
        assert [body["groupLabels"]["group"] for body in there.bodies] == ["billing", "audit"]
    assert hook.counts().failed_by_reason == {"refused": 1}
    (record,) = [each for each in caplog.records if each.getMessage() == "notice refused"]
    assert record.fields["reason"] == "the receiver answered 400: no, not now"


def test_a_message_that_the_receiver_chokes_on_does_not_hold_up_other_groups():
    with receiver() as there:
        there.refuse_group = "billing"
        with webhook(there.url) as hook:
            hook.offer(latest(alert("billing"), alert("audit"), alert("fraud")))
            there.wait_for(3)
            groups = [body["groupLabels"]["group"] for body in there.bodies]
            assert {"audit", "fraud"} <= set(groups)
            there.refuse_group = ""
            settled(hook)
    assert (hook.counts().sent, hook.counts().failed_by_reason) == (3, {})


def test_a_message_that_is_too_old_is_given_up():
    now = [1000.0]
    with receiver(*[(500, {})] * 3) as there, webhook(there.url, clock=lambda: now[0]) as hook:
        hook.offer(latest(alert()))
        there.wait_for(1)
        now[0] += QUICK.give_up_s + 1
        settled(hook)
    assert hook.counts().failed_by_reason == {"gave_up": 1}


def test_nobody_at_the_address_is_no_reason_to_block_a_poll_or_a_shutdown():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
        with webhook(url, grace_s=0.5) as hook:
            hook.offer(latest(alert()))
    assert (hook.counts().sent, hook.counts().failed_by_reason, hook.counts().pending) == (0, {"dropped": 1}, 0)


def test_a_full_queue_drops_the_oldest_messages_and_counts_them():
    hook = Webhook("http://127.0.0.1:9/hook", external_url="http://lagwatch:8484", delivery=Delivery(capacity=2))
    hook.offer(latest(*(alert(name) for name in "abcde")))
    assert (hook.counts().failed_by_reason, hook.counts().pending) == ({"dropped": 3}, 2)


def test_what_is_ready_is_sent_before_the_service_stops():
    with receiver() as there:
        hook = Webhook(there.url, external_url="http://lagwatch:8484", delivery=QUICK)
        hook.offer(latest(*(alert(name) for name in "abcde")))
        hook.open()
        hook.close(grace_s=10.0)
        assert (len(there.bodies), hook.counts().pending, hook.counts().failed_by_reason) == (5, 0, {})


def test_a_receiver_that_hangs_does_not_keep_the_service_from_stopping():
    with receiver(HANG) as there:
        hook = Webhook(there.url, external_url="http://lagwatch:8484", delivery=Delivery(timeout_s=20.0))
        hook.open()
        hook.offer(latest(alert()))
        there.wait_for(1)
        assert hook.counts().pending == 1
        hook.close(grace_s=0.2)
        assert not there.released.is_set()
    assert (hook.counts().failed_by_reason, hook.counts().pending) == ({"dropped": 1}, 0)


def test_secrets_in_the_url_and_in_headers_are_neither_shown_nor_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with receiver((400, {}), (500, {})) as there:
        secret_url = there.url.replace("http://", "http://user:hunter2@") + "/t0ken?key=t0ken"
        with webhook(secret_url, headers=lambda: {"Authorization": "Bearer s3cret"}) as hook:
            hook.offer(latest(alert("billing"), alert("audit")))
            there.wait_for(3)
        shown = repr(hook) + " ".join(
            f"{r.getMessage()} {getattr(r, 'fields', '')}" for r in caplog.records if r.name.startswith("lagwatch")
        )
    assert "127.0.0.1" in shown
    for secret in ("hunter2", "t0ken", "s3cret"):
        assert secret not in shown


def test_pauses_grow_to_the_longest_and_vary_by_half():
    delivery = Delivery(first_pause_s=1.0, longest_pause_s=60.0)
    assert [delivery.pause_s(tries, 0.0) for tries in (1, 2, 3, 7, 10_000)] == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert 1.0 > delivery.pause_s(1, 0.999) > 0.99

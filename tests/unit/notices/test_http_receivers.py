"""Webhook, Slack and PagerDuty against a real HTTP server that accepts, refuses, hangs, closes and redirects."""

import hmac
import json
import logging
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256

import pytest

from lagwatch.errors import ConfigurationError
from lagwatch.model.alerts import Severity, State
from lagwatch.model.notices import Message, Status
from lagwatch.publish.notices import Worker
from lagwatch.publish.notices.backoff import Delivery
from lagwatch.publish.notices.base import Receiver
from lagwatch.publish.notices.outcome import Fate
from lagwatch.publish.notices.plan import STORM
from lagwatch.publish.notices.receivers import PagerDuty, Slack, Webhook
from lagwatch.publish.notices.receivers.pagerduty import dedup_key
from lagwatch.publish.notices.receivers.webhook import signature
from lagwatch.publish.notices.templates import Template
from lagwatch.publish.notices.texts import Wording
from tests.support.notices import T0, Planner, alert, message
from tests.support.outbox import MemoryOutbox
from tests.support.receiver import CLOSE, HANG, receiver

MAKERS = {
    "webhook": lambda url, timeout_s: Webhook("hook", url, timeout_s=timeout_s),
    "slack": lambda url, timeout_s: Slack("hook", lambda: url, wording=Wording(), timeout_s=timeout_s),
    "pagerduty": lambda url, timeout_s: PagerDuty("hook", lambda: "key", url=url, timeout_s=timeout_s),
}


@pytest.fixture
def closing():
    """Closes the receivers that are given to it at the end."""
    with ExitStack() as stack:

        def closed(one: Receiver) -> Receiver:
            stack.callback(one.close)
            return one

        yield closed


@pytest.fixture(params=list(MAKERS))
def made(request, closing):
    """Makes a receiver of each kind for an address."""
    return lambda url, timeout_s=10.0: closing(MAKERS[request.param](url, timeout_s))


def planned(*alerts, now: float = T0 + 30) -> Message:
    (one,) = Planner().look(now, *alerts)
    return one


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_accepted(made, status):
    with receiver((status, {})) as there:
        assert made(there.url).send(message()).fate is Fate.SENT


@pytest.mark.parametrize("answer", [(500, {}), (503, {}), (408, {}), CLOSE, HANG])
def test_what_may_pass_is_to_be_tried_again(made, answer):
    with receiver(answer) as there:
        outcome = made(there.url, 0.3 if answer == HANG else 10.0).send(message())
        assert (outcome.fate, outcome.everyone) == (Fate.RETRY, answer in (CLOSE, HANG))
        assert outcome.reason


def test_a_pause_that_is_asked_for_is_passed_on(made):
    with receiver((429, {"Retry-After": "120"})) as there:
        outcome = made(there.url).send(message())
        assert (outcome.fate, outcome.everyone, outcome.pause_s) == (Fate.RETRY, True, 120.0)


def test_what_is_refused_says_what_was_answered(made):
    with receiver((400, {})) as there:
        outcome = made(there.url).send(message())
        assert (outcome.fate, outcome.reason) == (Fate.REFUSED, "the receiver answered 400: no, not now")


def test_redirects_are_not_followed(made):
    with receiver() as elsewhere, receiver((307, {"Location": elsewhere.url})) as there:
        outcome = made(there.url).send(message())
        assert outcome.fate is Fate.REFUSED
        assert "the URL must be the final one" in outcome.reason
        assert elsewhere.bodies == []


def test_nobody_at_the_address_is_to_be_tried_again(made):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = made(f"http://127.0.0.1:{taken.getsockname()[1]}/").send(message())
    assert (outcome.fate, outcome.everyone) == (Fate.RETRY, True)


def test_a_secret_that_cannot_be_read_for_a_while_delays_the_message():
    def unreadable() -> str:
        raise ConfigurationError("the secret in token.txt cannot be read: no such file; check the file")

    for each in (
        Webhook("hook", "http://127.0.0.1:9/", token=unreadable),
        Slack("hook", unreadable, wording=Wording()),
        PagerDuty("hook", unreadable),
    ):
        outcome = each.send(message())
        assert (outcome.fate, outcome.everyone) == (Fate.RETRY, True)
        assert "token.txt cannot be read" in outcome.reason


def test_secrets_are_neither_shown_nor_logged(caplog, closing):
    caplog.set_level(logging.DEBUG)
    with receiver(*[(400, {})] * 2, CLOSE) as there:
        url = there.url.replace("http://", "http://user:hunter2@") + "/t0ken?key=t0ken"
        receivers: list[Receiver] = [
            Webhook("hook", url, token=lambda: "s3cret", signing=lambda: "s1gning"),
            Slack("chat", lambda: url, wording=Wording()),
            PagerDuty("pager", lambda: "r0uting", url=url),
        ]
        shown = " ".join(repr(each) + closing(each).send(message()).reason + repr(each) for each in receivers)
    shown += " ".join(f"{r.getMessage()} {getattr(r, 'fields', '')}" for r in caplog.records if "lagwatch" in r.name)
    assert "127.0.0.1" in shown
    for secret in ("hunter2", "t0ken", "s3cret", "s1gning", "r0uting"):
        assert secret not in shown


# The webhook


def test_a_webhook_gets_the_message_with_its_key_its_token_and_its_signature(closing):
    sent = planned(alert())
    with receiver() as there:
        hook = closing(Webhook("hook", there.url, token=lambda: "t", signing=lambda: "k", clock=lambda: T0 + 0.7))
        assert hook.send(sent).fate is Fate.SENT
        assert hook.send(sent).fate is Fate.SENT
    assert there.bodies == [sent.body, sent.body]
    first, second = there.headers
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == sent.id
    assert (first["Authorization"], first["Content-Type"]) == ("Bearer t", "application/json")
    stamp, _, digest = first["Lagwatch-Signature"].partition(",v1=")
    assert stamp == f"t={T0:.0f}"
    body = json.dumps(sent.body, ensure_ascii=False).encode()
    expected = hmac.new(b"k", f"{T0:.0f}.".encode() + body, sha256).hexdigest()
    assert hmac.compare_digest(digest, expected)


def test_a_signature_is_of_the_secret_the_time_and_the_body():
    known = signature("secret", b"{}", 1_700_000_000.9)
    assert known == "t=1700000000,v1=" + hmac.new(b"secret", b"1700000000.{}", sha256).hexdigest()
    others = {signature("other", b"{}", 1.7e9), signature("secret", b"[]", 1.7e9), signature("secret", b"{}", 1.8e9)}
    assert len({known, *others}) == 4


def test_without_secrets_a_webhook_gets_neither_token_nor_signature(closing):
    with receiver() as there:
        closing(Webhook("hook", there.url)).send(message())
    assert not {"Authorization", "Lagwatch-Signature"} & there.headers[0].keys()


def test_a_template_of_a_webhook_is_its_whole_body(closing):
    wording = Wording(Template(text='{"said": {{ title | tojson }}}'))
    with receiver() as there:
        closing(Webhook("hook", there.url, wording=wording)).send(planned(alert()))
    assert there.bodies == [{"said": "[firing critical] ConsumerLagHigh: billing is behind on orders"}]


# Slack


def test_slack_gets_words_in_which_no_name_can_call_a_whole_channel(closing):
    with receiver() as there:
        slack = closing(Slack("chat", lambda: there.url, wording=Wording()))
        assert slack.send(planned(alert("<!channel> & co"))).fate is Fate.SENT
        assert slack.send(planned(alert(severity=Severity.EMERGENCY))).fate is Fate.SENT
    first, second = there.bodies
    assert first["text"] == "*[firing critical] ConsumerLagHigh: &lt;!channel&gt; &amp; co is behind on orders*"
    assert "<!channel>" not in json.dumps(first)
    assert first["attachments"][0]["color"] != second["attachments"][0]["color"]
    assert len(second["attachments"][0]["text"]) <= 3000


# PagerDuty


def test_an_incident_is_triggered_becomes_louder_and_ends_under_one_key(closing):
    planner = Planner()
    with receiver(*[(202, {})] * 3) as there:
        pager = closing(PagerDuty("pager", lambda: "R" * 32, url=there.url))
        moments = [
            (T0 + 30, alert(severity=Severity.WARNING, summary="s" * 2000)),
            (T0 + 60, alert(severity=Severity.EMERGENCY)),
            (T0 + 400, alert(severity=Severity.EMERGENCY, state=State.RESOLVED)),
        ]
        for now, each in moments:
            (sent,) = planner.look(now, each)
            assert pager.send(sent).fate is Fate.SENT
    trigger, louder, end = there.bodies
    assert [each["event_action"] for each in there.bodies] == ["trigger", "trigger", "resolve"]
    assert {each["dedup_key"] for each in there.bodies} == {
        sha256(b"ConsumerLagHigh|local|billing|orders||").hexdigest()
    }
    assert trigger["routing_key"] == "R" * 32
    assert (trigger["payload"]["severity"], louder["payload"]["severity"]) == ("warning", "critical")
    assert len(trigger["payload"]["summary"]) == 1024
    assert (trigger["payload"]["source"], trigger["payload"]["group"]) == ("local", "billing")
    assert end.keys() == {"routing_key", "event_action", "dedup_key"}
    assert all(isinstance(value, str) for value in trigger["payload"]["custom_details"].values())


def test_a_critical_alert_is_an_error_for_pagerduty(closing):
    with receiver((202, {})) as there:
        closing(PagerDuty("pager", lambda: "R", url=there.url)).send(planned(alert()))
    assert there.bodies[0]["payload"]["severity"] == "error"


def test_every_alert_of_a_message_is_an_incident_of_its_own_and_one_that_is_refused_does_not_hide_the_others(closing):
    both = planned(alert(), alert(topic="audit"))
    with receiver((400, {}), (202, {})) as there:
        assert closing(PagerDuty("pager", lambda: "R", url=there.url)).send(both).fate is Fate.REFUSED
    assert len({each["dedup_key"] for each in there.bodies}) == 2


def test_a_digest_is_one_incident_that_ends_with_all_of_it(closing):
    planner = Planner()
    many = [f"group-{number}" for number in range(STORM + 1)]
    with receiver(*[(202, {})] * 2) as there:
        pager = closing(PagerDuty("pager", lambda: "R", url=there.url))
        for now, state in ((T0 + 30, State.FIRING), (T0 + 400, State.RESOLVED)):
            (digest,) = planner.look(now, *(alert(each, state) for each in many))
            assert pager.send(digest).fate is Fate.SENT
    begun, end = there.bodies
    assert (begun["event_action"], end["event_action"]) == ("trigger", "resolve")
    assert begun["dedup_key"] == end["dedup_key"]
    assert begun["payload"]["summary"].startswith("51 alerts began at once on local")


def test_a_sample_leaves_no_open_incident(closing):
    with receiver(*[(202, {})] * 2) as there:
        assert closing(PagerDuty("p", lambda: "R", url=there.url)).send(message(status=Status.TEST)).fate is Fate.SENT
    assert [each["event_action"] for each in there.bodies] == ["trigger", "resolve"]


def test_the_key_of_an_incident_tells_its_parts_apart():
    labels = {"alertname": "R", "kafka_cluster": "c", "group": "g"}
    assert dedup_key(labels) != dedup_key({**labels, "topic": "t"})
    assert dedup_key({**labels, "severity": "x"}) == dedup_key(labels)


# All of it: an outbox, a thread, and a receiver that comes and goes


def test_a_receiver_that_is_away_for_a_while_gets_everything_in_order():
    delivery = Delivery(first_pause_s=0.02, longest_pause_s=0.1)
    answers = [(503, {}), CLOSE, HANG, (429, {"Retry-After": "1"}), (500, {}), CLOSE]
    outbox = MemoryOutbox()
    with receiver(*answers) as there:
        worker = Worker(Webhook("hook", there.url, timeout_s=1.0), outbox, delivery=delivery)
        worker.open()
        now = time.time()
        for number in range(4):
            outbox.put([message(key, number, at=now) for key in "ab"], ())
            worker.wake()
        until = time.monotonic() + 20
        while worker.counts().pending:
            assert time.monotonic() < until, "messages are still pending"
            time.sleep(0.01)
        worker.close(5.0)
        # A try that the receiver took and answered too late comes twice: the first counts.
        tried = list(dict.fromkeys((body["groupLabels"]["group"], body["number"]) for body in there.bodies))
    assert sorted(tried) == [(key, number) for key in "ab" for number in range(4)]
    for key in "ab":
        assert [number for of, number in tried if of == key] == [0, 1, 2, 3]
    assert (worker.counts().sent, worker.counts().failed_by_reason) == (8, {})


def test_a_receiver_that_hangs_does_not_keep_the_service_from_stopping_and_its_message_stays():
    outbox = MemoryOutbox()
    with receiver(HANG) as there:
        worker = Worker(Webhook("hook", there.url, timeout_s=20.0), outbox)
        worker.open()
        outbox.put([message(at=time.time())], ())
        worker.wake()
        there.wait_for(1)
        worker.close(0.2)
        assert not there.released.is_set()
        there.released.set()
        worker._thread.join()
    assert outbox.health("hook").pending == 1


def test_what_is_ready_is_sent_before_the_service_stops():
    outbox = MemoryOutbox()
    outbox.put([replace(message(key), created_at=time.time() - 1) for key in "abcde"], ())
    with receiver() as there:
        worker = Worker(Webhook("hook", there.url), outbox)
        worker.open()
        worker.close(10.0)
        assert len(there.bodies) == 5

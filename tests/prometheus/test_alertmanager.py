"""Alerts in a real Alertmanager: they appear, end, are told once by two peers, and end by themselves when we are gone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lagwatch.model.alerts import Alert, State
from lagwatch.model.notices import alert_id
from lagwatch.publish.notices.outcome import Fate
from lagwatch.publish.notices.payload import entry
from lagwatch.publish.notices.quiet import calm
from lagwatch.publish.notices.receivers import Alertmanager
from lagwatch.publish.notices.standing import standings
from tests.support.alertmanager import Peer, alertmanagers
from tests.support.notices import alert, message, verdict
from tests.support.receiver import receiver


@contextmanager
def sending(peers, **options) -> Iterator[Alertmanager]:
    sender = Alertmanager("manager", [peer.url for peer in peers], resend_s=1.0, timeout_s=5.0, **options)
    sender.open()
    try:
        yield sender
    finally:
        sender.stop(10.0)


def show(sender: Alertmanager, *alerts: Alert) -> None:
    standing = standings(verdict(*alerts), calm(time.time()), "http://lagwatch:8484")
    sender.update("local", standing, {each.id for each in standing.values() if each.loud}, 1.0)


def wait_for(check: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    until = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < until, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.1)


def names(peer: Peer) -> list[str]:
    return sorted(each["labels"].get("group", "") for each in peer.alerts())


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two peers that know each other, and who they tell."""
    with receiver() as hook, alertmanagers(tmp_path_factory.mktemp("pair"), hook.url, 2) as peers:
        yield peers, hook


def test_an_alert_appears_at_both_peers_is_told_once_and_ends_once(pair):
    peers, hook = pair
    now = time.time()
    firing = alert(fired_at=now - 60, value=12.0, next_step="look")
    with sending(peers) as sender:
        show(sender, firing, alert("quiet", inhibited_by=("X",)), alert("pending", State.PENDING))
        wait_for(lambda: all(names(peer) == ["billing"] for peer in peers), "one alert at both peers")
        (there,) = peers[0].alerts()
        assert there["labels"] == {
            "alertname": "ConsumerLagHigh",
            "severity": "critical",
            "kafka_cluster": "local",
            "group": "billing",
            "topic": "orders",
        }
        assert there["annotations"]["next_step"] == "look"
        assert there["generatorURL"] == f"http://lagwatch:8484/alerts/{alert_id(firing.rule, firing.subject)}"
        hook.wait_for(1)
        # Longer than its `endsAt` reaches. It ends between two of the moments (every 5 s) at which the peers look: one of them
        # looks a second before it tells, and would tell of what it saw then.
        told_at = time.monotonic()
        while time.monotonic() < told_at + 7.5:
            time.sleep(0.5)
            show(sender, firing)
            assert names(peers[0]) == names(peers[1]) == ["billing"]
        assert [body["status"] for body in hook.bodies] == ["firing"]
        (told,) = hook.bodies[0]["alerts"]
        assert told["fingerprint"] == entry(firing, "")["fingerprint"]

        show(sender, alert(fired_at=now - 60, state=State.RESOLVED, resolved_at=time.time()))
        wait_for(lambda: not names(peers[0]) and not names(peers[1]), "its end at both peers")
        hook.wait_for(2)
        time.sleep(5)
        assert [body["status"] for body in hook.bodies] == ["firing", "resolved"]
        assert sender.counts().failed_by_reason == {}


def test_an_alert_ends_by_itself_when_nobody_shows_it_any_more(pair):
    peers, _ = pair
    with sending(peers) as sender:
        show(sender, alert("gone", fired_at=time.time() - 60))
        wait_for(lambda: names(peers[0]) == ["gone"], "the alert")
    wait_for(lambda: names(peers[0]) == [], "its end", 15)


def test_what_becomes_unknown_does_not_end(pair):
    peers, _ = pair
    began = time.time() - 60
    with sending(peers) as sender:
        show(sender, alert("dark", fired_at=began))
        wait_for(lambda: names(peers[0]) == ["dark"], "the alert")
        for _ in range(7):
            show(sender, alert("dark", State.UNKNOWN, fired_at=began))
            time.sleep(1)
        assert names(peers[0]) == ["dark"]
        show(sender, alert("dark", State.RESOLVED, fired_at=began, resolved_at=time.time()))
        wait_for(lambda: names(peers[0]) == [], "its end")


def test_of_a_batch_with_one_that_is_wrong_the_others_are_taken(pair):
    peers, _ = pair
    began = time.time() - 60
    with sending(peers[:1]) as sender:
        show(sender, alert("good", fired_at=began), alert("bad", fired_at=began, labels={"bad-name": "x"}))
        wait_for(lambda: names(peers[0]) == ["good"], "the good one")
        wait_for(lambda: sender.counts().failed_by_reason.get("refused", 0) > 0, "the refusal")
        assert "bad-name" in sender.counts().last_error
        assert not sender.counts().down
        show(sender, alert("good", State.RESOLVED, fired_at=began, resolved_at=time.time()))
        wait_for(lambda: names(peers[0]) == [], "its end")


def test_a_sample_is_taken(pair):
    peers, _ = pair
    sender = Alertmanager("manager", [peer.url for peer in peers])
    sample = message(at=time.time() - 1)
    assert sender.send(sample).fate is Fate.SENT
    sender.close()
    assert "LagwatchTest" in [each["labels"]["alertname"] for each in peers[1].alerts()]

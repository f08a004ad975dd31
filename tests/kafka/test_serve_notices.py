"""Notices of the whole service on a real Kafka: they survive its death, and who cannot be told is told to the others."""

import signal

import pytest

from tests.kafka.support import commit, create_topic, produce, unique
from tests.support.receiver import receiver
from tests.support.service import serving

RULES = "ConsumerLagHigh: {thresholds: {lag: {above: 50, clear: 10}}, for: 1s, keep: 1s}"
QUICK = "group_wait: 0s, group_interval: 0s"


@pytest.fixture
def slow(cluster) -> tuple[str, str, str]:
    """The cluster's address, a topic, and a group that is 100 messages behind on it."""
    topic, group = create_topic(cluster.bootstrap, unique("notices"), partitions=1), unique("notices-slow")
    produce(cluster.bootstrap, topic, {0: 100})
    commit(cluster.bootstrap, group, {(topic, 0): 0})
    return cluster.bootstrap, topic, group


def test_what_could_not_be_sent_before_the_service_was_killed_is_sent_after_and_what_was_told_is_not_told_again(
    slow, tmp_path
):
    bootstrap, topic, group = slow
    with receiver(*[(503, {})] * 1000) as there:
        (tmp_path / "lagwatch.yaml").write_text(
            f"""
            clusters: [{{name: main, bootstrap: "{bootstrap}", interval: 1s, groups: {{include: [{group}]}}}}]
            rules: {{{RULES}}}
            store: {{data_dir: data}}
            webhook: {{url: "{there.url}"}}
            routes: [{{receivers: [webhook], {QUICK}}}]
            """
        )
        with serving(tmp_path) as service:
            there.wait_for(2)
            service.send(signal.SIGKILL)
            service.process.wait()
        with there.arrived:
            there.answers.clear()
            tried = len(there.bodies)
        with serving(tmp_path) as service:
            firing = there.wait_for(tried + 1)[tried]
            assert (firing["status"], firing) == ("firing", there.bodies[0])
            assert there.headers[tried]["Idempotency-Key"] == there.headers[0]["Idempotency-Key"]
            service.wait_for(lambda: len(service.events("poll")) >= 3, "some polls")
            service.send(signal.SIGKILL)
            service.process.wait()
        with serving(tmp_path) as service:
            service.wait_for(lambda: len(service.events("poll")) >= 3, "some polls")
            assert len(there.bodies) == tried + 1
            commit(bootstrap, group, {(topic, 0): 100})
            ended = there.wait_for(tried + 2)[tried + 1]
            assert (ended["status"], ended["alerts"][0]["fingerprint"]) == (
                "resolved",
                firing["alerts"][0]["fingerprint"],
            )
            assert service.stop() == 0


def test_that_a_receiver_refuses_everything_is_told_to_the_others(slow, tmp_path):
    bootstrap, _, group = slow
    with receiver(*[(400, {})] * 1000) as bad, receiver() as good:
        (tmp_path / "lagwatch.yaml").write_text(
            f"""
            clusters: [{{name: main, bootstrap: "{bootstrap}", interval: 1s, groups: {{include: [{group}]}}}}]
            rules: {{{RULES}, NotificationsStuck: {{for: 0s}}}}
            receivers:
              bad: {{webhook: {{url: "{bad.url}"}}}}
              good: {{webhook: {{url: "{good.url}"}}}}
            routes: [{{receivers: [bad, good], {QUICK}}}]
            """
        )
        with serving(tmp_path) as service:
            good.wait_for(1)
            told = good.wait_for(2, timeout_s=80)[1]
            (alert,) = told["alerts"]
            assert (alert["labels"]["alertname"], alert["labels"]["receiver"]) == ("NotificationsStuck", "bad")
            assert "kafka_cluster" not in alert["labels"]
            assert all(body["alerts"][0]["labels"]["alertname"] == "ConsumerLagHigh" for body in bad.bodies)
            text = service.get("/metrics").text
            assert 'lagwatch_notification_dead_letters{receiver="bad"} 1.0' in text
            assert 'lagwatch_notification_dead_letters{receiver="good"} 0.0' in text
            assert service.stop() == 0

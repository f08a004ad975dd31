"""The whole service on a real Kafka: what a group is behind arrives in metrics, API and webhook, exactly."""

import signal
import socket
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.kafka.support import commit, create_topic, produce, unique
from tests.support.receiver import receiver
from tests.support.service import Service, serving

PAGES = ("/metrics", "/api/v1/clusters", "/docs", "/openapi.json", "/livez", "/readyz", "/")


@pytest.fixture
def orders(cluster) -> str:
    """A topic with 100 and 40 records on two partitions."""
    topic = create_topic(cluster.bootstrap, unique("serve-orders"), partitions=2)
    produce(cluster.bootstrap, topic, {0: 100, 1: 40})
    return topic


def samples(service: Service, name: str) -> dict[tuple[str, ...], float]:
    """The samples of a metric by their label values."""
    families = text_string_to_metric_families(service.get("/metrics").text)
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def settings(directory: Path, text: str) -> Path:
    file = directory / "lagwatch.yaml"
    file.write_text(text)
    return file


def test_metrics_and_api_say_exactly_how_far_a_group_is_behind(cluster, orders, tmp_path):
    group = unique("serve-billing")
    commit(cluster.bootstrap, group, {(orders, 0): 30, (orders, 1): 40})
    with serving(tmp_path, "--bootstrap", cluster.bootstrap, "--interval", "3s", "--name", "main") as service:
        service.wait_for(lambda: service.get("/readyz").status_code == 200, "readiness")
        # The first poll of a cold cluster may be ready and partial; what it shows must be right, not complete.
        key = ("main", group, orders, "0")
        service.wait_for(lambda: key in samples(service, "kafka_consumer_group_lag"), "the group")

        lag = samples(service, "kafka_consumer_group_lag")
        assert (lag["main", group, orders, "0"], lag["main", group, orders, "1"]) == (70, 0)
        assert samples(service, "kafka_consumer_group_total_lag")["main", group] == 70

        found = service.get(f"/api/v1/clusters/main/groups/{group}").json()
        assert (found["lag"], found["max_partition_lag"], found["state"], found["members"]) == (70, 70, "Empty", 0)
        partitions = service.get(f"/api/v1/clusters/main/groups/{group}/partitions").json()["items"]
        assert [(each["partition"], each["committed_offset"], each["lag"]) for each in partitions] == [
            (0, 30, 70),
            (1, 40, 0),
        ]

        commit(cluster.bootstrap, group, {(orders, 0): 99})
        service.wait_for(
            lambda: samples(service, "kafka_consumer_group_total_lag").get(("main", group)) == 1, "the new lag"
        )
        for page in PAGES:
            assert service.get(page).status_code == 200, page

        line = service.events("poll")[-1]
        assert (line["cluster"], line["brokers"]) == ("main", 3)
        # What is asked behind the main facts may miss its time where many tests share the computer; the next poll asks again.
        service.wait_for(lambda: "gaps" not in service.events("poll")[-1], "a poll without gaps")
        assert service.stop() == 0


def test_an_alert_reaches_log_metrics_api_and_webhook_and_ends_when_the_group_has_caught_up(cluster, orders, tmp_path):
    group = unique("serve-slow")
    commit(cluster.bootstrap, group, {(orders, 0): 0, (orders, 1): 0})
    with receiver((503, {})) as there:
        settings(
            tmp_path,
            f"""
            clusters:
              - {{name: main, bootstrap: "{cluster.bootstrap}", interval: 1s, groups: {{include: [{group}]}}}}
            rules:
              ConsumerLagHigh: {{thresholds: {{lag: {{above: 50, clear: 10}}}}, for: 1s, keep: 1s, labels: {{team: payments}}}}
            webhook: {{url: "{there.url}", token: hook-secret}}
            routes: [{{receivers: [webhook], group_wait: 0s, group_interval: 0s}}]
            """,
        )
        with serving(tmp_path) as service:
            first, firing = there.wait_for(2)
            assert first == firing
            assert (firing["version"], firing["status"]) == ("4", "firing")
            assert there.headers[1]["Authorization"] == "Bearer hook-secret"
            (alert,) = firing["alerts"]
            assert alert["labels"] == {
                "alertname": "ConsumerLagHigh",
                "severity": "critical",
                "kafka_cluster": "main",
                "group": group,
                "topic": orders,
                "team": "payments",
            }
            assert (alert["status"], alert["annotations"]["value"]) == ("firing", "140")
            assert group in alert["annotations"]["summary"]
            notes = alert["annotations"]
            for url in (alert["generatorURL"], notes["page_url"], notes["runbook_url"]):
                page = service.get(url.removeprefix(service.url))
                assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert group in service.get(notes["page_url"].removeprefix(service.url)).text

            (shown,) = service.get("/api/v1/clusters/main/alerts?state=firing").json()["items"]
            assert (shown["rule"], shown["group"], shown["topic"]) == ("ConsumerLagHigh", group, orders)
            assert samples(service, "lagwatch_alerts")["main", "critical", "firing"] == 1
            (logged,) = service.events("alert firing")
            assert (logged["rule"], logged["group"], logged["value"]) == ("ConsumerLagHigh", group, 140)

            commit(cluster.bootstrap, group, {(orders, 0): 100, (orders, 1): 40})
            ended = there.wait_for(3)[2]
            assert (ended["status"], ended["alerts"][0]["fingerprint"]) == ("resolved", alert["fingerprint"])
            assert ended["alerts"][0]["startsAt"] == alert["startsAt"]
            assert len(service.events("alert resolved")) == 1
            service.wait_for(
                lambda: samples(service, "lagwatch_notifications_total").get(("webhook",)) == 2, "both sent"
            )
            assert samples(service, "lagwatch_notifications_retried_total")["webhook",] == 1
            assert service.stop() == 0
        assert "hook-secret" not in service.log.read_text()


def test_rules_and_filters_are_taken_over_at_run_time(cluster, orders, tmp_path):
    first, second = unique("serve-first"), unique("serve-second")
    for group in (first, second):
        commit(cluster.bootstrap, group, {(orders, 0): 0})

    def write(groups: str, rules: str = "{}") -> None:
        address = f'{{name: main, bootstrap: "{cluster.bootstrap}", interval: 1s, groups: {{include: [{groups}]}}}}'
        settings(tmp_path, f"clusters: [{address}]\nrules: {rules}\n")

    write(first)
    with serving(tmp_path) as service:
        service.wait_for(
            lambda: samples(service, "kafka_consumer_group_total_lag") == {("main", first): 100}, "one group"
        )
        write(f"{first}, {second}", "{ConsumerLagHigh: {thresholds: {lag: {above: 50, clear: 10}}, for: 1s}}")
        service.send(signal.SIGHUP)
        assert len(service.wait_for_event("reloaded")["changes"]) == 2
        both = {("main", first): 100.0, ("main", second): 100.0}
        service.wait_for(lambda: samples(service, "kafka_consumer_group_total_lag") == both, "both groups")
        service.wait_for(
            lambda: samples(service, "lagwatch_alerts").get(("main", "critical", "firing")) == 2, "two alerts"
        )
        assert service.stop() == 0


def test_a_cluster_that_is_down_does_not_disturb_another(cluster, orders, tmp_path):
    group = unique("serve-two")
    commit(cluster.bootstrap, group, {(orders, 0): 0})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        down = f"127.0.0.1:{taken.getsockname()[1]}"
        settings(
            tmp_path,
            f"""
            clusters:
              - {{name: up, bootstrap: "{cluster.bootstrap}", interval: 1s}}
              - {{name: down, bootstrap: "{down}", interval: 1s}}
            """,
        )
        with serving(tmp_path) as service:
            service.wait_for(
                lambda: ("up", group) in samples(service, "kafka_consumer_group_total_lag"), "the good cluster"
            )
            service.wait_for_event("poll failed")
            ready = service.get("/readyz")
            assert ready.status_code == 503
            states = {each["cluster"]: each["ready"] for each in ready.json()["clusters"]}
            assert states == {"down": False, "up": True}
            assert down in ready.json()["detail"]
            polled = samples(service, "lagwatch_last_poll_successful")
            assert polled == {("down",): 0, ("up",): 1}
            assert service.get("/api/v1/clusters/up/groups").status_code == 200
            assert service.get("/api/v1/clusters/down/groups").status_code == 503
            assert service.stop() == 0

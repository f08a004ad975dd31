"""
Dashboards and alerts made for other exporters go on working: what theirs ask for finds data in a real Prometheus that scrapes
lagwatch's pages under the names of their jobs.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import yaml

from lagwatch.publish.metrics.profiles import PROFILES
from tests.kafka.support import commit, create_topic, member, produce, read, unique, wait_until
from tests.support.prometheus import answers, scraping, targets
from tests.support.service import serving

pytestmark = pytest.mark.timeout(120)

PANELS = {
    # Each with the job and the variables (instance, topic, consumer group, ...) by which dashboards choose.
    "kafka_exporter": (
        'sum by (topic) (rate(kafka_topic_partition_current_offset{job="kafka_exporter", topic=~"TOPIC"}[1m]))',
        'sum by (topic) (delta(kafka_topic_partition_current_offset{instance=~".+:.+", topic=~"TOPIC"}[5m]) / 5)',
        'sum by (consumergroup, topic) (delta(kafka_consumergroup_current_offset{consumergroup=~"GROUP"}[5m]) / 5)',
        'sum by (consumergroup, topic) (kafka_consumergroup_lag{topic=~"TOPIC", consumergroup=~"GROUP"})',
        'sum by (topic) (kafka_topic_partitions{topic=~"TOPIC"})',
        'sum(kafka_topic_partition_current_offset - kafka_topic_partition_oldest_offset) by (topic)',
        'sum by (consumergroup) (kafka_consumergroup_members)',
        'max(kafka_brokers{job="kafka_exporter"})',
        'sum(kafka_topic_partition_under_replicated_partition) + 1',
        'count(kafka_topic_partition_leader_is_preferred == 1)',
        'kafka_consumergroup_lag_sum{consumergroup="GROUP"} > 5',
        'kafka_topic_partition_in_sync_replica{topic="TOPIC"} / kafka_topic_partition_replicas',
        'kafka_consumergroup_current_offset_sum * on (topic) group_left kafka_topic_partitions{topic="TOPIC"}',
    ),
    "kminion": (
        'kminion_kafka_cluster_info{job="kminion"}',
        'count(kminion_kafka_broker_info)',
        'sum by (broker_id) (kminion_kafka_broker_log_dir_size_total_bytes)',
        'count(kminion_kafka_topic_info{cleanup_policy=~"delete|compact"})',
        'topk(5, kminion_kafka_topic_log_dir_size_total_bytes)',
        'sum(rate(kminion_kafka_topic_high_water_mark_sum{topic_name=~"TOPIC"}[1m])) by (topic_name)',
        'sum(kminion_kafka_topic_partition_high_water_mark - kminion_kafka_topic_partition_low_water_mark) by (topic_name)',
        'kminion_kafka_consumer_group_info{state!~"Stable|Empty"} or kminion_kafka_consumer_group_info{group_id="GROUP"}',
        'sum by (group_id, topic_name) (kminion_kafka_consumer_group_topic_lag{group_id=~"GROUP"})',
        'rate(kminion_kafka_consumer_group_topic_offset_sum{group_id="GROUP"}[1m])',
        'max by (topic_name, partition_id) (kminion_kafka_consumer_group_topic_partition_lag{group_id="GROUP"})',
        'kminion_kafka_consumer_group_members - on (group_id) kminion_kafka_consumer_group_topic_members',
        'kminion_kafka_topic_info{topic_name="TOPIC", partition_count="2"}',
        'rate(kminion_kafka_requests_sent_total[1m]) > 0',
        'min(kminion_exporter_up)',
    ),
    "kafka_lag_exporter": (
        'sum by (cluster_name, group) (kafka_consumergroup_group_lag{cluster_name=~"main"})',
        'kafka_consumergroup_group_max_lag_seconds{cluster_name="main", group=~"GROUP"}',
        'kafka_consumergroup_group_max_lag{group="GROUP"} > 5',
        'sum(kafka_consumergroup_group_topic_sum_lag{group=~".+"}) by (group)',
        'sum by (topic) (rate(kafka_consumergroup_group_offset{group="GROUP"}[1m]) >= 0)',
        'sum by (topic) (delta(kafka_partition_latest_offset[1m]))',
        'kafka_consumergroup_group_lag{group="GROUP"} * on (topic, partition) group_left kafka_partition_latest_offset',
        'kafka_consumergroup_group_lag_seconds{member_host!="", consumer_id!="", client_id="rdkafka"}',
        'kafka_consumergroup_poll_time_ms{cluster_name="main"} < 30000',
    ),
    "burrow": (
        'sum by (cluster, consumer_group) (burrow_kafka_consumer_lag_total{cluster="main"})',
        'max by (consumer_group) (burrow_kafka_consumer_status) < 4',
        'sum by (topic) (burrow_kafka_consumer_partition_lag{consumer_group="GROUP"})',
        'sum by (topic) (rate(burrow_kafka_topic_partition_offset{topic="TOPIC"}[1m]))',
    ),
}  # fmt: skip

ALERTS = {
    "kafka_exporter": 'sum by (consumergroup, topic) (kafka_consumergroup_lag{topic="TOPIC"}) > 5',
    "kminion": 'kminion_kafka_consumer_group_topic_lag{topic_name="TOPIC"} > 5',
    "kafka_lag_exporter": 'kafka_consumergroup_group_topic_sum_lag{topic="TOPIC"} > 5',
    "burrow": 'burrow_kafka_consumer_lag_total{consumer_group="GROUP"} > 5',
}
"""What people alert on, with thresholds that this cluster is above."""


@pytest.fixture(scope="module")
def asked(cluster, tmp_path_factory) -> Iterator[tuple[str, str, str]]:
    """A Prometheus that has scraped every page some times, and the topic and the group in it."""
    bootstrap = cluster.bootstrap
    topic, group = create_topic(bootstrap, unique("panels-orders"), partitions=2), unique("panels-billing")
    produce(bootstrap, topic, {0: 50, 1: 20})
    commit(bootstrap, group, {(topic, 0): 10, (topic, 1): 20})
    home = tmp_path_factory.mktemp("panels")
    alerts = [
        {"alert": name, "expr": filled(expression, topic, group), "for": "1s"} for name, expression in ALERTS.items()
    ]
    (home / "alerts.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "theirs", "interval": "1s", "rules": alerts}]})
    )
    environ = {
        "LAGWATCH_METRICS__PROFILES": ",".join(PROFILES),
        "LAGWATCH_INTERVAL": "2s",
        "LAGWATCH_NAME": "main",
        "LAGWATCH_TOPICS__INCLUDE": topic,
        "LAGWATCH_GROUPS__INCLUDE": group,
    }
    with ExitStack() as stack:
        read(stack.enter_context(member(bootstrap, group, [topic])), 20)
        service = stack.enter_context(serving(home, "--bootstrap", bootstrap, environ=environ))
        jobs = [
            {
                "job_name": name,
                "metrics_path": f"/metrics/{name}",
                "static_configs": [{"targets": [service.url.removeprefix("http://")]}],
            }
            for name in PROFILES
        ]
        config = {"global": {"scrape_interval": "1s"}, "rule_files": [f"{home}/alerts.yml"], "scrape_configs": jobs}
        url = stack.enter_context(scraping(home, config))
        settled = "min by (topic_name) (count_over_time(kminion_kafka_topic_log_dir_size_total_bytes[1m])) >= 3"
        wait_until(lambda: answers(url, settled), "three scrapes with slow facts", 60)
        yield url, topic, group


def filled(expression: str, topic: str, group: str) -> str:
    return expression.replace("TOPIC", topic).replace("GROUP", group)


@pytest.mark.parametrize("expression", [panel for name in PROFILES for panel in PANELS[name]])
def test_a_panel_made_for_an_exporter_has_data(asked, expression):
    url, topic, group = asked
    assert answers(url, filled(expression, topic, group))


@pytest.mark.parametrize("profile", PROFILES)
def test_an_alert_made_for_an_exporter_fires(asked, profile):
    url, _, _ = asked
    firing = f'ALERTS{{alertname="{profile}", alertstate="firing"}}'
    assert wait_until(lambda: answers(url, firing), f"the alert {profile}", 20)


def test_prometheus_takes_every_page(asked):
    found = targets(asked[0])
    assert {target["labels"]["job"]: (target["health"], target["lastError"]) for target in found} == dict.fromkeys(
        PROFILES, ("up", "")
    )

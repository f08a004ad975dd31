"""
The pages under other exporters' names say what the Apache tools and librdkafka say of the same cluster: every series of them,
none more, with these labels and these values.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.kafka.peers import Series, World, described, kafka_exporter, kafka_lag_exporter, kminion, series
from tests.kafka.support import client, commit, create_topic, member, produce, read, unique, wait_until
from tests.support.peers import SERIES
from tests.support.service import serving

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory) -> Iterator[World]:
    bootstrap, mark = cluster.bootstrap, unique("peers")
    topics = {
        "orders": create_topic(bootstrap, f"{mark}-orders", partitions=4),
        "payments": create_topic(bootstrap, f"{mark}-payments", partitions=2),
        "single": create_topic(bootstrap, f"{mark}-single"),
        "unread": create_topic(bootstrap, f"{mark}-unread", config={"cleanup.policy": "compact"}),
    }
    orders, payments, single = topics["orders"], topics["payments"], topics["single"]
    produce(bootstrap, orders, {0: 100, 1: 250, 2: 30})
    produce(bootstrap, payments, {0: 40, 1: 41})
    produce(bootstrap, single, {0: 12})
    admin = AdminClient(client(bootstrap))
    admin.delete_records([TopicPartition(orders, 1, 20)])[TopicPartition(orders, 1)].result()
    groups = {kind: f"{mark}-{kind}" for kind in ("classic", "consumer", "empty")}
    commit(bootstrap, groups["empty"], {(orders, 0): 100, (orders, 1): 33, (payments, 1): 5})
    with ExitStack() as stack:
        read(stack.enter_context(member(bootstrap, groups["classic"], [orders, payments])), 150)
        read(stack.enter_context(member(bootstrap, groups["consumer"], [single], protocol="consumer")), 5)
        stack.enter_context(idle_member(bootstrap, groups["consumer"], single))
        pages = scraped(bootstrap, mark, tmp_path_factory.mktemp("peers"))
        yield described(cluster, topics, groups, pages)


@contextmanager
def idle_member(bootstrap: str, group: str, topic: str) -> Iterator[None]:
    """One member more than the topic has partitions."""
    consumer = Consumer(client(bootstrap, group_id=group, group_protocol="consumer"))
    consumer.subscribe([topic])
    admin = AdminClient(client(bootstrap))

    def joined() -> bool:
        consumer.poll(0.1)
        return len(admin.describe_consumer_groups([group])[group].result().members) == 2

    try:
        wait_until(joined, f"two members of {group}", every_s=0)
        yield
    finally:
        consumer.close()


def scraped(bootstrap: str, mark: str, home: Path) -> dict[str, Series]:
    """The pages of a lagwatch that watches only what has this mark."""
    environ = {
        "LAGWATCH_METRICS__PROFILES": ",".join(SERIES),
        "LAGWATCH_TOPICS__INCLUDE": f"{mark}.*",
        "LAGWATCH_GROUPS__INCLUDE": f"{mark}.*",
        "LAGWATCH_INTERVAL": "2s",  # with 1s there is no time for slow facts
    }
    with serving(home, "--bootstrap", bootstrap, environ=environ) as service:
        whole = "kminion_kafka_topic_log_dir_size_total_bytes{"
        service.wait_for(lambda: whole in service.get("/metrics/kminion").text, "a poll with slow facts")
        return {name: series(name, service.get(f"/metrics/{name}").text) for name in SERIES}


def test_kafka_exporter_is_told_as_the_tools_tell_it(world):
    assert world.pages["kafka_exporter"] == kafka_exporter(world)


def test_kminion_is_told_as_the_tools_tell_it(world):
    page = dict(world.pages["kminion"])
    assert page.pop("kminion_kafka_requests_sent_total")[()] > 0
    assert page.pop("kminion_kafka_broker_log_dir_size_total_bytes").keys() == {
        (str(node), *address) for node, address in world.brokers.items()
    }
    (up,) = page["kminion_exporter_up"].values()
    page["kminion_exporter_up"] = {(): up}
    ((version, *cluster),) = page["kminion_kafka_cluster_info"]
    assert re.fullmatch(r"v4\.\d+", version)
    page["kminion_kafka_cluster_info"] = {tuple(cluster): 1}
    sizes = page["kminion_kafka_topic_log_dir_size_total_bytes"]
    page["kminion_kafka_topic_log_dir_size_total_bytes"] = {at: sizes[at] for at in sizes if at[0] in world.sizes}
    assert page == kminion(world)


def test_kafka_lag_exporter_is_told_as_the_tools_tell_it(world):
    page = dict(world.pages["kafka_lag_exporter"])
    assert 0 < page.pop("kafka_consumergroup_poll_time_ms")["default",] < 10_000
    seconds = page.pop("kafka_consumergroup_group_lag_seconds")
    largest = page.pop("kafka_consumergroup_group_max_lag_seconds")
    expected = kafka_lag_exporter(world)
    assert seconds.keys() == expected["kafka_consumergroup_group_lag"].keys()
    assert largest.keys() == expected["kafka_consumergroup_group_max_lag"].keys()
    for at, lag in expected["kafka_consumergroup_group_lag"].items():
        assert seconds[at] == 0 if lag == 0 else not seconds[at] < 0
    assert page.keys() == expected.keys()
    for name, values in expected.items():
        assert page[name] == pytest.approx(values, nan_ok=True), name


def test_what_the_comparison_rests_on_is_there(world):
    """Commits that are missing, logs that begin later than 0, an idle member: else the tests above would show less."""
    assert any(row["CURRENT-OFFSET"] == "-" for row in world.commits)
    assert world.marks[world.topics["orders"], 1] == (20, 250)
    assert {row["#PARTITIONS"] for row in world.members} >= {"0", "1"}
    assert {row["STATE"] for row in world.states} == {"Stable", "Empty"}

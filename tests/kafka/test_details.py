"""Slow facts of the real Kafka, beside what Apache's own tools say of it."""

import json
import re
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.collect import DetailOptions
from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.demo import tools
from lagwatch.model.alerts import State
from lagwatch.model.releases import metadata_version
from tests.kafka import support
from tests.kafka.collecting import only, reading
from tests.kafka.support import create_topic, delete_topic, produce, transaction, unique, wait_until

AT_ONCE = DetailOptions(at_once=True)


def read(bootstrap, *topics, internal_topics=False):
    """One poll with all slow facts, of these topics."""
    with reading(bootstrap, topics=only(*topics), internal_topics=internal_topics, details=AT_ONCE) as reader:
        snapshot = reader.read()
    assert snapshot.gaps == ()
    return snapshot


def health(snapshot):
    return advance(Memory(), snapshot, (), snapshot.at)[0].health


@pytest.fixture
def topic(cluster):
    name = create_topic(cluster.bootstrap, unique("details"), partitions=3, replicas=3)
    yield name
    delete_topic(cluster.bootstrap, name)


def test_log_directories_are_those_of_apaches_tool(cluster, topic):
    produce(cluster.bootstrap, topic, {0: 200, 1: 50})
    told = cluster.tool(tools.LOG_DIRS, "--describe", "--topic-list", topic)
    sizes = re.findall(rf'"partition":"{topic}-(\d+)","size":(\d+)', told)
    log_dirs = read(cluster.bootstrap, topic).details.log_dirs.value
    mine = log_dirs.replicas.topic == log_dirs.replicas.topics.index(topic)
    ours = zip(log_dirs.replicas.partition[mine].tolist(), log_dirs.replicas.size[mine].tolist(), strict=True)
    assert len(sizes) == 9
    assert sorted((int(partition), int(size)) for partition, size in sizes) == sorted(ours)
    paths = set(re.findall(r'"logDir":"([^"]+)"', told))
    assert {each.path for each in log_dirs.dirs} == paths
    assert all(0 < each.usable_bytes <= each.total_bytes for each in log_dirs.dirs)
    assert all(each.error == "" for each in log_dirs.dirs)


def test_the_quorum_is_that_of_apaches_tool(cluster, topic):
    told = cluster.tool(tools.METADATA_QUORUM, "describe", "--replication")
    rows = [line.split() for line in told.splitlines() if re.match(r"\d+\s", line)]
    snapshot = read(cluster.bootstrap, topic)
    quorum = snapshot.details.quorum.value
    roles = {int(row[0]): row[-1] for row in rows}
    assert {node.id for node in quorum.voters} == {
        node for node, role in roles.items() if role in ("Leader", "Follower")
    }
    assert [node for node, role in roles.items() if role == "Leader"] == [quorum.leader] == [snapshot.controller]
    state = health(snapshot).quorum
    assert (state.voters, state.caught_up, state.behind) == (len(quorum.voters), len(quorum.voters), ())
    assert all(abs(node.last_caught_up_at - time.time()) < 30 for node in quorum.voters)
    assert all(0 <= node.lag < 1000 for node in quorum.voters)


def test_an_open_transaction_is_that_of_apaches_tool_and_its_producer_is_named(cluster, topic):
    produce(cluster.bootstrap, topic, {1: 5})
    with transaction(cluster.bootstrap, topic, {1: 3}, end="abort"):
        snapshot = read(cluster.bootstrap, topic)
        told = cluster.tool(tools.TRANSACTIONS, "list")
    transactions = snapshot.details.transactions.value
    (holder,) = (each for each in transactions.holders if each.topic == topic)
    (line,) = (line.split() for line in told.splitlines() if holder.transactional_id in line.split())
    assert line[1:4] == [str(holder.coordinator), str(holder.producer_id), "Ongoing"]
    assert (holder.partition, holder.start_offset, holder.hung) == (1, 5, False)
    assert abs(holder.since - time.time()) < 60
    (mine,) = (each for each in transactions.ongoing if each.producer_id == holder.producer_id)
    assert mine.partitions == ((topic, 1),)
    assert mine.timeout_s == 60
    assert holder.started_at == mine.started_at <= time.time()
    found = health(snapshot)
    assert found.open_transactions >= 1
    assert found.hung_transactions == 0


def test_an_alert_about_a_held_topic_names_the_transaction(cluster, topic):
    (rule,) = (rule for rule in default_rules() if rule.name == "HungTransaction")
    hasty = replace(rule, conditions=(replace(rule.conditions[0], above=1.0, clear=None),))
    memory = Memory()
    with (
        transaction(cluster.bootstrap, topic, {2: 3}, end="abort"),
        reading(cluster.bootstrap, topics=only(topic), details=AT_ONCE) as reader,
    ):

        def firing():
            snapshot = reader.read()
            alerts = advance(memory, snapshot, (hasty,), snapshot.at)[1].alerts
            return next(((alert, snapshot) for alert in alerts if alert.state is State.FIRING), None)

        alert, snapshot = wait_until(firing, "an alert about the topic")
    (holder,) = snapshot.details.transactions.value.holders
    assert alert.seen["held_by"].startswith(
        f'producer {holder.producer_id} (transactional id "{holder.transactional_id}", partition 2 from offset 0, begun '
    )
    assert f"coordinator: broker {holder.coordinator}" in alert.seen["held_by"]
    assert alert.seen["held_by"] in alert.cause


def test_a_transaction_that_ended_is_gone(cluster, topic):
    with transaction(cluster.bootstrap, topic, {0: 1}):
        pass

    def gone():
        transactions = read(cluster.bootstrap, topic).details.transactions.value
        held = {each.topic for each in transactions.holders}
        return topic not in held | {place[0] for each in transactions.ongoing for place in each.partitions}

    wait_until(gone, "a topic that nobody holds")


def test_settings_are_those_of_the_topic_and_its_own_are_told_apart(cluster):
    config = {"retention.ms": "1234567", "min.insync.replicas": "2", "unclean.leader.election.enable": "true"}
    name = create_topic(cluster.bootstrap, unique("details"), config=config)
    snapshot = read(cluster.bootstrap, name)
    values = snapshot.details.topic_config.value[name]
    assert config.items() <= values.items()
    assert values["message.timestamp.type"] == "CreateTime"
    assert snapshot.details.topic_overrides.value[name] >= config.keys()
    assert "message.timestamp.type" not in snapshot.details.topic_overrides.value[name]
    assert snapshot.topics.config[0]["retention.ms"] == "1234567"
    assert health(snapshot).unclean_topics == 1
    brokers = snapshot.details.broker_config.value
    assert {int(settings["node.id"]) for settings in brokers.values()} == set(brokers)
    delete_topic(cluster.bootstrap, name)


def test_features_and_releases_are_told(cluster, topic):
    features = read(cluster.bootstrap, topic).details.features.value
    told = cluster.tool(tools.FEATURES, "describe")
    finalized = dict(re.findall(r"Feature: (\S+)\s.*FinalizedVersionLevel: (\S+)", told))
    assert set(features.finalized) == {name for name, level in finalized.items() if level not in ("0", "-")}
    assert set(features.releases.values()) == {"4.3 or later"}
    assert metadata_version(features.finalized["metadata.version"]) == finalized["metadata.version"]


def test_leaders_that_are_not_the_preferred_ones_are_counted(cluster, topic):
    snapshot = read(cluster.bootstrap, topic)
    assert health(snapshot).preferred_imbalance == 0
    first, *others = snapshot.partitions.replicas.of(0)
    with admin(cluster) as client:  # the leader stays, and is not the first of the replicas any more
        client.alter_partition_reassignments({TopicPartition(topic, 0): [*others, first]})

    def unbalanced():
        found = health(read(cluster.bootstrap, topic))
        return found if found.preferred_imbalance > 0 else None

    found = wait_until(unbalanced, "a partition that its preferred leader does not lead")
    assert found.preferred_imbalance == pytest.approx(1 / 3)
    by_others = dict(zip(found.brokers.id.tolist(), found.brokers.led_by_others.tolist(), strict=True))
    assert {broker for broker, count in by_others.items() if count} == {others[0]}


def test_a_move_is_followed_until_it_is_over(cluster):
    everything = {"leader.replication.throttled.replicas": "*", "follower.replication.throttled.replicas": "*"}
    name = create_topic(cluster.bootstrap, unique("details"), replicas=1, config=everything)
    produce(cluster.bootstrap, name, {0: 400}, value=b"x" * 10_000)
    with (
        slow_replication(cluster),
        admin(cluster) as client,
        reading(cluster.bootstrap, topics=only(name), details=AT_ONCE) as reader,
    ):
        snapshot = reader.read()
        assert snapshot.details.reassignments.value == ()
        (here,) = snapshot.partitions.replicas.of(0)
        there = next(broker.id for broker in snapshot.brokers if broker.id != here)
        client.alter_partition_reassignments({TopicPartition(name, 0): [there]})
        moves = wait_until(lambda: reader.read().details.reassignments.value, "a move that is told")
        assert [(m.topic, m.partition, m.adding, m.removing) for m in moves] == [(name, 0, (there,), (here,))]
        assert set(moves[0].replicas) == {here, there}
        assert health(reader.read()).reassigning == 1
        client.alter_partition_reassignments({TopicPartition(name, 0): None})
        wait_until(lambda: reader.read().details.reassignments.value == (), "the end of the move")
    delete_topic(cluster.bootstrap, name)


@contextmanager
def admin(cluster):
    client = KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(","))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def slow_replication(cluster):
    """Topics that say so are replicated at a hundred kilobytes a second."""
    client = AdminClient(support.client(cluster.bootstrap))
    brokers = list(client.list_topics(timeout=10).brokers)
    names = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")

    def change(operation):
        entries = [ConfigEntry(name, "100000", incremental_operation=operation) for name in names]
        for broker in brokers:  # one a call
            resource = ConfigResource(ConfigResource.Type.BROKER, str(broker), incremental_configs=entries)
            client.incremental_alter_configs([resource])[resource].result()

    change(AlterConfigOpType.SET)
    try:
        yield
    finally:
        change(AlterConfigOpType.DELETE)


def test_the_command_tells_the_score_and_what_the_next_failure_takes(cluster):
    name = create_topic(cluster.bootstrap, unique("details"), replicas=1)
    told = lagwatch("health", "--bootstrap", cluster.bootstrap)
    assert told.exit_code == 0, told.output
    first, *_ = told.stdout.splitlines()
    assert re.fullmatch(r"Health of default: \d+(\.\d)? of 100", first)
    assert "single_copy: " in told.stdout
    leader = read(cluster.bootstrap, name).partitions.leader[0]
    document = json.loads(lagwatch("health", "--bootstrap", cluster.bootstrap, "--json").stdout)
    (mine,) = (each for each in document["failures"] if each["broker"] == leader)
    numbers = {each["id"]: each for each in document["brokers"]}
    assert numbers[leader]["would_go_offline"] >= 1
    assert len(mine["would_go_offline"]) == min(100, numbers[leader]["would_go_offline"])
    assert f"If broker {leader} failed:" in told.stdout
    delete_topic(cluster.bootstrap, name)


def lagwatch(*arguments):
    return CliRunner().invoke(build(), arguments)

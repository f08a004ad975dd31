"""What a snapshot says of the real Kafka, against what kafka-python's and confluent-kafka's admin clients say."""

import kafka
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource
from kafka import KafkaAdminClient

from lagwatch.collect.details.options import NO_DETAILS
from lagwatch.model.snapshot import UNKNOWN
from tests.kafka.collecting import commits, groups, offsets, only, reading, reported_lag
from tests.kafka.support import (
    client,
    commit,
    create_topic,
    delete_topic,
    member,
    produce,
    share_member,
    share_read,
    transaction,
    unique,
    wait_until,
)


@pytest.fixture(scope="module")
def admin(cluster):
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(","))
    yield admin
    admin.close()


@pytest.fixture(scope="module")
def topic(cluster):
    """Four partitions with 100, 20, 3 and no records."""
    name = create_topic(cluster.bootstrap, unique("collect"), 4, config={"retention.ms": "86400000"})
    produce(cluster.bootstrap, name, {0: 100, 1: 20, 2: 3})
    return name


def test_topics_partitions_and_brokers_are_those_that_the_admin_client_names(cluster, admin, topic):
    with reading(cluster.bootstrap, topics=only(topic)) as reader:
        snapshot = reader.read()
    assert snapshot.gaps == ()
    metadata = AdminClient(client(cluster.bootstrap)).list_topics(topic, timeout=10)
    expected = metadata.topics[topic].partitions
    rows = range(len(expected))
    assert snapshot.topics.names == (topic,)
    assert snapshot.partitions.leader.tolist() == [expected[p].leader for p in rows]
    assert [snapshot.partitions.replicas.of(p) for p in rows] == [expected[p].replicas for p in rows]
    assert [sorted(snapshot.partitions.isr.of(p)) for p in rows] == [sorted(expected[p].isrs) for p in rows]
    assert snapshot.partitions.offline.counts.tolist() == [0] * 4
    assert {(b.id, b.host, b.port) for b in snapshot.brokers} == {
        (b.id, b.host, b.port) for b in metadata.brokers.values()
    }
    (described,) = admin.describe_topics([topic])
    assert snapshot.cluster_id == admin.describe_cluster()["cluster_id"]
    assert snapshot.controller == admin.describe_metadata_quorum()["topics"][0]["partitions"][0]["leader_id"]
    assert described["name"] == topic
    assert len(snapshot.topics.ids[0]) == 22
    assert offsets(snapshot, "end", topic) == offsets(snapshot, "lso", topic) == [100, 20, 3, 0]
    assert offsets(snapshot, "start", topic) == [0] * 4


def test_the_settings_that_rules_need_are_those_that_hold(cluster, topic):
    with reading(cluster.bootstrap, topics=only(topic)) as reader:
        config = dict(reader.read().topics.config[0])
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient(client(cluster.bootstrap))
    told = admin.describe_configs([resource])[resource].result()
    assert config == {key: told[key].value for key in config}
    assert set(config) == {"min.insync.replicas", "cleanup.policy", "retention.ms", "retention.bytes"}
    assert config["retention.ms"] == "86400000"


def test_records_that_were_deleted_move_the_start(cluster, admin):
    name = create_topic(cluster.bootstrap, unique("collect-deleted"), 2)
    produce(cluster.bootstrap, name, {0: 50, 1: 50})
    admin.delete_records({kafka.TopicPartition(name, 1): 30})
    with reading(cluster.bootstrap, topics=only(name)) as reader:
        snapshot = reader.read()
    assert offsets(snapshot, "start", name) == [0, 30]
    assert offsets(snapshot, "end", name) == [50, 50]


def test_an_open_transaction_holds_the_last_stable_offset_back(cluster):
    name = create_topic(cluster.bootstrap, unique("collect-transaction"), 1)
    produce(cluster.bootstrap, name, {0: 10})
    with reading(cluster.bootstrap, topics=only(name)) as reader:
        with transaction(cluster.bootstrap, name, {0: 5}):
            snapshot = reader.read()
            assert offsets(snapshot, "end", name) == [15]
            assert offsets(snapshot, "lso", name) == [10]
        wait_until(lambda: offsets(reader.read(), "lso", name) == [16], "the end of the transaction")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_group_with_a_member_is_told_with_type_state_member_and_assignment(cluster, admin, topic, protocol):
    group = unique(f"collect-{protocol}")
    with member(cluster.bootstrap, group, [topic], protocol=protocol, client_id="tested") as consumer:
        consumer.poll(0.1)
        consumer.commit(offsets=[TopicPartition(topic, 0, 3), TopicPartition(topic, 2, 3)], asynchronous=False)
        with reading(cluster.bootstrap, groups=only(group)) as reader:
            snapshot = reader.read()
    assert snapshot.gaps == ()
    (found,) = snapshot.groups
    assert (found.name, found.known, found.type, found.state) == (group, True, protocol, "Stable")
    assert found.protocol_type == "consumer"
    assert found.member_count == 1
    assert found.assigned_known
    (one,) = found.members
    assert one.client_id == "tested"
    assert one.host == "/127.0.0.1"
    assert [(part.topic, part.partitions) for part in one.assigned] == [(topic, (0, 1, 2, 3))]
    assert commits(snapshot, group) == {(topic, 0): 3, (topic, 2): 3}
    if protocol == "consumer":
        assert one.target == one.assigned
        assert found.epoch == found.assignment_epoch == one.epoch > 0
        assert found.protocol == "uniform"
    else:
        assert (found.epoch, one.target, found.protocol) == (None, None, "range")
    listed = {g["group_id"]: g for g in admin.list_groups()}[group]
    assert listed["group_type"].lower() == protocol


def test_a_group_without_members_is_told_with_its_commits(cluster, topic):
    group = unique("collect-empty")
    commit(cluster.bootstrap, group, {(topic, 0): 70, (topic, 1): 20})
    with reading(cluster.bootstrap, groups=only(group)) as reader:
        snapshot = reader.read()
    (found,) = snapshot.groups
    assert (found.state, found.member_count, found.known) == ("Empty", 0, True)
    assert commits(snapshot, group) == {(topic, 0): 70, (topic, 1): 20}
    assert set(reported_lag(snapshot, group).values()) == {UNKNOWN}


def test_a_share_group_is_told_with_its_member_and_the_lag_that_the_broker_counts(cluster):
    name, group = create_topic(cluster.bootstrap, unique("collect-share"), 1), unique("collect-share")
    produce(cluster.bootstrap, name, {0: 30})
    with (
        reading(cluster.bootstrap, groups=only(group)) as reader,
        share_member(cluster.bootstrap, group, [name]) as consumer,
    ):
        share_read(consumer, 30)
        produce(cluster.bootstrap, name, {0: 12})
        snapshot = wait_until(
            lambda: (s := reader.read()) and reported_lag(s, group) == {(name, 0): 12} and s,
            "the lag of the share group",
        )
        (found,) = snapshot.groups
        assert (found.type, found.state, found.known, found.member_count) == ("share", "Stable", True, 1)
        assert found.epoch > 0
        assert [(part.topic, part.partitions) for part in found.members[0].assigned] == [(name, (0,))]
        assert commits(snapshot, group)[name, 0] <= 42
        assert snapshot.gaps == ()


def test_all_groups_of_all_types_are_in_one_snapshot_with_the_offsets_that_were_committed(cluster, admin, topic):
    prefix = unique("collect-many")
    truth = {f"{prefix}-{n}": {(topic, p): n + p for p in range(4)} for n in range(12)}
    for group, wanted in truth.items():
        commit(cluster.bootstrap, group, wanted)
    with reading(cluster.bootstrap) as reader:
        snapshot = reader.read()
        again = reader.read()
    for told in (snapshot, again):
        assert {group: commits(told, group) for group in truth} == truth
        assert {group["group_id"] for group in admin.list_groups()} >= truth.keys()
        assert list(groups(told)) == sorted(groups(told))
    for group, wanted in truth.items():
        said = admin.list_group_offsets({group: None})[group]
        assert {(where.topic, where.partition): offset.offset for where, offset in said.items()} == wanted


def test_filters_save_requests(cluster, topic):
    group = unique("collect-filter")
    commit(cluster.bootstrap, group, {(topic, 0): 1})
    with (
        reading(cluster.bootstrap) as reader,
        reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as few,
    ):
        everything, little = reader.read(), few.read()
    assert little.topics.names == (topic,)
    assert list(groups(little)) == [group]
    assert commits(little, group) == {(topic, 0): 1}
    assert little.stats.requests["OffsetFetch"] == 1 < everything.stats.requests["OffsetFetch"]
    assert little.stats.bytes_received < everything.stats.bytes_received


def test_a_topic_that_is_not_watched_leaves_no_trace_of_its_commits(cluster, topic):
    other, group = create_topic(cluster.bootstrap, unique("collect-other"), 1), unique("collect-two")
    commit(cluster.bootstrap, group, {(topic, 1): 2, (other, 0): 0})
    with reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader:
        assert commits(reader.read(), group) == {(topic, 1): 2}


def test_internal_topics_are_watched_on_demand_only(cluster):
    with reading(cluster.bootstrap) as reader, reading(cluster.bootstrap, internal_topics=True) as all_of_them:
        assert not any(name.startswith("__") for name in reader.read().topics.names)
        snapshot = all_of_them.read()
    place = snapshot.topics.names.index("__consumer_offsets")
    assert snapshot.topics.internal[place]


def test_reading_never_makes_a_topic(cluster):
    name = unique("collect-nowhere")
    with reading(cluster.bootstrap, topics=only(name)) as reader:
        assert reader.read().topics.names == ()
        assert reader.read().topics.names == ()
    assert name not in AdminClient(client(cluster.bootstrap)).list_topics(timeout=10).topics


def test_a_topic_that_is_deleted_and_made_anew_does_not_keep_old_commits(cluster):
    name, group = create_topic(cluster.bootstrap, unique("collect-anew"), 2), unique("collect-anew")
    other = create_topic(cluster.bootstrap, unique("collect-stays"), 1)
    produce(cluster.bootstrap, name, {0: 9, 1: 9})
    commit(cluster.bootstrap, group, {(name, 0): 9, (name, 1): 4, (other, 0): 0})
    with reading(cluster.bootstrap, groups=only(group), topics=only(name, other)) as reader:
        before = reader.read()
        assert commits(before, group) == {(name, 0): 9, (name, 1): 4, (other, 0): 0}
        delete_topic(cluster.bootstrap, name)
        wait_until(lambda: reader.read().topics.names == (other,), "the topic to go")
        assert wait_until(lambda: commits(reader.read(), group) == {(other, 0): 0}, "its commits to go")
        create_topic(cluster.bootstrap, name, 3)
        after = wait_until(lambda: (s := reader.read()) and name in s.topics.names and s, "the new topic")
        assert commits(after, group) == {(other, 0): 0}
        assert offsets(after, "end", name) == [0, 0, 0]
        assert after.topics.ids[after.topics.names.index(name)] != before.topics.ids[before.topics.names.index(name)]


def test_a_group_that_is_deleted_is_gone_without_a_gap(cluster, admin, topic):
    group = unique("collect-gone")
    commit(cluster.bootstrap, group, {(topic, 0): 1})
    with reading(cluster.bootstrap, groups=only(group)) as reader:
        assert list(groups(reader.read())) == [group]
        admin.delete_groups([group])
        snapshot = reader.read()
        assert groups(snapshot) == {}
        assert snapshot.gaps == ()


def test_a_steady_poll_of_three_brokers_takes_about_a_dozen_requests(cluster, topic):
    group = unique("collect-steady")
    commit(cluster.bootstrap, group, {(topic, 0): 1})
    with reading(cluster.bootstrap, groups=only(group), topics=only(topic), details=NO_DETAILS) as reader:
        reader.read()
        reader.read()
        requests = reader.read().stats.requests
    leaders = {"ListOffsets"}
    assert {name: count for name, count in requests.items() if name not in leaders} == {
        "Metadata": 1,
        "DescribeQuorum": 1,
        "ListGroups": 3,
        "OffsetFetch": 1,
    }
    assert requests["ListOffsets"] <= 9

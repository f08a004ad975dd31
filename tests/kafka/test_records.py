"""Single records of a real Kafka: their timestamps, and the exact time lag that follows."""

import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from lagwatch.demo import tools
from lagwatch.errors import RecordsError
from lagwatch.records.read import NO_RECORD, TIMED_OUT
from lagwatch.records.timestamps import Timestamps
from tests.kafka.support import USERS, client, commit, create_topic, produce, transaction, unique, wait_until
from tests.kafka.test_time_lag import append
from tests.support.service import serving

WITHIN_S = 15.0


@pytest.fixture
def timestamps(cluster):
    with Timestamps(cluster.bootstrap.split(","), {}) as reading:
        yield reading


def test_the_timestamp_is_that_of_the_first_record_from_the_offset_on(cluster, timestamps):
    old, new = (create_topic(cluster.bootstrap, unique("records"), partitions=2) for _ in range(2))
    now = time.time()
    append(cluster.bootstrap, old, [5000, 300, -1800])
    append(cluster.bootstrap, new, [20])
    wanted = [(old, 0, 0), (old, 0, 1), (old, 0, 2), (new, 0, 0), (old, 1, 0), (old, 0, 3)]
    read = timestamps.read(wanted, WITHIN_S)
    assert {record: round(now - at) for record, at in read.at.items()} == {
        (old, 0, 0): pytest.approx(5000, abs=2),
        (old, 0, 1): pytest.approx(300, abs=2),
        (old, 0, 2): pytest.approx(-1800, abs=2),
        (new, 0, 0): pytest.approx(20, abs=2),
    }
    assert read.missing == {(old, 1, 0): NO_RECORD, (old, 0, 3): NO_RECORD}
    assert timestamps.read(wanted[:1], WITHIN_S).at == {wanted[0]: read.at[wanted[0]]}, "and it can be read again"


def test_records_that_are_gone_markers_and_open_transactions_hold_nothing_up(cluster, timestamps):
    topic = create_topic(cluster.bootstrap, unique("records-odd"))
    with transaction(cluster.bootstrap, topic, {0: 1}):
        pass
    with transaction(cluster.bootstrap, topic, {0: 1}, end="abort"):
        read = timestamps.read([(topic, 0, 0), (topic, 0, 1), (topic, 0, 2)], WITHIN_S)
        assert read.missing == {}
        assert read.at[topic, 0, 1] == read.at[topic, 0, 2], "offset 1 is a marker: the next record is that of offset 2"
    produce(cluster.bootstrap, topic, {0: 3})
    admin = AdminClient(client(cluster.bootstrap))
    admin.delete_records([TopicPartition(topic, 0, 6)])[TopicPartition(topic, 0, 6)].result()
    read = timestamps.read([(topic, 0, 0), (topic, 0, 6)], WITHIN_S)
    assert read.missing == {}
    assert read.at[topic, 0, 0] == read.at[topic, 0, 6], "what retention took is not waited for"


def test_nobody_is_made_a_member_of_a_group(cluster, timestamps):
    topic = create_topic(cluster.bootstrap, unique("records-alone"))
    produce(cluster.bootstrap, topic, {0: 1})
    assert timestamps.read([(topic, 0, 0)], WITHIN_S).missing == {}
    groups = AdminClient(client(cluster.bootstrap)).list_consumer_groups().result().valid
    assert "lagwatch" not in {group.group_id for group in groups}


def test_what_is_not_allowed_or_does_not_answer_is_missing_with_the_reason(secure_cluster):
    topic = create_topic(secure_cluster.bootstrap, unique("records-secret"))
    produce(secure_cluster.bootstrap, topic, {0: 1})
    user = "carol"
    settings = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": USERS[user],
    }
    grant = ("--allow-principal", f"User:{user}", "--topic", topic)
    secure_cluster.tool(tools.ACLS, "--add", *grant, "--operation", "Describe")
    with Timestamps(secure_cluster.listener("SASL_PLAINTEXT").split(","), settings) as reading:
        wait_until(
            lambda: reading.read([(topic, 0, 0)], 5).missing == {(topic, 0, 0): "TOPIC_AUTHORIZATION_FAILED"}, "refused"
        )
        secure_cluster.tool(tools.ACLS, "--add", *grant, "--operation", "Read")
        wait_until(lambda: reading.read([(topic, 0, 0)], 5).at, "allowed")
    with Timestamps(["127.0.0.1:1"], {}) as reading:
        assert reading.read([(topic, 0, 0)], 1).missing == {(topic, 0, 0): TIMED_OUT}


def test_settings_that_the_client_refuses_are_told():
    with pytest.raises(RecordsError, match="refuses its settings"):
        Timestamps(["127.0.0.1:1"], {"security.protocol": "carrier-pigeon"})


def test_a_service_in_exact_mode_tells_the_age_of_the_very_record(cluster, tmp_path):
    topic, group = create_topic(cluster.bootstrap, unique("records-exact")), unique("records-exact")
    append(cluster.bootstrap, topic, [50_000, 40_000, 10])
    commit(cluster.bootstrap, group, {(topic, 0): 1})
    at = time.time()
    (tmp_path / "lagwatch.yaml").write_text(
        f"""
        clusters:
          - name: main
            bootstrap: "{cluster.bootstrap}"
            interval: 2s
            topics: {{include: ["{topic}"]}}
            exact_time_lag: {{partitions: 10}}
        """
    )

    def partition():
        answer = service.get(f"/api/v1/clusters/main/groups/{group}/partitions")
        items = answer.json()["items"] if answer.status_code == 200 else []
        return items[0] if items and items[0]["time_lag_is_exact"] else None

    with serving(tmp_path) as service:
        found = service.wait_for(partition, "an exact time lag")
        assert found["time_lag_s"] == pytest.approx(40_000 + time.time() - at, abs=5)
        assert found["time_lag_is_lower_bound"] is False
        assert service.stop() == 0

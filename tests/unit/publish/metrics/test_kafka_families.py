"""What the page says of Kafka."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import Broker, Snapshot
from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Granularity
from lagwatch.publish.metrics.families import FAMILIES
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import of, series

TOPICS = {
    "orders": topic((0, 100), (40, 50), (0, 10), min_insync_replicas="2"),
    "payments": topic((0, 7), leader=-1, isr=(3,), min_insync_replicas="2"),
}
GROUPS = {
    "billing": group({"orders": [90, 20, None], "payments": [7]}, members=3),
    "search": group({"orders": [100, None, 10]}, state="Empty", kind="consumer", members=0),
}


def seen() -> Snapshot:
    return snapshot(TOPICS, GROUPS)


def board(*latests: Latest, granularity: str = "partition", now: float = T0) -> Board:
    made = Board(granularity=granularity, clock=lambda: now)
    for one in latests:
        made.put(one)
    return made


def of_page(*names: str, page: Board) -> set[str]:
    return {name for name, _ in series(page) if name in names}


def test_lag_has_the_name_and_the_labels_that_people_know():
    page = board(latest(view(seen())))

    assert of(page, "kafka_consumer_group_lag", "kafka_cluster", "group", "topic", "partition") == {
        ("main", "billing", "orders", "0"): 10,
        ("main", "billing", "orders", "1"): 10,
        ("main", "billing", "payments", "0"): 0,
        ("main", "search", "orders", "0"): 0,
        ("main", "search", "orders", "2"): 0,
    }


def test_a_group_without_a_commit_on_a_partition_has_no_lag_there():
    page = board(latest(view(seen())))

    assert ("billing", "2") not in of(page, "kafka_consumer_group_lag", "group", "partition")
    assert ("billing", "2") not in of(page, "kafka_consumer_group_committed_offset", "group", "partition")


def test_committed_offsets_are_published_as_they_were_committed_even_before_the_log_start():
    page = board(latest(view(seen())))

    assert (
        of(page, "kafka_consumer_group_committed_offset", "group", "topic", "partition")["billing", "orders", "1"] == 20
    )


def test_topic_and_group_levels_have_names_of_their_own():
    page = board(latest(view(seen())))

    assert of(page, "kafka_consumer_group_topic_lag", "group", "topic") == {
        ("billing", "orders"): 20,
        ("billing", "payments"): 0,
        ("search", "orders"): 0,
    }
    assert of(page, "kafka_consumer_group_topic_max_lag", "group", "topic")["billing", "orders"] == 10
    assert of(page, "kafka_consumer_group_total_lag", "group") == {"billing": 20, "search": 0}
    assert of(page, "kafka_consumer_group_max_lag", "group") == {"billing": 10, "search": 0}


def test_growth_is_absent_until_it_is_known():
    polls = [
        snapshot({"orders": topic((0, 100 + 50 * i))}, {"billing": group({"orders": [100]})}, at=T0 + 60 * i)
        for i in range(5)
    ]

    assert of(board(latest(view(polls[0]))), "kafka_consumer_group_topic_lag_growth_per_minute", "group") == {}
    page = board(latest(view(*polls)))
    assert of(page, "kafka_consumer_group_topic_lag_growth_per_minute", "group", "topic") == {
        ("billing", "orders"): pytest.approx(50)
    }
    assert of(page, "kafka_consumer_group_total_lag_growth_per_minute", "group") == {"billing": pytest.approx(50)}


def test_members_and_state_of_a_group_are_published_under_its_type():
    page = board(latest(view(seen())))

    assert of(page, "kafka_consumer_group_members", "group") == {"billing": 3, "search": 0}
    assert of(page, "kafka_consumer_group_state", "group", "state", "type") == {
        ("billing", "Stable", "classic"): 1,
        ("search", "Empty", "consumer"): 1,
    }


def test_a_group_that_could_not_be_described_has_neither_members_nor_state():
    facts = snapshot(TOPICS, {"billing": group({"orders": [90, None, None]}, state=None, members=None)})
    page = board(latest(view(facts)))

    assert of(page, "kafka_consumer_group_total_lag", "group") == {"billing": 10}
    assert of_page("kafka_consumer_group_members", "kafka_consumer_group_state", page=page) == set()


def test_a_group_that_could_not_be_read_is_there_and_says_nothing_of_its_lag():
    page = board(latest(view(snapshot(TOPICS, GROUPS | {"billing": None}))))

    assert of(page, "kafka_consumer_group_known", "group") == {"billing": 0, "search": 1}
    said = {name for (name, labels) in series(page) if ("group", "billing") in labels}
    assert said == {"kafka_consumer_group_known"}


def test_a_group_that_cannot_be_read_any_more_counts_the_partitions_that_are_unknown_now():
    page = board(latest(view(seen(), snapshot(TOPICS, GROUPS | {"billing": None}, at=T0 + 30))))

    assert of(page, "kafka_consumer_group_unknown_partitions", "group") == {"billing": 3, "search": 0}
    assert "billing" not in of(page, "kafka_consumer_group_total_lag", "group")
    assert "billing" not in of(page, "kafka_consumer_group_topic_lag", "group")


def test_partitions_whose_leader_did_not_answer_have_no_offsets_and_no_lag():
    topics = {"orders": topic((0, 100), (None, None), (0, 10))}
    page = board(latest(view(snapshot(topics, {"billing": group({"orders": [90, 20, None]})}))))

    for name in ("log_start_offset", "log_end_offset", "last_stable_offset"):
        assert set(of(page, f"kafka_partition_{name}", "partition")) == {"0", "2"}
    assert set(of(page, "kafka_consumer_group_lag", "partition")) == {"0"}
    assert set(of(page, "kafka_consumer_group_committed_offset", "partition")) == {"0", "1"}
    assert of(page, "kafka_consumer_group_topic_unknown_partitions", "topic") == {"orders": 1}


def test_partitions_tell_offsets_leader_and_replicas():
    topics = {"orders": topic((5, 100), isr=(1, 3)) | {"lso": [80]}}
    page = board(latest(view(snapshot(topics, {}))))

    found = {name: value for (name, labels), value in series(page).items() if ("partition", "0") in labels}
    assert found == {
        "kafka_partition_log_start_offset": 5,
        "kafka_partition_log_end_offset": 100,
        "kafka_partition_last_stable_offset": 80,
        "kafka_partition_leader": 1,
        "kafka_partition_replicas": 3,
        "kafka_partition_in_sync_replicas": 2,
    }


def test_a_partition_without_a_leader_says_so_and_one_whose_leader_is_unknown_says_nothing():
    topics = {"led": topic((0, 1)), "lost": topic((0, 1), leader=-1), "unknown": topic((0, 1), leader=None)}
    page = board(latest(view(snapshot(topics, {}))))

    assert of(page, "kafka_partition_leader", "topic") == {"led": 1, "lost": -1}
    assert of(page, "kafka_topic_offline_partitions", "topic") == {"led": 0, "lost": 1}
    assert of_page("kafka_cluster_offline_partitions", page=page) == set()


def test_unknown_replicas_are_not_0_replicas():
    topics = {"orders": topic((0, 1)), "unknown": topic((0, 1), replicas=None, isr=None, min_insync_replicas="2")}
    page = board(latest(view(snapshot(topics, {}))))

    assert of(page, "kafka_partition_replicas", "topic") == {"orders": 3}
    assert of(page, "kafka_partition_in_sync_replicas", "topic") == {"orders": 3}
    assert of(page, "kafka_topic_under_replicated_partitions", "topic") == {"orders": 0}
    assert (
        of_page("kafka_cluster_under_replicated_partitions", "kafka_topic_under_min_isr_partitions", page=page) == set()
    )


def test_topics_and_the_cluster_count_partitions_in_danger():
    page = board(latest(view(seen())))

    for name, counts in {
        "partitions": {"orders": 3, "payments": 1},
        "under_replicated_partitions": {"orders": 0, "payments": 1},
        "offline_partitions": {"orders": 0, "payments": 1},
        "under_min_isr_partitions": {"orders": 0, "payments": 1},
    }.items():
        assert of(page, f"kafka_topic_{name}", "topic") == counts
        assert of(page, f"kafka_cluster_{name}", "kafka_cluster") == {"main": sum(counts.values())}


def test_partitions_under_min_isr_are_not_counted_where_the_setting_is_unknown():
    topics = {"known": topic((0, 1), min_insync_replicas="2"), "unknown": topic((0, 1), isr=(1,))}
    page = board(latest(view(snapshot(topics, {}))))

    assert of(page, "kafka_topic_under_min_isr_partitions", "topic") == {"known": 0}
    assert of_page("kafka_cluster_under_min_isr_partitions", page=page) == set()


def test_the_cluster_tells_its_brokers_its_controller_and_its_id():
    brokers = (Broker(id=1, host="kafka-1", port=9092, rack="a"), Broker(id=2))
    facts = replace(seen(), brokers=brokers, controller=2, cluster_id="Q1")
    page = board(latest(view(facts)))

    assert of(page, "kafka_cluster_brokers", "kafka_cluster") == {"main": 2}
    assert of(page, "kafka_cluster_controller_id", "kafka_cluster") == {"main": 2}
    assert of(page, "kafka_cluster_info", "cluster_id") == {"Q1": 1}
    assert of(page, "kafka_broker_info", "broker", "host", "port", "rack") == {
        ("1", "kafka-1", "9092", "a"): 1,
        ("2", "", "", ""): 1,
    }
    assert of(page, "kafka_cluster_topics", "kafka_cluster") == {"main": 2}
    assert of(page, "kafka_cluster_consumer_groups", "kafka_cluster") == {"main": 2}


def test_a_controller_and_a_cluster_id_that_are_unknown_are_absent():
    page = board(latest(view(seen())))

    assert of_page("kafka_cluster_controller_id", "kafka_cluster_info", page=page) == set()


def test_an_empty_cluster_has_a_page():
    page = board(latest(view(snapshot({}, {}))))

    assert of(page, "kafka_cluster_partitions", "kafka_cluster") == {"main": 0}
    assert of(page, "kafka_cluster_offline_partitions", "kafka_cluster") == {"main": 0}


@pytest.mark.parametrize(
    "granularity, cut_by",
    [("partition", set()), ("topic", {"partition"}), ("group", {"partition", "topic"})],
)
def test_granularity_leaves_out_kafka_families_by_their_labels_and_nothing_else(granularity, cut_by):
    facts = view(replace(seen(), controller=1, cluster_id="Q1"))
    full = series(board(latest(facts)))
    cut = series(board(latest(facts), granularity=granularity))

    own = {"lagwatch_series", "process_cpu_seconds_total"}
    expected = {key for key in full if not (key[0].startswith("kafka_") and cut_by & dict(key[1]).keys())}
    assert cut.keys() == expected
    assert {k: v for k, v in cut.items() if k[0].startswith("kafka_")} == {
        k: v for k, v in full.items() if k in expected and k[0].startswith("kafka_")
    }
    assert own <= {name for name, _ in cut}


def test_each_granularity_drops_at_least_one_family_of_the_finer_one():
    kept = [sum(family.published_at(g) for family in FAMILIES) for g in Granularity]

    assert kept == sorted(kept, reverse=True)
    assert len(set(kept)) == 3


def test_a_large_table_keeps_every_row_with_its_own_label():
    partitions = 5_000
    topics = {"orders": topic(*((0, i) for i in range(partitions)))}
    groups = {name: group({"orders": [0 if i % 3 else None for i in range(partitions)]}) for name in ("a", "b")}
    facts = view(snapshot(topics, groups))
    unknown = np.arange(len(facts.lag)) % 7 == 0
    page = board(latest(replace(facts, lag=np.where(unknown, -1, facts.lag))))

    expected = {}
    for row, (g, r) in enumerate(zip(facts.snapshot.commits.group, facts.snapshot.commits.row, strict=True)):
        if not unknown[row]:
            expected["ab"[g], str(r)] = int(r)
    assert of(page, "kafka_consumer_group_lag", "group", "partition") == expected
    assert of(page, "kafka_partition_log_end_offset", "partition") == {str(i): i for i in range(partitions)}

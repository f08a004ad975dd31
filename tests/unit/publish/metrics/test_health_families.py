"""What the page says of the health of a cluster."""

from dataclasses import replace

from lagwatch.model.details import Elr, Features, LogDir, OpenProducer, Part, Reassignment, Transaction
from lagwatch.publish.board import Board
from tests.support import details as d
from tests.support.build import T0, latest, snapshot, topic, view
from tests.support.metrics import of, series


def board(topics, **fields):
    made = Board(clock=lambda: T0)
    made.put(latest(view(snapshot(topics, {}, **fields))))
    return made


def orders(**facts):
    return {"orders": topic((0, 100), (0, 100), min_insync_replicas="2", **facts)}


def test_each_broker_has_its_load_and_what_would_come_of_its_failure():
    page = board(orders(leader=1, replicas=(2, 1), isr=(1,)), brokers=(1, 2))
    names = ("leaders", "misplaced_leaders", "replicas", "out_of_sync_replicas", "failure_offline_partitions")
    assert [of(page, f"kafka_broker_{name}", "broker") for name in names] == [
        {"1": 2, "2": 0},
        {"1": 0, "2": 2},
        {"1": 2, "2": 2},
        {"1": 0, "2": 2},
        {"1": 2, "2": 0},
    ]
    assert of(page, "kafka_cluster_misplaced_leaders_ratio", "kafka_cluster") == {"main": 1}


def test_log_directories_are_told_and_those_that_say_nothing_are_absent():
    dirs = [
        LogDir(broker=1, path="/a", total_bytes=100, usable_bytes=40),
        LogDir(broker=1, path='/b "x"', error="KAFKA_STORAGE_ERROR"),
    ]
    sizes = [("orders", 0, 1, 70), ("orders", 1, 1, 7)]
    page = board(orders(), brokers=(1,), details=d.details(dirs=d.log_dirs(dirs, sizes)))
    assert of(page, "kafka_broker_log_dir_free_bytes", "broker", "log_dir") == {("1", "/a"): 40}
    assert of(page, "kafka_broker_failed_log_dirs", "broker") == {"1": 1}
    assert of(page, "kafka_broker_log_bytes", "broker") == {"1": 77}
    assert of(page, "kafka_topic_log_bytes", "topic") == {"orders": 77}


def test_the_score_has_its_parts():
    page = board(orders(isr=(1, 2)), details=d.details(voters=d.quorum(0, 0, 60)))
    points = of(page, "kafka_cluster_health_points_lost", "part")
    assert points["under_replicated"] == 20
    assert points["quorum"] == 15
    assert "disk_space" not in points
    assert of(page, "kafka_cluster_health_score", "kafka_cluster") == {"main": 100 - sum(points.values())}
    assert of(page, "kafka_cluster_quorum_lag_records", "node", "role") == {
        ("1", "voter"): 0,
        ("2", "voter"): 0,
        ("3", "voter"): 10,
    }
    assert of(page, "kafka_cluster_at_min_isr_partitions", "kafka_cluster") == {"main": 2}


def test_transactions_moves_and_features_are_counted():
    ongoing = [Transaction(transactional_id="payer", producer_id=7, state="Ongoing", started_at=T0 - 90)]
    holder = OpenProducer(
        topic="orders", partition=0, producer_id=9, producer_epoch=0, start_offset=3, state="", hung=True
    )
    facts = replace(
        d.details(ongoing=ongoing, holders=[holder]),
        reassignments=d.part((Reassignment(topic="orders", partition=0, replicas=(1, 2, 3)),)),
        features=d.part(Features(finalized={"metadata.version": 30}, releases={1: "4.3 or later"})),
        elr=Part(value=(Elr(topic="orders", partition=0),), read_at=T0 - 30),
    )
    page = board(orders(), details=facts)
    found = {name.removeprefix("kafka_cluster_"): value for (name, _), value in series(page).items()}
    assert found["open_transactions"] == found["hung_transactions"] == found["reassigning_partitions"] == 1
    assert found["oldest_transaction_seconds"] == 90
    assert of(page, "kafka_cluster_feature_level", "feature") == {"metadata.version": 30}
    assert of(page, "kafka_broker_release_info", "broker", "release") == {("1", "4.3 or later"): 1}
    assert of(page, "kafka_cluster_details_timestamp_seconds", "part")["elr"] == T0 - 30


def test_what_was_not_read_is_absent():
    found = {name for name, _ in series(board(orders()))}
    unknown = {"open_transactions", "reassigning_partitions", "quorum_voters", "unclean_election_topics"}
    assert not {f"kafka_cluster_{name}" for name in unknown} & found
    assert not {"kafka_broker_log_bytes", "kafka_topic_log_bytes", "kafka_broker_release_info"} & found
    assert "kafka_cluster_health_score" in found

"""How well a cluster is, and the slow facts behind that, as the API tells them."""

from dataclasses import replace

import pytest

from lagwatch.app.insights import Analyses
from lagwatch.model.details import Features, LogDir, OpenProducer, Reassignment, Transaction
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support import details as d
from tests.support.asgi import Client
from tests.support.build import T0, latest, snapshot, topic, view

PATHS = ("health", "transactions", "held-partitions", "reassignments", "log-dirs")
ONGOING = (
    Transaction(
        transactional_id="payer",
        producer_id=7,
        state="Ongoing",
        coordinator=2,
        started_at=T0 - 90,
        timeout_s=60.0,
        partitions=(("orders", 1), ("orders", 0), ("billing", 3)),
    ),
    Transaction(transactional_id="ledger", producer_id=8, state="PrepareCommit"),
)
HOLDERS = (
    OpenProducer(
        topic="orders",
        partition=0,
        producer_id=7,
        producer_epoch=3,
        start_offset=90,
        since=T0 - 30,
        transactional_id="payer",
        state="Ongoing",
        coordinator=2,
        started_at=T0 - 90,
        hung=False,
    ),
    OpenProducer(topic="orders", partition=1, producer_id=9, producer_epoch=0, start_offset=5, state="", hung=True),
    OpenProducer(topic="billing", partition=0, producer_id=4, producer_epoch=0, start_offset=5),
)
DIRS = [
    LogDir(broker=1, path="/a", total_bytes=1000, usable_bytes=400),
    LogDir(broker=1, path="/b", error="KAFKA_STORAGE_ERROR"),
    LogDir(broker=2, path="/a", total_bytes=1000, usable_bytes=100, cordoned=True),
]
MOVES = (Reassignment(topic="orders", partition=1, replicas=(1, 2, 3), adding=(3,), removing=(1,)),)


def api(topics=None, **fields):
    topics = topics or {"orders": topic((0, 100), (0, 100), min_insync_replicas="2")}
    board = Board(clock=lambda: T0)
    board.put(latest(view(snapshot(topics, {}, **fields))))
    return Client(create_api(board, clock=lambda: T0 + 10, insights=Analyses()))


@pytest.fixture(scope="module")
def full():
    told = d.details(
        dirs=d.log_dirs(DIRS, [("orders", 0, 1, 70), ("orders", 1, 1, 7), ("orders", 0, 2, 30)]),
        voters=d.quorum(0, 0, 60),
        ongoing=ONGOING,
        holders=HOLDERS,
    )
    features = d.part(Features(finalized={"metadata.version": 30}, releases={1: "4.3 or later"}))
    topics = {"orders": topic((0, 100), (0, 100), leader=1, isr=(1, 2), min_insync_replicas="2")}
    return api(topics, details=replace(told, features=features, reassignments=d.part(MOVES, T0 - 30)))


def test_the_score_comes_with_its_parts_and_what_it_rests_on(full):
    found = full.json("/api/v1/clusters/main/health")
    parts = {part["name"]: part for part in found["parts"]}
    assert found["score"] == pytest.approx(100 - sum(part["lost"] or 0 for part in found["parts"]), abs=0.05)
    assert parts["under_replicated"]["lost"] == 20
    assert parts["under_replicated"]["sentence"] == "1 partition with fewer replicas in sync than replicas."
    assert parts["offline"] == {"name": "offline", "lost": 0, "most": 40, "sentence": None}
    assert parts["unclean_election"]["lost"] is None
    assert "unclean_election" in found["unknown"]
    assert found["parts"][0]["lost"] == max(part["lost"] or 0 for part in found["parts"])
    assert (found["at_min_isr"], found["reassigning"], found["unclean_topics"]) == (2, 1, None)
    assert (found["open_transactions"], found["hung_transactions"], found["oldest_transaction_s"]) == (2, 1, 90)
    nodes = found["quorum"].pop("nodes")
    assert [(node["id"], node["voter"], node["lag"]) for node in nodes] == [(1, True, 0), (2, True, 0), (3, True, 10)]
    assert nodes[2]["last_caught_up_at"] == "2026-02-25T06:12:20Z"
    assert found["metadata_version"] == "4.3-IV0"
    assert found["quorum"] == {
        "leader": 1,
        "voters": 3,
        "caught_up": 2,
        "majority": 2,
        "behind": [3],
        "max_lag": 10,
    }
    assert found["features"] == {"metadata.version": 30}
    assert found["releases"] == {"1": "4.3 or later"}
    assert set(found["read_at"]) == {"log_dirs", "transactions", "reassignments", "quorum", "features"}
    assert found["read_at"]["reassignments"] == "2026-02-25T06:12:50Z"


def test_what_one_more_failure_would_do_is_told_by_name(full):
    failures = {each["broker"]: each for each in full.json("/api/v1/clusters/main/health")["failures"]}
    assert failures[1]["would_refuse"] == failures[2]["would_refuse"] == ["orders/0", "orders/1"]
    assert failures[3]["would_refuse"] == failures[3]["would_go_offline"] == []
    assert [failures[broker]["ends_quorum"] for broker in (1, 2, 3)] == [True, True, False]


def test_brokers_tell_their_load_and_what_hangs_on_them(full):
    one, two, three = full.json("/api/v1/clusters/main/brokers")["items"]
    assert (one["leaders"], one["preferred"], one["led_by_others"]) == (2, 2, 0)
    assert (one["log_bytes"], one["dirs"], one["failed_dirs"], one["disk_used"]) == (77, 2, 1, 0.6)
    assert (one["would_refuse"], one["last_copies"], one["release"]) == (2, 0, "4.3 or later")
    assert (two["release"], two["disk_used"], two["produced_per_minute"]) == (None, 0.9, 0)
    assert (three["log_bytes"], three["dirs"], three["out_of_sync"]) == (None, None, 2)
    by_size = full.json("/api/v1/clusters/main/brokers", sort="-log_bytes")["items"]
    assert [each["id"] for each in by_size] == [1, 2, 3]


def test_transactions_are_listed_the_oldest_first(full):
    found = full.json("/api/v1/clusters/main/transactions")
    assert found["read_at"] == "2026-02-25T06:13:20Z"
    first, second = found["items"]
    assert first == {
        "transactional_id": "payer",
        "producer_id": 7,
        "state": "Ongoing",
        "coordinator": 2,
        "started_at": "2026-02-25T06:11:50Z",
        "open_s": 100,
        "timeout_s": 60,
        "partitions": [{"topic": "billing", "partitions": [3]}, {"topic": "orders", "partitions": [0, 1]}],
    }
    assert (second["transactional_id"], second["open_s"], second["coordinator"]) == ("ledger", None, None)
    assert full.json("/api/v1/clusters/main/transactions", transactional_id="led*")["total"] == 1


def test_who_holds_a_partition_is_told_and_whether_it_is_hung(full):
    items = full.json("/api/v1/clusters/main/held-partitions")["items"]
    assert [(each["producer_id"], each["hung"], each["state"]) for each in items] == [
        (7, False, "Ongoing"),
        (9, True, ""),
        (4, None, None),
    ]
    assert (items[0]["transactional_id"], items[0]["last_written_at"]) == ("payer", "2026-02-25T06:12:50Z")
    assert items[1]["transactional_id"] is None
    hung = full.json("/api/v1/clusters/main/held-partitions", hung=True, topic="ord*")["items"]
    assert [each["producer_id"] for each in hung] == [9]


def test_moves_are_told(full):
    found = full.json("/api/v1/clusters/main/reassignments")
    assert found["items"] == [
        {"topic": "orders", "partition": 1, "replicas": [1, 2, 3], "adding": [3], "removing": [1]}
    ]
    assert full.json("/api/v1/clusters/main/reassignments", topic="x")["items"] == []


def test_a_topic_tells_its_size_as_long_as_every_broker_told_of_its_own(full):
    assert full.json("/api/v1/clusters/main/topics/orders")["log_bytes"] is None  # broker 3 did not
    whole = api(brokers=(1, 2), details=d.details(dirs=d.log_dirs(DIRS, [("orders", 0, 1, 70), ("orders", 0, 2, 30)])))
    assert whole.json("/api/v1/clusters/main/topics/orders")["log_bytes"] == 100
    assert api().json("/api/v1/clusters/main/topics/orders")["log_bytes"] is None


def test_log_directories_are_told_with_what_is_in_them(full):
    items = full.json("/api/v1/clusters/main/log-dirs")["items"]
    assert [(each["broker"], each["path"], each["replicas"], each["log_bytes"]) for each in items] == [
        (1, "/a", 2, 77),
        (1, "/b", 0, 0),
        (2, "/a", 1, 30),
    ]
    assert (items[1]["error"], items[1]["volume_bytes"]) == ("KAFKA_STORAGE_ERROR", None)
    assert items[2]["cordoned"]
    fullest = full.json("/api/v1/clusters/main/log-dirs", sort="free_bytes")["items"]
    assert [each["free_bytes"] for each in fullest] == [100, 400, None]
    assert full.json("/api/v1/clusters/main/log-dirs", broker=2)["total"] == 1


@pytest.mark.parametrize("path", PATHS[1:])
def test_what_was_not_read_is_told_as_such(path):
    found = api().json(f"/api/v1/clusters/main/{path}")
    assert (found["read_at"], found["items"]) == (None, [])


def test_without_slow_facts_health_is_what_the_poll_tells():
    found = api().json("/api/v1/clusters/main/health")
    assert found["score"] == 100
    assert (found["quorum"], found["features"], found["read_at"]) == (None, None, {})
    assert {"quorum", "disk_space", "failed_log_dirs"} <= set(found["unknown"])


@pytest.mark.parametrize("path", PATHS)
def test_a_waiting_cluster_has_none_of_it_yet(path):
    board = Board(clock=lambda: T0)
    board.put(latest())
    client = Client(create_api(board, clock=lambda: T0))
    assert client.get(f"/api/v1/clusters/main/{path}").status_code == 503

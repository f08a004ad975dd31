from dataclasses import replace

import pytest

from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client


def test_a_cluster_that_was_not_polled_yet_is_listed_as_waiting_and_everything_about_it_is_null(api):
    backup, main = api.json("/api/v1/clusters")["items"]
    assert (backup["name"], backup["state"]) == ("backup", "waiting")
    assert "kafka-9.example.org" in backup["error"]
    assert {value for key, value in backup.items() if key not in {"name", "state", "error"}} == {None}
    assert (main["state"], main["error"], main["as_of"], main["age_s"]) == ("fresh", None, "2026-02-25T06:13:20Z", 12.0)


def test_a_cluster_in_numbers_counts_what_is_known(api):
    main = api.json("/api/v1/clusters/main")
    assert (main["cluster_id"], main["controller"]) == ("Zk2kAHuZQ5e", 2)
    assert (main["brokers"], main["topics"], main["partitions"], main["groups"]) == (3, 4, 7, 11)
    assert (main["under_replicated"], main["offline"], main["under_min_isr"]) == (3, 1, 1)
    assert (main["lag"], main["groups_unknown"], main["gaps"]) == (14_000 + 1_000 + 10 + 5, 2, 2)
    assert main["alerts"] == {"firing": 1, "pending": 0, "unknown": 1}


def test_clusters_can_be_filtered_by_name_and_state(api):
    assert [c["name"] for c in api.json("/api/v1/clusters", sort="-name")["items"]] == ["main", "backup"]
    assert [c["name"] for c in api.json("/api/v1/clusters", name="m*")["items"]] == ["main"]
    assert [c["name"] for c in api.json("/api/v1/clusters", state=["waiting", "stale"])["items"]] == ["backup"]


def test_an_old_good_poll_makes_a_cluster_stale_and_its_numbers_stay_with_their_age():
    api = Client(create_api(world.board(), clock=lambda: world.T0 + 4000))
    main = api.json("/api/v1/clusters/main")
    assert (main["state"], main["age_s"], main["lag"]) == ("stale", 4000.0, 15_015)
    assert api.json("/api/v1/clusters/main/groups")["age_s"] == 4000.0


def test_a_clock_that_went_back_gives_no_negative_age():
    api = Client(create_api(world.board(), clock=lambda: world.T0 - 50))
    assert api.json("/api/v1/clusters/main/groups")["age_s"] == 0


@pytest.mark.parametrize(
    "path", ["brokers", "topics", "topics/orders", "topics/orders/partitions", "partitions", "groups", "groups/billing",
             "groups/billing/topics", "groups/billing/partitions", "groups/billing/members", "alerts", "gaps"]
)  # fmt: skip
def test_data_of_a_waiting_cluster_is_a_problem_that_says_why_and_when_to_try_again(api, path):
    response = api.get(f"/api/v1/clusters/backup/{path}")
    problem = response.json()
    assert (response.status_code, problem["type"]) == (503, "urn:lagwatch:no-data")
    assert "kafka-9.example.org" in problem["detail"]
    assert response.headers["retry-after"] == "30"


def test_the_last_poll_is_told_of_a_waiting_cluster_too(api):
    poll = api.json("/api/v1/clusters/backup/poll")
    assert (poll["state"], poll["error_kind"], poll["failures"]) == ("waiting", "ClusterUnreachable", 2)
    assert (poll["last_good_at"], poll["last_good_age_s"]) == (None, None)
    main = api.json("/api/v1/clusters/main/poll")
    assert (main["last_good_at"], main["last_good_age_s"]) == ("2026-02-25T06:13:20.250000Z", 11.75)
    assert main["gaps"] == [{"part": "offsets", "reason": "REQUEST_TIMED_OUT", "count": 3}]
    assert main["requests_by_api"] == {"ListOffsets": 9}


def test_gaps_say_what_is_missing_and_why(api):
    gaps = api.json("/api/v1/clusters/main/gaps", sort="-count")["items"]
    assert [(gap["part"], gap["broker"], gap["hint"]) for gap in gaps] == [
        ("committed_offsets", None, None),
        ("offsets", 2, "Is broker 2 up?"),
    ]
    assert api.json("/api/v1/clusters/main/gaps", part="offsets", reason="*TIMED_OUT")["total"] == 1
    assert api.json("/api/v1/clusters/main/gaps", part="topics")["total"] == 0


def test_a_broker_that_is_down_is_listed_because_replicas_are_placed_on_it(api):
    brokers = {broker["id"]: broker for broker in api.json("/api/v1/clusters/main/brokers")["items"]}
    assert (brokers[4]["up"], brokers[4]["host"], brokers[4]["replicas"], brokers[4]["out_of_sync"]) == (
        False,
        None,
        2,
        2,
    )
    assert (brokers[2]["up"], brokers[2]["host"], brokers[2]["controller"]) == (True, "kafka-2.example.org", True)
    assert (brokers[1]["leaders"], brokers[2]["leaders"], brokers[3]["leaders"]) == (4, 2, 0)
    assert [broker["id"] for broker in api.json("/api/v1/clusters/main/brokers", up="false")["items"]] == [4]
    assert [broker["id"] for broker in api.json("/api/v1/clusters/main/brokers", sort="-leaders")["items"]] == [
        1,
        2,
        3,
        4,
    ]


def test_nobody_is_called_the_controller_where_kafka_does_not_tell():
    main = world.main()
    view = replace(main.view, snapshot=replace(main.view.snapshot, controller=None))
    api = Client(create_api(world.board(replace(main, view=view)), clock=lambda: world.NOW))
    assert {broker["controller"] for broker in api.json("/api/v1/clusters/main/brokers")["items"]} == {None}


def test_a_cluster_of_any_name_can_be_reached():
    api = Client(create_api(world.board(world.waiting("eu/west 1%")), clock=lambda: world.NOW))
    assert api.json("/api/v1/clusters/eu%2Fwest%201%25")["name"] == "eu/west 1%"


def test_without_clusters_the_lists_are_empty(api):
    empty = Client(create_api(world.Board(clock=lambda: world.NOW)))
    for path in ("clusters", "alerts", "rules"):
        assert empty.json(f"/api/v1/{path}")["items"] == []

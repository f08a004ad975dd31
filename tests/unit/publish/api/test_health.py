from dataclasses import replace

import pytest

from lagwatch import __version__
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support import world
from tests.support.asgi import Client


def client(*clusters, now=world.NOW):
    board = Board(clock=lambda: now)
    for latest in clusters:
        board.put(latest)
    return Client(create_api(board, clock=lambda: now))


def test_a_process_that_answers_is_alive_whatever_kafka_does(api):
    assert api.json("/livez") == {"alive": True, "version": __version__}


def test_it_is_ready_when_every_last_good_poll_is_recent():
    ready = client(world.main()).json("/readyz")
    assert ready["ready"]
    (main,) = ready["clusters"]
    assert (main["cluster"], main["ready"], main["reason"]) == ("main", True, "The last good poll ended 12 s ago.")


def test_a_cluster_that_never_answered_makes_it_not_ready_and_says_why(api):
    problem = api.problem("/readyz", 503)
    assert problem["type"] == "urn:lagwatch:not-ready"
    assert problem["detail"].startswith("backup: No poll has succeeded yet; the last one failed: No bootstrap address")
    assert {cluster["cluster"]: cluster["ready"] for cluster in problem["clusters"]} == {"backup": False, "main": True}


@pytest.mark.parametrize(("seconds", "status"), [(299.9, 200), (300.0, 503)])
def test_readiness_ends_exactly_when_the_last_good_poll_is_too_old(seconds, status):
    good = world.main().health.last_good_at
    assert client(world.main(), now=good + seconds).get("/readyz").status_code == status


def test_a_failed_poll_is_told_while_the_last_good_one_is_still_recent():
    main = world.main()
    main = replace(main, health=replace(main.health, error="Broker 2 hangs", error_kind="ClusterUnreachable"))
    (cluster,) = client(main).json("/readyz")["clusters"]
    assert cluster["ready"]
    assert cluster["reason"] == "The last good poll ended 12 s ago; the last one failed: Broker 2 hangs."


def test_watching_nothing_is_not_ready():
    problem = client().problem("/readyz", 503)
    assert problem["detail"] == "No cluster is watched yet."


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/", "/docs", "/api/v1/clusters"])
def test_head_is_answered_as_get_is_without_a_body(path):
    api = client(world.main())
    get, head = api.get(path), api.request("HEAD", path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]

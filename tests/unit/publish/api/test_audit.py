"""What an audit finds, over the API."""

import pytest

from lagwatch.app.insights import Analyses
from lagwatch.model.audit import Suppression
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support import world
from tests.support.asgi import Client
from tests.support.audited import good
from tests.support.build import T0, latest

AUDIT = "/api/v1/clusters/main/audit"


def served(*suppressions: Suppression) -> Client:
    """A cluster with an error on one topic, a note on two, and a warning about its brokers."""
    forever = {"retention.ms": "-1"}
    seen = good(
        topics={"orders": {"min.insync.replicas": "3"}, "events": forever, "archive": forever},
        brokers={"auto.create.topics.enable": "true"},
    )
    board = Board(clock=lambda: T0 + 5)
    board.put(latest(seen))
    return Client(create_api(board, clock=lambda: T0 + 5, insights=Analyses(suppressions)))


@pytest.fixture(name="api", scope="module")
def _api():
    return served(Suppression("topic-retention-none", "arch.*", "it is meant"))


def rules(answer) -> list[tuple[str, str]]:
    return [(item["rule"], item["subject"]) for item in answer["items"]]


def test_findings_come_with_the_worst_first_and_what_is_suppressed_is_left_out(api):
    found = api.json(AUDIT)
    assert rules(found) == [
        ("topic-min-insync-all", "orders"),
        ("broker-auto-create-topics", "brokers 1, 2, 3"),
        ("topic-retention-none", "events"),
    ]
    assert (found["total"], found["cluster"], found["age_s"]) == (3, "main", 5)
    first = found["items"][0]
    assert (first["level"], first["kind"], first["suppressed"]) == ("error", "topic", None)
    assert first["command"].endswith("--entity-name orders --add-config min.insync.replicas=2")
    assert first["page"] == "docs/audit.md#topic-min-insync-all"


def test_what_is_suppressed_is_there_for_those_who_ask_with_its_reason(api):
    found = api.json(AUDIT, suppressed=True, rule="topic-retention-*")
    assert [(item["subject"], item["suppressed"]) for item in found["items"]] == [
        ("events", None),
        ("archive", "it is meant"),
    ]


def test_findings_can_be_filtered_and_paged(api):
    assert rules(api.json(AUDIT, level=["error", "warning"], kind="topic")) == [("topic-min-insync-all", "orders")]
    assert rules(api.json(AUDIT, subject="ev*")) == [("topic-retention-none", "events")]
    assert rules(api.json(AUDIT, sort="level"))[0] == ("topic-retention-none", "events")
    second = api.json(AUDIT, limit=1, offset=1)
    assert (second["total"], len(second["items"]), rules(second)[0][0]) == (3, 1, "broker-auto-create-topics")
    assert "'level'" in str(api.problem(AUDIT, 422, levl="error"))


def test_before_the_slow_facts_are_read_they_are_unknown_and_nothing_is_well():
    board = world.board()
    api = Client(create_api(board, clock=lambda: world.NOW, insights=Analyses()))
    unknown = api.json(AUDIT, level="unknown", limit=1000)["items"]
    assert {"settings of brokers", "log directories"} <= {item["subject"] for item in unknown}


def test_an_unknown_cluster_and_one_without_a_poll_are_said(api):
    assert "did you mean 'main'" in api.problem("/api/v1/clusters/mian/audit", 404)["detail"]
    api = Client(create_api(world.board(), clock=lambda: world.NOW, insights=Analyses()))
    assert api.problem("/api/v1/clusters/backup/audit", 503)["detail"]


def test_an_application_without_analysis_says_so():
    api = Client(create_api(world.board(), clock=lambda: world.NOW))
    assert "without the analysis" in api.problem(AUDIT, 503)["detail"]

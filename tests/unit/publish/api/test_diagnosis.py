from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client

GROUPS = "/api/v1/clusters/main/groups"


def test_a_group_without_lag_has_no_findings(api):
    found = api.json(f"{GROUPS}/billing-nightly/diagnosis")
    assert (found["group"], found["lag"], found["findings"]) == ("billing-nightly", 0, [])
    assert found["sentence"] == "billing-nightly has read everything."
    assert found["as_of"] == "2026-02-25T06:13:20Z"


def test_a_group_of_which_nothing_is_known_is_said_to_be_unknown(api):
    assert api.json(f"{GROUPS}/search/diagnosis")["lag"] is None


def test_an_unknown_group_is_answered_with_near_misses(api):
    assert "did you mean 'billing'" in api.problem(f"{GROUPS}/biling/diagnosis", 404)["detail"]


def test_a_group_may_have_any_name(api):
    for name in ("team%2Fbilling", "gr%C3%B6%C3%9Fe%20%E2%98%83%20%252F%3F%23", "a%2Fpartitions"):
        assert api.json(f"{GROUPS}/{name}/diagnosis")["group"]


def test_an_application_without_analysis_says_so():
    api = Client(create_api(world.board(), clock=lambda: world.NOW))
    assert "without the analysis" in api.problem(f"{GROUPS}/billing/diagnosis", 503)["detail"]


def test_a_list_says_why_only_if_it_is_asked(api):
    assert {group["diagnosis"] for group in api.json(GROUPS)["items"]} == {None}
    why = {group["name"]: group["diagnosis"] for group in api.json(GROUPS, explain=True)["items"]}
    assert why["billing-nightly"] == "billing-nightly has read everything."
    assert (
        why["billing"]
        == api.json(f"{GROUPS}/billing")["diagnosis"]
        == api.json(f"{GROUPS}/billing/diagnosis")["sentence"]
    )


def test_without_analysis_a_group_is_shown_all_the_same():
    api = Client(create_api(world.board(), clock=lambda: world.NOW))
    assert api.json(f"{GROUPS}/billing")["diagnosis"] is None

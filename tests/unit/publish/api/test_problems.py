import logging
import re

import pytest

from lagwatch.publish.api import create_api
from lagwatch.publish.api.problems import Problem
from tests.support import world
from tests.support.asgi import Client

REQUESTS = [
    ("GET", "/nowhere", 404, "about:blank"),
    ("GET", "/api/v1/clusters/mian", 404, "urn:lagwatch:unknown-name"),
    ("GET", "/api/v1/clusters/main/topics/order", 404, "urn:lagwatch:unknown-name"),
    ("GET", "/api/v1/clusters/main/groups/biling/members", 404, "urn:lagwatch:unknown-name"),
    ("GET", f"/api/v1/clusters/main/groups/{'x' * 5000}", 404, "urn:lagwatch:unknown-name"),
    ("GET", "/api/v1/clusters/%00%FF/groups", 404, "urn:lagwatch:unknown-name"),
    ("POST", "/api/v1/clusters", 405, "about:blank"),
    ("DELETE", "/readyz", 405, "about:blank"),
    ("BREW", "/metrics", 405, "about:blank"),
    ("GET", "/api/v1/clusters?limit=0", 422, "urn:lagwatch:invalid-request"),
    ("GET", "/api/v1/clusters?limit=1e3", 422, "urn:lagwatch:invalid-request"),
    ("GET", f"/api/v1/clusters?offset={'9' * 5000}", 422, "urn:lagwatch:invalid-request"),
    ("GET", "/api/v1/clusters/main/groups?sort=lagg", 422, "urn:lagwatch:invalid-request"),
    ("GET", "/api/v1/clusters/main/groups?min_lag=-1", 422, "urn:lagwatch:invalid-request"),
    ("GET", f"/api/v1/clusters/main/groups?name={'*a' * 200}", 422, "urn:lagwatch:invalid-request"),
    ("GET", "/api/v1/alerts?state=fire", 422, "urn:lagwatch:invalid-request"),
    ("GET", "/api/v1/clusters/backup/groups", 503, "urn:lagwatch:no-data"),
    ("GET", "/readyz", 503, "urn:lagwatch:not-ready"),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"), REQUESTS, ids=[f"{m} {p[:50]}" for m, p, _, _ in REQUESTS]
)
def test_every_error_has_the_same_shape_and_a_sentence(api, method, path, status, kind):
    response = api.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = Problem.model_validate_json(response.content)
    assert (problem.status, problem.type) == (status, kind)
    assert re.fullmatch(r"\S.{20,5000}[.?!]", problem.detail)


def test_a_name_that_was_nearly_right_is_suggested(api):
    problem = api.problem("/api/v1/clusters/main/groups/biling", 404)
    assert problem["detail"] == "There is no group 'biling' in cluster main; did you mean 'billing'?"
    assert problem["suggestions"] == ["billing"]
    assert "did you mean 'main'" in api.problem("/api/v1/clusters/mian", 404)["detail"]
    assert "did you mean 'orders'" in api.problem("/api/v1/clusters/main/topics/order", 404)["detail"]


def test_all_wrong_parameters_are_told_at_once(api):
    problem = api.problem("/api/v1/clusters/main/groups", 422, limit="many", offset=-1, sortt="lag", sort="lagg")
    errors = {error["where"]: error["message"] for error in problem["errors"]}
    assert set(errors) == {"query.limit", "query.offset", "query.sort", "query.sortt"}
    assert "not 'many'" in errors["query.limit"]
    assert "did you mean 'sort'?" in errors["query.sortt"]
    assert "'-lag'" in errors["query.sort"]
    assert all(where in problem["detail"] for where in errors)


def test_a_parameter_that_may_be_left_out_is_told_what_it_may_be_and_not_that_it_may_be_nothing(api):
    problem = api.problem("/api/v1/alerts", 422, state="foo")
    (error,) = problem["errors"]
    assert error["where"] == "query.state"
    assert error["message"].startswith("Input should be 'pending'")
    assert "None" not in problem["detail"]


def test_a_wrong_method_is_told_which_are_right(api):
    response = api.request("POST", "/api/v1/clusters")
    assert response.headers["allow"] == "GET, HEAD"
    assert "allowed: GET, HEAD" in response.json()["detail"]
    assert api.request("OPTIONS", "/api/v1/silences/x").headers["allow"] == "DELETE, GET, HEAD"
    assert api.request("PUT", "/api/v1/silences").headers["allow"] == "GET, HEAD, POST"
    assert api.request("GET", "/api/v1/notices/x/resend").headers["allow"] == "POST"
    assert api.request("PUT", "/api/v1/clusters/main/groups/a%2Fb").headers["allow"] == "GET, HEAD"


def test_our_own_fault_is_a_problem_that_tells_nothing_of_the_inside(caplog):
    def broken():
        raise RuntimeError("password=hunter2")

    api = Client(create_api(world.board(), clock=broken), faults=False)
    with caplog.at_level(logging.ERROR):
        response = api.get("/api/v1/clusters")
    problem = Problem.model_validate_json(response.content)
    assert (response.status_code, problem.status) == (500, 500)
    assert "hunter2" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    (record,) = [record for record in caplog.records if record.name.startswith("lagwatch")]
    assert "/api/v1/clusters" in str(record.__dict__)
    assert "hunter2" not in str(record.__dict__)


@pytest.mark.parametrize("path", ["/api/v1/clusters", "/nowhere", "/", "/docs", "/metrics", "/livez"])
def test_every_answer_has_modest_security_headers_and_no_cors(api, path):
    headers = api.get(path, headers={"Origin": "https://elsewhere.example.org"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control")]

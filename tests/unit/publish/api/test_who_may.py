"""Tokens: who may read, who may change something, and what the others are told."""

from base64 import b64encode

import pytest

from lagwatch.errors import ConfigurationError
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.api.problems import Problem
from tests.support import world
from tests.support.asgi import Client

SILENCE = {"matchers": [{"name": "group", "value": "billing"}], "duration_s": 60, "comment": "test"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(password, user="me"):
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def changes(api):
    """Every operation that changes something, with a body that is right where one is needed."""
    paths = api.json("/openapi.json")["paths"]
    found = [(method.upper(), path) for path, item in paths.items() for method in item if method != "get"]
    assert len(found) == 6
    return found


def guarded(gate, desk):
    return Client(create_api(world.board(), clock=lambda: world.NOW, gate=gate, desk=desk))


def test_without_a_token_in_the_configuration_nothing_can_be_changed_and_the_answer_says_how_to_allow_it(desk):
    api = guarded(Gate(), desk)
    for method, path in changes(api):
        response = api.request(method, path, json=SILENCE, headers=bearer("anything"))
        problem = Problem.model_validate_json(response.content)
        assert (response.status_code, problem.type) == (403, "urn:lagwatch:not-allowed")
        assert "web: {tokens:" in problem.detail
    assert len(desk.audit()) == 3


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), bearer(""), bearer("token-of-ad"), bearer("token-of-ada2"), {"Authorization": "Bearer"},
     {"Authorization": "token-of-ada"}, {"Authorization": "Digest token-of-ada"}, basic("token-of-ada")],
)  # fmt: skip
def test_a_wrong_token_is_told_what_is_needed(api, headers):
    for method, path in changes(api):
        response = api.request(method, path, json=SILENCE, headers=headers)
        problem = Problem.model_validate_json(response.content)
        assert (response.status_code, problem.type) == (401, "urn:lagwatch:unauthorized")
        assert response.headers["www-authenticate"] == 'Bearer realm="lagwatch"'
        assert "token-of-ada" not in response.text


def test_a_viewer_changes_nothing(api):
    for method, path in changes(api):
        response = api.request(method, path, json=SILENCE, headers=bearer("token-of-the-wall"))
        assert response.status_code == 403
        assert "viewer" in response.json()["detail"]


def test_who_may_not_is_told_so_before_anything_of_the_request_is_read(api):
    for body in (b"{", b"[" * 70_000):
        response = api.request("POST", "/api/v1/silences", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 401


def test_an_operator_is_let_in_whatever_the_case_of_the_scheme(office):
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} token-of-ada"}
        assert office.request("POST", "/api/v1/silences", json=SILENCE, headers=headers).status_code == 201


def test_a_request_that_is_too_large_is_refused(office):
    response = office.request("POST", "/api/v1/silences", json=SILENCE | {"comment": "x" * 70_000})
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


def test_reading_is_open_unless_the_configuration_says_otherwise(desk):
    tokens = (Token("wall", Role.VIEWER, lambda: "geheim-ß"),)
    assert guarded(Gate(tokens), desk).get("/api/v1/alerts").status_code == 200
    api = guarded(Gate(tokens, read_requires_token=True), desk)
    for path in ("/", "/api/v1/alerts", "/metrics", "/docs", "/openapi.json", "/nowhere", "/docs/swagger-ui.css"):
        response = api.get(path)
        assert (response.status_code, response.headers["content-type"]) == (401, "application/problem+json")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "Basic" in response.headers["www-authenticate"]
        for headers in (bearer("geheim-ß".encode().decode("latin-1")), basic("geheim-ß")):
            encoded = {name: value.encode("latin-1") for name, value in headers.items()}
            assert api.get(path, headers=encoded).status_code == (404 if path == "/nowhere" else 200)
        assert api.get(path, headers=basic("geheim")).status_code == 401
        assert api.get(path, headers={"Authorization": "Basic !"}).status_code == 401


def test_whoever_starts_and_stops_lagwatch_needs_no_token_and_is_told_no_particulars(desk):
    tokens = (Token("wall", Role.VIEWER, lambda: "secret"),)
    api = guarded(Gate(tokens, read_requires_token=True), desk)
    assert api.get("/livez").status_code == 200
    response = api.get("/readyz")
    assert response.status_code == 503
    assert "kafka-9" not in response.text
    assert "kafka-9" in api.get("/readyz", headers=bearer("secret")).text


def test_a_token_whose_file_cannot_be_read_lets_nobody_in_and_the_others_still_do(desk):
    def gone():
        raise ConfigurationError("the secret in /run/x cannot be read")

    gate = Gate((Token("gone", Role.OPERATOR, gone), Token("empty", Role.OPERATOR, str), *TOKENS))
    assert gate.holder(b"") is None
    assert gate.holder(b"token-of-ada").name == "ada"


def test_a_token_can_be_replaced_while_lagwatch_runs():
    secrets = ["old"]
    gate = Gate((Token("ada", Role.OPERATOR, lambda: secrets[0]),))
    secrets[0] = "new"
    assert gate.holder(b"old") is None
    assert gate.holder(b"new").name == "ada"


def test_a_token_is_not_shown():
    assert "token-of-ada" not in repr(Gate(TOKENS))


TOKENS = (Token("ada", Role.OPERATOR, lambda: "token-of-ada"),)

"""The OpenAPI document is what people and programs go by: complete, true, and with examples that fit."""

import json

import jsonschema_rs
import pytest

from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.desk import ACTIVE, BILLING_ID, DEAD

DOCUMENT = create_api(world.board()).openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
EVERY = {(method, path): what for path, item in DOCUMENT["paths"].items() for method, what in item.items()}
OPERATIONS = {path: operation for (method, path), operation in EVERY.items() if method == "get"}
PARAMETERS = [
    (path, parameter) for (_, path), operation in EVERY.items() for parameter in operation.get("parameters", ())
]
PROPERTIES = [
    (f"{name}.{field}", schema)
    for name, shape in SCHEMAS.items()
    for field, schema in shape.get("properties", {}).items()
]
COMPOSED = {"$ref", "items", "anyOf"}


def resolved(schema):
    return jsonschema_rs.validator_for({"components": DOCUMENT["components"], **schema})


@pytest.mark.parametrize(("name", "schema"), PROPERTIES, ids=[name for name, _ in PROPERTIES])
def test_every_field_is_described_and_its_examples_fit(name, schema):
    assert schema.get("description", "").endswith(".")
    composed = "$ref" in json.dumps(schema)
    assert composed or schema["examples"]
    for example in schema.get("examples", ()):
        resolved(schema).validate(example)


@pytest.mark.parametrize(("path", "parameter"), PARAMETERS, ids=[f"{path} {p['name']}" for path, p in PARAMETERS])
def test_every_parameter_is_described_and_its_examples_are_accepted(path, parameter):
    assert parameter["description"].endswith(".")
    assert parameter["schema"]["examples"]
    for example in parameter["schema"]["examples"]:
        resolved(parameter["schema"]).validate(example)


@pytest.mark.parametrize(("at", "operation"), EVERY.items(), ids=map(" ".join, EVERY))
def test_every_operation_is_described_tagged_and_tells_its_errors(at, operation):
    method, path = at
    assert operation["description"].endswith(".")
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    statuses = set(operation["responses"])
    assert ("404" in statuses) == ("{" in path or (path.endswith("acknowledgements") and method == "post"))
    assert ("422" in statuses) == bool(operation.get("parameters") or operation.get("requestBody"))
    assert ({"401", "403"} <= statuses) == (method != "get")
    assert ("413" in statuses) == ("requestBody" in operation)
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            ((media_type, content),) = response["content"].items()
            assert media_type == "application/problem+json"
            assert content["example"]["status"] == int(status)
            resolved(content["schema"]).validate(content["example"])


def test_what_changes_something_needs_the_token_and_nothing_else_does():
    assert DOCUMENT["components"]["securitySchemes"].keys() == {"token"}
    for (method, _), operation in EVERY.items():
        assert operation.get("security") == ([{"token": []}] if method != "get" else None)


def test_operation_ids_are_unique():
    names = [operation["operationId"] for operation in EVERY.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", [path for path in OPERATIONS if not path.startswith("/metrics")])
def test_an_answer_fits_the_schema_that_documents_it(api, path):
    ids = {"alert": BILLING_ID, "silence": ACTIVE.id, "notice": DEAD.id}
    response = api.get(path.format(cluster="main", topic="orders", group="billing", **ids))
    schema = OPERATIONS[path]["responses"][str(response.status_code)]["content"][response.headers["content-type"]][
        "schema"
    ]
    resolved(schema).validate(response.json())


@pytest.mark.parametrize("path", ["/api/v1/clusters/nope", "/api/v1/clusters?limit=0", "/readyz"])
def test_a_problem_fits_the_schema_of_problems(api, path):
    response = api.get(path)
    assert response.status_code >= 400
    resolved({"$ref": "#/components/schemas/Problem"}).validate(response.json())


def test_the_document_is_served_as_it_is(api):
    assert api.json("/openapi.json") == json.loads(json.dumps(DOCUMENT))

"""Whatever is asked, the answer is what the OpenAPI document says, and never our fault: schemathesis tries to prove otherwise."""

from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.board import Board
from tests.support import desk as kept
from tests.support import world

BOARD = Board(clock=lambda: world.NOW)
BOARD.put(world.main())
GATE = Gate((Token("ada", Role.OPERATOR, lambda: "token-of-ada"),))


@pytest.fixture(name="desk", autouse=True)
def _desk():
    """Each test changes a store of its own; whatever was asked before, what is known by its id is there."""
    with kept.desk() as store:
        APP.state.source = replace(APP.state.source, desk=store)
        yield store


APP = create_api(BOARD, clock=lambda: world.NOW, gate=GATE, notices=kept.notices(), insights=Analyses())
"""Only clusters of which there is data: status 503 is right for others, and a server's error for schemathesis."""

KNOWN = SchemathesisConfig.from_dict(
    {
        "parameters": {
            "path.cluster": "main",
            "path.topic": "orders",
            "path.group": "billing",
            "path.alert": kept.BILLING_ID,
            "path.silence": kept.ACTIVE.id,
            "path.acknowledgement": kept.GIVEN.id,
            "path.notice": kept.DEAD.id,
            "path.receiver": "on-call",
        }
    }
)

anything = schemathesis.openapi.from_asgi("/openapi.json", APP)
of_what_is_there = schemathesis.openapi.from_asgi("/openapi.json", APP, config=KNOWN)
bounded = settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def beyond_the_schema(case):
    """That an end comes after a beginning, and that a matcher asks for something, no schema can say."""
    return [positive_data_acceptance] if case.method == "POST" else []


# With a parameter of ours each operation is in its test's id, which schemathesis alone does not reach with pytest 9.2.
as_operator = pytest.mark.parametrize("headers", [{"Authorization": "Bearer token-of-ada"}], ids=["operator"])


@as_operator
@anything.parametrize()
@bounded
def test_no_request_makes_a_fault_or_an_answer_that_is_not_documented(case, headers):
    case.call_and_validate(headers=headers, excluded_checks=beyond_the_schema(case))


@as_operator
@of_what_is_there.parametrize()
@bounded
def test_no_question_about_what_is_there_does_either(case, headers):
    case.call_and_validate(headers=headers, excluded_checks=beyond_the_schema(case))

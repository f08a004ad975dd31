"""Whatever is asked, the answer is what the OpenAPI document says, and never our fault: schemathesis tries to prove otherwise."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support import world

BOARD = Board(clock=lambda: world.NOW)
BOARD.put(world.main())
APP = create_api(BOARD, clock=lambda: world.NOW)
"""Only clusters of which there is data: status 503 is right for others, and a server's error for schemathesis."""

KNOWN = SchemathesisConfig.from_dict(
    {"parameters": {"path.cluster": "main", "path.topic": "orders", "path.group": "billing"}}
)

anything = schemathesis.openapi.from_asgi("/openapi.json", APP)
of_what_is_there = schemathesis.openapi.from_asgi("/openapi.json", APP, config=KNOWN)
bounded = settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@anything.parametrize()
@bounded
def test_no_request_makes_a_fault_or_an_answer_that_is_not_documented(case):
    case.call_and_validate()


@of_what_is_there.parametrize()
@bounded
def test_no_question_about_what_is_there_does_either(case):
    case.call_and_validate()

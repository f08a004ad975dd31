"""The web application: routes, errors, health, documentation, metrics, around what the board holds."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from lagwatch import __version__
from lagwatch.model.alerts import Verdict
from lagwatch.publish import page
from lagwatch.publish.api import docs, health, metrics, problems
from lagwatch.publish.api.access import Source
from lagwatch.publish.api.auth import Gate, ReadersOnly
from lagwatch.publish.api.burrow import Setup, admin, burrow_api
from lagwatch.publish.api.desk import Desk, Watched
from lagwatch.publish.api.insights import Insights
from lagwatch.publish.api.middleware import HeadAsGet, SafeHeaders
from lagwatch.publish.api.names import EncodedSegments
from lagwatch.publish.api.routers import ROUTERS
from lagwatch.publish.board import Board
from lagwatch.publish.notices.quiet import Window

_ABOUT = """
What lagwatch knows of your Kafka clusters, as of their last good poll. Nothing here asks Kafka: every answer is from memory,
says how old it is, and gives **null for what is not known**, never 0.

A list takes `limit`, `offset`, `sort` (`-field`: the largest first) and filters; a pattern is `*` (anything), `?` (one character),
`[abc]`, and must match the whole name. Errors are problems (RFC 9457).
"""

_TAGS = [
    {"name": "clusters", "description": "Clusters, their brokers, and how polling them goes."},
    {"name": "topics", "description": "Topics and partitions: placement and offsets."},
    {
        "name": "groups",
        "description": "Consumer, share and streams groups: how far behind they are, and who reads what.",
    },
    {
        "name": "alerts",
        "description": "Alerts with what explains them, what became of them, and the rules behind them.",
    },
    {
        "name": "notices",
        "description": "Who is told and whether it arrives; silences, acknowledgements, and who made them. To change something "
        "takes the token of an operator.",
    },
    {"name": "health", "description": "For whoever starts and stops lagwatch."},
    {"name": "metrics", "description": "For Prometheus."},
]


def create_api(
    board: Board,
    *,
    clock: Callable[[], float] = time.time,
    gate: Gate | None = None,
    desk: Desk | None = None,
    notices: Watched | None = None,
    windows: Callable[[], Sequence[Window]] = tuple,
    itself: Callable[[], Verdict | None] = lambda: None,
    insights: Insights | None = None,
    burrow: Setup | None = None,
    external_url: str = "",
) -> FastAPI:
    """
    The application that serves what `board` holds, and lets those through the `gate` change what the `desk` keeps; it starts no
    thread.

    `clock` gives the time in seconds since the epoch, `notices` how receivers are doing, `windows` gives the maintenance windows,
    `itself` gives the last verdict about lagwatch itself, `insights` answers what is worked out only when somebody asks,
    `burrow` is what Burrow's API below `/v3` needs, and `external_url` (without a slash at its end) is how people reach lagwatch.
    Further routers may be included in what is returned; they find the board through `access.Everything`, and their errors become
    problems like all others.
    """
    gate = gate or Gate()
    app = FastAPI(
        title="lagwatch",
        summary="Consumer lag and cluster health of Apache Kafka.",
        description=_ABOUT,
        version=__version__,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.source = source = Source(
        board=board,
        clock=clock,
        desk=desk,
        notices=notices,
        windows=windows,
        itself=itself,
        insights=insights,
        external_url=external_url,
    )
    app.state.gate = gate
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    for router in (health.router, metrics.router, docs.router, admin, *page.ROUTERS):
        app.include_router(router)
    app.mount("/v3", burrow_api(source, gate, burrow or Setup()))
    problems.install(app)
    _complete_openapi(app)
    if gate.read_requires_token:
        app.add_middleware(ReadersOnly, gate=gate)
    for layer in (SafeHeaders, HeadAsGet, EncodedSegments):
        app.add_middleware(layer)
    return app


def _complete_openapi(app: FastAPI) -> None:
    """Add the schema of problems, which FastAPI does not know to be one of its models, and order the paths for readers."""
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        problems.add_schema(schema)
        schema["paths"] = dict(sorted(schema["paths"].items()))
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operation_id(route: APIRoute) -> str:
    return route.name

"""The application below `/v3`, and the two addresses by which Burrow tells that it is alive."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.auth import Gate
from lagwatch.publish.api.burrow import kafka, settings
from lagwatch.publish.api.burrow.envelope import UNKNOWN_URL, install
from lagwatch.publish.api.burrow.setup import Setup

admin = APIRouter(include_in_schema=False)


@admin.get("/v3")
async def nothing() -> PlainTextResponse:
    """Only what is below has answers."""
    return PlainTextResponse(UNKNOWN_URL, 404)


@admin.get("/burrow/admin")
async def alive() -> PlainTextResponse:
    """The process serves requests."""
    return PlainTextResponse("GOOD")


@admin.get("/burrow/admin/ready")
async def ready(source: Everything) -> PlainTextResponse:
    """Every cluster has been read once."""
    clusters = source.all()
    if clusters and all(latest.view is not None for latest in clusters):
        return PlainTextResponse("READY")
    return PlainTextResponse("STARTING", 503)


def burrow_api(source: Source, gate: Gate, setup: Setup) -> FastAPI:
    """The application, to be mounted at `/v3`."""
    app = FastAPI(title="Burrow's API", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.source, app.state.gate, app.state.setup = source, gate, setup
    for router in (kafka.router, kafka.writing, settings.router, settings.writing):
        app.include_router(router)
    install(app)
    return app

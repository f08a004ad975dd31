"""The way to `/metrics`: negotiation is in the headers, the page is ready in the board."""

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from lagwatch.publish.api.access import Everything
from lagwatch.publish.metrics import Format, negotiate

router = APIRouter(tags=["metrics"])

_TYPES = {fmt.value.partition(";")[0]: {"schema": {"type": "string"}} for fmt in Format}


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "The page, in text format 0.0.4 or OpenMetrics 1.0, as asked for.", "content": _TYPES}
    },
)
def metrics(request: Request, source: Everything) -> Response:
    """Everything for Prometheus; a plain function, because making the page is no work for the event loop."""
    accept, encoding = (", ".join(request.headers.getlist(name)) for name in ("accept", "accept-encoding"))
    variant = negotiate(accept, encoding)
    pieces = source.board.pieces(variant)
    if variant.gzip:
        return Response(b"".join(pieces), headers=variant.headers)
    return StreamingResponse(pieces, headers=variant.headers)

"""The ways to the metrics pages: negotiation is in the headers, what is sent is ready in the board."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from lagwatch.publish.api import problems
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.metrics import Format, Variant, negotiate

router = APIRouter(tags=["metrics"])

_TYPES = {fmt.value.partition(";")[0]: {"schema": {"type": "string"}} for fmt in Format}

ProfileName = Annotated[
    str,
    Path(description="An exporter that is named in `metrics.profiles`.", examples=["kafka_exporter"]),
]
Cluster = Annotated[
    str | None,
    Query(
        description="One cluster only. Exporters that know but one cluster do not name it, so with several clusters each has to "
        "be asked for.",
        examples=["main"],
    ),
]


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "The page, in text format 0.0.4 or OpenMetrics 1.0, as asked for.", "content": _TYPES}
    },
)
def metrics(request: Request, source: Everything) -> Response:
    """Everything for Prometheus; a plain function, because making the page is no work for the event loop."""
    variant = _variant(request)
    return _answer(source.board.pieces(variant), variant)


@router.get(
    "/metrics/{profile}",
    response_class=Response,
    responses={
        200: {
            "description": "The page, in text format 0.0.4.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems.documented(404, 422),
    },
)
def metrics_profile(request: Request, source: Everything, profile: ProfileName, cluster: Cluster = None) -> Response:
    """What is known of Kafka under the names of another exporter, so that its dashboards and alerts go on working."""
    clusters = _clusters(source, profile, cluster)
    variant = Variant(gzip=_variant(request).gzip)
    return _answer(source.board.profile_pieces(profile, clusters, gzip=variant.gzip), variant)


def _clusters(source: Source, profile: str, cluster: str | None) -> tuple[str, ...]:
    """The clusters that a page is about."""
    profiles, clusters = source.board.profiles(), source.board.clusters()
    if profile not in profiles:
        raise problems.unknown_name("metric profile", profile, "in metrics.profiles", profiles)
    if cluster is None:
        if len(clusters) > 1 and not profiles[profile].many_clusters:
            choice = f"{profile} knows one cluster; ask for one of {', '.join(clusters)}"
            raise problems.invalid([problems.WrongParameter(where="query.cluster", message=choice)])
        return clusters
    if cluster not in clusters:
        raise problems.unknown_name("cluster", cluster, "", clusters)
    return (cluster,)


def _variant(request: Request) -> Variant:
    accept, encoding = (", ".join(request.headers.getlist(name)) for name in ("accept", "accept-encoding"))
    return negotiate(accept, encoding)


def _answer(pieces: Iterable[bytes], variant: Variant) -> Response:
    if variant.gzip:
        return Response(b"".join(pieces), headers=variant.headers)
    return StreamingResponse(pieces, headers=variant.headers)

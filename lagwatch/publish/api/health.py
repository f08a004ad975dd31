"""Liveness and readiness: a process that serves is alive; it is ready while every cluster is watched."""

from fastapi import APIRouter

from lagwatch import __version__
from lagwatch.model.latest import Latest
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.problems import NOT_READY, Problem, Refused, documented, sentence
from lagwatch.publish.api.schemas.health import Alive, Readiness, Ready
from lagwatch.publish.api.values import age

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Alive:
    """The process serves requests."""
    return Alive(alive=True, version=__version__)


@router.get("/readyz", responses=documented(503))
async def readyz(source: Everything) -> Ready:
    """Every cluster's last good poll is recent; otherwise a problem with status 503 that says which is not, and why."""
    now = source.clock()
    clusters = [readiness(latest, now) for latest in source.all()]
    waiting = [cluster for cluster in clusters if not cluster.ready]
    if clusters and not waiting:
        return Ready(ready=True, clusters=clusters)
    reasons = " ".join(f"{cluster.cluster}: {cluster.reason}" for cluster in waiting)
    raise Refused(
        Problem(
            type=NOT_READY,
            title="Not ready",
            status=503,
            detail=reasons or "No cluster is watched yet.",
            clusters=clusters,
        )
    )


def readiness(latest: Latest, now: float) -> Readiness:
    """Whether the cluster's last good poll is recent enough, and why, in a sentence."""
    health = latest.health
    stale_after_s = health.stale_after_s()
    last_good_age_s = age(now, health.last_good_at)
    if last_good_age_s is None:
        ready, reason = False, "No poll has succeeded yet"
    else:
        ready = last_good_age_s < stale_after_s
        reason = f"The last good poll ended {last_good_age_s:,.0f} s ago"
        if not ready:
            reason += f", more than {stale_after_s:,.0f} s"
    if health.error:
        reason += f"; the last one failed: {health.error}"
    return Readiness(
        cluster=latest.cluster,
        ready=ready,
        reason=sentence(reason),
        last_good_age_s=last_good_age_s,
        stale_after_s=stale_after_s,
    )

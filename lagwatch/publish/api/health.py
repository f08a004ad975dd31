"""Liveness and readiness: a process that serves is alive; it is ready while every cluster is watched."""

from fastapi import APIRouter, Request

from lagwatch import __version__
from lagwatch.model.latest import Latest
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.auth import gate_of, may_read
from lagwatch.publish.api.problems import documented, not_ready, sentence
from lagwatch.publish.api.schemas.health import Alive, Readiness, Ready, StoreState
from lagwatch.publish.api.values import age, moment

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Alive:
    """The process serves requests."""
    return Alive(alive=True, version=__version__)


_EXAMPLE = Readiness(
    cluster="main",
    ready=False,
    reason="The last good poll ended 412 s ago, more than 300 s; the last one failed: no bootstrap address answered in 20 s.",
    last_good_age_s=412.0,
    stale_after_s=300.0,
)


@router.get("/readyz", responses=documented(not_ready([_EXAMPLE])))
async def readyz(source: Everything, request: Request) -> Ready:
    """
    Every cluster's last good poll is recent; otherwise a problem with status 503 that says which is not, and why.

    That something cannot be written down is told here, too, and makes nothing unready: the watch goes on. Where reading needs
    a token, who has none is only told whether.
    """
    now = source.clock()
    clusters = [readiness(latest, now) for latest in source.all()]
    ready = bool(clusters) and all(cluster.ready for cluster in clusters)
    trusted = may_read(request.headers, gate_of(request))
    if not ready:
        raise not_ready(clusters, particulars=trusted)
    return Ready(ready=True, clusters=clusters if trusted else [], store=_store(source) if trusted else None)


def _store(source: Source) -> StoreState | None:
    if source.desk is None:
        return None
    health = source.desk.health()
    return StoreState(
        ok=health.ok,
        reason=health.sentence,
        since=moment(health.since),
        pending=health.pending,
        dropped=dict(health.dropped),
        durable=health.durable,
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

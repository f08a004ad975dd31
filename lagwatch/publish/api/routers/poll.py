"""How polling of a cluster goes."""

from fastapi import APIRouter

from lagwatch.publish.api.access import Everything, OneCluster
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.schemas.clusters import GapCount, Poll
from lagwatch.publish.api.values import age, moment

router = APIRouter(tags=["clusters"])


@router.get("/clusters/{cluster}/poll", responses=documented(404, 422))
async def get_poll(latest: OneCluster, source: Everything) -> Poll:
    """The last poll, and counts since the start; answers also while the cluster is waiting for its first good poll."""
    now = source.clock()
    health = latest.health
    return Poll(
        cluster=latest.cluster,
        state=state_of(latest, now),
        interval_s=health.interval_s,
        deadline_s=health.deadline_s,
        stale_after_s=health.stale_after_s(),
        last_attempt_at=moment(health.last_attempt_at),
        last_good_at=moment(health.last_good_at),
        last_good_age_s=age(now, health.last_good_at),
        duration_s=health.duration_s,
        error=health.error or None,
        error_kind=health.error_kind or None,
        polls=health.polls,
        failures=health.failures,
        failures_by_kind=dict(health.failures_by_kind),
        gaps=[
            GapCount(part=part, reason=reason, count=count)
            for (part, reason), count in sorted(health.gaps_by_reason.items())
        ],
        requests_by_api=dict(health.requests_by_api),
    )

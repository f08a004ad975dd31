"""Clusters in numbers."""

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.alerts import Alert, State
from lagwatch.model.latest import Latest
from lagwatch.model.view import View
from lagwatch.publish.api.access import Everything, OneCluster
from lagwatch.publish.api.names import matching
from lagwatch.publish.api.paging import Absent, PageQuery, Pattern, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.schemas.base import Page
from lagwatch.publish.api.schemas.clusters import AlertCounts, Cluster, ClusterState
from lagwatch.publish.api.values import age, moment

router = APIRouter(tags=["clusters"])


class ClusterQuery(PageQuery):
    """Which clusters, in which order."""

    sort: Literal["name", "-name"] = Field("name", description="The field to sort by.", examples=["name"])
    name: Pattern | Absent = Field(
        None, description="Only names that match this pattern (`*`, `?`).", examples=["eu-*"]
    )
    state: list[ClusterState] | Absent = Field(None, description="Only these states.", examples=[["stale", "waiting"]])


@router.get("/clusters", responses=documented(422))
async def list_clusters(query: Annotated[ClusterQuery, Query()], source: Everything) -> Page[Cluster]:
    """All watched clusters; one that was not polled yet is there too, as `waiting`."""
    now = source.clock()
    clusters = source.all()
    keep = matching([latest.cluster for latest in clusters], query.name)
    if query.state is not None:
        keep &= np.array([state_of(latest, now) in query.state for latest in clusters], dtype=np.bool_)
    rows = choose(query, keep, query.sort)
    items = [cluster_item(clusters[row], now) for row in rows.page]
    return Page(total=rows.total, offset=query.offset, limit=query.limit, items=items)


@router.get("/clusters/{cluster}", responses=documented(404, 422))
async def get_cluster(latest: OneCluster, source: Everything) -> Cluster:
    """One cluster."""
    return cluster_item(latest, source.clock())


def state_of(latest: Latest, now: float) -> ClusterState:
    """Whether what is known of the cluster is recent enough to rely on."""
    good = latest.health.last_good_at
    if latest.view is None or good is None:
        return "waiting"
    return "fresh" if now - good < latest.health.stale_after_s() else "stale"


def cluster_item(latest: Latest, now: float) -> Cluster:
    """The cluster in numbers."""
    view = latest.view
    at = None if view is None else view.snapshot.at
    numbers = _NOTHING if view is None else _numbers(view)
    return Cluster(
        name=latest.cluster,
        state=state_of(latest, now),
        error=latest.health.error or None,
        as_of=moment(at),
        age_s=age(now, at),
        gaps=None if view is None else len(latest.gaps),
        alerts=None if latest.verdict is None else alert_counts(latest.verdict.alerts),
        cluster_id=None if view is None else view.snapshot.cluster_id,
        **numbers,
    )


_NUMBERS = (
    *("controller", "brokers", "topics", "partitions", "groups", "groups_unknown"),
    *("lag", "under_replicated", "offline", "under_min_isr"),
)
_NOTHING: dict[str, int | None] = dict.fromkeys(_NUMBERS)


def _numbers(view: View) -> dict[str, int | None]:
    snapshot = view.snapshot
    lag = view.groups.lag_sum
    known = lag >= 0
    return {
        "controller": snapshot.controller,
        "brokers": len(snapshot.brokers),
        "topics": len(snapshot.topics),
        "partitions": len(snapshot.partitions),
        "groups": len(snapshot.groups),
        "groups_unknown": int(np.count_nonzero(~known)),
        "lag": int(lag[known].sum()) if known.any() or not len(known) else None,
        "under_replicated": int(np.count_nonzero(view.under_replicated)),
        "offline": int(np.count_nonzero(view.offline)),
        "under_min_isr": min_isr_count(view, slice(None)),
    }


def min_isr_count(view: View, rows: slice) -> int | None:
    """How many of these partitions are below min.insync.replicas; None if that is known of none of them."""
    known = view.under_min_isr_known[rows]
    if len(known) and not known.any():
        return None
    return int(np.count_nonzero(view.under_min_isr[rows] & known))


def alert_counts(alerts: Iterable[Alert]) -> AlertCounts:
    """How many of the alerts stand in which state."""
    counts = dict.fromkeys(State, 0)
    for alert in alerts:
        counts[alert.state] += 1
    return AlertCounts(firing=counts[State.FIRING], pending=counts[State.PENDING], unknown=counts[State.UNKNOWN])

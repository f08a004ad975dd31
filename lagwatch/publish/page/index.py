"""`/`: what a person sees first. What fires and why, clusters, the groups that are furthest behind, and the way on."""

from collections.abc import Sequence
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from lagwatch.model.latest import Latest
from lagwatch.publish.api.access import Everything, Seen
from lagwatch.publish.api.health import readiness
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.routers.groups import GroupQuery, list_groups
from lagwatch.publish.page.addresses import cluster_page, groups_page
from lagwatch.publish.page.alerts import alerts_section
from lagwatch.publish.page.html import REFRESH_S, cell, count_cell, framed, linked, table
from lagwatch.publish.page.staleness import stale_banner, stale_mark
from lagwatch.publish.page.tables import groups_table

router = APIRouter(include_in_schema=False)

_GROUPS_SHOWN = 20


@router.get("/")
async def index(source: Everything) -> HTMLResponse:
    """Everything in short, as HTML."""
    now = source.clock()
    clusters = source.all()
    parts = [stale_banner(latest, now) for latest in clusters]
    parts += [alerts_section(source.alerts(), source.calm()), _clusters(clusters, now)]
    parts += [
        await _groups(Seen(latest, latest.view, now, source.insights)) for latest in clusters if latest.view is not None
    ]
    return framed("lagwatch", "".join(parts), refresh_s=REFRESH_S)


@router.get("/clusters")
@router.get("/alerts")
async def lists() -> RedirectResponse:
    """Who shortens the address of a cluster or of an alert finds the list of these at `/`, also below any path."""
    return RedirectResponse("./", 307)


def _clusters(clusters: Sequence[Latest], now: float) -> str:
    rows = []
    for latest in clusters:
        state = state_of(latest, now)
        view = latest.view
        counts = (
            (
                len(view.snapshot.brokers),
                len(view.snapshot.topics),
                len(view.snapshot.partitions),
                len(view.snapshot.groups),
            )
            if view
            else (None,) * 4
        )
        link = cell(linked(cluster_page(latest.cluster), latest.cluster))
        why = escape(readiness(latest, now).reason)
        rows.append([link, f'<td class="{state}">{state}</td>', *map(count_cell, counts), f"<td>{why}</td>"])
    heads = ("Cluster", "State", "#Brokers", "#Topics", "#Partitions", "#Groups", "Polling")
    return f"<h2>Clusters</h2>{table(heads, rows) if rows else '<p>No cluster is watched yet.</p>'}\n"


async def _groups(seen: Seen) -> str:
    found = await list_groups(GroupQuery(limit=_GROUPS_SHOWN, offset=0, sort="-lag", explain=True), seen)
    cluster = seen.latest.cluster
    every = linked(groups_page(cluster), f"All {found.total:,}")
    more = f"<p>{every}</p>" if found.total > _GROUPS_SHOWN else ""
    shown = groups_table(found.items, cluster, "")
    return (
        f"<h2>Groups of {escape(cluster)}, furthest behind first{stale_mark(seen.latest, seen.now)}</h2>{shown}{more}\n"
    )

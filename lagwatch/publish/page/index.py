"""`/`: what a person sees first. What fires and why, clusters, the groups that are furthest behind, and the way on."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lagwatch.model.latest import Latest
from lagwatch.model.view import View
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.health import readiness
from lagwatch.publish.api.paging import PageQuery, choose
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.values import known, number
from lagwatch.publish.page.alerts import alerts_section
from lagwatch.publish.page.html import UNKNOWN, count_cell, framed, table, text_cell

router = APIRouter(include_in_schema=False)

_GROUPS_SHOWN = 20
_REFRESH_S = 30


@router.get("/")
def index(source: Everything) -> HTMLResponse:
    """Everything in short, as HTML."""
    now = source.clock()
    clusters = source.all()
    parts = [alerts_section(source.alerts(), source.calm()), _clusters(clusters, now)]
    parts += [_groups(latest.cluster, latest.view) for latest in clusters if latest.view is not None]
    return framed("lagwatch", "".join(parts), refresh_s=_REFRESH_S)


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
        link = f'<td><a href="api/v1/clusters/{quote(latest.cluster, safe="")}">{escape(latest.cluster)}</a></td>'
        why = escape(readiness(latest, now).reason)
        rows.append([link, f'<td class="{state}">{state}</td>', *map(count_cell, counts), f"<td>{why}</td>"])
    heads = ("Cluster", "State", "#Brokers", "#Topics", "#Partitions", "#Groups", "Polling")
    return f"<h2>Clusters</h2>{table(heads, rows) if rows else '<p>No cluster is watched yet.</p>'}\n"


def _groups(cluster: str, view: View) -> str:
    groups, of = view.snapshot.groups, view.groups
    everything = np.ones(len(groups), dtype=np.bool_)
    rows = choose(PageQuery(limit=_GROUPS_SHOWN, offset=0), everything, "-lag", {"lag": of.lag_sum})
    root = f"api/v1/clusters/{quote(cluster, safe='')}/groups"
    cells = []
    for row in rows.page:
        group = groups[row]
        link = f'<td><a href="{root}/{quote(group.name, safe="")}">{escape(group.name) or "(empty name)"}</a></td>'
        growth = number(of.growth[row])
        shown = UNKNOWN if growth is None else f'<td class="n">{growth:+,.0f}</td>'
        about = [text_cell(group.type or None), text_cell(group.state), count_cell(known(group.member_count))]
        cells.append([link, *about, count_cell(known(of.lag_sum[row])), shown])
    heads = ("Group", "Type", "State", "#Members", "#Messages behind", "#Growth a minute")
    body = table(heads, cells) if cells else "<p>There are none.</p>"
    more = f'<p><a href="{root}?sort=-lag">All {rows.total:,}</a></p>' if rows.total > _GROUPS_SHOWN else ""
    return f"<h2>Groups of {escape(cluster)}, furthest behind first</h2>{body}{more}\n"

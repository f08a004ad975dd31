"""`/`: what a person sees first. Clusters, the groups that are furthest behind, alerts, and the way to everything else."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lagwatch import __version__
from lagwatch.model.alerts import State
from lagwatch.model.latest import Latest
from lagwatch.model.view import View
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.health import readiness
from lagwatch.publish.api.paging import PageQuery, choose
from lagwatch.publish.api.routers.alerts import urgency
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.values import known, number

router = APIRouter(include_in_schema=False)

_GROUPS_SHOWN = 20
_ALERTS_SHOWN = 50
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #c22; --worse: #a0f; --odd: #a60 }
@media (prefers-color-scheme: dark) { :root { --bad: #f77; --worse: #d9f; --odd: #fb5 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
nav a { margin-right: 1rem } a { color: LinkText } small, .unknown { color: GrayText }
div { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600 } .n { text-align: right; font-variant-numeric: tabular-nums }
.critical, .stale { color: var(--bad) } .emergency { color: var(--worse); font-weight: 600 }
.warning, .waiting { color: var(--odd) }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}
_HEAD = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30">
<title>lagwatch</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>lagwatch <small>{escape(__version__)}</small></h1>
<nav><a href="docs">API documentation</a><a href="metrics">Metrics</a><a href="api/v1/clusters">Clusters as JSON</a><a
href="api/v1/alerts">Alerts as JSON</a><a href="readyz">Readiness</a></nav>
</header>
<main>
"""
_FOOT = """</main>
<footer><p><small>Loads anew every 30 seconds.</small></p></footer>
</body>
</html>
"""


@router.get("/")
async def index(source: Everything) -> HTMLResponse:
    """Everything in short, as HTML."""
    now = source.clock()
    clusters = source.all()
    parts = [_HEAD, _alerts(clusters), _clusters(clusters, now)]
    parts += [_groups(latest.cluster, latest.view) for latest in clusters if latest.view is not None]
    return HTMLResponse("".join([*parts, _FOOT]), headers=_POLICY)


def _alerts(clusters: Sequence[Latest]) -> str:
    every = [alert for latest in clusters if latest.verdict for alert in latest.verdict.alerts]
    active = sorted((alert for alert in every if alert.state is not State.RESOLVED), key=urgency, reverse=True)
    rows = [
        [
            f'<td class="{alert.severity}">{alert.severity}</td>',
            _text(alert.state),
            _text(alert.rule),
            _text(alert.subject.cluster),
            _text(alert.summary),
        ]
        for alert in active[:_ALERTS_SHOWN]
    ]
    more = f"<p>{len(active) - _ALERTS_SHOWN} more are in the API.</p>" if len(active) > _ALERTS_SHOWN else ""
    table = (
        _table(("Severity", "State", "Rule", "Cluster", "What happened"), rows) if rows else "<p>There are none.</p>"
    )
    return f"<h2>Alerts</h2>{table}{more}\n"


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
        rows.append([link, f'<td class="{state}">{state}</td>', *map(_count, counts), f"<td>{why}</td>"])
    heads = ("Cluster", "State", "#Brokers", "#Topics", "#Partitions", "#Groups", "Polling")
    return f"<h2>Clusters</h2>{_table(heads, rows) if rows else '<p>No cluster is watched yet.</p>'}\n"


def _groups(cluster: str, view: View) -> str:
    groups, table = view.snapshot.groups, view.groups
    everything = np.ones(len(groups), dtype=np.bool_)
    rows = choose(PageQuery(limit=_GROUPS_SHOWN, offset=0), everything, "-lag", {"lag": table.lag_sum})
    root = f"api/v1/clusters/{quote(cluster, safe='')}/groups"
    cells = []
    for row in rows.page:
        group = groups[row]
        link = f'<td><a href="{root}/{quote(group.name, safe="")}">{escape(group.name) or "(empty name)"}</a></td>'
        growth = number(table.growth[row])
        shown = _UNKNOWN if growth is None else f'<td class="n">{growth:+,.0f}</td>'
        about = [_text(group.type or None), _text(group.state), _count(known(group.member_count))]
        cells.append([link, *about, _count(known(table.lag_sum[row])), shown])
    heads = ("Group", "Type", "State", "#Members", "#Messages behind", "#Growth a minute")
    body = _table(heads, cells) if cells else "<p>There are none.</p>"
    more = f'<p><a href="{root}?sort=-lag">All {rows.total:,}</a></p>' if rows.total > _GROUPS_SHOWN else ""
    return f"<h2>Groups of {escape(cluster)}, furthest behind first</h2>{body}{more}\n"


_UNKNOWN = '<td class="n unknown">unknown</td>'


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else f'<td class="n">{value:,}</td>'


def _text(value: str | None) -> str:
    return '<td class="unknown">unknown</td>' if value is None else f"<td>{escape(value)}</td>"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a head that begins with # stands over numbers."""
    top = "".join(
        f'<th scope="col" class="n">{head[1:]}</th>' if head.startswith("#") else f'<th scope="col">{head}</th>'
        for head in heads
    )
    body = "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in rows)
    return f"<div><table><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>"

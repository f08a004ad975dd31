"""`/alerts/{alert}`: one alert with all that explains it, and what became of it."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.routers.alert_history import AlertId, get_alert
from lagwatch.publish.api.schemas.alerts import AlertFacts, Change
from lagwatch.publish.page.addresses import cluster_page, group_page, topic_page
from lagwatch.publish.page.alerts import explained
from lagwatch.publish.page.html import REFRESH_S, cell, framed, linked, number_cell, table, text_cell
from lagwatch.publish.page.staleness import stale_banner

router = APIRouter(include_in_schema=False)

_UP = "../"


@router.get("/alerts/{alert}")
def alert_page(alert: AlertId, source: Everything) -> HTMLResponse:
    """The page of an alert, also when it is inactive by now."""
    found = get_alert(alert, source)
    history = found.history
    facts: AlertFacts | None = found.alert or (history[0].alert if history else None)
    shown = explained(found.alert, _UP) if found.alert else "<h2>It is inactive</h2>\n"
    latest = source.board.latest(facts.cluster) if facts else None
    stale = stale_banner(latest, source.clock()) if latest else ""
    body = f"{stale}{_about(facts)}{shown}<h2>What became of it</h2>{_changes(history)}"
    title = "Alert" if facts is None else facts.rule
    return framed(f"{title} · lagwatch", body, up=_UP, refresh_s=REFRESH_S)


def _about(facts: AlertFacts | None) -> str:
    if facts is None or not facts.cluster:
        return ""
    ways = [linked(_UP + cluster_page(facts.cluster), facts.cluster)]
    if facts.group is not None:
        ways.append(linked(_UP + group_page(facts.cluster, facts.group), facts.group or "(empty name)"))
    if facts.topic is not None:
        ways.append(linked(_UP + topic_page(facts.cluster, facts.topic), facts.topic))
    return f'<p class="far">{" · ".join(ways)}</p>\n'


def _changes(history: list[Change] | None) -> str:
    if history is None:
        return "<p>That cannot be read now.</p>\n"
    rows = [
        [
            cell(f"{change.at:%Y-%m-%d %H:%M:%S} UTC"),
            text_cell(change.to),
            cell(f'<span class="{change.alert.severity}">{change.alert.severity}</span>'),
            number_cell(change.alert.value),
            text_cell(change.alert.summary),
        ]
        for change in history
    ]
    return table(("When", "Became", "Severity", "#Value", "What was said"), rows) if rows else "<p>Nothing yet.</p>\n"

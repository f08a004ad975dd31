"""Alerts on the pages: what fires, with all that explains it; then what may fire soon, in a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from lagwatch.model.alerts import Alert, State
from lagwatch.publish.api.access import Source
from lagwatch.publish.api.alert_items import alert_item, identity
from lagwatch.publish.api.routers.alerts import urgency
from lagwatch.publish.api.schemas import alerts as shown
from lagwatch.publish.notices.quiet import Calm, Quiet
from lagwatch.publish.page.addresses import alert_page
from lagwatch.publish.page.html import cell, linked, table, text_cell

_FIRING_SHOWN = 20
_OTHERS_SHOWN = 50
_QUIET = {
    Quiet.INHIBITED: "nobody is told: {by} {says} it louder",
    Quiet.SILENCED: "nobody is told: it is silenced",
    Quiet.MAINTENANCE: "nobody is told: maintenance",
    Quiet.ACKNOWLEDGED: "nobody is told again: somebody takes care of it",
}


def alerts_section(alerts: Sequence[Alert], calm: Calm) -> str:
    """All of it as HTML, the most urgent first."""
    active = sorted((alert for alert in alerts if alert.state is not State.RESOLVED), key=urgency, reverse=True)
    firing = [alert for alert in active if alert.state is State.FIRING]
    others = active[len(firing) :]
    parts = [f"<h2>What fires</h2>{_more(firing, _FIRING_SHOWN)}\n" if firing else "<h2>Nothing fires</h2>\n"]
    parts += [explained(alert_item(alert, "", calm)) for alert in firing[:_FIRING_SHOWN]]
    if others:
        rows = [_row(alert) for alert in others[:_OTHERS_SHOWN]]
        heads = ("Severity", "State", "Rule", "Cluster", "What happened")
        parts.append(f"<h2>Pending and unknown</h2>{table(heads, rows)}{_more(others, _OTHERS_SHOWN)}\n")
    return "".join(parts)


def alerts_about(source: Source, cluster: str, *, group: str | None = None, topic: str | None = None, up: str) -> str:
    """The alerts about a group, a topic or a whole cluster as HTML; nothing where there are none."""
    found = [
        alert
        for alert in source.alerts()
        if alert.state is not State.RESOLVED
        and alert.subject.cluster == cluster
        and (group is None or alert.subject.group == group)
        and (topic is None or alert.subject.topic == topic)
    ]
    found.sort(key=urgency, reverse=True)
    calm = source.calm()
    shown = "".join(explained(alert_item(alert, "", calm), up) for alert in found[:_FIRING_SHOWN])
    return f"<h2>Alerts</h2>{_more(found, _FIRING_SHOWN, up)}{shown}" if found else ""


def _more(alerts: Sequence[Alert], most: int, up: str = "") -> str:
    if len(alerts) <= most:
        return ""
    return f'<p>{len(alerts) - most:,} more are in <a href="{up}api/v1/alerts">the API</a>.</p>'


def _row(alert: Alert) -> list[str]:
    severity = f'<td class="{alert.severity}">{alert.severity}</td>'
    said = " ".join(filter(None, (alert.summary, _reason(alert))))
    rule = cell(linked(alert_page(identity(alert)), alert.rule))
    return [severity, text_cell(alert.state.value), rule, text_cell(alert.subject.cluster), text_cell(said)]


def _reason(alert: Alert | shown.Alert) -> str:
    """Why it stands as it does; "" where its summary says so already."""
    return "" if alert.reason in alert.summary else alert.reason


def explained(alert: shown.Alert, up: str = "") -> str:
    """One alert with all that explains it; `up` is the way to where `/` is."""
    lines = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in _lines(alert, up))
    about = f'<span class="{alert.severity}">{alert.severity}</span> · {escape(alert.cluster or "lagwatch")}'
    head = (
        f"<h3>{escape(alert.rule)} <span>{about if alert.state == 'firing' else f'{alert.state} · {about}'}</span></h3>"
    )
    return f'<article class="{alert.severity}">{head}<p>{escape(alert.summary)}</p><dl>{lines}</dl></article>\n'


def _lines(alert: shown.Alert, up: str) -> Iterator[tuple[str, str]]:
    yield "Since", _since(alert)
    threshold = "" if alert.threshold is None else f", threshold {_number(alert.threshold)}"
    yield "Value", f"{_number(alert.value)}{threshold}"
    if reason := _reason(alert):
        yield "Reason", escape(reason)
    if seen := _seen(alert):
        yield "Seen", escape(seen)
    if alert.cause:
        yield "Probably", escape(alert.cause)
    if alert.next_step:
        yield "Next", escape(alert.next_step)
    if alert.quiet:
        louder = alert.inhibited_by
        by = {"by": " and ".join(louder), "says": "says" if len(louder) == 1 else "say"}
        yield "Notices", escape("; ".join(_QUIET[why].format_map(by) for why in alert.quiet))
    links = {"runbook": alert.runbook_url, "page": alert.page_url, "history": f"/{alert_page(alert.id)}"}
    yield "More", " ".join(f'<a href="{escape(_relative(url, up))}">{name}</a>' for name, url in links.items() if url)


def _since(alert: shown.Alert) -> str:
    """Since when its condition holds, and what came of that; a pending alert has not fired, and an unknown one may have."""
    said = [_time(alert.since)]
    if alert.state == "pending":
        said.append("pending since then")
    if alert.fired_at is not None:
        said.append(f"{'firing since' if alert.state == 'firing' else 'fired at'} {_time(alert.fired_at)}")
    if alert.resolved_at is not None:
        said.append(f"resolved at {_time(alert.resolved_at)}")
    return ", ".join(said)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _seen(alert: shown.Alert) -> str:
    known = {name: value for name, value in alert.seen.items() if value not in (None, "")}
    return ", ".join(f"{name} {value if isinstance(value, str) else _number(value)}" for name, value in known.items())


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    value = round(value, 2) + 0.0
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.2f}"


def _relative(url: str, up: str) -> str:
    """Links within lagwatch also work behind a proxy that gives it a path of its own."""
    return up + url.removeprefix("/") if url.startswith("/") and not url.startswith("//") else url

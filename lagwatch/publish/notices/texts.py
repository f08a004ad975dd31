"""Messages in words for people: our own, or those of a template. A template that fails never costs a message."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from lagwatch.logs import Sparingly
from lagwatch.model.notices import Message, Status
from lagwatch.publish.notices.payload import Entry

LOG = logging.getLogger(__name__)

_ORDER = ("alertname", "severity", "kafka_cluster", "group", "topic", "partition", "receiver")
_LINES = (
    ("cause", "Probably"),
    ("next_step", "Next step"),
    ("runbook_url", "Runbook"),
    ("page_url", "Page"),
    ("reason", "Ended because"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """A message in words; `html` is "" if there is only text."""

    title: str
    text: str
    html: str = ""


Template = Callable[[Message], Words]
"""Makes words of a message; may raise anything."""


class Wording:
    """The words of one receiver: those of its template as far as there is one and it works, otherwise our own."""

    def __init__(self, template: Template | None = None, name: str = "") -> None:
        self._template = template
        self._name = name
        self.errors = 0
        self._sparingly = Sparingly(LOG)

    def words(self, message: Message) -> Words:
        """In any case some words."""
        return self.own(message) or Words(title(message), text(message), html(message))

    def own(self, message: Message) -> Words | None:
        """Those of the template; None if there is none, or if it failed (which is counted and logged)."""
        if self._template is None:
            return None
        try:
            return self._template(message)
        except Exception as error:  # noqa: BLE001 (a template may do anything)
            self.errors += 1
            self._sparingly.event(
                logging.ERROR, "template failed, our own words are sent", template=self._name, error=str(error)[:500]
            )
            return None


def title(message: Message) -> str:
    """One line."""
    body = message.body
    if message.status is Status.DIGEST:
        return f"[{body['status']}] {body['commonAnnotations']['summary']}"
    alerts: list[Entry] = body["alerts"]
    of_status = [each for each in alerts if each["status"] == body["status"]] or alerts
    if len(of_status) == 1:
        return title_of_alert(of_status[0])
    about = ", ".join(body["groupLabels"].values()) or "lagwatch"
    names = ", ".join(dict.fromkeys(each["labels"]["alertname"] for each in of_status))
    severity = f" {message.severity.value}" if message.severity is not None and body["status"] == "firing" else ""
    return f"[{body['status']}{severity}] {len(of_status)} alerts of {about}: {names}"


def title_of_alert(alert: Entry) -> str:
    """One alert on one line."""
    labels = alert["labels"]
    severity = f" {labels['severity']}" if alert["status"] == "firing" else ""
    about = "/".join(labels[name] for name in _ORDER[2:] if name in labels)
    return f"[{alert['status']}{severity}] {labels['alertname']}: {alert['annotations'].get('summary') or about}"


def text(message: Message) -> str:
    """All of it as plain text."""
    parts = ["\n".join(_lines(alert)) for alert in message.body["alerts"]]
    if message.status is Status.DIGEST:
        parts.insert(0, message.body["commonAnnotations"]["summary"])
    if message.body["truncatedAlerts"]:
        parts.append(f"... and {message.body['truncatedAlerts']} more: {message.body['externalURL']}")
    return "\n\n".join(parts)


def html(message: Message) -> str:
    """All of it as HTML."""
    parts = []
    for alert in message.body["alerts"]:
        head, *lines = _lines(alert)
        below = "".join(f"<br>{escape(line)}" for line in lines)
        parts.append(f"<p><strong>{escape(head)}</strong>{below}</p>")
    return f"<html><body><h3>{escape(title(message))}</h3>{''.join(parts)}</body></html>"


def _lines(alert: Entry) -> list[str]:
    notes, labels = alert["annotations"], alert["labels"]
    lines = [title_of_alert(alert)]
    if "value" in notes:
        lines.append(f"Value {notes['value']}" + (f", threshold {notes['threshold']}" if "threshold" in notes else ""))
    lines += [f"{word}: {notes[name]}" for name, word in _LINES if notes.get(name)]
    named = [name for name in _ORDER[2:] if name in labels]
    named += sorted(labels.keys() - set(_ORDER))
    lines.append(", ".join(f"{name} {labels[name]}" for name in named))
    lines.append(f"Since {alert['startsAt']}" + (f" until {alert['endsAt']}" if alert["status"] == "resolved" else ""))
    lines.append(alert["generatorURL"])
    return lines


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, with a sign that some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"

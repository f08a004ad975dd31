"""
PagerDuty, Events API v2 (developer.pagerduty.com, "Send an alert event"): one incident an alert, triggered and resolved.

The deduplication key is made of what identifies the alert, not of its severity: one that becomes louder updates its incident.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from lagwatch.model.notices import Message, Status
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.payload import Entry
from lagwatch.publish.notices.receivers.http import HttpReceiver, Poster, Secret, shown
from lagwatch.publish.notices.texts import Wording, cut, title_of_alert

URL = "https://events.pagerduty.com/v2/enqueue"

SEVERITIES = {"warning": "warning", "critical": "error", "emergency": "critical"}

SUMMARY_LIMIT = 1024
"""Characters of a summary (the API's limit)."""

_IDENTITY = ("alertname", "kafka_cluster", "group", "topic", "partition", "receiver")


def dedup_key(labels: Mapping[str, str]) -> str:
    """The same for an alert whatever becomes of it: 64 hexadecimal digits (255 characters are allowed)."""
    return sha256("|".join(labels.get(name, "") for name in _IDENTITY).encode()).hexdigest()


class PagerDuty(HttpReceiver):
    """Sends events with the routing key of an integration, asked for at every try."""

    kind = "pagerduty"

    def __init__(
        self, name: str, routing_key: Secret, *, wording: Wording | None = None, url: str = URL, timeout_s: float = 10.0
    ) -> None:
        super().__init__(name, shown(url), Poster(timeout_s), wording)
        self._url = url
        self._routing_key = routing_key

    def _send(self, message: Message) -> Outcome:
        outcome = Outcome(Fate.SENT, "there was nothing to send")
        refused: Outcome | None = None
        for event in self._events(message):
            body = json.dumps({"routing_key": self._routing_key(), **event}, ensure_ascii=False).encode()
            outcome = self.poster.post(self._url, body, {}).outcome
            # The whole message is tried again: an event that was accepted changes nothing when it comes once more.
            if outcome.fate is Fate.RETRY:
                return outcome
            if outcome.fate is Fate.REFUSED:
                refused = refused or outcome
        return refused or outcome

    def _events(self, message: Message) -> Iterator[dict[str, Any]]:
        body = message.body
        if message.status is Status.DIGEST:
            summary = body["commonAnnotations"]["summary"]
            yield self._event(message, sha256(message.key.encode()).hexdigest(), body["status"], summary, None)
            return
        own = self.wording.own(message)
        for each in body["alerts"]:
            summary = own.title if own is not None else title_of_alert(each)
            yield self._event(message, dedup_key(each["labels"]), each["status"], summary, each)
            if message.status is Status.TEST:
                yield self._event(message, dedup_key(each["labels"]), "resolved", summary, each)

    def _event(self, message: Message, key: str, status: str, summary: str, alert: Entry | None) -> dict[str, Any]:
        if status == "resolved":
            return {"event_action": "resolve", "dedup_key": key}
        labels: Mapping[str, str] = alert["labels"] if alert is not None else message.body["groupLabels"]
        severity = labels.get("severity") or (message.severity.value if message.severity is not None else "critical")
        details = {**labels, **(alert["annotations"] if alert is not None else message.body["commonAnnotations"])}
        payload = {
            "summary": cut(summary, SUMMARY_LIMIT),
            "source": labels.get("kafka_cluster", "lagwatch"),
            "severity": SEVERITIES[severity],
            "component": labels.get("topic"),
            "group": labels.get("group"),
            "class": labels.get("alertname"),
            "timestamp": alert["startsAt"] if alert is not None else None,
            "custom_details": {name: cut(value, 4_000) for name, value in details.items()},
        }
        link = alert["generatorURL"] if alert is not None else message.body["externalURL"]
        return {
            "event_action": "trigger",
            "dedup_key": key,
            "payload": {name: value for name, value in payload.items() if value is not None},
            "client": "lagwatch",
            "client_url": link,
            "links": [{"href": link, "text": "lagwatch"}],
        }

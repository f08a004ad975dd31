"""
Alerts as the JSON that Alertmanager sends to webhooks, version 4. Pure.

Every receiver that was written for Alertmanager understands it
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config); the other receivers make their text from it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from lagwatch.model.alerts import Alert, State
from lagwatch.model.notices import alert_id
from lagwatch.publish.links import alert_url, page_url, runbook_url

Entry = dict[str, Any]
"""One alert of a message: status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint."""

MESSAGE_LIMIT = 100
"""Alerts in one message; more go into further messages, so that none is left out (`truncatedAlerts` stays 0)."""

NEVER = "0001-01-01T00:00:00Z"
"""How Alertmanager spells the end of an alert that has not ended."""


def content(
    entries: Sequence[Entry], *, receiver: str, labels: Mapping[str, str], external_url: str, firing: bool
) -> dict[str, Any]:
    """The whole JSON; `labels` are those of the group, `firing` says whether any alert of the group still fires."""
    return {
        "version": "4",
        "groupKey": group_key(labels),
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": receiver,
        "groupLabels": dict(labels),
        "commonLabels": _common([entry["labels"] for entry in entries]),
        "commonAnnotations": _common([entry["annotations"] for entry in entries]),
        "externalURL": external_url,
        "alerts": list(entries),
    }


def entry(alert: Alert, external_url: str) -> Entry:
    """An alert that fires, or one that has ended."""
    ended = alert.state is State.RESOLVED and alert.resolved_at is not None
    labels = label_set(alert)
    annotations = {
        "summary": alert.summary,
        "value": _number(alert.value),
        "threshold": _number(alert.threshold),
        "seen": ", ".join(f"{name} {_seen(value)}" for name, value in alert.seen.items() if value not in (None, "")),
        "cause": alert.cause,
        "next_step": alert.next_step,
        "runbook_url": runbook_url(alert.runbook, external_url) or "",
        "page_url": page_url(alert.rule, alert.subject, external_url),
        "reason": alert.reason,
    }
    return {
        "status": "resolved" if ended else "firing",
        "labels": labels,
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": moment(alert.since if alert.fired_at is None else alert.fired_at),
        "endsAt": moment(alert.resolved_at) if ended and alert.resolved_at is not None else NEVER,
        "generatorURL": alert_url(alert_id(alert.rule, alert.subject), external_url),
        "fingerprint": fingerprint(labels),
    }


def ended(of: Entry, at: float, reason: str = "") -> Entry:
    """The same alert, ended."""
    annotations = of["annotations"] | ({"reason": reason} if reason else {})
    return {**of, "status": "resolved", "endsAt": moment(at), "annotations": annotations}


def label_set(alert: Alert) -> dict[str, str]:
    """What identifies an alert for a receiver: the rule's own labels, and over them its name, severity and subject."""
    return {**alert.labels, "alertname": alert.rule, "severity": alert.severity.value, **alert.subject.labels()}


def fingerprint(labels: Mapping[str, str]) -> str:
    """
    Alertmanager's own fingerprint of a label set: FNV-1a of 64 bits over the sorted names and values, each ended by 0xff.

    Receivers that also hear of the same alert from Alertmanager see one alert, not two
    (prometheus/common, model/signature.go, LabelsToSignature).
    """
    parts = b"".join(part.encode() + b"\xff" for name in sorted(labels) for part in (name, labels[name]))
    value = reduce(lambda total, byte: (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF, parts, 0xCBF29CE484222325)
    return f"{value:016x}"


def group_key(labels: Mapping[str, str]) -> str:
    """The name of a group of alerts, in Alertmanager's way."""
    pairs = (f"{name}={json.dumps(labels[name], ensure_ascii=False)}" for name in sorted(labels))
    return "{}:{" + ", ".join(pairs) + "}"


def moment(seconds: float) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def _seen(value: float | str | None) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)


def _common(mappings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not mappings:
        return {}
    first, *others = mappings
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}

"""
Alerts as the JSON that Alertmanager sends to webhooks, version 4. Pure.

Every receiver that was written for Alertmanager understands it
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from urllib.parse import quote

from lagwatch.model.alerts import Alert, State

MESSAGE_LIMIT = 100
"""Alerts in one message; more go into further messages, so that none is left out (`truncatedAlerts` stays 0)."""

NEVER = "0001-01-01T00:00:00Z"
"""How Alertmanager spells the end of an alert that has not ended."""

Lane = tuple[str, str | None]
"""What is told in order: the cluster and the group (None for alerts of the whole cluster)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be sent: `lane` is what it is about, `body` the JSON."""

    lane: Lane
    alerts: int
    body: bytes


def messages(alerts: Sequence[Alert], *, receiver: str, external_url: str) -> list[Message]:
    """One message a cluster and group (more if there are more than MESSAGE_LIMIT alerts), in the order of the alerts."""
    lanes: dict[Lane, list[Alert]] = {}
    for alert in alerts:
        lanes.setdefault((alert.subject.cluster, alert.subject.group), []).append(alert)
    return [
        _message(lane, told[start : start + MESSAGE_LIMIT], receiver, external_url.rstrip("/"))
        for lane, told in lanes.items()
        for start in range(0, len(told), MESSAGE_LIMIT)
    ]


def _message(lane: Lane, alerts: Sequence[Alert], receiver: str, external_url: str) -> Message:
    entries = [_entry(alert, external_url) for alert in alerts]
    grouping = {"kafka_cluster": lane[0]} | ({} if lane[1] is None else {"group": lane[1]})
    content = {
        "version": "4",
        "groupKey": f"{{}}:{_label_set(grouping)}",
        "truncatedAlerts": 0,
        "status": "firing" if any(entry["status"] == "firing" for entry in entries) else "resolved",
        "receiver": receiver,
        "groupLabels": grouping,
        "commonLabels": _common([entry["labels"] for entry in entries]),
        "commonAnnotations": _common([entry["annotations"] for entry in entries]),
        "externalURL": external_url,
        "alerts": entries,
    }
    return Message(lane, len(entries), json.dumps(content, ensure_ascii=False).encode())


def _entry(alert: Alert, external_url: str) -> dict[str, Any]:
    firing = alert.state is State.FIRING
    labels = label_set(alert)
    annotations = {
        "summary": alert.summary,
        "value": "" if alert.value is None else f"{alert.value:.15g}",
        "cause": alert.cause,
        "next_step": alert.next_step,
        "runbook": alert.runbook,
        "reason": alert.reason,
    }
    return {
        "status": "firing" if firing else "resolved",
        "labels": labels,
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": _moment(alert.since if alert.fired_at is None else alert.fired_at),
        "endsAt": NEVER if firing or alert.resolved_at is None else _moment(alert.resolved_at),
        "generatorURL": _source(alert, external_url),
        "fingerprint": fingerprint(labels),
    }


def label_set(alert: Alert) -> dict[str, str]:
    """What identifies an alert for a receiver: the rule's own labels, and over them its name, severity and subject."""
    return {**alert.labels, "alertname": alert.rule, "severity": alert.severity.value, **alert.subject.labels()}


def fingerprint(labels: Mapping[str, str]) -> str:
    """
    Alertmanager's own fingerprint of a label set: FNV-1a of 64 bits over the sorted names and values, each ended by 0xff.

    Receivers that also hear of the same alert from Alertmanager see one alert, not two
    (prometheus/common, model/signature.go, LabelsToSignature).
    """
    content = b"".join(part.encode() + b"\xff" for name in sorted(labels) for part in (name, labels[name]))
    value = reduce(lambda total, byte: (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF, content, 0xCBF29CE484222325)
    return f"{value:016x}"


def _source(alert: Alert, external_url: str) -> str:
    """Where to look in the API: the group, else the topic, else the alerts of the cluster."""
    subject = alert.subject
    if subject.group is not None:
        there = f"groups/{quote(subject.group, safe='')}"
    else:
        there = "alerts" if subject.topic is None else f"topics/{quote(subject.topic, safe='')}"
    return f"{external_url}/api/v1/clusters/{quote(subject.cluster, safe='')}/{there}"


def _common(mappings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, *others = mappings
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _label_set(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={json.dumps(labels[name], ensure_ascii=False)}" for name in sorted(labels)) + "}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

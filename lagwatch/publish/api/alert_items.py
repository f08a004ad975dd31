"""Alerts as they are shown: what is known of them, and whether anybody is told."""

from typing import Any

from lagwatch.model.alerts import Alert as Facts
from lagwatch.model.alerts import State
from lagwatch.model.notices import alert_id
from lagwatch.publish.api.schemas.alerts import Alert, AlertFacts
from lagwatch.publish.api.values import moment, number
from lagwatch.publish.links import page_url, runbook_url
from lagwatch.publish.notices.payload import label_set
from lagwatch.publish.notices.quiet import Calm, Quiet


def identity(alert: Facts) -> str:
    """The id of an alert."""
    return alert_id(alert.rule, alert.subject)


def facts_item(alert: Facts, base: str) -> AlertFacts:
    """An alert as it stood; links begin with `base`."""
    return AlertFacts(**_facts(alert, base))


def alert_item(alert: Facts, base: str, calm: Calm) -> Alert:
    """An alert as it stands; `calm` is what keeps alerts from being told now."""
    return Alert(**_facts(alert, base), **_telling(alert, calm))


def _telling(alert: Facts, calm: Calm) -> dict[str, Any]:
    if alert.state is State.RESOLVED:
        return {"quiet": [], "silenced_by": [], "acknowledged_by": None}
    labels, key = label_set(alert), identity(alert)
    reason = calm.quiet(alert, labels)
    acknowledged = calm.acknowledged(key, alert)
    return {
        "quiet": [why for why, holds in ((reason, reason), (Quiet.ACKNOWLEDGED, acknowledged)) if holds],
        "silenced_by": [silence.id for silence in calm.silences if silence.silences(labels, calm.now)],
        "acknowledged_by": calm.acknowledgements[key].id if acknowledged else None,
    }


def _facts(alert: Facts, base: str) -> dict[str, Any]:
    return {
        "id": identity(alert),
        "cluster": alert.subject.cluster,
        "rule": alert.rule,
        "severity": alert.severity,
        "state": alert.state.value,
        "group": alert.subject.group,
        "topic": alert.subject.topic,
        "partition": alert.subject.partition,
        "receiver": alert.subject.receiver,
        "since": moment(alert.since),
        "fired_at": moment(alert.fired_at),
        "resolved_at": moment(alert.resolved_at),
        "reason": alert.reason,
        "inhibited_by": list(alert.inhibited_by),
        "value": number(alert.value),
        "threshold": number(alert.threshold),
        "values": {name: number(value) for name, value in alert.values.items()},
        "summary": alert.summary,
        "seen": {name: value if isinstance(value, str) else number(value) for name, value in alert.seen.items()},
        "cause": alert.cause,
        "next_step": alert.next_step,
        "runbook": alert.runbook,
        "runbook_url": runbook_url(alert.runbook, base),
        "page_url": page_url(alert.rule, alert.subject, base),
        "for_s": alert.effective_for_s,
        "labels": dict(alert.labels),
    }

"""What is published of a Verdict: one series an alert, and counts. Pure."""

from collections import Counter

import numpy as np

from lagwatch.model.alerts import Alert, Severity, State, Verdict
from lagwatch.publish.metrics import families as f
from lagwatch.publish.metrics.lines import Column, Rendered, label_set, listed, render

STATES = (State.PENDING, State.FIRING, State.UNKNOWN)
"""The states that have series; a resolved alert is over."""


def render_verdict(cluster: str, verdict: Verdict) -> tuple[Rendered, ...]:
    """The lines of both alert families; counts of 0 are there, so that they can be watched."""
    standing = [alert for alert in verdict.alerts if alert.state in STATES]
    found = Counter((alert.severity, alert.state) for alert in standing)
    kinds = [(severity, state) for severity in Severity for state in STATES]
    counts = [label_set(kafka_cluster=cluster, severity=severity, state=state) for severity, state in kinds]
    ones = Column(f.own.ALERT, np.ones(len(standing), np.int64))
    counted = Column(f.own.ALERTS, np.array([found[kind] for kind in kinds], np.int64))
    return (render(listed([_labels(alert) for alert in standing], ones)), render(listed(counts, counted)))


def _labels(alert: Alert) -> bytes:
    s = alert.subject
    subject = {"kafka_cluster": s.cluster, "group": s.group, "topic": s.topic, "partition": s.partition}
    return label_set(**subject, rule=alert.rule, severity=alert.severity, state=alert.state)

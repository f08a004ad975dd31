"""What is published of a Verdict: one series an alert, and counts. Pure."""

from collections import Counter

import numpy as np

from lagwatch.model.alerts import Alert, Severity, State, Verdict
from lagwatch.publish.metrics import families as f
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table, label_set, listed, write
from lagwatch.publish.metrics.segments import Packer, Segment

STATES = (State.PENDING, State.FIRING, State.UNKNOWN)
"""The states that have series; a resolved alert is over."""


def alert_segments(cluster: str, verdict: Verdict) -> dict[Family, Segment]:
    """The compressed lines of both alert families, without headers; counts of 0 are there, so that they can be watched."""
    standing = [alert for alert in verdict.alerts if alert.state in STATES]
    found = Counter((alert.severity, alert.state) for alert in standing)
    kinds = [(severity, state) for severity in Severity for state in STATES]
    counts = [label_set(kafka_cluster=cluster, severity=severity, state=state) for severity, state in kinds]
    packers: dict[Family, Packer] = {}
    write(_table(f.ALERT, [_labels(alert) for alert in standing], [1] * len(standing)), packers)
    write(_table(f.ALERTS, counts, [found[kind] for kind in kinds]), packers)
    return {family: packer.segment() for family, packer in packers.items()}


def _labels(alert: Alert) -> bytes:
    s = alert.subject
    subject = {"kafka_cluster": s.cluster, "group": s.group, "topic": s.topic, "partition": s.partition}
    return label_set(**subject, rule=alert.rule, severity=alert.severity, state=alert.state)


def _table(family: Family, labels: list[bytes], values: list[int]) -> Table:
    return Table(listed(labels), (Column(family, np.array(values, np.int64)),))

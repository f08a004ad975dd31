"""Which alerts are not worth telling because another one speaks for them. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from lagwatch.model.alerts import Alert, Severity, State, Subject

_LOUDNESS = {Severity.WARNING: 0, Severity.CRITICAL: 1, Severity.EMERGENCY: 2}

Key = tuple[str | None, str | None, int | None]


def inhibited(alerts: Sequence[Alert]) -> list[Alert]:
    """
    The same alerts; those for which a firing one speaks name its rule in `inhibited_by`.

    An alert speaks for those about the same subject, or a part of it, that are less loud; one about a cluster or a topic
    also for those about a group there that are just as loud: the fault of the cluster is what is behind them.
    """
    loud: dict[Key, list[Alert]] = {}
    for alert in alerts:
        if alert.fired_at is not None and alert.state is not State.RESOLVED and alert.subject.receiver is None:
            loud.setdefault(_key(alert.subject), []).append(alert)
    return [_marked(alert, loud) for alert in alerts] if loud else list(alerts)


def _marked(alert: Alert, loud: dict[Key, list[Alert]]) -> Alert:
    if alert.state is State.RESOLVED or alert.subject.receiver is not None:
        return alert
    louder: dict[str, None] = {}
    for key in _around(alert.subject):
        for other in loud.get(key, ()):
            if other is not alert and _speaks_for(other, alert):
                louder[other.rule] = None
    return replace(alert, inhibited_by=tuple(louder)) if louder else alert


def _speaks_for(other: Alert, alert: Alert) -> bool:
    mine, its = _LOUDNESS[alert.severity], _LOUDNESS[other.severity]
    return its > mine or (its == mine and other.subject.group is None and alert.subject.group is not None)


def _key(subject: Subject) -> Key:
    return subject.group, subject.topic, subject.partition


def _around(subject: Subject) -> list[Key]:
    """The subject itself, and those that it is a part of, each once."""
    group, topic, partition = subject.group, subject.topic, subject.partition
    found: list[Key] = [(None, None, None)]
    if topic is not None:
        found.append((None, topic, None))
    if group is not None:
        found.append((group, None, None))
        if topic is not None:
            found.append((group, topic, None))
            if partition is not None:
                found.append((group, topic, partition))
    return found

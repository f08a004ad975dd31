"""Which alerts are not worth telling because a louder one speaks for the same subject. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from lagwatch.model.alerts import Alert, Severity, State

_LOUDNESS = {Severity.WARNING: 0, Severity.CRITICAL: 1, Severity.EMERGENCY: 2}

_STANDING = (State.FIRING, State.UNKNOWN)


def inhibited(alerts: Sequence[Alert]) -> list[Alert]:
    """The same alerts; those of a pair or partition for which a firing one is louder name it in `inhibited_by`."""
    loud: dict[tuple[str | None, str | None], list[Alert]] = {}
    for alert in alerts:
        if alert.state in _STANDING and alert.fired_at is not None and alert.subject.topic is not None:
            loud.setdefault((alert.subject.group, alert.subject.topic), []).append(alert)
    answer = []
    for alert in alerts:
        others = loud.get((alert.subject.group, alert.subject.topic), ()) if alert.state != State.RESOLVED else ()
        louder = tuple(o.rule for o in others if _LOUDNESS[o.severity] > _LOUDNESS[alert.severity])
        answer.append(replace(alert, inhibited_by=louder) if louder else alert)
    return answer

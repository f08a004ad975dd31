"""Which alerts a receiver must hear of after a poll. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from lagwatch.model.alerts import Alert, State, Subject, Verdict

Key = tuple[str, Subject]
"""What makes an alert the same alert: its rule and its subject."""


class Told:
    """
    What one receiver has been told of one cluster: the alerts that it holds for firing.

    It looks at all alerts, not only at those that changed: an alert that was inhibited when it fired is told when the
    inhibition ends, and an end is told only of what was told to fire. Unknown and pending alerts change nothing.
    """

    def __init__(self) -> None:
        self._firing: dict[Key, Alert] = {}

    def notices(self, verdict: Verdict) -> list[Alert]:
        """The alerts to tell now, each either resolved (these first) or firing; from here on they count as told."""
        alerts = {_key(alert): alert for alert in _standing(verdict)}
        ended = [end for key, told in self._firing.items() if (end := _end(told, alerts.get(key), verdict.at))]
        begun = [alert for key, alert in alerts.items() if _is_loud(alert) and key not in self._firing]
        for alert in ended:
            del self._firing[_key(alert)]
        self._firing.update((_key(alert), alert) for alert in begun)
        return ended + begun


def _end(told: Alert, alert: Alert | None, now: float) -> Alert | None:
    if alert is None:
        # Inactive alerts are not in a verdict: this one's end was missed, or its rule is gone.
        return replace(told, state=State.RESOLVED, resolved_at=now)
    return alert if alert.state is State.RESOLVED else None


def _is_loud(alert: Alert) -> bool:
    return alert.state is State.FIRING and not alert.inhibited


def _standing(verdict: Verdict) -> Iterable[Alert]:
    """Every alert after the poll; those that changed come first, so that the verdict's own list has the last word."""
    yield from (change.alert for change in verdict.transitions)
    yield from verdict.alerts


def _key(alert: Alert) -> Key:
    return alert.rule, alert.subject

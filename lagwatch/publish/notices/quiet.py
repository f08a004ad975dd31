"""What keeps an alert from being told: a louder one, a silence, a maintenance window. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lagwatch.model.alerts import Alert
from lagwatch.model.notices import Acknowledgement, Silence
from lagwatch.publish.notices.cron import open_until
from lagwatch.publish.notices.routes import Matching


class Quiet(StrEnum):
    """Why an alert that fires is not told, or (ACKNOWLEDGED) not told again."""

    INHIBITED = "inhibited"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window: alerts that match are not told for `duration_s` seconds from each time of `cron` in `zone` on."""

    name: str
    cron: str
    duration_s: float
    zone: str = "UTC"
    matching: Matching = field(default_factory=Matching)

    def is_open(self, now: float) -> bool:
        """Whether `now` (seconds since the epoch) is within it."""
        return open_until(self.cron, self.duration_s, self.zone, now) is not None


@dataclass(frozen=True, slots=True)
class Calm:
    """All that keeps alerts quiet at one moment: the windows that are open, silences that hold, and acknowledgements by alert."""

    windows: tuple[Window, ...] = ()
    silences: tuple[Silence, ...] = ()
    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict)
    now: float = 0.0

    def quiet(self, alert: Alert, labels: Mapping[str, str]) -> Quiet | None:
        """Why an alert that fires must not be told; None if it must."""
        if alert.inhibited:
            return Quiet.INHIBITED
        if any(silence.silences(labels, self.now) for silence in self.silences):
            return Quiet.SILENCED
        if any(window.matching.matches(labels, alert.severity) for window in self.windows):
            return Quiet.MAINTENANCE
        return None

    def acknowledged(self, alert_id: str, alert: Alert) -> bool:
        """Whether somebody takes care of it, as loud as it is now."""
        given = self.acknowledgements.get(alert_id)
        if given is None or (given.until is not None and self.now >= given.until):
            return False
        # An acknowledgement is of one incident: it does not outlive it.
        began = alert.since if alert.fired_at is None else alert.fired_at
        return loudness(alert) <= LOUDNESS[given.severity.value] and began <= given.created_at


LOUDNESS: Mapping[str, int] = {"warning": 0, "critical": 1, "emergency": 2}
"""Severities in their order."""


def loudness(alert: Alert) -> int:
    """How loud an alert is."""
    return LOUDNESS[alert.severity.value]


def calm(
    now: float,
    windows: Sequence[Window] = (),
    silences: Sequence[Silence] = (),
    acknowledgements: Sequence[Acknowledgement] = (),
) -> Calm:
    """What holds at `now`; of several acknowledgements of one alert the last counts."""
    return Calm(
        tuple(window for window in windows if window.is_open(now)),
        tuple(silence for silence in silences if silence.starts_at <= now < silence.ends_at),
        {given.alert: given for given in sorted(acknowledgements, key=lambda each: each.created_at)},
        now,
    )

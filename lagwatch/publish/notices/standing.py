"""The alerts of a verdict as far as somebody may have to hear of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lagwatch.model.alerts import Alert, State, Verdict
from lagwatch.model.notices import alert_id
from lagwatch.publish.notices.payload import Entry, entry, label_set
from lagwatch.publish.notices.quiet import Calm, Quiet


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One alert as it stands now: its labels, why it must not be told (None: it may), and whether it is acknowledged."""

    id: str
    alert: Alert
    labels: Mapping[str, str]
    quiet: Quiet | None
    acknowledged: bool
    external_url: str

    @property
    def loud(self) -> bool:
        """Whether it fires and nothing keeps it quiet."""
        return self.alert.state is State.FIRING and self.quiet is None

    @property
    def fired_at(self) -> float:
        """Since when it fires."""
        return self.alert.since if self.alert.fired_at is None else self.alert.fired_at

    @cached_property
    def entry(self) -> Entry:
        """As a message tells it."""
        return entry(self.alert, self.external_url)


def standings(verdict: Verdict, calm: Calm, external_url: str) -> dict[str, Standing]:
    """
    Every alert of a verdict, by its id.

    Those that changed come first, so that the verdict's own list has the last word.
    """
    alerts = {
        (alert.rule, alert.subject): alert
        for alert in (*(change.alert for change in verdict.transitions), *verdict.alerts)
    }
    return {each.id: each for each in (_standing(alert, calm, external_url) for alert in alerts.values())}


def _standing(alert: Alert, calm: Calm, external_url: str) -> Standing:
    labels, identity = label_set(alert), alert_id(alert.rule, alert.subject)
    firing = alert.state is State.FIRING
    return Standing(
        id=identity,
        alert=alert,
        labels=labels,
        quiet=calm.quiet(alert, labels) if firing else None,
        acknowledged=firing and calm.acknowledged(identity, alert),
        external_url=external_url,
    )

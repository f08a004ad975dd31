"""What one receiver holds of one group of alerts: the working form of `Told`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lagwatch.model.alerts import Severity, State
from lagwatch.model.notices import Told
from lagwatch.publish.notices.payload import Entry, ended
from lagwatch.publish.notices.quiet import LOUDNESS
from lagwatch.publish.notices.standing import Standing

MISSING_S = 900.0
"""An alert that is in no verdict for so long has ended: its rule is gone, or its end was missed while nobody watched."""


@dataclass(slots=True, kw_only=True)
class Known:
    """
    One alert that the receiver holds for firing: as it was told, how loud, and when (seconds since the epoch).

    `over` is the same alert ended, once it is to be told; `missing_since` is since when it is in no verdict.
    """

    entry: Entry
    severity: Severity
    at: float
    over: Entry | None = None
    missing_since: float | None = None

    def look(self, there: Standing | None, now: float) -> None:
        """Take in how the alert stands now. Only a recovery, or being away for MISSING_S, ends it: not to be known does not."""
        if there is None:
            self.missing_since = now if self.missing_since is None else self.missing_since
            if self.over is None and now - self.missing_since >= MISSING_S:
                self.over = ended(self.entry, now, "it is judged no more: its rule or its subject is gone")
            return
        self.missing_since = None
        if there.alert.state is State.RESOLVED:
            self.over = there.entry
        elif there.alert.state is State.FIRING:
            self.over = None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "entry": self.entry,
            "severity": self.severity.value,
            "at": self.at,
            "over": self.over,
            "missing_since": self.missing_since,
        }


@dataclass(slots=True, kw_only=True)
class Row:
    """
    A group of alerts that a receiver was told of: `at` is when last, `interval_s` the least time to the next message.

    `digest_of` is how many alerts a digest was about; 0 for an ordinary group.
    """

    key: str
    labels: Mapping[str, str]
    at: float = 0.0
    interval_s: float = 0.0
    alerts: dict[str, Known] = field(default_factory=dict)
    digest_of: int = 0

    @property
    def loudness(self) -> int:
        """How loud the loudest of its alerts was told; -1 without any."""
        return max((LOUDNESS[known.severity.value] for known in self.alerts.values()), default=-1)

    def over(self) -> list[str]:
        """The alerts whose end is to be told."""
        return [alert_id for alert_id, known in self.alerts.items() if known.over is not None]


def load(told: Told) -> Row:
    """The row that `save` made a Told of."""
    content = told.content
    alerts = {
        alert_id: Known(
            entry=each["entry"],
            severity=Severity(each["severity"]),
            at=each["at"],
            over=each["over"],
            missing_since=each["missing_since"],
        )
        for alert_id, each in content["alerts"].items()
    }
    return Row(
        key=told.key,
        labels=content["labels"],
        at=told.at,
        interval_s=content["interval_s"],
        alerts=alerts,
        digest_of=content["digest_of"],
    )


def save(row: Row, receiver: str, cluster: str) -> Told:
    """The row as it is kept; one without alerts has no content."""
    content: dict[str, Any] = {}
    if row.alerts:
        content = {
            "labels": dict(row.labels),
            "interval_s": row.interval_s,
            "digest_of": row.digest_of,
            "alerts": {alert_id: known.plain() for alert_id, known in row.alerts.items()},
        }
    return Told(receiver=receiver, cluster=cluster, key=row.key, at=row.at, content=content)

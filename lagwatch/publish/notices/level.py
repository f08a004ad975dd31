"""What a receiver that wants to be shown the whole state, again and again, is shown of one cluster. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from lagwatch.model.alerts import State
from lagwatch.publish.notices.ledger import MISSING_S
from lagwatch.publish.notices.payload import Entry, ended
from lagwatch.publish.notices.standing import Standing

RESOLVED_KEPT_S = 900.0
"""For how long an end is shown (Prometheus' resolvedRetention)."""

Shown = Mapping[str, "Show"]
"""By fingerprint, since for Alertmanager the labels are the alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """One alert that is shown: `over_at` is when it ended, `missing_since` since when it is in no verdict (None: it is)."""

    id: str
    entry: Entry
    over_at: float | None = None
    missing_since: float | None = None


def show(before: Shown, standing: Mapping[str, Standing], wanted: AbstractSet[str], now: float) -> dict[str, Show]:
    """
    What is shown from `now` on. What became quiet or unknown is shown as it was: to leave it out would look like its end.

    An end is shown only of what was shown to fire; an alert that got another severity is another one, and the old one ends.
    """
    after: dict[str, Show] = {}
    for print_, shown in before.items():
        next_ = shown if shown.over_at is not None else _followed(shown, standing.get(shown.id), now)
        if next_.over_at is None or now - next_.over_at < RESOLVED_KEPT_S:
            after[print_] = next_
    for alert_id in wanted:
        entry = standing[alert_id].entry
        after[entry["fingerprint"]] = Show(id=alert_id, entry=entry)
    return after


def _followed(shown: Show, there: Standing | None, now: float) -> Show:
    """How an alert that fired when it was shown stands now."""
    if there is None:
        since = now if shown.missing_since is None else shown.missing_since
        gone = now - since >= MISSING_S
        return replace(shown, missing_since=since) if not gone else _over(shown, ended(shown.entry, now), now)
    if there.alert.state is State.RESOLVED:
        return _over(shown, there.entry, there.alert.resolved_at or now)
    if there.alert.state is State.FIRING and there.labels != shown.entry["labels"]:
        return _over(shown, ended(shown.entry, now), now)
    return replace(shown, missing_since=None)


def _over(shown: Show, entry: Entry, at: float) -> Show:
    # The labels as they were shown: they are what Alertmanager knows it by.
    same = {**entry, "labels": shown.entry["labels"], "fingerprint": shown.entry["fingerprint"]}
    return replace(shown, entry=same, over_at=at)

"""What the store keeps and says of itself, as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lagwatch.model.alerts import Alert, Severity, Transition
from lagwatch.model.columns import Array
from lagwatch.model.notices import Stage

STATE_VERSION = 1
"""The version of the form in which alert states are kept; a higher one is not understood."""

HISTORY_VERSION = 1
"""The version of the form in which the analysis' history is kept."""

KINDS = ("alert_state", "history", "message", "told")
"""What waits to be written, and can be dropped when too much does or when it cannot be written in any form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """
    The alerts of one cluster between two evaluations, in a form that can be kept: JSON with a version.

    `at` is the time of the last evaluation (None before the first), `steps` the seconds between the last ones. `alerts` holds
    the rule, the subject and the timers of each alert by `notices.alert_id`, as JSON; `told` the alert as it was told last, which
    is only kept anew when something else of it changed.
    """

    at: float | None = None
    steps: tuple[float, ...] = ()
    alerts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    told: Mapping[str, Alert] = field(default_factory=dict)
    version: int = STATE_VERSION


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptHistory:
    """
    What of the analysis' history of one cluster outlives a restart: names, and columns by name.

    `at` is the time of the last poll, `ids` are those of the topics. A higher version is not understood.
    """

    at: float
    cluster_id: str | None
    topics: tuple[str, ...]
    ids: tuple[str | None, ...]
    groups: tuple[str, ...]
    columns: Mapping[str, Array]
    version: int = HISTORY_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A transition as it was kept; `id` rises from entry to entry, `alert_id` is that of `notices.alert_id`."""

    id: int
    cluster: str
    alert_id: str
    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """
    Which entries of the alert history are wanted; None does not ask.

    `since` (inclusive) and `until` (exclusive) are seconds since the epoch. `before` is the id of an entry: only older ones.
    """

    cluster: str | None = None
    alert_id: str | None = None
    rule: str | None = None
    severity: Severity | None = None
    group: str | None = None
    topic: str | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFilter:
    """Which messages of the outbox are wanted; None does not ask. `before` is the number of an entry: only older ones."""

    receiver: str | None = None
    cluster: str | None = None
    stage: Stage | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """
    Somebody did something: who (`actor`), when (seconds since the epoch), what (`action`: "silence.create") to what
    (`subject`: an id or a name), and the particulars, which hold no secrets. `id` is made by whoever writes it, once.
    """

    id: str
    at: float
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """
    How the store goes. `sentence` says what is wrong and what to do, "" if all is well; `since` is when that began, seconds since
    the epoch. `pending` counts changes that wait in memory to be written, `dropped` those that were given up since the start,
    by kind (see `KINDS`). `durable` says whether anything outlives the process at all.
    """

    ok: bool = True
    sentence: str = ""
    since: float | None = None
    pending: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    durable: bool = True

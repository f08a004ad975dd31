"""What is published of one cluster: one reference, swapped whole after each poll. Readers need no lock. Pure."""

from dataclasses import dataclass, field

from lagwatch.model.alerts import Rule, Verdict
from lagwatch.model.snapshot import Gap
from lagwatch.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class PollHealth:
    """
    How polling of one cluster goes. Times are seconds since the epoch (None: never), durations seconds.

    `watched_since` is when the watch began, before the first poll; `last_good_at` is the end of the last poll that gave a snapshot,
    `last_attempt_at` the end of the last try.
    `error` is a sentence if the last try gave no snapshot, "" otherwise. `polls` and `failures` count since the start;
    `failures_by_kind` counts errors by class name, `gaps_by_reason` gaps by (part, reason).
    """

    interval_s: float
    deadline_s: float
    watched_since: float | None = None
    last_attempt_at: float | None = None
    last_good_at: float | None = None
    duration_s: float | None = None
    error: str = ""
    error_kind: str = ""
    polls: int = 0
    failures: int = 0
    failures_by_kind: dict[str, int] = field(default_factory=dict)
    gaps_by_reason: dict[tuple[str, str], int] = field(default_factory=dict)
    requests_by_api: dict[str, int] = field(default_factory=dict)

    def stale_after_s(self) -> float:
        """The age of the last good poll from which this cluster counts as not watched (alerting.md § 8.2, PollStale)."""
        return max(300.0, 5 * self.interval_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """Everything that can be said of one cluster now; `view` and `verdict` are None until the first good poll."""

    cluster: str
    health: PollHealth
    rules: tuple[Rule, ...] = ()
    view: View | None = None
    verdict: Verdict | None = None
    gaps: tuple[Gap, ...] = ()

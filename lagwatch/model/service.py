"""What lagwatch knows of itself, as far as rules are judged on it. Pure."""

from dataclasses import dataclass

from lagwatch.model.latest import PollHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    How the watch of one cluster goes: its polls, since when there have been any (seconds since the epoch), and how many series
    a limit suppresses on the metrics page (None where that is not known).
    """

    health: PollHealth
    started_at: float
    series_suppressed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """How the notices for one receiver go: when the oldest that waits was made (None: none waits), and how many were given up."""

    oldest_pending_at: float | None = None
    dead_letters: int = 0

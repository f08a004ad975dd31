"""What every way of notifying offers to the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lagwatch.model.latest import Latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """
    How a receiver's messages went since the start.

    `sent` were accepted by the receiver; `failed_by_reason` were lost: "refused" (the receiver does not want it),
    "gave_up" (tried for too long), "dropped" (the queue was full or the service stopped), "error" (a fault of ours).
    `retries` counts tries after the first. `pending` wait now, the oldest since `oldest_pending_at` (seconds since the epoch).
    """

    sent: int = 0
    failed_by_reason: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    pending: int = 0
    oldest_pending_at: float | None = None


class Notifier(Protocol):
    """One receiver of notices. `offer` never blocks and never raises: a poll does not wait for a receiver."""

    name: str

    def open(self) -> None:
        """Begin to send."""

    def offer(self, latest: Latest) -> None:
        """Take what a poll found; what the receiver must hear of it is sent soon."""

    def counts(self) -> Counts:
        """How it goes so far."""

    def close(self, grace_s: float) -> None:
        """Send what is ready to be sent within `grace_s` seconds, then stop."""

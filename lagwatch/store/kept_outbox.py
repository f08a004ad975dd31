"""The outbox as the workers of notices know it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from lagwatch.model.notices import Message, OutboxEntry, ReceiverHealth, Stage, Told
from lagwatch.store.core import Core


class KeptOutbox:
    """Implements `notices.Outbox`; no method but `resend` ever fails or waits."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._outbox = core.outbox

    def put(self, messages: Sequence[Message], told: Sequence[Told]) -> None:
        """Take messages and what they tell, together or not at all; a message that is there already is left alone."""
        with self._core.lock:
            forgotten = self._outbox.add(messages)
            self._core.told.add(told)
        self._core.dropped(self._outbox.kind, forgotten)
        self._core.wake()

    def told(self, cluster: str) -> Sequence[Told]:
        """What every receiver was told last of a cluster."""
        with self._core.lock:
            return self._core.told.of(cluster)

    def due(self, receiver: str, now: float, limit: int = 100) -> Sequence[OutboxEntry]:
        """The first pending message of every key, as far as it may be tried now; the oldest first."""
        with self._core.lock:
            heads = self._outbox.heads(receiver, unwritten_too=self._core.is_away())
        return [entry for entry in heads if entry.next_attempt_at <= now][:limit]

    def next_due(self, receiver: str) -> float | None:
        """When the next of them may be tried; None if there is none."""
        with self._core.lock:
            heads = self._outbox.heads(receiver, unwritten_too=self._core.is_away())
        return min((entry.next_attempt_at for entry in heads), default=None)

    def sent(self, message_id: str, at: float) -> None:
        """The receiver accepted it."""
        with self._core.lock:
            self._outbox.ended(message_id, Stage.SENT, at)
        self._core.wake()

    def again(self, message_id: str, next_attempt_at: float, error: str) -> None:
        """A try failed: one attempt more, and when to try next."""
        with self._core.lock:
            self._outbox.again(message_id, next_attempt_at, error)
        self._core.wake()

    def dead(self, message_id: str, at: float, error: str) -> None:
        """It was refused or given up, after one attempt more: a dead letter."""
        with self._core.lock:
            self._outbox.ended(message_id, Stage.DEAD, at, error)
        self._core.wake()

    def resend(self, message_id: str, now: float) -> bool:
        """Make a dead letter pending again; False if there is no such dead letter. Raises StoreError."""
        return self._core.resend(message_id, now)

    def health(self, receiver: str) -> ReceiverHealth:
        """How it stands."""
        with self._core.lock:
            return self._outbox.health(receiver)

    def pending_keys(self, receiver: str) -> AbstractSet[str]:
        """The keys of which a message waits."""
        with self._core.lock:
            return self._outbox.pending_keys(receiver)

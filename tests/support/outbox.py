"""An outbox that keeps nothing and is never away, for tests on a clock of their own; the service's is that of the store."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from lagwatch.model.notices import Message, OutboxEntry, ReceiverHealth, Stage, Told


class MemoryOutbox:
    """Implements `Outbox`; entries are in the order in which they were put."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, OutboxEntry] = OrderedDict()
        self._told: dict[tuple[str, str, str], Told] = {}
        self._last: dict[str, tuple[float | None, str]] = {}

    def put(self, messages: Sequence[Message], told: Sequence[Told]) -> None:
        """Take messages and what they tell."""
        with self._lock:
            for message in messages:
                self._entries.setdefault(message.id, OutboxEntry(message=message, next_attempt_at=message.created_at))
            for each in told:
                key = (each.cluster, each.receiver, each.key)
                self._told.pop(key, None)
                if each.content:
                    self._told[key] = each

    def told(self, cluster: str) -> Sequence[Told]:
        """What every receiver was told last of a cluster."""
        with self._lock:
            return [each for each in self._told.values() if each.cluster == cluster]

    def due(self, receiver: str, now: float, limit: int = 100) -> Sequence[OutboxEntry]:
        """The first pending message of every key, as far as it may be tried now; the oldest first."""
        with self._lock:
            return [each for each in self._heads(receiver) if each.next_attempt_at <= now][:limit]

    def next_due(self, receiver: str) -> float | None:
        """When the next of them may be tried; None if there is none."""
        with self._lock:
            return min((each.next_attempt_at for each in self._heads(receiver)), default=None)

    def sent(self, message_id: str, at: float) -> None:
        """The receiver accepted it."""
        with self._lock:
            if (entry := self._entries.pop(message_id, None)) is not None:
                self._last[entry.message.receiver] = (at, self._said(entry.message.receiver))

    def again(self, message_id: str, next_attempt_at: float, error: str) -> None:
        """A try failed."""
        with self._lock:
            self._failed(message_id, next_attempt_at=next_attempt_at, error=error, state=Stage.PENDING, ended_at=None)

    def dead(self, message_id: str, at: float, error: str) -> None:
        """It was refused or given up."""
        with self._lock:
            self._failed(message_id, next_attempt_at=at, error=error, state=Stage.DEAD, ended_at=at)

    def resend(self, message_id: str, now: float) -> bool:
        """Make a dead letter pending again, behind all that waits."""
        with self._lock:
            entry = self._entries.get(message_id)
            if entry is None or entry.state is not Stage.DEAD:
                return False
            fresh = replace(entry.message, created_at=now)
            self._entries[message_id] = OutboxEntry(message=fresh, next_attempt_at=now)
            self._entries.move_to_end(message_id)
            return True

    def health(self, receiver: str) -> ReceiverHealth:
        """How it stands."""
        with self._lock:
            entries = self._of(receiver).values()
            pending = [each.message.created_at for each in entries if each.state is Stage.PENDING]
            last_sent_at, last_error = self._last.get(receiver, (None, ""))
            return ReceiverHealth(
                pending=len(pending),
                oldest_pending_at=min(pending, default=None),
                dead=len(entries) - len(pending),
                last_sent_at=last_sent_at,
                last_error=last_error,
            )

    def pending_keys(self, receiver: str) -> AbstractSet[str]:
        """The keys of which a message waits."""
        with self._lock:
            return {each.message.key for each in self._of(receiver).values() if each.state is Stage.PENDING}

    def _failed(
        self, message_id: str, *, next_attempt_at: float, error: str, state: Stage, ended_at: float | None
    ) -> None:
        if (entry := self._entries.get(message_id)) is None:
            return
        self._entries[message_id] = replace(
            entry,
            attempts=entry.attempts + 1,
            next_attempt_at=next_attempt_at,
            state=state,
            last_error=error,
            ended_at=ended_at,
        )
        self._last[entry.message.receiver] = (self._last.get(entry.message.receiver, (None, ""))[0], error)

    def _said(self, receiver: str) -> str:
        return self._last.get(receiver, (None, ""))[1]

    def _of(self, receiver: str) -> dict[str, OutboxEntry]:
        return {key: each for key, each in self._entries.items() if each.message.receiver == receiver}

    def _heads(self, receiver: str) -> list[OutboxEntry]:
        heads: dict[str, OutboxEntry] = {}
        for each in self._of(receiver).values():
            if each.state is Stage.PENDING:
                heads.setdefault(each.message.key, each)
        return sorted(heads.values(), key=lambda each: each.message.created_at)

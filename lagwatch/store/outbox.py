"""
The outbox: messages on their way to receivers, worked on in memory and written behind.

So the workers never wait for a database, and a full disk keeps nobody from being paged: a message is due once it is written,
together with the alert states that caused it, or at once while nothing can be written.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from lagwatch.model.notices import Message, OutboxEntry, ReceiverHealth, Stage
from lagwatch.store import outbox_rows

MOST_PENDING = 10_000
"""So many messages may wait; of more, the oldest become dead letters."""

MOST_UNWRITTEN = 10_000
"""So many ended messages wait to be written while the store is away; of more, the oldest are forgotten."""

MOST_OVER = 10_000
"""Of so many ended messages the ids are known, so that none of them is taken for a new one."""


@dataclass(slots=True, eq=False)
class Slot:
    """An entry in memory: `written` if the store has it in some form, `changes` counts how often it changed."""

    entry: OutboxEntry
    written: bool
    changes: int = 0


Change = tuple[Slot, int, OutboxEntry]
"""A slot, its count of changes, and what it held then."""


class OutboxPart:
    """A part of the store; whoever calls any method holds the store's lock."""

    kind = "message"

    def __init__(self) -> None:
        self._slots: dict[str, Slot] = {}
        self._dirty: dict[str, Slot] = {}
        self._queues: dict[str, dict[str, list[Slot]]] = defaultdict(dict)
        self._dead: Counter[str] = Counter()
        self._last_sent: dict[str, float] = {}
        self._last_error: dict[str, str] = {}
        self._over: dict[str, None] = {}

    def load(self, kept: outbox_rows.Kept) -> None:
        """Take up what the store has; it is older than all that was put since the start."""
        newer, self._slots, self._queues = self._slots, {}, defaultdict(dict)
        for entry in kept.pending:
            if entry.message.id not in newer:
                self._enqueue(Slot(entry, written=True))
        for message_id, slot in newer.items():
            self._slots[message_id] = slot
            if slot.entry.state is Stage.PENDING:
                self._enqueue(slot)
        self._dead.update(kept.dead)
        self._last_sent = {**kept.last_sent, **self._last_sent}
        self._over = dict.fromkeys((*kept.over, *self._over))

    def add(self, messages: Sequence[Message]) -> int:
        """Take in messages; one that is there already is left alone. How many were forgotten for want of room."""
        for message in messages:
            if message.id not in self._slots and message.id not in self._over:
                slot = Slot(OutboxEntry(message=message, next_attempt_at=message.created_at), written=False)
                self._enqueue(slot)
                self._dirty[message.id] = slot
        while sum(self.pending_by_receiver().values()) > MOST_PENDING:
            oldest = next(slot for slot in self._slots.values() if slot.entry.state is Stage.PENDING)
            self.ended(
                oldest.entry.message.id,
                Stage.DEAD,
                oldest.entry.message.created_at,
                f"given up, because more than {MOST_PENDING:,} messages wait",
            )
        return self._forget()

    def heads(self, receiver: str, *, unwritten_too: bool) -> list[OutboxEntry]:
        """The first pending entry of every key, the oldest first; only what is written, unless `unwritten_too`."""
        first = [queue[0] for queue in self._queues[receiver].values()]
        return sorted(
            (slot.entry for slot in first if slot.written or unwritten_too), key=lambda entry: entry.message.created_at
        )

    def pending_keys(self, receiver: str) -> AbstractSet[str]:
        """The keys of which something waits."""
        return set(self._queues[receiver])

    def pending_by_receiver(self) -> Mapping[str, int]:
        """How many messages wait."""
        return {name: sum(map(len, queues.values())) for name, queues in self._queues.items()}

    def health(self, receiver: str) -> ReceiverHealth:
        """How the outbox of one receiver stands."""
        entries = [slot.entry for queue in self._queues[receiver].values() for slot in queue]
        return ReceiverHealth(
            pending=len(entries),
            oldest_pending_at=min((entry.message.created_at for entry in entries), default=None),
            dead=self._dead[receiver],
            last_sent_at=self._last_sent.get(receiver),
            last_error=self._last_error.get(receiver, ""),
        )

    def again(self, message_id: str, next_attempt_at: float, error: str) -> None:
        """A try failed."""
        slot = self._slots.get(message_id)
        if slot is not None and slot.entry.state is Stage.PENDING:
            entry = slot.entry
            self._last_error[entry.message.receiver] = error
            self._change(
                slot, replace(entry, attempts=entry.attempts + 1, next_attempt_at=next_attempt_at, last_error=error)
            )

    def ended(self, message_id: str, stage: Stage, at: float, error: str = "") -> None:
        """It was sent, or is dead."""
        slot = self._slots.get(message_id)
        if slot is None or slot.entry.state is not Stage.PENDING:
            return
        entry = slot.entry
        receiver = entry.message.receiver
        self._dequeue(slot)
        if stage is Stage.SENT:
            self._last_sent[receiver] = at
        else:
            self._dead[receiver] += 1
            self._last_error[receiver] = error
        self._over[message_id] = None
        if len(self._over) > MOST_OVER:
            del self._over[next(iter(self._over))]
        attempts = entry.attempts + 1
        self._change(slot, replace(entry, state=stage, attempts=attempts, ended_at=at, last_error=error))

    def revive(self, entry: OutboxEntry, now: float) -> None:
        """A dead letter is pending again, as if it were new, before those of its key that were made later."""
        receiver, message_id = entry.message.receiver, entry.message.id
        slot = self._slots.pop(message_id, None) or Slot(entry, written=True)
        self._dead[receiver] -= 1
        self._over.pop(message_id, None)
        self._change(
            slot,
            replace(entry, state=Stage.PENDING, attempts=0, next_attempt_at=now, last_error="", ended_at=None),
        )
        self._enqueue(slot)
        self._queues[receiver][entry.message.key].sort(key=lambda each: each.entry.message.created_at)

    def find(self, message_id: str) -> OutboxEntry | None:
        """The entry, if it is in memory: then it is newer than what the store has."""
        slot = self._slots.get(message_id)
        return None if slot is None else slot.entry

    def pruned(self, dead: Mapping[str, int]) -> None:
        """So many dead letters of each receiver are kept no longer."""
        self._dead.subtract(dead)

    def waiting(self) -> Sequence[Change]:
        """What changed and is not written yet, in the order of its making."""
        return [(slot, slot.changes, slot.entry) for slot in self._dirty.values()]

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write it."""
        outbox_rows.write(connection, [entry for _, _, entry in changes])

    def settle(self, changes: Sequence[Change]) -> None:
        """What was written may be sent; what has ended need not stay in memory."""
        for slot, seen, entry in changes:
            slot.written = True
            message_id = entry.message.id
            if slot.changes == seen and self._dirty.get(message_id) is slot:
                del self._dirty[message_id]
                if entry.state is not Stage.PENDING:
                    self._slots.pop(message_id, None)

    def fail(self) -> None:
        """Writing again changes nothing."""

    def _enqueue(self, slot: Slot) -> None:
        message = slot.entry.message
        self._slots[message.id] = slot
        self._queues[message.receiver].setdefault(message.key, []).append(slot)

    def _dequeue(self, slot: Slot) -> None:
        message = slot.entry.message
        queues = self._queues[message.receiver]
        queues[message.key].remove(slot)
        if not queues[message.key]:
            del queues[message.key]

    def _change(self, slot: Slot, entry: OutboxEntry) -> None:
        slot.entry = entry
        slot.changes += 1
        self._dirty[entry.message.id] = slot

    def _forget(self) -> int:
        ended = [key for key, slot in self._dirty.items() if slot.entry.state is not Stage.PENDING]
        too_many = ended[: max(0, len(ended) - MOST_UNWRITTEN)]
        for key in too_many:
            del self._dirty[key]
            self._slots.pop(key, None)
        return len(too_many)

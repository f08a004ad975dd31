"""Which message is sent next: in order about one group, without waiting for the messages about others. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from lagwatch.publish.notices.payload import Lane, Message


@dataclass(slots=True)
class Entry:
    """A message on its way: when it was offered (seconds since the epoch), how often it was tried, and when to try again."""

    message: Message
    offered_at: float
    tries: int = 0
    not_before: float = 0.0


class Queue:
    """
    A bounded queue of entries; `now` and `not_before` are seconds of any one steady clock.

    The first entry of every lane may be taken; of those that may be tried now the least tried goes first, so a message
    that the receiver chokes on is tried behind all others, and those behind it in its own lane wait for it.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: list[Entry] = []
        self._paused_until = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> Entry | None:
        """Append; if it is full, the oldest entry is dropped for it and returned: newer ones say more about now."""
        dropped = self._entries.pop(0) if len(self._entries) >= self._capacity else None
        self._entries.append(entry)
        return dropped

    def put_back(self, entry: Entry) -> None:
        """Return an entry that was taken to the front, to be tried again from its `not_before` on."""
        self._entries.insert(0, entry)

    def pause(self, until: float) -> None:
        """Nothing is taken before `until`."""
        self._paused_until = until

    def take(self, now: float) -> Entry | None:
        """Remove and return the entry to try now, None if there is none."""
        ready = [entry for entry in self._heads() if entry.not_before <= now]
        if now < self._paused_until or not ready:
            return None
        entry = min(ready, key=lambda each: each.tries)
        self._entries.remove(entry)
        return entry

    def wait_s(self, now: float) -> float | None:
        """How long until an entry may be taken; None if there is none at all."""
        earliest = min((entry.not_before for entry in self._heads()), default=None)
        return None if earliest is None else max(0.0, self._paused_until - now, earliest - now)

    def expire(self, offered_before: float) -> list[Entry]:
        """Remove and return what was offered before that moment."""
        old = [entry for entry in self._entries if entry.offered_at < offered_before]
        self._entries = [entry for entry in self._entries if entry.offered_at >= offered_before]
        return old

    def oldest_offered_at(self) -> float | None:
        """When the entry that waits longest was offered."""
        return min((entry.offered_at for entry in self._entries), default=None)

    def _heads(self) -> Iterator[Entry]:
        lanes: set[Lane] = set()
        for entry in self._entries:
            if entry.message.lane not in lanes:
                lanes.add(entry.message.lane)
                yield entry

"""The store as the rest of lagwatch knows it."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from lagwatch.model.alerts import Transition
from lagwatch.model.kept import AlertState, AuditEntry, HistoryEntry, HistoryFilter, NoticeFilter, StoreHealth
from lagwatch.model.notices import Acknowledgement, Message, OutboxEntry, Silence, Told
from lagwatch.store import asked, audit, history, outbox_rows, states
from lagwatch.store.core import Core
from lagwatch.store.database import Database
from lagwatch.store.kept_outbox import KeptOutbox
from lagwatch.store.location import Location
from lagwatch.store.retention import Retention


class Store:
    """
    Alert states, alert history, the outbox, what people asked for, and the audit log; used by any number of threads.

    What comes from polls and from sending is taken in at once and never fails: `record` and the `outbox` do not wait for the
    database. What people change is written before the call returns, or it raises StoreError. Readers raise StoreError.
    """

    def __init__(
        self, location: Location, retention: Retention | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.location = location
        self._core = Core(Database(location), retention or Retention(), clock)
        self.outbox = KeptOutbox(self._core)

    def open(self) -> None:
        """
        Make the tables or bring them up to date, and take up what is kept.

        Raises StoreError for what needs a person; a store that is only away now is tried again until it is back.
        """
        self._core.open()

    def close(self, grace_s: float = 6.0) -> bool:
        """Write what waits, if that can be done in so many seconds; whether nothing was lost."""
        return self._core.close(grace_s)

    def health(self) -> StoreHealth:
        """How it goes."""
        return self._core.health()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this when messages may have become due; in a thread of the store, so it must be quick, and never raise."""
        self._core.listeners.append(listener)

    def load_alert_state(self, cluster: str) -> AlertState | None:
        """
        What is kept of a cluster's alerts; None if nothing is. Raises StoreError: StoreAway if a later call may succeed.

        Until a call succeeded no state of this cluster is written, so that nothing is lost that nobody has seen.
        """
        with self._core.reading() as connection:
            state = states.load(connection, cluster)
        with self._core.lock:
            self._core.states.loaded(cluster)
        return state

    def begin_anew(self, cluster: str) -> None:
        """Whatever is kept of this cluster's alerts may be overwritten."""
        with self._core.lock:
            self._core.states.loaded(cluster)

    def record(
        self,
        cluster: str,
        state: AlertState | None,
        transitions: Sequence[Transition] = (),
        messages: Sequence[Message] = (),
        told: Sequence[Told] = (),
    ) -> None:
        """Take in what came of one evaluation; all of it is written in one transaction. Without a state the last one stays."""
        core = self._core
        with core.lock:
            if state is not None:
                core.states.add(cluster, state)
            dropped = core.history.add(cluster, transitions)
            forgotten = core.outbox.add(messages)
            core.told.add(told)
        core.dropped(core.history.kind, dropped)
        core.dropped(core.outbox.kind, forgotten)
        core.wake()

    def history(self, wanted: HistoryFilter | None = None, limit: int = 100) -> list[HistoryEntry]:
        """The newest transitions that are wanted, the newest first."""
        with self._core.reading() as connection:
            return history.entries(connection, wanted or HistoryFilter(), limit)

    def audit(self, before: int | None = None, limit: int = 100) -> list[tuple[int, AuditEntry]]:
        """The newest entries of the audit log with their numbers, the newest first; `before` is a number: only older ones."""
        with self._core.reading() as connection:
            return audit.entries(connection, before, limit)

    def add_audit(self, entry: AuditEntry) -> None:
        """Write down what somebody did that changes nothing here."""
        self._core.ask(lambda connection: audit.note(connection, entry))

    def silences(self) -> list[Silence]:
        """All silences, also those that are over and are still kept. Never fails: what cannot be read now was read before."""
        with self._core.lock:
            return list(self._core.silences.values())

    def put_silence(self, silence: Silence, by: AuditEntry | None = None) -> None:
        """Make a silence, or give it a new form (its end, when it is to end now)."""

        def job(connection: Connection) -> None:
            asked.put_silence(connection, silence)
            audit.note(connection, by)

        self._core.ask(job)
        with self._core.lock:
            self._core.silences[silence.id] = silence

    def acknowledgements(self) -> list[Acknowledgement]:
        """All acknowledgements that were not withdrawn. Never fails."""
        with self._core.lock:
            return list(self._core.acknowledgements.values())

    def put_acknowledgement(self, given: Acknowledgement, by: AuditEntry | None = None) -> None:
        """Acknowledge an alert, or change how long that holds."""

        def job(connection: Connection) -> None:
            asked.put_acknowledgement(connection, given)
            audit.note(connection, by)

        self._core.ask(job)
        with self._core.lock:
            self._core.acknowledgements[given.id] = given

    def withdraw_acknowledgement(self, acknowledgement_id: str, by: AuditEntry | None = None) -> bool:
        """Whether there was one to withdraw."""
        with self._core.lock:
            if acknowledgement_id not in self._core.acknowledgements:
                return False

        def job(connection: Connection) -> None:
            asked.delete_acknowledgement(connection, acknowledgement_id)
            audit.note(connection, by)

        self._core.ask(job)
        with self._core.lock:
            return self._core.acknowledgements.pop(acknowledgement_id, None) is not None

    def notices(self, wanted: NoticeFilter | None = None, limit: int = 100) -> list[tuple[int, OutboxEntry]]:
        """The newest messages that are wanted, each with its number, the newest first."""
        with self._core.reading() as connection:
            found = outbox_rows.listed(connection, wanted or NoticeFilter(), limit)
        with self._core.lock:
            return [(number, self._core.outbox.find(entry.message.id) or entry) for number, entry in found]

    def notice(self, message_id: str) -> OutboxEntry | None:
        """One message as it stands now."""
        with self._core.lock:
            newest = self._core.outbox.find(message_id)
        if newest is not None:
            return newest
        with self._core.reading() as connection:
            return outbox_rows.find(connection, message_id)

    def resend(self, message_id: str, now: float, by: AuditEntry | None = None) -> bool:
        """Make a dead letter pending again, as if it were new; False if there is no such dead letter."""
        return self._core.resend(message_id, now, by)

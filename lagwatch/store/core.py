"""The parts of the store, the database behind them, and the thread that carries changes from the ones to the other."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection

from lagwatch.errors import StoreAway, StoreError
from lagwatch.logs import Sparingly, event
from lagwatch.model.kept import AuditEntry, StoreHealth
from lagwatch.model.notices import Acknowledgement, Silence, Stage
from lagwatch.store import asked, audit, outbox_rows, retention
from lagwatch.store import told as told_rows
from lagwatch.store.database import Database
from lagwatch.store.history import History
from lagwatch.store.keeper import HANGS_S, Keeper
from lagwatch.store.outbox import MOST_OVER, OutboxPart
from lagwatch.store.part import Part
from lagwatch.store.retention import AT_ONCE, Retention
from lagwatch.store.states import AlertStates
from lagwatch.store.told import ToldPart

LOG = logging.getLogger(__name__)

T = TypeVar("T")

Taken = Sequence[tuple[Part[Any], Sequence[Any]]]
"""Changes of each part that has some."""


class Core:
    """
    Everything that the store holds in memory, under one `lock`. What was added under the lock together is written together.

    `clock` gives seconds since the epoch. The methods of `keeper.Work` are called by its thread alone.
    """

    def __init__(self, database: Database, kept_for: Retention, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.states = AlertStates()
        self.history = History()
        self.outbox = OutboxPart()
        self.told = ToldPart()
        self.silences: dict[str, Silence] = {}
        self.acknowledgements: dict[str, Acknowledgement] = {}
        self.listeners: list[Callable[[], None]] = []
        self._database = database
        self._kept_for = kept_for
        self._clock = clock
        self._keeper = Keeper(self)
        self._parts: tuple[Part[Any], ...] = (self.states, self.history, self.outbox, self.told)
        self._dropped: Counter[str] = Counter()
        self._ready = False
        self._fault = ""
        self._fault_since: float | None = None
        self._sparingly = Sparingly(LOG)

    def open(self) -> None:
        """Raises StoreError for what does not pass by itself; everything else is tried again and again."""
        try:
            self.prepare()
        except StoreAway as error:
            self.fault(error)
        except StoreError:
            self._database.close()
            raise
        self._keeper.start(prepared=self._ready)

    def close(self, grace_s: float) -> bool:
        """Write what waits, if that can be done in time; whether all was written."""
        ended = self._keeper.stop(grace_s)
        with self.lock:
            lost = self._pending()
        if ended:
            self._database.close()
        if lost:
            event(
                LOG,
                logging.ERROR,
                "store closed with changes that could not be written",
                changes=lost,
                error=self._fault,
            )
        return not lost

    def wake(self) -> None:
        """Something waits to be written."""
        self._keeper.wake()

    def dropped(self, kind: str, count: int, why: str = "too many wait while the store is away") -> None:
        """So many changes of a kind had to be dropped."""
        if count:
            with self.lock:
                self._dropped[kind] += count
            self._sparingly.event(logging.ERROR, "store dropped changes", kind=kind, changes=count, why=why)

    def health(self) -> StoreHealth:
        """How the store goes; never waits for the database."""
        busy_s, durable = self._keeper.busy_s(), self._database.location.durable
        with self.lock:
            sentence, since, pending, dropped = self._fault, self._fault_since, self._pending(), dict(self._dropped)
        if not sentence and busy_s > HANGS_S:
            sentence = f"the store {self._database.location} has not answered for {busy_s:,.0f} s."
            since = self._clock() - busy_s
        return StoreHealth(
            ok=not sentence, sentence=sentence, since=since, pending=pending, dropped=dropped, durable=durable
        )

    def is_away(self) -> bool:
        """Whether nothing can be written at present."""
        return bool(self._fault) or self._keeper.busy_s() > HANGS_S

    def ask(self, job: Callable[[Connection], T]) -> T:
        """Do something in a transaction of its own, and wait for it. Raises StoreError if it could not be done."""

        def run() -> T:
            with self._database.transaction() as connection:
                return job(connection)

        self._check_ready()
        return self._keeper.ask(run)

    def resend(self, message_id: str, now: float, by: AuditEntry | None = None) -> bool:
        """Make a dead letter pending again; False if there is no such dead letter. Raises StoreError."""

        def job(connection: Connection) -> bool:
            with self.lock:
                entry = self.outbox.find(message_id)
            entry = entry or outbox_rows.find(connection, message_id)
            if entry is None or entry.state is not Stage.DEAD:
                return False
            audit.note(connection, by)
            with self.lock:
                self.outbox.revive(entry, now)
            return True

        revived = self.ask(job)
        self.wake()
        return revived

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look at what is written. Raises StoreError if there is none to be had."""
        self._check_ready()
        if self._keeper.busy_s() > HANGS_S:
            raise StoreAway(self.health().sentence)
        with self._database.reading() as connection:
            yield connection

    def prepare(self) -> None:
        """Bring the schema up to date, and take up what is kept."""
        self._database.open()
        with self._database.reading() as connection:
            kept, told = outbox_rows.load(connection, MOST_OVER), told_rows.load(connection)
            silences, given = asked.silences(connection), asked.acknowledgements(connection)
        with self.lock:
            self.outbox.load(kept)
            self.told.load(told)
            self.silences, self.acknowledgements = silences, given
            self._ready = True

    def flush(self) -> bool:
        """Write what waits, all of it in one transaction; whether there was anything."""
        with self.lock:
            taken = [(part, changes) for part in self._parts if (changes := part.waiting())]
        if not taken:
            return False
        try:
            self._write(taken)
        except StoreError:
            self._failed(taken)
            raise
        except Exception as error:  # noqa: BLE001 (one change that cannot be written must not keep all others from it)
            self._failed(taken)
            self._sparingly.event(logging.ERROR, "store refuses a change", kind=type(error).__name__)
            self._write_one_by_one(taken)
        if any(part is self.outbox for part, _ in taken):
            self._tell()
        return True

    def tidy(self) -> None:
        """Let go of what is kept too long."""
        for step in retention.steps(self._kept_for, self._clock()):
            gone = AT_ONCE
            while gone >= AT_ONCE:
                with self._database.transaction() as connection:
                    gone, dead = step(connection)
                with self.lock:
                    self.outbox.pruned(dead)
        with self._database.reading() as connection:
            silences, given = asked.silences(connection), asked.acknowledgements(connection)
        with self.lock:
            self.silences, self.acknowledgements = silences, given

    def fault(self, error: StoreError | None) -> None:
        """Take note of how it went, and say so when that is news."""
        sentence = "" if error is None else str(error)
        with self.lock:
            before, since, pending = self._fault, self._fault_since, self._pending()
            self._fault = sentence
            self._fault_since = (since if before else self._clock()) if sentence else None
        if sentence and sentence != before:
            event(LOG, logging.ERROR, "store away, changes wait in memory", error=sentence, changes=pending)
            self._tell()
        elif before and not sentence:
            away_s = None if since is None else self._clock() - since
            event(LOG, logging.WARNING, "store back", away_s=away_s, dropped=sum(self._dropped.values()) or None)

    def _write(self, taken: Taken) -> None:
        with self._database.transaction() as connection:
            for part, changes in taken:
                part.write(connection, changes)
        with self.lock:
            for part, changes in taken:
                part.settle(changes)

    def _write_one_by_one(self, taken: Taken) -> None:
        for part, changes in taken:
            for change in changes:
                try:
                    self._write([(part, [change])])
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001 (whatever is wrong with it, it would be wrong again)
                    self.dropped(part.kind, 1, f"{type(error).__name__}: it cannot be written in any form")
                    with self.lock:
                        part.settle([change])

    def _failed(self, taken: Taken) -> None:
        with self.lock:
            for part, _ in taken:
                part.fail()

    def _pending(self) -> int:
        return sum(len(part.waiting()) for part in self._parts)

    def _check_ready(self) -> None:
        if not self._ready:
            raise StoreAway(self._fault or "the store is not open yet.")

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()

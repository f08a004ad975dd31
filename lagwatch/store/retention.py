"""What is kept for how long, and letting go of the rest, a little at a time so that nobody waits for it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, func, select

from lagwatch.store import outbox_rows
from lagwatch.store.schema import ACKNOWLEDGEMENTS, AUDIT, HISTORY, SILENCES

DAY_S = 86_400.0

AT_ONCE = 1_000
"""So many rows go in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """
    Seconds for which things are kept after they happened: alert history, the audit log, and messages, silences and
    acknowledgements after their end. `rows` is the most that alert history and audit log hold each.
    """

    history_s: float = 90 * DAY_S
    audit_s: float = 365 * DAY_S
    notices_s: float = 30 * DAY_S
    rows: int = 1_000_000


Step = Callable[[Connection], tuple[int, Counter[str]]]
"""Lets go of some rows: how many (fewer than AT_ONCE: there are no more), and dead letters among them by receiver."""


def steps(retention: Retention, now: float) -> Iterator[Step]:
    """What is to be done, each again and again in a transaction of its own until it finds nothing more."""
    for table, kept_s in ((HISTORY, retention.history_s), (AUDIT, retention.audit_s)):
        yield _older(table, now - kept_s)
        yield _too_many(table, retention.rows)
    yield lambda connection: outbox_rows.prune(connection, now - retention.notices_s, AT_ONCE)
    for table, column in ((SILENCES, "ends_at"), (ACKNOWLEDGEMENTS, "until")):
        yield _ended(table, column, now - retention.notices_s)


def _older(table: Table, before: float) -> Step:
    def step(connection: Connection) -> tuple[int, Counter[str]]:
        old = connection.scalars(select(table.c.number).where(table.c.at < before).limit(AT_ONCE)).all()
        if old:
            connection.execute(delete(table).where(table.c.number.in_(old)))
        return len(old), Counter()

    return step


def _too_many(table: Table, most: int) -> Step:
    def step(connection: Connection) -> tuple[int, Counter[str]]:
        count = connection.scalar(select(func.count()).select_from(table)) or 0
        if count <= most:
            return 0, Counter()
        oldest = select(table.c.number).order_by(table.c.number).limit(min(AT_ONCE, count - most))
        gone = connection.execute(delete(table).where(table.c.number.in_(connection.scalars(oldest).all())))
        return gone.rowcount, Counter()

    return step


def _ended(table: Table, column: str, before: float) -> Step:
    def step(connection: Connection) -> tuple[int, Counter[str]]:
        return connection.execute(delete(table).where(table.c[column] < before)).rowcount, Counter()

    return step

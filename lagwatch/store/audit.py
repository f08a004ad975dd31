"""The audit log: who did what, for as long as it is to be kept."""

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from lagwatch.model.kept import AuditEntry
from lagwatch.store.part import dumps, insert_new
from lagwatch.store.schema import AUDIT


def note(connection: Connection, entry: AuditEntry | None) -> None:
    """Write down what somebody does, in the transaction that does it (None: nobody asked for it)."""
    if entry is None:
        return
    row = {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": dumps(dict(entry.details)),
    }
    insert_new(connection, AUDIT, [row])


def entries(connection: Connection, before: int | None, limit: int) -> list[tuple[int, AuditEntry]]:
    """The newest entries (of those with a number below `before`, if there is one) with their numbers, the newest first."""
    query = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.number < before)
    return [(row.number, _entry(row)) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=json.loads(row.details),
    )

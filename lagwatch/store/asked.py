"""What people asked for: silences and acknowledgements. Changed in the database at once, read from memory."""

import json
from typing import Any

from sqlalchemy import Connection, delete, select

from lagwatch.model.alerts import Severity
from lagwatch.model.notices import Acknowledgement, Matcher, Silence
from lagwatch.store.part import dumps, put
from lagwatch.store.schema import ACKNOWLEDGEMENTS, SILENCES


def silences(connection: Connection) -> dict[str, Silence]:
    """All of them by id, also those that are over, in the order of their beginning."""
    return {
        row.id: Silence(
            id=row.id,
            matchers=tuple(Matcher(**matcher) for matcher in json.loads(row.matchers)),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            author=row.author,
            comment=row.comment,
        )
        for row in connection.execute(select(SILENCES).order_by(SILENCES.c.starts_at))
    }


def put_silence(connection: Connection, silence: Silence) -> None:
    """Insert it, or give it its new form."""
    matchers = [
        {"name": each.name, "value": each.value, "is_regex": each.is_regex, "is_equal": each.is_equal}
        for each in silence.matchers
    ]
    row: dict[str, Any] = {
        "id": silence.id,
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "author": silence.author,
        "comment": silence.comment,
        "matchers": dumps(matchers),
    }
    put(connection, SILENCES, ("id",), [row])


def acknowledgements(connection: Connection) -> dict[str, Acknowledgement]:
    """All of them by id, the oldest first."""
    return {
        row.id: Acknowledgement(
            id=row.id,
            alert=row.alert_id,
            severity=Severity(row.severity),
            created_at=row.created_at,
            author=row.author,
            comment=row.comment,
            until=row.until,
        )
        for row in connection.execute(select(ACKNOWLEDGEMENTS).order_by(ACKNOWLEDGEMENTS.c.created_at))
    }


def put_acknowledgement(connection: Connection, given: Acknowledgement) -> None:
    """Insert it, or give it its new form."""
    row: dict[str, Any] = {
        "id": given.id,
        "alert_id": given.alert,
        "severity": given.severity.value,
        "created_at": given.created_at,
        "until": given.until,
        "author": given.author,
        "comment": given.comment,
    }
    put(connection, ACKNOWLEDGEMENTS, ("id",), [row])


def delete_acknowledgement(connection: Connection, acknowledgement_id: str) -> None:
    """It does not hold any more."""
    connection.execute(delete(ACKNOWLEDGEMENTS).where(ACKNOWLEDGEMENTS.c.id == acknowledgement_id))

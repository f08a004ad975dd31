"""The outbox as rows: what is read at the start, written behind, listed for people, and let go of."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, select

from lagwatch.model.alerts import Severity
from lagwatch.model.kept import NoticeFilter
from lagwatch.model.notices import Message, OutboxEntry, Stage, Status
from lagwatch.store.part import dumps, put
from lagwatch.store.schema import OUTBOX

_CHANGES = ("stage", "attempts", "next_attempt_at", "last_error", "ended_at")


class Kept(NamedTuple):
    """
    What the store has at the start: pending entries in order, dead letters by receiver, when each was sent something last, and
    the ids of messages that ended lately, the oldest first.
    """

    pending: Sequence[OutboxEntry]
    dead: Mapping[str, int]
    last_sent: Mapping[str, float]
    over: Sequence[str]


def load(connection: Connection, most_over: int) -> Kept:
    """Read what there is."""
    c = OUTBOX.c
    pending = connection.execute(select(OUTBOX).where(c.stage == Stage.PENDING.value).order_by(c.number))
    entries = [entry(row) for row in pending]
    dead = connection.execute(select(c.receiver, func.count()).where(c.stage == Stage.DEAD.value).group_by(c.receiver))
    sent = connection.execute(
        select(c.receiver, func.max(c.ended_at)).where(c.stage == Stage.SENT.value).group_by(c.receiver)
    )
    over = connection.scalars(
        select(c.id).where(c.stage != Stage.PENDING.value).order_by(c.number.desc()).limit(most_over)
    ).all()
    last_sent = {name: at for name, at in sent if at is not None}
    return Kept(entries, dict(dead.all()), last_sent, over[::-1])


def write(connection: Connection, entries: Sequence[OutboxEntry]) -> None:
    """Insert entries, or bring them up to date; what a message says never changes."""
    put(connection, OUTBOX, ("id",), [_row(each) for each in entries], only=_CHANGES)


def find(connection: Connection, message_id: str) -> OutboxEntry | None:
    """One entry."""
    row = connection.execute(select(OUTBOX).where(OUTBOX.c.id == message_id)).one_or_none()
    return None if row is None else entry(row)


def listed(connection: Connection, wanted: NoticeFilter, limit: int) -> list[tuple[int, OutboxEntry]]:
    """The newest entries that are wanted, the newest first, each with its number."""
    c = OUTBOX.c
    columns = {c.receiver: wanted.receiver, c.cluster: wanted.cluster, c.stage: wanted.stage}
    query = select(OUTBOX).where(*(column == value for column, value in columns.items() if value is not None))
    if wanted.before is not None:
        query = query.where(c.number < wanted.before)
    rows = connection.execute(query.order_by(c.number.desc()).limit(limit))
    return [(row.number, entry(row)) for row in rows]


def prune(connection: Connection, before: float, limit: int) -> tuple[int, Counter[str]]:
    """Let go of at most `limit` messages that ended before a moment: how many, and how many dead letters of each receiver."""
    c = OUTBOX.c
    old = connection.execute(
        select(c.number, c.receiver, c.stage).where(c.stage != Stage.PENDING.value, c.ended_at < before).limit(limit)
    ).all()
    if old:
        connection.execute(delete(OUTBOX).where(c.number.in_([row.number for row in old])))
    return len(old), Counter(row.receiver for row in old if row.stage == Stage.DEAD.value)


def entry(row: Row[Any]) -> OutboxEntry:
    """A row as the rest of lagwatch knows it."""
    message = Message(
        id=row.id,
        receiver=row.receiver,
        key=json.loads(row.order_key),
        status=Status(row.status),
        body=json.loads(row.body),
        created_at=row.created_at,
        severity=None if row.severity is None else Severity(row.severity),
        cluster=row.cluster,
    )
    return OutboxEntry(
        message=message,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        state=Stage(row.stage),
        last_error=row.last_error,
        ended_at=row.ended_at,
    )


def _row(each: OutboxEntry) -> dict[str, Any]:
    message = each.message
    return {
        "id": message.id,
        "receiver": message.receiver,
        "cluster": message.cluster,
        "order_key": dumps(message.key),
        "status": message.status.value,
        "severity": None if message.severity is None else message.severity.value,
        "created_at": message.created_at,
        "body": dumps(dict(message.body)),
        "stage": each.state.value,
        "attempts": each.attempts,
        "next_attempt_at": each.next_attempt_at,
        "last_error": each.last_error.replace("\0", " "),
        "ended_at": each.ended_at,
    }

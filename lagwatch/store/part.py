"""What the parts of the store have in common: changes are taken in at once, and written behind by one thread."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Change = TypeVar("Change")


class Part(Protocol[Change]):
    """
    One kind of things that are kept. Whoever calls `waiting`, `settle` or `give_up` holds the store's lock; `write` is called
    without it, in a transaction that may fail: then the changes go on waiting.
    """

    kind: str
    """What a change is; one of `kept.KINDS`."""

    def waiting(self) -> Sequence[Change]:
        """The changes that are not written yet, the oldest first; they stay."""

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write some of them; to write the same ones again changes nothing."""

    def settle(self, changes: Sequence[Change]) -> None:
        """These were written, and need not wait any longer unless they changed meanwhile."""

    def fail(self) -> None:
        """A transaction failed, and nobody knows for certain what came of it."""


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one that is there already, by a unique column, stays as it is."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def put(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    only: Sequence[str] = (),
) -> None:
    """Insert rows; one that is there already, by `key`, gets the new values (of the columns `only`, if there are any)."""
    if not rows:
        return
    insert = _insert(connection, table)
    changed = {name: insert.excluded[name] for name in (only or rows[0]) if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changed), list(rows))


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def dumps(tree: object) -> str:
    """JSON in plain ASCII: no character in it is one that a database could refuse."""
    return json.dumps(tree, separators=(",", ":"))


def searchable(name: str | None) -> str | None:
    """A name from Kafka as a column: the document beside it has it unchanged, also with the one character PostgreSQL lacks."""
    return name if name is None else name.replace("\0", "\N{REPLACEMENT CHARACTER}")

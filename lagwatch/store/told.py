"""What each receiver was told last: read from memory, written behind."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select

from lagwatch.model.notices import Told
from lagwatch.store.part import dumps, put
from lagwatch.store.schema import TOLD

Change = Told

_Key = tuple[str, str, str]


class ToldPart:
    """A part of the store; whoever calls any method holds the store's lock."""

    kind = "told"

    def __init__(self) -> None:
        self._told: dict[_Key, Told] = {}
        self._waiting: dict[_Key, Told] = {}

    def load(self, kept: Iterable[Told]) -> None:
        """Take up what the store has; what was told since the start is newer."""
        kept_by_key = {_key(each): each for each in kept if _key(each) not in self._waiting}
        self._told = kept_by_key | self._told

    def add(self, told: Sequence[Told]) -> None:
        """Take in what receivers are told now; what has no content is let go of."""
        for each in told:
            self._waiting[_key(each)] = each
            if each.content:
                self._told[_key(each)] = each
            else:
                self._told.pop(_key(each), None)

    def of(self, cluster: str) -> list[Told]:
        """What all receivers were told of a cluster."""
        return [each for each in self._told.values() if each.cluster == cluster]

    def waiting(self) -> Sequence[Change]:
        """What is not written yet."""
        return list(self._waiting.values())

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write it."""
        gone = [_id(each) for each in changes if not each.content]
        if gone:
            connection.execute(delete(TOLD).where(TOLD.c.id.in_(gone)))
        put(connection, TOLD, ("id",), [_row(each) for each in changes if each.content])

    def settle(self, changes: Sequence[Change]) -> None:
        """Let go of what was written."""
        for each in changes:
            if self._waiting.get(_key(each)) is each:
                del self._waiting[_key(each)]

    def fail(self) -> None:
        """Writing again changes nothing."""


def load(connection: Connection) -> list[Told]:
    """All that is kept."""
    return [
        Told(
            receiver=row.receiver,
            cluster=row.cluster,
            key=json.loads(row.order_key),
            at=row.at,
            content=json.loads(row.content),
        )
        for row in connection.execute(select(TOLD))
    ]


def _key(told: Told) -> _Key:
    return (told.receiver, told.cluster, told.key)


def _id(told: Told) -> str:
    return sha256("\0".join(_key(told)).encode("utf-8", "surrogatepass")).hexdigest()


def _row(told: Told) -> dict[str, Any]:
    return {
        "id": _id(told),
        "receiver": told.receiver,
        "cluster": told.cluster,
        "order_key": dumps(told.key),
        "at": told.at,
        "content": dumps(dict(told.content)),
    }

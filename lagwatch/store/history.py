"""The history of alerts: every transition, once and for as long as it is to be kept."""

import json
from collections.abc import Iterator, Sequence
from itertools import count

from sqlalchemy import ColumnElement, Connection, Row, select

from lagwatch.model.alert_json import decode_alert, encode_alert
from lagwatch.model.alerts import State, Transition
from lagwatch.model.kept import HistoryEntry, HistoryFilter
from lagwatch.model.notices import alert_id
from lagwatch.store.part import dumps, insert_new, searchable
from lagwatch.store.schema import HISTORY

MOST_WAITING = 10_000
"""So many transitions wait in memory while the store is away; of more, the oldest are dropped."""

Change = tuple[int, str, Transition]
"""A number that rises, a cluster, and what changed there."""


class History:
    """A part of the store."""

    kind = "history"

    def __init__(self) -> None:
        self._waiting: dict[int, Change] = {}
        self._numbers = count()

    def add(self, cluster: str, transitions: Sequence[Transition]) -> int:
        """Take in what changed; how many older transitions were dropped for it."""
        for transition in transitions:
            number = next(self._numbers)
            self._waiting[number] = (number, cluster, transition)
        too_many = max(0, len(self._waiting) - MOST_WAITING)
        for number in list(self._waiting)[:too_many]:
            del self._waiting[number]
        return too_many

    def waiting(self) -> Sequence[Change]:
        """What is not written yet."""
        return list(self._waiting.values())

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write it; what is there already is the same."""
        insert_new(connection, HISTORY, [_row(cluster, transition) for _, cluster, transition in changes])

    def settle(self, changes: Sequence[Change]) -> None:
        """Let go of what was written."""
        for number, _, _ in changes:
            self._waiting.pop(number, None)

    def fail(self) -> None:
        """Writing again changes nothing."""


def entries(connection: Connection, wanted: HistoryFilter, limit: int) -> list[HistoryEntry]:
    """The newest entries that are wanted, the newest first."""
    query = select(HISTORY).where(*_asked(wanted)).order_by(HISTORY.c.number.desc()).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def _asked(wanted: HistoryFilter) -> Iterator[ColumnElement[bool]]:
    c = HISTORY.c
    columns = {
        c.cluster: wanted.cluster,
        c.alert_id: wanted.alert_id,
        c.rule: wanted.rule,
        c.severity: wanted.severity,
        c.group_name: searchable(wanted.group),
        c.topic: searchable(wanted.topic),
    }
    yield from (column == value for column, value in columns.items() if value is not None)
    if wanted.since is not None:
        yield c.at >= wanted.since
    if wanted.until is not None:
        yield c.at < wanted.until
    if wanted.before is not None:
        yield c.number < wanted.before


def _row(cluster: str, transition: Transition) -> dict[str, object]:
    alert = transition.alert
    return {
        "cluster": cluster,
        "alert_id": alert_id(alert.rule, alert.subject),
        "at": transition.at,
        "state": transition.to.value,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "group_name": searchable(alert.subject.group),
        "topic": searchable(alert.subject.topic),
        "alert": dumps(encode_alert(alert)),
    }


def _entry(row: Row[tuple[object, ...]]) -> HistoryEntry:
    return HistoryEntry(
        id=row.number,
        cluster=row.cluster,
        alert_id=row.alert_id,
        transition=Transition(at=row.at, to=State(row.state), alert=decode_alert(json.loads(row.alert))),
    )

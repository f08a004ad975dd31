"""The alert states of each cluster: only the newest is of interest, and only what changed in it is written."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from lagwatch.errors import StoreError
from lagwatch.model.alert_json import decode_alert, encode_alert
from lagwatch.model.kept import STATE_VERSION, AlertState
from lagwatch.store.part import dumps, put
from lagwatch.store.schema import ALERTS, CLUSTERS

Rows = Mapping[str, Mapping[str, Any]]
"""What a state holds of each alert, by its id."""

Change = tuple[str, AlertState]
"""A cluster, and the state of its alerts."""


class AlertStates:
    """A part of the store; `load` must have been called for a cluster before its states are written."""

    kind = "alert_state"

    def __init__(self) -> None:
        self._newest: dict[str, AlertState] = {}
        self._written: dict[str, Rows | None] = {}

    def add(self, cluster: str, state: AlertState) -> None:
        """Take in the newest state; an older one that still waits is of no interest any more."""
        self._newest[cluster] = state

    def loaded(self, cluster: str) -> None:
        """What is kept of this cluster is known to whoever calls `add`, and may be overwritten."""
        self._written.setdefault(cluster, None)

    def waiting(self) -> Sequence[Change]:
        """The newest state of each cluster that may be written."""
        return [(cluster, state) for cluster, state in self._newest.items() if cluster in self._written]

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write what changed since the state that was written before."""
        for cluster, state in changes:
            before = self._written[cluster]
            if before is None:
                before = _rows(connection, cluster)
            _write(connection, cluster, before, state)

    def settle(self, changes: Sequence[Change]) -> None:
        """Remember what the tables hold now."""
        for cluster, state in changes:
            self._written[cluster] = state.alerts
            if self._newest.get(cluster) is state:
                del self._newest[cluster]

    def fail(self) -> None:
        """What the tables hold must be read before the next write."""
        self._written = dict.fromkeys(self._written)


def load(connection: Connection, cluster: str) -> AlertState | None:
    """What is kept of a cluster; None if nothing is. StoreError if it is in a form that we do not know."""
    row = connection.execute(select(CLUSTERS).where(CLUSTERS.c.cluster == cluster)).one_or_none()
    if row is None:
        return None
    if row.version > STATE_VERSION:
        raise StoreError(
            f"the alerts of cluster {cluster} were kept by a newer lagwatch (form {row.version}, this one knows {STATE_VERSION} at "
            f"most); run that one, or give this one another store."
        )
    rows = connection.execute(select(ALERTS).where(ALERTS.c.cluster == cluster)).all()
    return AlertState(
        at=row.at,
        steps=tuple(json.loads(row.steps)),
        alerts={each.id: json.loads(each.state) for each in rows},
        told={each.id: decode_alert(json.loads(each.told)) for each in rows if each.told is not None},
        version=row.version,
    )


def _rows(connection: Connection, cluster: str) -> Rows:
    rows = connection.execute(select(ALERTS.c.id, ALERTS.c.state).where(ALERTS.c.cluster == cluster))
    return {row.id: json.loads(row.state) for row in rows}


def _write(connection: Connection, cluster: str, before: Rows, state: AlertState) -> None:
    gone = [key for key in before if key not in state.alerts]
    changed = [key for key, row in state.alerts.items() if before.get(key) != row]
    for begin in range(0, len(gone), 500):
        those = gone[begin : begin + 500]
        connection.execute(delete(ALERTS).where(ALERTS.c.cluster == cluster, ALERTS.c.id.in_(those)))
    put(connection, ALERTS, ("cluster", "id"), [_row(cluster, key, state) for key in changed])
    head = {"cluster": cluster, "version": state.version, "at": state.at, "steps": dumps(state.steps)}
    put(connection, CLUSTERS, ("cluster",), [head])


def _row(cluster: str, key: str, state: AlertState) -> dict[str, Any]:
    told = state.told.get(key)
    return {
        "cluster": cluster,
        "id": key,
        "state": dumps(state.alerts[key]),
        "told": None if told is None else dumps(encode_alert(told)),
    }

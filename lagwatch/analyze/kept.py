"""What of a history outlives a restart, and how it is taken up again. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lagwatch.analyze.history import History
from lagwatch.analyze.index import Index, build
from lagwatch.model.columns import Array, entry
from lagwatch.model.kept import HISTORY_VERSION, KeptHistory
from lagwatch.model.snapshot import UNKNOWN, CommitTable, Group, Int32, Int64, TopicTable, nothing

ROWS_S = 900.0
"""After a longer stop nothing is taken up of groups: what their commits did meanwhile says nothing of how they usually come."""


def keep(history: History) -> KeptHistory | None:
    """What outlives a restart, in arrays of its own; None before the first poll."""
    index = history.index
    if index is None or np.isnan(history.at):
        return None
    columns: dict[str, Array] = {
        "first": index.topics.first,
        "group": index.group,
        "row": index.row,
        "offset": history.offset.copy(),
    }
    for name, room in history.rooms.items():
        columns |= {f"{name}.{column}": values for column, values in room.kept().items()}
    names = index.topics.names
    return KeptHistory(
        at=history.at,
        cluster_id=history.cluster_id,
        topics=names,
        ids=history.topics.ids(names),
        groups=index.groups,
        columns=columns,
    )


def take_up(kept: KeptHistory, history: History, now: float) -> None:
    """
    Into a new history; raises ValueError if that cannot be, after which the history is of no use.

    After a stop that was too long it is only where the logs ended.
    """
    if kept.version > HISTORY_VERSION:
        raise ValueError(f"version {kept.version}, but this lagwatch understands {HISTORY_VERSION}")
    columns = kept.columns
    parts = {name: _part(columns, name) for name in history.rooms}
    history.cluster_id = kept.cluster_id
    if 0 <= now - kept.at <= ROWS_S:
        group, row = entry(columns, "group", (None,), np.int32), entry(columns, "row", (None,), np.int64)
        history.begin(_index(kept, kept.groups, group, row), kept.at)
        history.recall(entry(columns, "offset", (len(row),), np.int64), parts)
    else:
        history.begin(_index(kept, (), np.empty(0, np.int32), np.empty(0, np.int64)), kept.at)
        history.time_lags.ends.take_up(parts["time_lag"])


def _part(columns: Mapping[str, Array], name: str) -> dict[str, Array]:
    return {key.removeprefix(f"{name}."): column for key, column in columns.items() if key.startswith(f"{name}.")}


def _index(kept: KeptHistory, groups: tuple[str, ...], group: Int32, row: Int64) -> Index:
    """The index of a snapshot with these topics, groups and commits."""
    first = entry(kept.columns, "first", (len(kept.topics) + 1,), np.int64)
    sizes = np.diff(first)
    if first[0] != 0 or (sizes < 0).any() or len(kept.ids) != len(sizes):
        raise ValueError("first: no bounds of topics")
    _check(group, row, len(groups), int(first[-1]))
    topics = TopicTable(
        names=kept.topics,
        first=first,
        ids=kept.ids,
        internal=np.zeros(len(sizes), dtype=np.bool_),
        config=tuple({} for _ in sizes),
    )
    empty = nothing("", kept.at)
    partitions = replace(
        empty.partitions,
        topic=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        partition=(np.arange(first[-1]) - np.repeat(first[:-1], sizes)).astype(np.int32),
    )
    unknown = np.full(len(row), UNKNOWN, dtype=np.int64)
    commits = CommitTable(group=group, row=row.astype(np.int32), offset=unknown, reported_lag=unknown)
    facts = replace(
        empty, topics=topics, partitions=partitions, groups=tuple(Group(name=name) for name in groups), commits=commits
    )
    return build(facts, None)[0]


def _check(group: Int32, row: Int64, groups: int, partitions: int) -> None:
    """Raises ValueError unless these can be the commits of so many groups on so many partitions."""
    if len(group) != len(row):
        raise ValueError("row: not as long as group")
    if not len(row):
        return
    if group.min() < 0 or group.max() >= groups or row.min() < 0 or row.max() >= partitions:
        raise ValueError("group, row: some are not there")
    if (np.diff(group.astype(np.int64) * partitions + row) <= 0).any():
        raise ValueError("group, row: not in order")

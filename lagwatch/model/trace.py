"""
Snapshots as JSON, and traces: one snapshot a line, oldest first (snapshot format, version 1). Pure.

`null` in a column is UNKNOWN here. Beyond the fields of version 1 that every writer has, we write some that only matter
where they are present, and which other readers ignore: a topic's `id` and `internal`, a group's `lag` (what the broker
itself counts for a share group), the snapshot's `cluster_id` and `controller`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np

from lagwatch.errors import TraceError
from lagwatch.model.snapshot import (
    UNKNOWN,
    UNKNOWN_LEADER,
    Assigned,
    Broker,
    CommitTable,
    Group,
    Int64,
    Member,
    PartitionTable,
    Placement,
    Snapshot,
    TopicTable,
)

VERSION = 1
"""The version of the format that is read and written."""

Json = dict[str, Any]


def decode(document: object) -> Snapshot:
    """The snapshot of one JSON document; raises TraceError that names the field and what was expected there."""
    fields = _object(document, "snapshot")
    if fields.get("v") != VERSION:
        raise TraceError(f"v: {fields.get('v')!r}, but this lagwatch reads version {VERSION} of the snapshot format")
    brokers = tuple(Broker(id=b) for b in sorted(_numbers(_required(fields, "brokers", ""), "brokers")))
    topics, partitions = _topics(_object(_required(fields, "topics", ""), "topics"), {b.id for b in brokers})
    groups = _object(_required(fields, "groups", ""), "groups")
    return Snapshot(
        at=_instant(_required(fields, "at", "")),
        cluster=_text(_required(fields, "cluster", ""), "cluster"),
        brokers=brokers,
        topics=topics,
        partitions=partitions,
        groups=tuple(_group(name, groups[name]) for name in sorted(groups)),
        commits=_commits(groups, topics),
        cluster_id=fields.get("cluster_id"),
        controller=fields.get("controller"),
    )


def encode(snapshot: Snapshot) -> Json:
    """The JSON document of a snapshot; `decode` gives the same facts back."""
    document: Json = {
        "v": VERSION,
        "at": datetime.fromtimestamp(snapshot.at, UTC).isoformat().replace("+00:00", "Z"),
        "cluster": snapshot.cluster,
        "brokers": [broker.id for broker in snapshot.brokers],
        "topics": {name: _topic_json(snapshot, t) for t, name in enumerate(snapshot.topics.names)},
        "groups": _groups_json(snapshot),
    }
    for name in ("cluster_id", "controller"):
        if getattr(snapshot, name) is not None:
            document[name] = getattr(snapshot, name)
    return document


def read_trace(lines: Iterable[str]) -> Iterator[Snapshot]:
    """The snapshots of an NDJSON trace, in order; raises TraceError that names line and field. Blank lines are skipped."""
    last: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            snapshot = decode(json.loads(line))
            if snapshot.at <= last.get(snapshot.cluster, -np.inf):
                raise TraceError(f"at: not later than the snapshot of {snapshot.cluster!r} before it; oldest first")
        except TraceError as error:
            raise TraceError(f"line {number}: {error}") from error
        except (ValueError, RecursionError) as error:
            raise TraceError(f"line {number}: not JSON ({error})") from error
        last[snapshot.cluster] = snapshot.at
        yield snapshot


def _topics(documents: Json, up: set[int]) -> tuple[TopicTable, PartitionTable]:
    names = tuple(sorted(documents))
    fields = [_object(documents[name], f"topics.{name}") for name in names]
    columns: dict[str, list[Int64]] = {"start": [], "end": [], "lso": [], "leader": []}
    lists: dict[str, list[Sequence[int]]] = {"replicas": [], "isr": []}
    sizes = []
    for name, topic in zip(names, fields, strict=True):
        where = f"topics.{name}"
        size = len(_list(_required(topic, "end", where), f"{where}.end"))
        sizes.append(size)
        for key, parts in columns.items():
            unknown = UNKNOWN_LEADER if key == "leader" else UNKNOWN
            parts.append(_column(_required(topic, key, where), f"{where}.{key}", size, unknown))
        for key, rows in lists.items():
            rows += _placements(_required(topic, key, where), f"{where}.{key}", size)
    joined = {key: np.concatenate(parts) if parts else np.empty(0, np.int64) for key, parts in columns.items()}
    table = TopicTable(
        names=names,
        first=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        ids=tuple(topic.get("id") for topic in fields),
        internal=np.array([bool(topic.get("internal", False)) for topic in fields], dtype=np.bool_),
        config=tuple(_config(t.get("config", {}), f"topics.{n}.config") for n, t in zip(names, fields, strict=True)),
    )
    counts = np.array(sizes, dtype=np.int64)
    return table, PartitionTable(
        topic=np.repeat(np.arange(len(names), dtype=np.int32), counts),
        partition=(np.arange(table.first[-1]) - np.repeat(table.first[:-1], counts)).astype(np.int32),
        leader=joined["leader"].astype(np.int32),
        start=joined["start"],
        end=joined["end"],
        lso=joined["lso"],
        replicas=_placement(lists["replicas"]),
        isr=_placement(lists["isr"]),
        offline=_placement([[b for b in row if b not in up] for row in lists["replicas"]]),
    )


def _placement(rows: Sequence[Sequence[int]]) -> Placement:
    first = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    return Placement(first=first, brokers=np.array([b for row in rows for b in row], dtype=np.int32))


def _placements(value: object, where: str, size: int) -> list[Sequence[int]]:
    rows = _list(value, where, size)
    return [[] if row is None else _numbers(row, f"{where}[{i}]") for i, row in enumerate(rows)]


def _group(name: str, document: object) -> Group:
    if document is None:
        return Group(name=name, known=False, assigned_known=False)
    where = f"groups.{name}"
    fields = _object(document, where)
    members = fields.get("members")
    count = UNKNOWN if members is None else _numbers([members], f"{where}.members")[0]
    assigned = _object(fields.get("assigned") or {}, f"{where}.assigned")
    owned = tuple(
        Assigned(topic, tuple(sorted(_numbers(assigned[topic], f"{where}.assigned.{topic}"))))
        for topic in sorted(assigned)
    )
    return Group(
        name=name,
        type=_text(fields.get("type") or "", f"{where}.type"),
        state=None if fields.get("state") is None else _text(fields["state"], f"{where}.state"),
        member_count=count,
        # The format tells what all members own together; one nameless member stands for them.
        members=(Member(id="", assigned=owned),) if owned else (),
        assigned_known="assigned" in fields,
    )


def _commits(documents: Json, topics: TopicTable) -> CommitTable:
    position = {name: t for t, name in enumerate(topics.names)}
    groups: list[Int64] = []
    rows: list[Int64] = []
    offsets: list[Int64] = []
    lags: list[Int64] = []
    for g, name in enumerate(sorted(documents)):
        if documents[name] is None:
            continue
        where = f"groups.{name}"
        committed = _object(documents[name].get("committed") or {}, f"{where}.committed")
        reported = _object(documents[name].get("lag") or {}, f"{where}.lag")
        for topic in sorted(committed.keys() & position.keys()):
            first, size = int(topics.first[position[topic]]), int(np.diff(topics.first)[position[topic]])
            column = _column(committed[topic], f"{where}.committed.{topic}", size, UNKNOWN)
            counted = _column(reported.get(topic, [None] * size), f"{where}.lag.{topic}", size, UNKNOWN)
            there = np.flatnonzero(column >= 0)
            groups.append(np.full(len(there), g))
            rows.append(first + there)
            offsets.append(column[there])
            lags.append(counted[there])
    nothing = [np.empty(0, np.int64)]
    return CommitTable(
        group=np.concatenate(groups or nothing).astype(np.int32),
        row=np.concatenate(rows or nothing).astype(np.int32),
        offset=np.concatenate(offsets or nothing),
        reported_lag=np.concatenate(lags or nothing),
    )


def _topic_json(snapshot: Snapshot, t: int) -> Json:
    topics, partitions = snapshot.topics, snapshot.partitions
    rows = range(int(topics.first[t]), int(topics.first[t + 1]))
    part = slice(rows.start, rows.stop)
    topic: Json = {
        "start": _nullable(partitions.start[part]),
        "end": _nullable(partitions.end[part]),
        "lso": _nullable(partitions.lso[part]),
        "leader": [None if x == UNKNOWN_LEADER else x for x in partitions.leader[part].tolist()],
        "replicas": [partitions.replicas.of(row) or None for row in rows],
        # Without replicas nothing was learnt of the row; an empty list of in-sync replicas is a fact otherwise.
        "isr": [partitions.isr.of(row) if partitions.replicas.of(row) else None for row in rows],
        "config": dict(topics.config[t]),
    }
    if topics.ids[t] is not None:
        topic["id"] = topics.ids[t]
    if topics.internal[t]:
        topic["internal"] = True
    return topic


def _groups_json(snapshot: Snapshot) -> Json:
    documents: Json = {}
    bounds = np.searchsorted(snapshot.commits.group, np.arange(len(snapshot.groups) + 1))
    for g, group in enumerate(snapshot.groups):
        documents[group.name] = _group_json(snapshot, group, bounds[g], bounds[g + 1]) if group.known else None
    return documents


def _group_json(snapshot: Snapshot, group: Group, begin: int, end: int) -> Json:
    document: Json = {
        "type": group.type,
        "state": group.state,
        "members": None if group.member_count == UNKNOWN else group.member_count,
        "committed": _by_topic(snapshot, snapshot.commits.offset, begin, end),
    }
    if group.assigned_known:
        owned: dict[str, set[int]] = {}
        for member in group.members:
            for topic, partitions in member.assigned:
                owned.setdefault(topic, set()).update(partitions)
        document["assigned"] = {topic: sorted(owned[topic]) for topic in sorted(owned)}
    if (snapshot.commits.reported_lag[begin:end] >= 0).any():
        document["lag"] = _by_topic(snapshot, snapshot.commits.reported_lag, begin, end)
    return document


def _by_topic(snapshot: Snapshot, column: Int64, begin: int, end: int) -> dict[str, list[int | None]]:
    topics, partitions = snapshot.topics, snapshot.partitions
    answer: dict[str, list[int | None]] = {}
    for row, value in zip(snapshot.commits.row[begin:end].tolist(), column[begin:end].tolist(), strict=True):
        t = int(partitions.topic[row])
        name = topics.names[t]
        if name not in answer:
            answer[name] = [None] * int(topics.first[t + 1] - topics.first[t])
        answer[name][int(partitions.partition[row])] = None if value < 0 else value
    return answer


def _nullable(column: Int64) -> list[int | None]:
    return [None if x < 0 else x for x in column.tolist()]


def _required(fields: Json, key: str, where: str) -> object:
    if key not in fields:
        raise TraceError(f"{where + '.' if where else ''}{key}: missing")
    return fields[key]


def _object(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise TraceError(f"{where}: {_short(value)}, expected a JSON object")
    return cast("Json", value)


def _list(value: object, where: str, size: int | None = None) -> list[object]:
    if not isinstance(value, list):
        raise TraceError(f"{where}: {_short(value)}, expected a list")
    if size is not None and len(value) != size:
        raise TraceError(f"{where}: {len(value)} entries, expected {size}, one a partition as in `end`")
    return cast("list[object]", value)


def _column(value: object, where: str, size: int, unknown: int) -> Int64:
    entries = _list(value, where, size)
    for i, entry in enumerate(entries):
        if entry is not None and (type(entry) is not int or abs(entry) > np.iinfo(np.int64).max):
            raise TraceError(f"{where}[{i}]: {_short(entry)}, expected an integer or null")
    return np.array([unknown if entry is None else entry for entry in entries], dtype=np.int64)


def _numbers(value: object, where: str) -> list[int]:
    entries = _list(value, where)
    for entry in entries:
        if type(entry) is not int or not 0 <= entry < 2**31:
            raise TraceError(f"{where}: {_short(entry)}, expected a non-negative integer")
    return cast("list[int]", entries)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise TraceError(f"{where}: {_short(value)}, expected a string")
    return value


def _config(value: object, where: str) -> Mapping[str, str]:
    return {key: _text(setting, f"{where}.{key}") for key, setting in _object(value or {}, where).items()}


def _instant(value: object) -> float:
    try:
        moment = datetime.fromisoformat(_text(value, "at"))
    except ValueError as error:
        raise TraceError(f"at: {_short(value)}, expected RFC 3339, such as 2026-03-02T00:00:30Z") from error
    if moment.tzinfo is None:
        raise TraceError(f"at: {_short(value)} has no time zone; write it in UTC, such as 2026-03-02T00:00:30Z")
    return moment.timestamp()


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."

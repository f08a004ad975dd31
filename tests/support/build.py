"""
Builders of facts and views for tests: plain values in, the smallest whole thing out.

    >>> seen = snapshot({"orders": topic((0, 100), (0, 50))}, {"billing": group({"orders": [90, None]})})
    >>> view(seen).lag.tolist()
    [10]
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from lagwatch.analyze.lag import lag
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import UNKNOWN, UNKNOWN_LEADER, Int64, Snapshot
from lagwatch.model.trace import decode
from lagwatch.model.view import GroupTable, PairTable, View

T0 = 1_772_000_000.0
"""Seconds since the epoch; when facts hold that say nothing else."""

Document = dict[str, Any]


def topic(
    *offsets: tuple[int | None, int | None],
    leader: int | None = 1,
    replicas: Sequence[int] | None = (1, 2, 3),
    isr: Sequence[int] | None = (1, 2, 3),
    **config: str,
) -> Document:
    """A topic whose partitions have these (log start, log end) offsets; `config` with underscores for dots."""
    size = len(offsets)
    return {
        "start": [start for start, _ in offsets],
        "end": [end for _, end in offsets],
        "lso": [end for _, end in offsets],
        "leader": [leader] * size,
        "replicas": [None if replicas is None else list(replicas)] * size,
        "isr": [None if isr is None else list(isr)] * size,
        "config": {name.replace("_", "."): value for name, value in config.items()},
    }


def group(
    committed: Mapping[str, Sequence[int | None]],
    *,
    state: str | None = "Stable",
    kind: str = "classic",
    members: int | None = 1,
) -> Document:
    """A group that has committed so on these topics, one entry a partition."""
    return {"type": kind, "state": state, "members": members, "committed": dict(committed)}


def snapshot(
    topics: Mapping[str, Document],
    groups: Mapping[str, Document | None],
    *,
    at: float = T0,
    cluster: str = "main",
    brokers: Iterable[int] = (1, 2, 3),
    **fields: object,
) -> Snapshot:
    """What a poll saw; a group that is None could not be read. `fields` replace what the snapshot format cannot carry."""
    document = {
        "v": 1,
        "at": datetime.fromtimestamp(at, UTC).isoformat(),
        "cluster": cluster,
        "brokers": list(brokers),
        "topics": dict(topics),
        "groups": dict(groups),
    }
    return replace(decode(document), **fields)  # type: ignore[arg-type]


def view(seen: Snapshot, **fields: object) -> View:
    """The view of a snapshot that nothing was known before; growth is unknown. `fields` replace columns."""
    commits, table = seen.commits, seen.partitions
    lags = lag(commits.offset, table.start[commits.row], table.end[commits.row])
    pairs = _pairs(seen, lags)
    minimum = [config.get("min.insync.replicas") for config in seen.topics.config]
    known = np.array([m is not None for m in minimum], np.bool_)[table.topic]
    needed = np.array([int(m or 0) for m in minimum], np.int64)[table.topic]
    made = View(
        snapshot=seen,
        lag=lags,
        growth=np.full(len(commits), np.nan),
        pairs=pairs,
        groups=_groups(seen, lags),
        under_replicated=table.isr.counts < table.replicas.counts,
        offline=(table.leader < 0) & (table.leader != UNKNOWN_LEADER),
        under_min_isr=known & (table.isr.counts < needed),
        under_min_isr_known=known,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def latest(seen: View | None = None, *, cluster: str = "main", at: float = T0, **fields: object) -> Latest:
    """What is published after a good poll at that moment (or before the first one, without a view)."""
    good = None if seen is None else at
    name = cluster if seen is None else seen.snapshot.cluster
    health = PollHealth(
        interval_s=30, deadline_s=20, last_attempt_at=good, last_good_at=good, polls=int(seen is not None)
    )
    return replace(Latest(cluster=name, health=health, view=seen), **fields)  # type: ignore[arg-type]


def _pairs(seen: Snapshot, lags: Int64) -> PairTable:
    keys = np.stack([seen.commits.group, seen.partitions.topic[seen.commits.row]], axis=1)
    unique, first = np.unique(keys, axis=0, return_index=True)
    bounds = np.append(first, len(keys))
    unknown = np.full(len(unique), np.nan)
    columns = _sums([lags[a:b] for a, b in pairwise(bounds)])
    return PairTable(
        group=unique[:, 0].astype(np.int32),
        topic=unique[:, 1].astype(np.int32),
        first=bounds,
        lag=columns[0],
        max_lag=columns[1],
        unknown=columns[2],
        growth=unknown,
        produced=unknown,
        commit_interval_s=unknown,
        patience_s=unknown,
    )


def _groups(seen: Snapshot, lags: Int64) -> GroupTable:
    columns = _sums([lags[seen.commits.group == g] for g in range(len(seen.groups))])
    return GroupTable(
        lag_sum=columns[0], lag_max=columns[1], unknown=columns[2], growth=np.full(len(seen.groups), np.nan)
    )


def _sums(parts: list[Int64]) -> tuple[Int64, Int64, Int64]:
    """Sum and largest of the known lags (UNKNOWN if there is none), and how many are unknown."""
    known = [part[part != UNKNOWN] for part in parts]
    sums = [int(part.sum()) if len(part) else UNKNOWN for part in known]
    largest = [int(part.max()) if len(part) else UNKNOWN for part in known]
    unknown = [len(part) - len(some) for part, some in zip(parts, known, strict=True)]
    return np.array(sums, np.int64), np.array(largest, np.int64), np.array(unknown, np.int64)

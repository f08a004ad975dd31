"""
Builders of facts and views for tests: plain values in, the smallest whole thing out.

    >>> seen = snapshot({"orders": topic((0, 100), (0, 50))}, {"billing": group({"orders": [90, None]})})
    >>> view(seen).lag.tolist()
    [10]
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lagwatch.cycle import Memory, advance
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import Snapshot
from lagwatch.model.trace import decode
from lagwatch.model.view import View

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


def view(*snapshots: Snapshot, **fields: object) -> View:
    """The view of the last snapshot after the earlier ones; `fields` replace columns."""
    memory = Memory()
    views = [advance(memory, seen, (), seen.at)[0] for seen in snapshots]
    return replace(views[-1], **fields)  # type: ignore[arg-type]


def latest(seen: View | None = None, *, cluster: str = "main", at: float = T0, **fields: object) -> Latest:
    """What is published after a good poll at that moment (or before the first one, without a view)."""
    good = None if seen is None else at
    name = cluster if seen is None else seen.snapshot.cluster
    health = PollHealth(
        interval_s=30, deadline_s=20, last_attempt_at=good, last_good_at=good, polls=int(seen is not None)
    )
    return replace(Latest(cluster=name, health=health, view=seen), **fields)  # type: ignore[arg-type]

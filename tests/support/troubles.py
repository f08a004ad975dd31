"""
One group on one topic over some polls, told as functions of the poll's number and the partition: what a group in trouble shows.

    >>> from lagwatch.analyze.diagnosis import diagnose
    >>> diagnose(story(reads=lambda k, p: 0 if k > 10 else 9999), 0).findings[0].cause
    <Cause.STALLED: 'stalled'>
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lagwatch.analyze.history import History
from lagwatch.analyze.view import view as analyze
from lagwatch.model.details import Details
from lagwatch.model.snapshot import Assigned, Gap, Member, Snapshot
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot

STEP_S = 30.0
ALL = 10**9
"""A reader that takes all that is there."""

PerPartition = Callable[[int, int], float]


def members(count: int, partitions: int, topic: str = "orders") -> tuple[Member, ...]:
    """So many members that share the partitions of a topic evenly, neighbours to the same one as the range assignor does."""
    owned = [tuple(p for p in range(partitions) if p * count // partitions == m) for m in range(count)]
    return tuple(
        Member(
            id=f"m-{m}",
            client_id=f"billing-{m}",
            host=f"/10.0.0.{m}",
            assigned=(Assigned(topic, parts),) if parts else (),
        )
        for m, parts in enumerate(owned)
    )


def story(
    *,
    polls: int = 40,
    partitions: int = 6,
    member_count: Callable[[int], int] = lambda k: 3,
    comes: PerPartition = lambda k, p: 300,
    reads: PerPartition = lambda k, p: ALL,
    commits: PerPartition = lambda k, p: True,
    deleted: PerPartition = lambda k, p: 0,
    held: PerPartition = lambda k, p: ALL,
    leader: PerPartition = lambda k, p: 1 + p % 3,
    silent: Callable[[int], Sequence[int]] = lambda k: (),
    in_sync: Callable[[int], Sequence[int]] = lambda k: (1, 2, 3),
    brokers: Callable[[int], Sequence[int]] = lambda k: (1, 2, 3),
    state: Callable[[int], str] = lambda k: "Stable",
    owners: Callable[[int], Sequence[Member]] | None = None,
    known: Callable[[int], bool] = lambda k: True,
    behind: int = 0,
    gaps: tuple[Gap, ...] = (),
    details: Details | None = None,
    window_s: float = 300.0,
) -> View:
    """
    The view of the last poll. `comes` and `reads` are messages a poll, `held` is the last stable offset while it is below the
    end, `deleted` the log start offset, `silent` the brokers that do not say where logs end, `behind` what
    was not read at the beginning, on each partition.
    """
    history, seen = History(window_s), None
    end, read, committed = [float(behind)] * partitions, [0.0] * partitions, [0] * partitions
    for k in range(polls):
        for p in range(partitions):
            end[p] += comes(k, p)
            limit = min(end[p], held(k, p))
            read[p] = max(read[p], min(limit, max(read[p], deleted(k, p)) + reads(k, p)))
            if commits(k, p):
                committed[p] = int(read[p])
        topics = {"orders": _topic(k, end, held, deleted, leader, silent(k), in_sync)}
        groups = {
            "billing": group({"orders": committed}, state=state(k), members=member_count(k)) if known(k) else None
        }
        poll = snapshot(topics, groups, at=T0 + STEP_S * k, brokers=brokers(k), gaps=gaps, details=details)
        owned = owners(k) if owners else members(member_count(k), partitions) if member_count(k) else ()
        seen = analyze(history, _owned(poll, tuple(owned)))
    assert seen is not None
    return seen


def _topic(
    k: int,
    end: list[float],
    held: PerPartition,
    deleted: PerPartition,
    leader: PerPartition,
    silent: Sequence[int],
    in_sync: Callable[[int], Sequence[int]],
) -> Mapping[str, object]:
    every = range(len(end))
    up = [leader(k, p) not in (-1, *silent) for p in every]
    return {
        "start": [int(deleted(k, p)) if up[p] else None for p in every],
        "end": [int(end[p]) if up[p] else None for p in every],
        "lso": [int(min(end[p], held(k, p))) if up[p] else None for p in every],
        "leader": [int(leader(k, p)) for p in every],
        "replicas": [[1, 2, 3]] * len(end),
        "isr": [list(in_sync(k))] * len(end),
        "config": {"min.insync.replicas": "2"},
    }


def _owned(poll: Snapshot, owned: tuple[Member, ...]) -> Snapshot:
    return replace(poll, groups=tuple(replace(each, members=owned, assigned_known=True) for each in poll.groups))

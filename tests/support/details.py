"""Builders of slow facts for tests: plain values in, `Details` out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lagwatch.model.details import (
    Details,
    Elr,
    LogDir,
    LogDirs,
    OpenProducer,
    Part,
    Quorum,
    QuorumNode,
    ReplicaSizes,
    Transaction,
    Transactions,
)
from tests.support.build import T0

Sizes = Sequence[tuple[str, int, int, int]]
"""(topic, partition, broker, bytes) of each replica, in the first directory of its broker."""


def part(value: Any, read_at: float = T0) -> Part[Any]:
    return Part(value=value, read_at=read_at)


def log_dirs(dirs: Sequence[LogDir], sizes: Sizes = ()) -> LogDirs:
    """What the brokers of these directories tell."""
    topics = tuple(sorted({topic for topic, *_ in sizes}))
    first = {broker: place for place, broker in reversed(list(enumerate(each.broker for each in dirs)))}
    columns = np.array([(topics.index(t), p, b, first[b]) for t, p, b, _ in sizes], np.int32).reshape(-1, 4).T
    return LogDirs(
        brokers=tuple(sorted({each.broker for each in dirs})),
        dirs=tuple(dirs),
        replicas=ReplicaSizes(
            topics=topics,
            topic=columns[0],
            partition=columns[1],
            broker=columns[2],
            directory=columns[3],
            size=np.array([size for *_, size in sizes], np.int64),
            offset_lag=np.zeros(len(sizes), np.int64),
            future=np.zeros(len(sizes), np.int32),
        ),
    )


def quorum(*behind_s: float | None, leader: int = 1) -> Quorum:
    """Voters from 1 on, each that long behind (None: it never fetched), and the leader."""
    voters = tuple(
        QuorumNode(
            id=number,
            log_end=100 if seconds == 0 else 90,
            lag=0 if seconds == 0 else 10,
            last_fetch_at=None if seconds is None else T0,
            last_caught_up_at=None if seconds is None else T0 - seconds,
        )
        for number, seconds in enumerate(behind_s, 1)
    )
    return Quorum(leader=leader, epoch=3, high_watermark=100, voters=voters)


def details(
    *,
    elr: Mapping[tuple[str, int], Sequence[int]] | None = None,
    topic_config: Mapping[str, Mapping[str, str]] | None = None,
    dirs: LogDirs | None = None,
    voters: Quorum | None = None,
    ongoing: Sequence[Transaction] | None = None,
    holders: Sequence[OpenProducer] = (),
) -> Details:
    """The parts that are given; others are not known."""
    eligible = None if elr is None else tuple(Elr(topic=t, partition=p, eligible=tuple(e)) for (t, p), e in elr.items())
    transactions = None if ongoing is None else Transactions(ongoing=tuple(ongoing), holders=tuple(holders))
    return Details(
        elr=None if eligible is None else part(eligible),
        topic_config=None if topic_config is None else part(topic_config),
        log_dirs=None if dirs is None else part(dirs),
        quorum=None if voters is None else part(voters),
        transactions=None if transactions is None else part(transactions),
    )

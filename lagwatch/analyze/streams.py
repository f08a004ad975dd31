"""Kafka Streams applications: the topics that belong to one, and how long its stores take to be rebuilt. Pure."""

import numpy as np

from lagwatch.model.details import ReplicaSizes
from lagwatch.model.kinds import Kind, kind
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.model.streams import RESTORE_RATE, Streams, StreamsTopic
from lagwatch.model.view import View

CHANGELOG, REPARTITION = "-changelog", "-repartition"
"""How Kafka Streams calls the topics that it makes: application.id, the name of the store or node, one of these."""


def is_internal(application: str, topic: str) -> bool:
    """Whether an application made this topic for itself."""
    return topic.startswith(f"{application}-") and topic.endswith((CHANGELOG, REPARTITION))


def streams_of(view: View, group: str, restore_rate: float = RESTORE_RATE) -> Streams | None:
    """The application of that name; None if there is no such group, or nothing about it is Kafka Streams."""
    row = next((row for row, one in enumerate(view.snapshot.groups) if one.name == group), None)
    if row is None:
        return None
    names = view.snapshot.topics.names
    lags = _lags(view, row)
    others = [one.name for one in view.snapshot.groups if one.name.startswith(f"{group}-")]
    own = [
        t
        for t, name in enumerate(names)
        if is_internal(group, name) and not any(is_internal(other, name) for other in others)
    ]
    if kind(view.snapshot.groups[row]) is not Kind.STREAMS and not own:
        return None
    sizes, read_at = _sizes(view)

    def told(topics: list[int]) -> tuple[StreamsTopic, ...]:
        return tuple(_topic(view, t, lags.get(t), sizes) for t in topics)

    inputs = told([t for t in lags if t not in own])
    changelogs = told([t for t in own if names[t].endswith(CHANGELOG)])
    amount = _total([one.bytes for one in changelogs])
    return Streams(
        group=group,
        inputs=inputs,
        repartitions=told([t for t in own if names[t].endswith(REPARTITION)]),
        changelogs=changelogs,
        input_lag=_total([one.lag for one in inputs]) if view.snapshot.groups[row].known else None,
        changelog_bytes=amount,
        restore_s=None if amount is None else amount / restore_rate,
        restore_rate=restore_rate,
        sizes_at=read_at,
    )


def _lags(view: View, row: int) -> dict[int, int | None]:
    """The lag of the group on each topic that it has committed on; a sum that lacks partitions is no sum."""
    pairs = view.pairs
    low, high = np.searchsorted(pairs.group, np.array((row, row + 1), dtype=np.int32))
    return {
        int(pairs.topic[p]): int(pairs.lag[p]) if pairs.lag[p] != UNKNOWN and not pairs.unknown[p] else None
        for p in range(int(low), int(high))
    }


def _sizes(view: View) -> tuple[dict[str, dict[int, int]] | None, float | None]:
    """The size of each partition by topic, that of its largest replica; None where log directories were never read."""
    details = view.snapshot.details
    if details is None or details.log_dirs is None:
        return None, None
    return _largest(details.log_dirs.value.replicas), details.log_dirs.read_at


def _largest(replicas: ReplicaSizes) -> dict[str, dict[int, int]]:
    sizes: dict[str, dict[int, int]] = {}
    wanted = [t for t, name in enumerate(replicas.topics) if name.endswith(CHANGELOG)]
    rows = np.flatnonzero(np.isin(replicas.topic, wanted) & (replicas.future == 0) & (replicas.size >= 0))
    for row in rows:
        of_topic = sizes.setdefault(replicas.topics[replicas.topic[row]], {})
        partition = int(replicas.partition[row])
        of_topic[partition] = max(of_topic.get(partition, 0), int(replicas.size[row]))
    return sizes


def _topic(view: View, topic: int, lag: int | None, sizes: dict[str, dict[int, int]] | None) -> StreamsTopic:
    topics = view.snapshot.topics
    partitions = int(topics.first[topic + 1] - topics.first[topic])
    found = (sizes or {}).get(topics.names[topic], {})
    whole = sizes is not None and len(found) == partitions
    return StreamsTopic(
        topic=topics.names[topic], partitions=partitions, lag=lag, bytes=sum(found.values()) if whole else None
    )


def _total(numbers: list[int | None]) -> int | None:
    """The sum; None if one of them is not known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None

"""The label sets of a snapshot's groups, topics and partitions, in the pieces that tables put together. Pure."""

from collections.abc import Sequence

import numpy as np

from lagwatch.model.snapshot import Int32, Snapshot
from lagwatch.publish.metrics.lines import Column, Table, templated


class Names:
    """
    The parts that label sets are made of: how they begin and go on for each group, topic and partition.

    They are those of every later snapshot with the same names: `of` gives the ones before where it can.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.told = _told(snapshot)
        self.cluster = b'{kafka_cluster="%s",' % templated(snapshot.cluster)
        self.groups = [self.cluster + b'group="%s",' % templated(group.name) for group in snapshot.groups]
        topics = [b'topic="%s"' % templated(name) for name in snapshot.topics.names]
        self.topics = [topic + b"} " for topic in topics]
        table = snapshot.partitions
        numbers = zip(table.topic.tolist(), table.partition.tolist(), strict=True)
        self.partitions = [b'%s,partition="%d"} ' % (topics[topic], partition) for topic, partition in numbers]

    @classmethod
    def of(cls, snapshot: Snapshot, before: "Names | None") -> "Names":
        """The names of a snapshot; the very ones before, if they have not changed."""
        return before if before is not None and before.told == _told(snapshot) else cls(snapshot)

    def by_group(self, group: Int32, rests: Sequence[bytes], rest: Int32, *columns: Column) -> Table:
        """A table whose rows are sorted by group."""
        return Table(self.groups, group, rests, rest, columns)

    def by_cluster(self, rests: Sequence[bytes], *columns: Column) -> Table:
        """A table of which each row goes on with one of these."""
        count = len(rests)
        return Table([self.cluster], np.zeros(count, np.int32), rests, np.arange(count, dtype=np.int32), columns)


def _told(snapshot: Snapshot) -> tuple[object, ...]:
    """What the names are made of; comparing two is cheap where names are the same objects."""
    topics = snapshot.topics
    return snapshot.cluster, topics.names, topics.first.tobytes(), tuple(group.name for group in snapshot.groups)

"""What a metric-name profile is: the series of another exporter, made of what lagwatch knows. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN, Int32, Int64, Snapshot
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table, templated

SHARE = "share"
"""The type of groups that no other exporter knows: they stay under lagwatch's own names."""

NO_LABELS = b" "
"""How a series without labels goes on, as exporters write it: without braces."""


def _nothing(_latest: Latest) -> Iterable[Table]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    The names, labels and values of one exporter.

    `facts` makes what is known of Kafka, anew for each good poll; `health` what is said about the exporter itself, anew for
    each poll, good or not. Each gives the same tables in the same order every time (empty ones too), so that what did not
    change is not rendered again. `many_clusters` says whether its names tell clusters apart by a label; one that does not
    has a page for each cluster.
    """

    name: str
    families: tuple[Family, ...]
    facts: Callable[[Latest, View], Iterable[Table]]
    health: Callable[[Latest], Iterable[Table]] = _nothing
    many_clusters: bool = False


class Rows:
    """
    Tables of a snapshot's partitions, topics and commits, labelled in the words of a profile.

    `first` are labels that every series begins with; the other arguments are what the profile calls group, topic and partition.
    `group_heads` is how label sets of each group begin, `partition_rests` how they go on and end for each partition.
    """

    def __init__(
        self, snapshot: Snapshot, *, group: str, topic: str, partition: str, first: Mapping[str, str] | None = None
    ) -> None:
        lead = b"".join(b'%s="%s",' % (name.encode(), templated(value)) for name, value in (first or {}).items())
        self._lead = b"{" + lead
        self.group_heads = [self._lead + b'%s="%s",' % (group.encode(), templated(one.name)) for one in snapshot.groups]
        topics = [b'%s="%s"' % (topic.encode(), templated(name)) for name in snapshot.topics.names]
        self._topics = [topic + b"} " for topic in topics]
        table = snapshot.partitions
        numbers = zip(table.topic.tolist(), table.partition.tolist(), strict=True)
        label = b',%s="%%d"} ' % partition.encode()
        self.partition_rests = [topics[of] + label % number for of, number in numbers]

    def topics(self, *columns: Column) -> Table:
        """One row a topic."""
        return self._listed(self._topics, columns)

    def partitions(self, *columns: Column) -> Table:
        """One row a partition."""
        return self._listed(self.partition_rests, columns)

    def groups(self, *columns: Column, which: Int32 | None = None) -> Table:
        """One row a group; of all groups, or of those given."""
        rows = np.arange(len(self.group_heads), dtype=np.int32) if which is None else which
        heads = [head[:-1] for head in self.group_heads]
        return Table(heads, rows, [b"} "], np.zeros(len(rows), np.int32), columns)

    def pairs(self, group: Int32, topic: Int32, *columns: Column) -> Table:
        """One row for each group and topic given; sorted by group."""
        return Table(self.group_heads, group, self._topics, topic, columns)

    def commits(self, group: Int32, row: Int32, *columns: Column) -> Table:
        """One row for each group and row of the partition table given; sorted by group."""
        return Table(self.group_heads, group, self.partition_rests, row, columns)

    def _listed(self, rests: list[bytes], columns: tuple[Column, ...]) -> Table:
        count = len(rests)
        return Table([self._lead], np.zeros(count, np.int32), rests, np.arange(count, dtype=np.int32), columns)


@dataclass(frozen=True, slots=True, eq=False)
class Commits:
    """
    The committed offsets that other exporters see: those of all groups but share groups, which none of them knows.

    One row a committed partition, sorted by group and row of the partition table. `pair` says which (group, topic) a row is
    of: an index into `pair_group` and `pair_topic`.
    """

    group: Int32
    row: Int32
    offset: Int64
    pair: Int64
    pair_group: Int32
    pair_topic: Int32

    def summed(self, values: Int64) -> Int64:
        """The sum of a column over each pair."""
        return summed(values, self.pair, len(self.pair_group))


def commits(snapshot: Snapshot) -> Commits:
    """What is committed in a snapshot."""
    table = snapshot.commits
    ordinary = np.fromiter((group.type != SHARE for group in snapshot.groups), np.bool_, len(snapshot.groups))
    kept = ordinary[table.group] & (table.offset != UNKNOWN)
    group, row, offset = table.group[kept], table.row[kept], table.offset[kept]
    topic = snapshot.partitions.topic[row]
    begins = np.ones(len(group), np.bool_)
    begins[1:] = (group[1:] != group[:-1]) | (topic[1:] != topic[:-1])
    return Commits(group, row, offset, np.cumsum(begins) - 1, group[begins], topic[begins])


def summed(values: Int64, index: Int64 | Int32, size: int) -> Int64:
    """The sum of the values that have each index, exact up to 64 bits."""
    total = np.zeros(size, np.int64)
    np.add.at(total, index, values)
    return total

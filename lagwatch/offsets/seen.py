"""A group and its partitions as they are, from a snapshot and what the coordinator has of the group's commits. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lagwatch.model.kinds import Kind, kind
from lagwatch.model.snapshot import UNKNOWN, Gap, Group, Snapshot
from lagwatch.model.words import printable


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class Commit(NamedTuple):
    """A committed offset, with what the client put beside it: the leader epoch (-1: none) and its own text."""

    offset: int
    epoch: int = -1
    metadata: str = ""


class Position(NamedTuple):
    """A partition of a group: what it committed (None: nothing), log start and log end (UNKNOWN where nobody answered)."""

    partition: Partition
    topic_id: str | None
    commit: Commit | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What is known of a group; `group` is None if there is none of that name.

    `unreadable` has the reason for each partition whose committed offset could not be read.
    """

    snapshot: Snapshot
    name: str
    group: Group | None
    commits: Mapping[Partition, Commit] = field(default_factory=dict)
    unreadable: Mapping[Partition, str] = field(default_factory=dict)

    def position(self, partition: Partition) -> Position | None:
        """A partition as it is; None if there is none such."""
        row = self._rows(partition.topic)
        if row is None or partition.number not in range(len(row)):
            return None
        return self._position(partition, row[partition.number])

    def positions(self, topic: str) -> Iterator[Position]:
        """All partitions of a topic; none if there is no such topic."""
        for number, row in enumerate(self._rows(topic) or ()):
            yield self._position(Partition(topic, number), row)

    def gaps(self, *parts: str) -> Iterable[Gap]:
        """What the poll could not learn of these parts."""
        return (gap for gap in self.snapshot.gaps if gap.part in parts)

    def _position(self, partition: Partition, row: int) -> Position:
        topics, table = self.snapshot.topics, self.snapshot.partitions
        return Position(
            partition=partition,
            topic_id=topics.ids[int(table.topic[row])],
            commit=self.commits.get(partition),
            start=int(table.start[row]) if table.start[row] >= 0 else UNKNOWN,
            end=int(table.end[row]) if table.end[row] >= 0 else UNKNOWN,
        )

    def _rows(self, topic: str) -> range | None:
        topics = self.snapshot.topics
        if topic not in topics.names:
            return None
        place = topics.names.index(topic)
        return range(int(topics.first[place]), int(topics.first[place + 1]))


def refusal(seen: Seen) -> str:
    """Why the committed offsets of this kind of group cannot be moved by lagwatch; "" if they can."""
    group = seen.group
    if group is None:
        return ""
    name = f'group "{group.name}"'
    if group.type == "share":
        return (
            f"{name} is a share group: it has no committed offset but a start offset a partition, and records in flight "
            "beyond it. Reset it with: kafka-share-groups.sh --reset-offsets"
        )
    if group.type == "streams":
        return (
            f"{name} is a streams group (KIP-1071): its input, repartition and changelog topics must move together. Reset it "
            "with: kafka-streams-groups.sh --reset-offsets"
        )
    if group.protocol_type not in ("", "consumer"):
        return (
            f'{name} is no group of consumers but one of the protocol "{group.protocol_type}" (Kafka Connect workers, a schema '
            "registry): it commits nothing. The offsets of a sink connector are in the group connect-<connector>."
        )
    return ""


def notes(seen: Seen) -> list[str]:
    """What a person should know before they move the offsets of this group."""
    said = []
    if _runs_streams(seen):
        said.append(
            f'group "{seen.name}" looks like a Kafka Streams application: its state stores stay as they are and are not rebuilt '
            "from the new offsets. To start it over use kafka-streams-application-reset.sh."
        )
    if seen.group is not None and kind(seen.group) is Kind.CONNECT_SINK:
        said.append(
            f'group "{seen.name}" looks like a sink connector: stop the connector first '
            "(PUT /connectors/<connector>/stop), else its tasks come back as members."
        )
    return said


def members(group: Group | None) -> str:
    """The active members of a group, for people: "orders-1 (/10.0.0.7), ..."; "" if it has none."""
    if group is None or group.member_count == 0:
        return ""
    if not group.members:
        return "members that could not be told"
    shown = [f"{member.client_id or member.id} ({member.host.lstrip('/') or '?'})" for member in group.members[:5]]
    more = len(group.members) - len(shown)
    return printable(", ".join(shown)) + (f" and {more} more" if more else "")


def _runs_streams(seen: Seen) -> bool:
    if seen.group is not None and kind(seen.group) is Kind.STREAMS:
        return True
    prefix = f"{seen.name}-"
    return any(
        name.startswith(prefix) and name.endswith(("-changelog", "-repartition"))
        for name in (*seen.snapshot.topics.names, *(partition.topic for partition in seen.commits))
    )

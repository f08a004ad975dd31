"""
The floor: every request of a poll in flight at once, the answers read and thrown away.

Requests are encoded before the first round, and nothing is decoded: what is left is the brokers' work and the bytes' way.
"""

from kafka.protocol.admin import ListGroupsResponse
from kafka.protocol.metadata import MetadataResponse

from benchmarks import asks
from benchmarks.fill import connect
from benchmarks.shape import Shape
from benchmarks.subjects import Facts, Subject
from benchmarks.wire import frame


class Floor(Subject):
    """
    Metadata, lists of groups, descriptions of those that have members, committed offsets, three offsets of every partition.
    """

    offsets_only = False

    def __init__(self, bootstrap: str, shape: Shape) -> None:
        self._wire = connect(bootstrap)
        self._frames = self._encode(shape)
        self._sent = 0

    def poll(self) -> Facts:
        self._wire.exchange(self._frames)
        self._sent += sum(map(len, self._frames.values()))
        return Facts(partitions=None, offsets=None, groups=None, commits=None, members=None)

    def requests(self) -> int:
        return self._sent

    def close(self) -> None:
        self._wire.close()

    def _encode(self, shape: Shape) -> dict[int, list[bytes]]:
        first = self._wire.nodes[0]
        found = self._wire.ask(first, asks.metadata(shape.topic_names), MetadataResponse, asks.METADATA)
        frames: dict[int, list[bytes]] = {}
        for node, topics in sorted(asks.by_leader(found).items()):
            answer = self._wire.ask(node, asks.list_groups(), ListGroupsResponse, asks.LIST_GROUPS)
            groups = [group.group_id for group in answer.groups]
            live = [group.group_id for group in answer.groups if group.group_state != "Empty"]
            frames[node] = [frame(asks.offset_fetch(groups), asks.OFFSET_FETCH)]
            for timestamp, isolation in (
                (asks.LATEST, asks.READ_UNCOMMITTED),
                (asks.LATEST, asks.READ_COMMITTED),
                (asks.EARLIEST, asks.READ_UNCOMMITTED),
            ):
                frames[node].append(frame(asks.list_offsets(topics, timestamp, isolation), asks.LIST_OFFSETS))
            if not self.offsets_only:
                frames[node].append(frame(asks.list_groups(), asks.LIST_GROUPS))
                frames[node] += [frame(asks.describe_groups(live), asks.DESCRIBE_GROUPS)] if live else []
        if not self.offsets_only:
            frames[first].append(frame(asks.metadata(None), asks.METADATA))
        return frames


class OffsetsFloor(Floor):
    """Committed offsets and the three offsets only: less than any monitor needs, and the strictest measure."""

    offsets_only = True

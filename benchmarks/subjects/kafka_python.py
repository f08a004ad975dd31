"""The same facts by the public calls of kafka-python's KafkaAdminClient."""

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.protocol.consumer import IsolationLevel

from benchmarks.shape import Shape
from benchmarks.subjects import Facts, Subject

MESSAGE_BYTES = 200_000_000
"""The default, 1 MB, does not hold the answers of a large cluster."""


class KafkaPython(Subject):
    """One OffsetFetch per coordinator already; the cost is an object for each partition."""

    def __init__(self, bootstrap: str, shape: Shape) -> None:
        del shape
        self._admin = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","), receive_message_max_bytes=MESSAGE_BYTES, request_timeout_ms=60_000
        )

    def poll(self) -> Facts:
        self._admin.describe_cluster()
        topics = [topic for topic in self._admin.describe_topics() if not topic["name"].startswith("__")]
        partitions = [TopicPartition(t["name"], p["partition_index"]) for t in topics for p in t["partitions"]]
        groups = [group["group_id"] for group in self._admin.list_groups()]
        described = self._admin.describe_groups(groups)
        committed = self._admin.list_group_offsets(dict.fromkeys(groups))
        offsets = min(
            len(self._admin.list_partition_offsets(dict.fromkeys(partitions, spec), isolation_level=isolation))
            for spec, isolation in (
                (OffsetSpec.LATEST, IsolationLevel.READ_UNCOMMITTED),
                (OffsetSpec.LATEST, IsolationLevel.READ_COMMITTED),
                (OffsetSpec.EARLIEST, IsolationLevel.READ_UNCOMMITTED),
            )
        )
        commits = sum(map(len, committed.values()))
        members = sum(len(group["members"]) for group in described.values())
        return Facts(
            partitions=len(partitions), offsets=offsets, groups=len(described), commits=commits, members=members
        )

    def requests(self) -> int:
        """The last correlation id of each connection: the library counts nothing else that fits."""
        connections = self._admin._manager._conns.values()  # noqa: SLF001
        return sum(c.parser._correlation_id for c in connections if c.parser is not None)  # noqa: SLF001

    def close(self) -> None:
        self._admin.close()

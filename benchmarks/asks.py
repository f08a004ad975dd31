"""The requests of a full poll for a known cluster, built once: what the floor sends and what the filler waits for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from kafka.protocol.admin import DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import ListOffsetsRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

FIND_COORDINATOR, METADATA, LIST_OFFSETS, OFFSET_FETCH, LIST_GROUPS, DESCRIBE_GROUPS = 4, 12, 5, 8, 4, 5
LATEST, EARLIEST = -1, -2
READ_UNCOMMITTED, READ_COMMITTED = 0, 1

Leaders = Mapping[int, Mapping[str, Sequence[int]]]
"""Node -> topic -> the partitions that it leads."""


def metadata(topics: Sequence[str] | None) -> MetadataRequest:
    """Metadata of these topics, of all with None."""
    wanted = None if topics is None else [MetadataRequest.MetadataRequestTopic(name=name) for name in topics]
    return MetadataRequest(topics=wanted, allow_auto_topic_creation=False)


def list_offsets(topics: Mapping[str, Sequence[int]], timestamp: int, isolation: int) -> ListOffsetsRequest:
    """One offset of each partition."""
    topic = ListOffsetsRequest.ListOffsetsTopic
    return ListOffsetsRequest(
        replica_id=-1,
        isolation_level=isolation,
        topics=[
            topic(
                name=name,
                partitions=[topic.ListOffsetsPartition(partition_index=p, timestamp=timestamp) for p in partitions],
            )
            for name, partitions in topics.items()
        ],
    )


def offset_fetch(groups: Sequence[str]) -> OffsetFetchRequest:
    """All committed offsets of these groups."""
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    return OffsetFetchRequest(groups=[group(group_id=name, topics=None) for name in groups], require_stable=False)


def list_groups() -> ListGroupsRequest:
    """All groups of the broker that is asked."""
    return ListGroupsRequest()


def describe_groups(groups: Sequence[str]) -> DescribeGroupsRequest:
    """State and members of these groups."""
    return DescribeGroupsRequest(groups=list(groups), include_authorized_operations=False)


def find_coordinator(groups: Sequence[str]) -> FindCoordinatorRequest:
    """The coordinators of these groups."""
    return FindCoordinatorRequest(key_type=0, coordinator_keys=list(groups))


def by_leader(answer: object) -> dict[int, dict[str, list[int]]]:
    """`Leaders` of a metadata answer; partitions without a leader are left out."""
    leaders: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for topic in answer.topics:  # type: ignore[attr-defined]
        for partition in topic.partitions:
            if not partition.error_code and partition.leader_id >= 0:
                leaders[partition.leader_id][topic.name].append(partition.partition_index)
    return leaders

"""
Partitions that are being moved: ListPartitionReassignments, from the broker that Metadata calls the controller. Before KRaft only
the controller knows; in KRaft clusters that is any broker, and each passes the question on. It takes DESCRIBE on the cluster.
"""

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.requests import LIST_REASSIGNMENTS
from lagwatch.model.details import Reassignment


async def read_reassignments(asking: Asking) -> tuple[Reassignment, ...]:
    """All of the cluster, by topic and partition; raises NoAnswer."""
    timeout_ms = max(1, int(asking.exchange.remaining_s() * 1000))
    node = asking.any_broker(first=asking.layout.controller)
    answer = await asking.ask(node, LIST_REASSIGNMENTS, timeout_ms=timeout_ms, topics=None)
    return tuple(
        Reassignment(
            topic=topic.name,
            partition=partition.partition_index,
            replicas=tuple(partition.replicas),
            adding=tuple(partition.adding_replicas),
            removing=tuple(partition.removing_replicas),
        )
        for topic in sorted(answer.topics, key=lambda topic: str(topic.name))
        for partition in sorted(topic.partitions, key=lambda partition: int(partition.partition_index))
    )

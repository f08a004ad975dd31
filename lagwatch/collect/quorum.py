"""Which node is the active controller, and the metadata quorum that it leads."""

from typing import Any, NamedTuple

from lagwatch.collect.client import Node
from lagwatch.collect.errors import NoAnswer, refused
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.layout import Layout
from lagwatch.collect.requests import DESCRIBE_QUORUM
from lagwatch.model.details import Quorum, QuorumNode
from lagwatch.model.snapshot import UNKNOWN

_TOPIC = "__cluster_metadata"


class Controlled(NamedTuple):
    """
    The id of the active controller, and the quorum; None where nobody tells (it takes DESCRIBE on the cluster), and then `failure`
    is the reason, for a Gap.
    """

    controller: int | None
    quorum: Quorum | None = None
    failure: str = ""


async def controlled(exchange: Exchange, layout: Layout) -> Controlled:
    """
    What DescribeQuorum tells.

    In a KRaft cluster the active controller leads the metadata quorum, and may be no broker at all; Metadata names any broker
    there. Before KRaft there is no quorum, and Metadata names the controller itself.
    """
    node = exchange.any_of(broker.id for broker in layout.brokers)
    if node is None:
        return Controlled(None, failure="CONNECTION_FAILED")
    try:
        return await _ask(exchange, node, layout)
    except NoAnswer as answer:
        return Controlled(None, failure=answer.reason)


async def _ask(exchange: Exchange, node: Node, layout: Layout) -> Controlled:
    versions = await exchange.versions(node)
    if not DESCRIBE_QUORUM.spoken_by(versions):
        return Controlled(layout.controller)
    version = DESCRIBE_QUORUM.version(versions)
    topic = DESCRIBE_QUORUM.request.TopicData
    asked = [topic(topic_name=_TOPIC, partitions=[topic.PartitionData(partition_index=0)])]
    body = await exchange.ask(node, DESCRIBE_QUORUM.encode(version, topics=asked))
    answer = DESCRIBE_QUORUM.decode(version, body)
    partitions = [partition for topic in answer.topics for partition in topic.partitions]
    code = answer.error_code or next((partition.error_code for partition in partitions), 0)
    if code:
        raise refused(code, "DescribeQuorum was refused")
    led = [partition for partition in partitions if partition.leader_id >= 0]
    return Controlled(led[0].leader_id, _quorum(led[0])) if led else Controlled(None, failure="LEADER_NOT_AVAILABLE")


def _quorum(told: Any) -> Quorum:
    ends = [node.log_end_offset for node in told.current_voters if node.replica_id == told.leader_id]
    end = ends[0] if ends else told.high_watermark

    def node(state: Any) -> QuorumNode:
        return QuorumNode(
            id=state.replica_id,
            log_end=state.log_end_offset,
            lag=max(0, end - state.log_end_offset) if state.log_end_offset >= 0 else UNKNOWN,
            last_fetch_at=_moment(getattr(state, "last_fetch_timestamp", None)),
            last_caught_up_at=_moment(getattr(state, "last_caught_up_timestamp", None)),
        )

    return Quorum(
        leader=told.leader_id,
        epoch=told.leader_epoch,
        high_watermark=told.high_watermark,
        voters=tuple(node(state) for state in sorted(told.current_voters, key=lambda state: int(state.replica_id))),
        observers=tuple(node(state) for state in sorted(told.observers, key=lambda state: int(state.replica_id))),
    )


def _moment(milliseconds: int | None) -> float | None:
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000

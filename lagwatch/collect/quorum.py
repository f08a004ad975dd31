"""Which node is the active controller."""

from lagwatch.collect.client import Node
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.layout import Layout
from lagwatch.collect.requests import DESCRIBE_QUORUM

_TOPIC = "__cluster_metadata"


async def controller(exchange: Exchange, layout: Layout) -> int | None:
    """
    The id of the active controller; None if nobody tells (it takes DESCRIBE on the cluster).

    In a KRaft cluster it leads the metadata quorum (DescribeQuorum), and may be no broker at all; Metadata names any broker
    there. Before KRaft, Metadata names the controller itself.
    """
    node = exchange.any_of(broker.id for broker in layout.brokers)
    if node is None:
        return None
    try:
        return await _ask(exchange, node, layout)
    except NoAnswer:
        return None


async def _ask(exchange: Exchange, node: Node, layout: Layout) -> int | None:
    versions = await exchange.versions(node)
    if not DESCRIBE_QUORUM.spoken_by(versions):
        return layout.controller
    version = DESCRIBE_QUORUM.version(versions)
    topic = DESCRIBE_QUORUM.request.TopicData
    asked = [topic(topic_name=_TOPIC, partitions=[topic.PartitionData(partition_index=0)])]
    body = await exchange.ask(node, DESCRIBE_QUORUM.encode(version, topics=asked))
    answer = DESCRIBE_QUORUM.decode(version, body)
    leaders = [p.leader_id for t in answer.topics for p in t.partitions if p.error_code == 0 and p.leader_id >= 0]
    return leaders[0] if answer.error_code == 0 and leaders else None

"""How the work of a group and the load of a topic are spread, what a topic needs, and Kafka Streams applications."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model import balance as facts
from lagwatch.model.capacity import Capacity as CapacityFacts
from lagwatch.model.capacity import Need as NeedFacts
from lagwatch.model.snapshot import Member
from lagwatch.model.streams import RESTORE_RATE
from lagwatch.model.streams import StreamsTopic as StreamsTopicFacts
from lagwatch.publish.api.access import ClusterData, Everything, Seen
from lagwatch.publish.api.names import GroupName, TopicName
from lagwatch.publish.api.problems import documented, unknown_name
from lagwatch.publish.api.routers.groups import unknown_group
from lagwatch.publish.api.routers.pages import aged
from lagwatch.publish.api.routers.topics import unknown_topic
from lagwatch.publish.api.schemas import balance as schemas
from lagwatch.publish.api.schemas.base import Placed
from lagwatch.publish.api.schemas.groups import Owner
from lagwatch.publish.api.values import known, moment, number

router = APIRouter(tags=["groups"])
_Group = Annotated[str | None, Query(description="Only for this group (default: all).", examples=["billing"])]
_Rate = Annotated[
    Annotated[float, Field(gt=0, le=1e12)] | None,
    Query(description="Bytes a second at which stores are restored (default: as configured).", examples=[RESTORE_RATE]),
]


@router.get("/clusters/{cluster}/groups/{group:path}/balance", responses=documented(404, 422, 503))
async def get_group_balance(group: GroupName, seen: ClusterData, source: Everything) -> schemas.GroupBalance:
    """Partitions that stand out with their owners, what each member carries, members and partitions without the other."""
    found = source.asked().balance(seen.latest, group)
    if found is None:
        raise unknown_group(seen, group)
    return schemas.GroupBalance(
        **aged(seen),
        group=found.group,
        hot_partitions=[_hot(share) for share in found.partitions],
        lag_skew=number(found.lag_skew),
        produced_skew=number(found.produced_skew),
        consumed_skew=number(found.consumed_skew),
        members=None if found.members is None else [_member(share) for share in found.members],
        idle_members=[_owner(member) for member in found.idle],
        surplus_members=found.surplus,
        unowned=[Placed(topic=topic, partitions=list(partitions)) for topic, partitions in found.unowned],
    )


@router.get("/clusters/{cluster}/groups/{group:path}/streams", responses=documented(404, 422, 503))
async def get_streams(
    group: GroupName, seen: ClusterData, source: Everything, restore_rate_bytes: _Rate = None
) -> schemas.Streams:
    """A Kafka Streams application: its input lag, the topics it made for itself, and how long its stores take to be restored."""
    found = source.asked().streams(seen.latest, group, restore_rate_bytes)
    if found is None:
        names = (one.name for one in seen.snapshot.groups if source.asked().streams(seen.latest, one.name))
        raise unknown_name("Kafka Streams application", group, f"in cluster {seen.latest.cluster}", names)
    return schemas.Streams(
        **aged(seen),
        group=found.group,
        input_lag=found.input_lag,
        inputs=[_streams_topic(one) for one in found.inputs],
        repartitions=[_streams_topic(one) for one in found.repartitions],
        changelogs=[_streams_topic(one) for one in found.changelogs],
        changelog_bytes=found.changelog_bytes,
        restore_s=number(found.restore_s),
        restore_rate_bytes=found.restore_rate,
        sizes_at=moment(found.sizes_at),
    )


@router.get("/clusters/{cluster}/topics/{topic}/balance", tags=["topics"], responses=documented(404, 422, 503))
async def get_topic_balance(topic: TopicName, seen: ClusterData, source: Everything) -> schemas.TopicBalance:
    """Partitions that take in more than the others, and how uneven it is."""
    found = source.asked().topic_balance(seen.latest, topic)
    if found is None:
        raise unknown_topic(seen, topic)
    return schemas.TopicBalance(
        **aged(seen),
        topic=found.topic,
        produced_skew=number(found.produced_skew),
        hot_partitions=[_hot(share) for share in found.partitions],
    )


@router.get("/clusters/{cluster}/topics/{topic}/capacity", tags=["topics"], responses=documented(404, 422, 503))
async def get_capacity(
    topic: TopicName, seen: ClusterData, source: Everything, group: _Group = None
) -> schemas.Capacity:
    """How many partitions and members a topic needs for its peak, with the arithmetic."""
    if group is not None and all(one.name != group for one in seen.snapshot.groups):
        raise unknown_group(seen, group)
    found = source.asked().capacity(seen.latest, topic, group)
    if found is None:
        raise unknown_topic(seen, topic)
    return capacity_item(seen, found)


def capacity_item(seen: Seen, found: CapacityFacts) -> schemas.Capacity:
    """What a topic needs."""
    return schemas.Capacity(
        **aged(seen),
        topic=found.topic,
        partitions=found.partitions,
        produced_per_minute=number(found.produced),
        peak_per_minute=number(found.peak),
        measured_s=round(found.measured_s, 3),
        window_s=number(found.window_s),
        partitions_needed=found.partitions_needed,
        groups=[_need(need) for need in found.needs],
        warnings=list(found.warnings),
    )


def _share(share: facts.PartitionShare | facts.MemberShare) -> dict[str, Any]:
    return {
        "lag": known(share.lag),
        "lag_share": number(share.lag_share),
        "produced_per_minute": number(share.produced),
        "produced_share": number(share.produced_share),
        "consumed_per_minute": number(share.consumed),
        "consumed_share": number(share.consumed_share),
    }


def _hot(share: facts.PartitionShare) -> schemas.HotPartition:
    return schemas.HotPartition(
        **_share(share),
        topic=share.topic,
        partition=share.partition,
        hot=list(share.hot),
        owners=[_owner(member) for member in share.owners],
    )


def _member(share: facts.MemberShare) -> schemas.MemberShare:
    return schemas.MemberShare(**_share(share), **_owner(share.member).model_dump(), partitions=share.partitions)


def _owner(member: Member) -> Owner:
    return Owner(member_id=member.id, client_id=member.client_id or None, host=member.host or None)


def _need(need: NeedFacts) -> schemas.Need:
    return schemas.Need(
        group=need.group,
        members=need.members,
        member_peak_per_minute=number(need.member_peak),
        at_limit=need.at_limit,
        members_needed=need.members_needed,
        members_needed_now=need.members_needed_now,
        partitions_needed=need.partitions_needed,
        lines=list(need.lines),
    )


def _streams_topic(one: StreamsTopicFacts) -> schemas.StreamsTopic:
    return schemas.StreamsTopic(topic=one.topic, partitions=one.partitions, lag=one.lag, size_bytes=one.bytes)

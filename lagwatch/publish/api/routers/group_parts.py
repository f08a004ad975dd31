"""The partitions and the members of one group."""

from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.snapshot import Assigned
from lagwatch.model.snapshot import Member as MemberFacts
from lagwatch.publish.api.access import ClusterData
from lagwatch.publish.api.names import GroupName, matching
from lagwatch.publish.api.ownership import MemberLoad, OwnedGroup, owners_known
from lagwatch.publish.api.paging import Absent, Columns, PageQuery, Pattern, at_least, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.rates import partition_rates
from lagwatch.publish.api.routers.groups import MinLag, group_row
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.base import ClusterPage, Placed
from lagwatch.publish.api.schemas.groups import GroupPartition, Member, Owner
from lagwatch.publish.api.values import flag, known, number

router = APIRouter(tags=["groups"])
_PartitionSort = Literal[
    "partition", "-partition", "lag", "-lag", "growth_per_minute", "-growth_per_minute", "time_lag_s", "-time_lag_s"
]
_MemberSort = Literal["member", "-member", "lag", "-lag", "partitions", "-partitions"]


class GroupPartitionQuery(PageQuery):
    """Which partitions of a group, in which order."""

    sort: _PartitionSort = Field(
        "partition", description="The field to sort by; `partition`: by topic and number.", examples=["-lag"]
    )
    topic: Pattern | Absent = Field(
        None, description="Only topics that match this pattern (`*`, `?`).", examples=["orders*"]
    )
    min_lag: MinLag = None


class MemberQuery(PageQuery):
    """Which members of a group, in which order."""

    sort: _MemberSort = Field(
        "member", description="The field to sort by; `member`: as Kafka lists them.", examples=["-lag"]
    )


@router.get("/clusters/{cluster}/groups/{group:path}/partitions", responses=documented(404, 422, 503))
async def list_group_partitions(
    group: GroupName, query: Annotated[GroupPartitionQuery, Query()], seen: ClusterData
) -> ClusterPage[GroupPartition]:
    """How far a group is behind, partition by partition; those that it owns and has not committed on are there too."""
    owned = OwnedGroup.of(seen.view, group_row(seen, group))
    topics = seen.snapshot.topics
    keep = matching(topics.names, query.topic)[seen.snapshot.partitions.topic[owned.rows]]
    keep &= at_least(owned.lag, query.min_lag)
    columns: Columns = {"lag": owned.lag, "growth_per_minute": owned.growth, "time_lag_s": owned.time_lag_s}
    return page(seen, query, choose(query, keep, query.sort, columns), lambda at: group_partition(owned, at))


@router.get("/clusters/{cluster}/groups/{group:path}/members", responses=documented(404, 422, 503))
async def list_group_members(
    group: GroupName, query: Annotated[MemberQuery, Query()], seen: ClusterData
) -> ClusterPage[Member]:
    """The live members of a group, with what they own and how far they are behind on it."""
    owned = OwnedGroup.of(seen.view, group_row(seen, group))
    load = owned.by_member()
    keep = np.ones(len(owned.group.members), dtype=np.bool_)
    columns = {"lag": load.lag, "partitions": load.partitions}
    return page(seen, query, choose(query, keep, query.sort, columns), lambda at: group_member(owned, load, at))


def group_partition(owned: OwnedGroup, at: int) -> GroupPartition:
    """The partition at this index of `owned.rows`."""
    snapshot = owned.view.snapshot
    row = int(owned.rows[at])
    parts = snapshot.partitions
    return GroupPartition(
        **partition_rates(owned, at),
        topic=snapshot.topics.names[parts.topic[row]],
        partition=int(parts.partition[row]),
        lag=known(owned.lag[at]),
        growth_per_minute=number(owned.growth[at]),
        time_lag_s=number(owned.time_lag_s[at]),
        time_lag_is_lower_bound=flag(owned.time_lag_bound[at], owned.time_lag_s[at]),
        time_lag_is_exact=flag(owned.exact(at), owned.time_lag_s[at]),
        committed_offset=known(owned.committed[at]),
        log_start_offset=known(parts.start[row]),
        log_end_offset=known(parts.end[row]),
        last_stable_offset=known(parts.lso[row]),
        owners=[_owner(member) for member in owned.owners(at)] if owners_known(owned.group) else None,
    )


def _owner(member: MemberFacts) -> Owner:
    return Owner(member_id=member.id, client_id=member.client_id or None, host=member.host or None)


def group_member(owned: OwnedGroup, load: MemberLoad, at: int) -> Member:
    """The member at this index of the group's members."""
    member = owned.group.members[at]
    assigned = owners_known(owned.group)
    return Member(
        member_id=member.id,
        client_id=member.client_id or None,
        host=member.host or None,
        instance_id=member.instance_id,
        rack=member.rack,
        epoch=member.epoch,
        partitions=int(load.partitions[at]) if assigned else None,
        lag=known(load.lag[at]) if assigned else None,
        unknown_partitions=int(load.unknown[at]) if assigned else None,
        assigned=_placed(member.assigned) if assigned else None,
        target=None if member.target is None else _placed(member.target),
    )


def _placed(assigned: tuple[Assigned, ...]) -> list[Placed]:
    return [Placed(topic=topic, partitions=list(partitions)) for topic, partitions in assigned]

"""Groups in numbers, and how far a group is behind by topic."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.kinds import kind
from lagwatch.model.snapshot import Bool
from lagwatch.model.snapshot import Group as GroupFacts
from lagwatch.publish.api.access import ClusterData, Seen
from lagwatch.publish.api.names import GroupName, matching
from lagwatch.publish.api.ownership import owners_known, run_of
from lagwatch.publish.api.paging import Absent, Columns, Count, PageQuery, Pattern, at_least, choose
from lagwatch.publish.api.problems import Refused, documented, unknown_name
from lagwatch.publish.api.rates import group_rates, pair_rates, rebalances
from lagwatch.publish.api.routers.clusters import alert_counts
from lagwatch.publish.api.routers.pages import aged, page
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.schemas.groups import Group, GroupDetail, GroupTopic
from lagwatch.publish.api.values import flag, known, number

router = APIRouter(tags=["groups"])
_Sort = Literal[
    "name", "-name", "lag", "-lag", "max_partition_lag", "-max_partition_lag",
    "growth_per_minute", "-growth_per_minute", "time_lag_s", "-time_lag_s", "drain_s", "-drain_s", "loss_in_s", "-loss_in_s",
    "members", "-members",
]  # fmt: skip
_TopicSort = Literal[
    "topic",
    "-topic",
    "lag",
    "-lag",
    "max_partition_lag",
    "-max_partition_lag",
    "growth_per_minute",
    "-growth_per_minute",
    "time_lag_s",
    "-time_lag_s",
]
_Type = Literal["classic", "consumer", "share", "streams", "unknown"]
_State = Literal[
    "Stable", "Empty", "Dead", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "NotReady", "unknown",
]  # fmt: skip
MinLag = Annotated[Count | Absent, Field(description="Only where the lag is known and at least this.", examples=[1000])]


class GroupQuery(PageQuery):
    """Which groups, in which order."""

    sort: _Sort = Field("name", description="The field to sort by; `-` for the largest first.", examples=["-lag"])
    name: Pattern | Absent = Field(
        None, description="Only names that match this pattern (`*`, `?`).", examples=["bill*"]
    )
    type: list[_Type] | Absent = Field(None, description="Only these types.", examples=[["classic", "consumer"]])
    state: list[_State] | Absent = Field(None, description="Only these states.", examples=[["Empty"]])
    topic: Pattern | Absent = Field(
        None, description="Only groups that committed on a topic that matches this pattern.", examples=["orders"]
    )
    min_lag: MinLag = None
    explain: bool = Field(
        default=False, description="Say of each why it lags (`diagnosis`), in a sentence.", examples=[True]
    )


class GroupTopicQuery(PageQuery):
    """Which topics of a group, in which order."""

    sort: _TopicSort = Field("topic", description="The field to sort by; `-` for the largest first.", examples=["-lag"])
    topic: Pattern | Absent = Field(
        None, description="Only topics that match this pattern (`*`, `?`).", examples=["orders*"]
    )
    min_lag: MinLag = None


@router.get("/clusters/{cluster}/groups", responses=documented(404, 422, 503))
async def list_groups(query: Annotated[GroupQuery, Query()], seen: ClusterData) -> ClusterPage[Group]:
    """Groups of every type, with and without members."""
    groups = seen.snapshot.groups
    table = seen.view.groups
    keep = matching([group.name for group in groups], query.name) & at_least(table.lag_sum, query.min_lag)
    if query.type is not None:
        keep &= _among([group.type for group in groups], query.type)
    if query.state is not None:
        keep &= _among([group.state for group in groups], query.state)
    if query.topic is not None:
        on_topic = matching(seen.snapshot.topics.names, query.topic)[seen.view.pairs.topic]
        keep &= np.bincount(seen.view.pairs.group[on_topic], minlength=len(groups)) > 0
    columns: Columns = {
        "lag": table.lag_sum,
        "max_partition_lag": table.lag_max,
        "growth_per_minute": table.growth,
        "time_lag_s": table.time_lag_s,
        "drain_s": table.drain_s,
        "loss_in_s": table.loss_in_s,
        "members": np.array([group.member_count for group in groups], dtype=np.int64),
    }
    rows = choose(query, keep, query.sort, columns)
    return page(seen, query, rows, lambda row: group_item(seen, row, explain=query.explain))


@router.get("/clusters/{cluster}/groups/{group:path}/topics", responses=documented(404, 422, 503))
async def list_group_topics(
    group: GroupName, query: Annotated[GroupTopicQuery, Query()], seen: ClusterData
) -> ClusterPage[GroupTopic]:
    """How far a group is behind, topic by topic."""
    row = group_row(seen, group)
    low, high = run_of(seen.view.pairs.group, row)
    pairs, names = seen.view.pairs, seen.snapshot.topics.names
    lag = pairs.lag[low:high]
    keep = matching([names[topic] for topic in pairs.topic[low:high]], query.topic) & at_least(lag, query.min_lag)
    columns: Columns = {
        "lag": lag,
        "max_partition_lag": pairs.max_lag[low:high],
        "growth_per_minute": pairs.growth[low:high],
        "time_lag_s": pairs.time_lag_s[low:high],
    }
    rows = choose(query, keep, query.sort, columns)
    return page(seen, query, rows, lambda at: _group_topic(seen, low + at, seen.snapshot.groups[row]))


@router.get("/clusters/{cluster}/groups/{group:path}", responses=documented(404, 422, 503))
async def get_group(group: GroupName, seen: ClusterData) -> GroupDetail:
    """One group in numbers."""
    row = group_row(seen, group)
    facts = seen.snapshot.groups[row]
    alerts = seen.latest.verdict.alerts if seen.latest.verdict else ()
    return GroupDetail(
        **aged(seen),
        **group_item(seen, row, explain=True).model_dump(),
        protocol_type=facts.protocol_type or None,
        protocol=facts.protocol or None,
        epoch=facts.epoch,
        assignment_epoch=facts.assignment_epoch,
        rebalances=rebalances(seen.view, row),
        assignments_known=owners_known(facts),
        alerts=alert_counts(alert for alert in alerts if alert.subject.group == group),
    )


def group_row(seen: Seen, name: str) -> int:
    """The row of the group of that name; 404 with near misses if there is none."""
    groups = seen.snapshot.groups
    row = bisect_left(groups, name, key=lambda group: group.name)
    if row == len(groups) or groups[row].name != name:
        raise unknown_group(seen, name)
    return row


def unknown_group(seen: Seen, name: str) -> Refused:
    """404 with near misses: there is no group of that name."""
    names = (group.name for group in seen.snapshot.groups)
    return unknown_name("group", name, f"in cluster {seen.latest.cluster}", names)


def group_item(seen: Seen, row: int, *, explain: bool = False) -> Group:
    """One group in numbers."""
    facts = seen.snapshot.groups[row]
    table = seen.view.groups
    topics = _length(run_of(seen.view.pairs.group, row), facts)
    return Group(
        **group_rates(seen.view, row),
        name=facts.name,
        known=facts.known,
        type=facts.type or None,
        kind=kind(facts),
        state=facts.state,
        members=known(facts.member_count),
        coordinator=known(facts.coordinator),
        topics=topics,
        partitions=_length(run_of(seen.snapshot.commits.group, row), facts),
        unknown_partitions=known(table.unknown[row]),
        lag=known(table.lag_sum[row]),
        max_partition_lag=known(table.lag_max[row]),
        growth_per_minute=number(table.growth[row]),
        time_lag_s=number(table.time_lag_s[row]),
        time_lag_is_lower_bound=flag(table.time_lag_bound[row], table.time_lag_s[row]),
        diagnosis=seen.why(facts.name) if explain else None,
    )


def _length(run: tuple[int, int], facts: GroupFacts) -> int | None:
    """How many rows a group has; of one that could not be read none is not known to be none."""
    return run[1] - run[0] if facts.known or run[1] > run[0] else None


def _group_topic(seen: Seen, pair: int, facts: GroupFacts) -> GroupTopic:
    pairs = seen.view.pairs
    return GroupTopic(
        **pair_rates(seen.view, pair),
        topic=seen.snapshot.topics.names[pairs.topic[pair]],
        partitions=_length((int(pairs.first[pair]), int(pairs.first[pair + 1])), facts),
        unknown_partitions=known(pairs.unknown[pair]),
        lag=known(pairs.lag[pair]),
        max_partition_lag=known(pairs.max_lag[pair]),
        growth_per_minute=number(pairs.growth[pair]),
        time_lag_s=number(pairs.time_lag_s[pair]),
        time_lag_typical_s=number(pairs.time_lag_typical_s[pair]),
        time_lag_is_lower_bound=flag(pairs.time_lag_bound[pair], pairs.time_lag_s[pair]),
    )


def _among(values: Sequence[str | None], wanted: Sequence[str]) -> Bool:
    return np.array([(value or "unknown") in wanted for value in values], dtype=np.bool_)

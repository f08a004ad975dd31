"""Rates, backlogs and losses, as parts of groups, their topics and their partitions. Rates are messages a minute."""

from pydantic import Field

from lagwatch.publish.api.schemas.base import Shape
from lagwatch.publish.api.values import Moment


class GroupRates(Shape):
    """How fast a group reads, and when it will have read all."""

    consumed_per_minute: float | None = Field(
        ge=0,
        description="Messages a minute by which its commits move on, all topics, where that is known.",
        examples=[720.0],
    )
    drain_s: float | None = Field(
        ge=0,
        description="Seconds until its backlogs are read at the present speeds: the longest of its topics; 0 without a backlog, "
        "null if one does not shrink (see `draining`) or it is not known.",
        examples=[1535.0],
    )
    draining: bool | None = Field(
        description="Whether every backlog gets smaller (or there is none); null if that is not known.", examples=[True]
    )
    loss_in_s: float | None = Field(
        ge=0,
        description="Seconds until retention deletes what the group has not read, on the topic where that is soonest; null if that "
        "is not in sight or not known.",
        examples=[None],
    )
    loss_in_sight: bool | None = Field(
        description="Whether such a loss is in sight; null if that is not known.", examples=[False]
    )
    residual_lag: int = Field(
        ge=0, description="The part of `lag` that looks like transaction markers: nothing to read.", examples=[0]
    )


class ReturnedMember(Shape):
    """A member that left its group and came back from the same client id and host."""

    at: Moment = Field(description="When it was seen again.", examples=["2026-03-02T00:00:30Z"])
    client_id: str | None = Field(description="The client.id that it gave.", examples=["billing-1"])
    host: str | None = Field(description="Where it runs, as the coordinator sees it.", examples=["/10.0.3.17"])
    old_member_id: str = Field(description="Its id before.", examples=["billing-1-5c8e"])
    new_member_id: str = Field(description="Its id now.", examples=["billing-1-77aa"])
    dropped: bool = Field(
        description="True: the same process (its id is the same), so the group had dropped it. False: it was restarted, or dropped "
        "for max.poll.interval.ms or the session timeout; ids do not tell which.",
        examples=[False],
    )


class Rebalances(Shape):
    """How a group sorts out who reads what, and how often, as far as states, epochs and members' ids show."""

    protocol: str | None = Field(
        description="cooperative: members keep reading what they keep; eager: all stop; null where Kafka does not tell.",
        examples=["cooperative"],
    )
    lately: int | None = Field(ge=0, description="Rebalances in the last quarter of an hour.", examples=[0])
    total: int | None = Field(ge=0, description="Rebalances since lagwatch first saw the group.", examples=[3])
    unsettled_s: float | None = Field(
        ge=0, description="For how long it has not been at rest (stable or empty); 0 while it is.", examples=[0.0]
    )
    looping: bool | None = Field(
        description="Whether it does not come to rest: more than six rebalances in a quarter of an hour.",
        examples=[False],
    )
    returned: list[ReturnedMember] = Field(
        description="Members that left and came back in the last quarter of an hour, in order."
    )


class PairRates(Shape):
    """How fast a group reads a topic, since when it is behind, and what deletion will or did take from it."""

    produced_per_minute: float | None = Field(
        ge=0, description="Messages a minute that the topic takes in.", examples=[600.0]
    )
    consumed_per_minute: float | None = Field(
        ge=0, description="Messages a minute by which the commits move on, where that is known.", examples=[720.0]
    )
    slowest_growth_per_minute: float | None = Field(
        description="Growth of the lag of the partition whose lag grows most.", examples=[3.5]
    )
    commit_interval_s: float | None = Field(
        ge=0, description="Usual time between two commits, as far as polls can tell.", examples=[30.0]
    )
    behind_s: float | None = Field(
        ge=0,
        description="For how long there has been a backlog, more lag than is ordinary for a group that keeps up; 0 without one.",
        examples=[5400.0],
    )
    behind_since: Moment | None = Field(
        description="When the backlog began (or was seen first); null without one.", examples=["2026-03-02T09:30:00Z"]
    )
    drain_s: float | None = Field(
        ge=0,
        description="Seconds until the backlog is read at the present speeds; 0 without one, null if it does not shrink (see "
        "`draining`) or it is not known.",
        examples=[1535.0],
    )
    draining: bool | None = Field(
        description="Whether the backlog gets smaller (or there is none); null if that is not known.", examples=[True]
    )
    stable_lag: int | None = Field(
        ge=0,
        description="Lag to the last stable offset, over the partitions where that is known: what read_committed consumers can "
        "read.",
        examples=[18400],
    )
    open_lag: int | None = Field(
        ge=0, description="The rest of the lag, which open transactions hold back.", examples=[23]
    )
    residual_lag: int = Field(
        ge=0, description="The part of `lag` that looks like transaction markers: nothing to read.", examples=[0]
    )
    compacted: bool | None = Field(
        description="Whether the topic is compacted: lag is an upper bound then, since records in between may be gone.",
        examples=[False],
    )
    transactional: bool = Field(
        description="Whether an open transaction was seen on the topic: offsets count its markers, too.",
        examples=[False],
    )
    unread_share: float | None = Field(
        ge=0,
        description="Unread share (0 to 1) of the retained log on the worst partition; null if it is not known.",
        examples=[0.12],
    )
    loss_in_s: float | None = Field(
        ge=0,
        description="Seconds until retention deletes what the group has not read; null if that is not in sight or not known.",
        examples=[None],
    )
    loss_in_sight: bool | None = Field(
        description="Whether such a loss is in sight; null if that is not known.", examples=[False]
    )
    lost: int = Field(
        ge=0, description="Messages deleted unread since lagwatch first saw the group on the topic.", examples=[0]
    )
    lost_lately: int = Field(
        ge=0, description="The same, until a quarter of an hour has passed without a loss.", examples=[0]
    )


class TopicRates(Shape):
    """How fast a topic takes messages in, how evenly, and what its offsets count."""

    produced_per_minute: float | None = Field(ge=0, description="Messages a minute that it takes in.", examples=[600.0])
    produced_skew: float | None = Field(
        ge=0,
        description="What the partition that takes in most takes in, as a multiple of the mean; 1: all alike.",
        examples=[1.1],
    )
    compacted: bool | None = Field(
        description="Whether it is compacted: lag is an upper bound then, since records in between may be gone.",
        examples=[False],
    )
    transactional: bool = Field(
        description="Whether an open transaction was seen on it: offsets count its markers, too.", examples=[False]
    )


class PartitionRates(Shape):
    """How fast a group reads a partition, and what is not there any more."""

    produced_per_minute: float | None = Field(
        ge=0, description="Messages a minute that the partition takes in.", examples=[50.0]
    )
    consumed_per_minute: float | None = Field(
        ge=0,
        description="Messages a minute by which the commit moves on; null too for a commit that is not inside of the log.",
        examples=[60.0],
    )
    frozen_s: float | None = Field(
        ge=0, description="For how long there has been lag and no commit that moved.", examples=[0.0]
    )
    stable_lag: int | None = Field(ge=0, description="Lag to the last stable offset.", examples=[1600])
    open_lag: int | None = Field(
        ge=0, description="The rest of the lag, which an open transaction holds back.", examples=[1]
    )
    residual: bool = Field(
        description="Whether the lag looks like transaction markers: nothing to read.", examples=[False]
    )
    deleted_unread: int | None = Field(
        ge=0,
        description="Messages between the commit and the log start: they were deleted before they were read.",
        examples=[0],
    )

"""Rates, backlogs and losses, as parts of groups, their topics and their partitions. Rates are messages a minute."""

from pydantic import Field

from lagwatch.publish.api.schemas.base import Shape
from lagwatch.publish.api.values import Moment


class GroupRates(Shape):
    """How fast a group reads, and when it will have read all."""

    consumed_per_minute: float | None = Field(
        ge=0, description="Messages a minute by which its commits move on, all topics.", examples=[720.0]
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
    residual_lag: int = Field(
        ge=0, description="The part of `lag` that looks like transaction markers: nothing to read.", examples=[0]
    )


class PairRates(Shape):
    """How fast a group reads a topic, since when it is behind, and what deletion will or did take from it."""

    produced_per_minute: float | None = Field(
        ge=0, description="Messages a minute that the topic takes in.", examples=[600.0]
    )
    consumed_per_minute: float | None = Field(
        ge=0, description="Messages a minute by which the commits move on.", examples=[720.0]
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
        description="Unread share (0 to 1) of the retained log on the worst partition; 0 where nothing is deleted.",
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

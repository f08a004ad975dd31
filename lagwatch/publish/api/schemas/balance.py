"""How the work of groups is spread, what topics need, and Kafka Streams applications. Rates are messages a minute."""

from pydantic import Field

from lagwatch.publish.api.schemas.base import Aged, Placed, Shape
from lagwatch.publish.api.schemas.groups import Owner
from lagwatch.publish.api.values import Moment


class Share(Shape):
    """A part of a lag and of rates; shares are from 0 to 1."""

    lag: int | None = Field(ge=0, description="Messages behind.", examples=[12000])
    lag_share: float | None = Field(ge=0, description="Its part of the lag.", examples=[0.72])
    produced_per_minute: float | None = Field(ge=0, description="Messages a minute that come in.", examples=[900.0])
    produced_share: float | None = Field(ge=0, description="Its part of what comes in.", examples=[0.6])
    consumed_per_minute: float | None = Field(ge=0, description="Messages a minute that are read.", examples=[300.0])
    consumed_share: float | None = Field(ge=0, description="Its part of what is read.", examples=[0.4])


class HotPartition(Share):
    """A partition that has more than three times what the others of its topic have on average."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partition: int = Field(ge=0, description="The partition's number.", examples=[3])
    hot: list[str] = Field(description="What it has more of: lag, produced.", examples=[["lag", "produced"]])
    owners: list[Owner] = Field(description="Who reads it; nobody, or not known, if this is empty.")


class MemberShare(Share):
    """What a member carries; shares are of what all members carry."""

    member_id: str = Field(description="Kafka's id of the member.", examples=["billing-1-5c8e"])
    client_id: str | None = Field(description="The client.id that it gave.", examples=["billing-1"])
    host: str | None = Field(description="Where it runs, as the coordinator sees it.", examples=["/10.0.3.17"])
    partitions: int = Field(ge=0, description="How many partitions it owns.", examples=[4])


class GroupBalance(Aged):
    """How the work of a group is spread."""

    group: str = Field(description="The group's name.", examples=["billing"])
    hot_partitions: list[HotPartition] = Field(description="Partitions that stand out, the most lag first.")
    lag_skew: float | None = Field(
        ge=0,
        description="Largest lag of a partition as a multiple of the mean of its topic (1: all alike), on the topic where that is "
        "most.",
        examples=[3.2],
    )
    produced_skew: float | None = Field(ge=0, description="The same of what comes in.", examples=[2.9])
    consumed_skew: float | None = Field(ge=0, description="The same of what is read.", examples=[1.4])
    members: list[MemberShare] | None = Field(
        description="What each member carries; null if it is not known who owns what."
    )
    idle_members: list[Owner] = Field(description="Members that own nothing.")
    surplus_members: int = Field(
        ge=0, description="By how many there are more members than partitions (never in a share group).", examples=[0]
    )
    unowned: list[Placed] = Field(description="Partitions of topics that the group reads, and that no member owns.")


class TopicBalance(Aged):
    """How what a topic takes in is spread over its partitions."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    produced_skew: float | None = Field(
        ge=0, description="The partition that takes in most, as a multiple of the mean; 1: all alike.", examples=[2.9]
    )
    hot_partitions: list[HotPartition] = Field(description="Partitions that stand out, the most first.")


class Need(Shape):
    """What one group needs on a topic."""

    group: str = Field(description="The group's name.", examples=["billing"])
    members: int | None = Field(ge=0, description="Live members.", examples=[2])
    member_peak_per_minute: float | None = Field(
        ge=0, description="The most messages a minute that one member read.", examples=[6000.0]
    )
    at_limit: bool = Field(
        description="Whether there was a backlog then: it is what a member can read, and not only what it had to.",
        examples=[True],
    )
    members_needed: int | None = Field(ge=1, description="Members needed for the peak.", examples=[4])
    members_needed_now: int | None = Field(ge=1, description="Members needed for what comes now.", examples=[2])
    partitions_needed: int | None = Field(
        ge=1, description="Partitions for so many members, and a quarter more.", examples=[5]
    )
    lines: list[str] = Field(
        description="The arithmetic, a step a line.",
        examples=[["24,000 / 6,000 = 4.00: 4 members at the peak; it has 2 now."]],
    )


class Capacity(Aged):
    """What a topic and its groups need, from measured peaks."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partitions: int = Field(ge=0, description="How many partitions it has.", examples=[4])
    produced_per_minute: float | None = Field(
        ge=0, description="Messages a minute that it takes in now.", examples=[8000.0]
    )
    peak_per_minute: float | None = Field(ge=0, description="The most that it took in.", examples=[24000.0])
    measured_s: float = Field(
        ge=0, description="For how long peaks have been measured, a day at most.", examples=[81000.0]
    )
    window_s: float | None = Field(ge=0, description="The time over which each speed is measured.", examples=[300.0])
    partitions_needed: int | None = Field(ge=1, description="What the group that needs most needs.", examples=[5])
    groups: list[Need] = Field(description="What each group needs.")
    warnings: list[str] = Field(
        description="What to know first.",
        examples=[["Measured over 27m only: a peak of the day or of the week may be higher."]],
    )


class StreamsTopic(Shape):
    """A topic of a Kafka Streams application."""

    topic: str = Field(description="The topic's name.", examples=["shop-totals-changelog"])
    partitions: int = Field(ge=0, description="How many partitions it has.", examples=[4])
    lag: int | None = Field(ge=0, description="Messages behind; null if it is not read, or not known.", examples=[None])
    size_bytes: int | None = Field(
        ge=0, description="Its size, one replica of each partition (changelogs).", examples=[1048576]
    )


class Streams(Aged):
    """A Kafka Streams application (KIP-1071, or the classic protocol); its name is the application.id."""

    group: str = Field(description="The group's name.", examples=["shop"])
    input_lag: int | None = Field(ge=0, description="Lag on the topics of others that it reads.", examples=[15])
    inputs: list[StreamsTopic] = Field(description="Topics of others that it reads.")
    repartitions: list[StreamsTopic] = Field(description="Topics through which it repartitions.")
    changelogs: list[StreamsTopic] = Field(description="Topics that its stores are rebuilt from.")
    changelog_bytes: int | None = Field(ge=0, description="Size of the changelogs.", examples=[40000000000])
    restore_s: float | None = Field(
        ge=0,
        description="Seconds to rebuild all stores from them at `restore_rate_bytes`, one behind the other.",
        examples=[400.0],
    )
    restore_rate_bytes: float = Field(gt=0, description="The bytes a second that were assumed.", examples=[100000000.0])
    sizes_at: Moment | None = Field(description="When sizes were read.", examples=["2026-03-02T00:00:00Z"])

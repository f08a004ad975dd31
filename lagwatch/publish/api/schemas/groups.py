"""Groups, with their topics, partitions and members."""

from pydantic import Field

from lagwatch.publish.api.schemas.base import Aged, Placed, Shape
from lagwatch.publish.api.schemas.clusters import AlertCounts
from lagwatch.publish.api.schemas.rates import GroupRates, PairRates, PartitionRates, Rebalances


class Group(GroupRates):
    """A group of any type in numbers."""

    name: str = Field(description="Its name (group.id).", examples=["billing"])
    known: bool = Field(
        description="False: the group exists and its committed offsets could not be read in this poll; its lag is unknown.",
        examples=[True],
    )
    type: str | None = Field(
        description="classic, consumer (KIP-848), share or streams, as Kafka reports it.", examples=["classic"]
    )
    kind: str | None = Field(
        description="What it is for, by its type, protocol and name: consumer, share, streams, connect_workers, connect_sink, "
        "mirror_maker, schema_registry.",
        examples=["consumer"],
    )
    state: str | None = Field(description="Kafka's word for its state.", examples=["Stable"])
    members: int | None = Field(ge=0, description="Live members.", examples=[3])
    coordinator: int | None = Field(description="The broker that coordinates it.", examples=[2])
    topics: int | None = Field(ge=0, description="Topics on which it has committed.", examples=[1])
    partitions: int | None = Field(ge=0, description="Partitions on which it has committed.", examples=[12])
    unknown_partitions: int | None = Field(
        ge=0,
        description="Partitions of these whose lag is not known; if there are any, `lag` is a lower bound.",
        examples=[0],
    )
    lag: int | None = Field(
        ge=0, description="Messages behind, summed over the partitions that are known.", examples=[18423]
    )
    max_partition_lag: int | None = Field(ge=0, description="The largest lag of one partition.", examples=[4100])
    growth_per_minute: float | None = Field(
        description="How fast the lag grows (messages a minute; negative: it shrinks).", examples=[-120.5]
    )
    time_lag_s: float | None = Field(
        ge=0,
        description="Seconds since the next record that it will read was appended, on the partition where that is longest "
        "(topics that it has left do not count).",
        examples=[42.5],
    )
    time_lag_is_lower_bound: bool | None = Field(
        description="Whether it may be more: the record is older than what is known of the log.", examples=[False]
    )
    diagnosis: str | None = Field(
        None,
        description="Why it lags, in a sentence; in a list only if it is asked for (`explain`), null otherwise.",
        examples=[
            "billing is catching up on orders: it reads 720/min, and 600/min come in; 18,423 messages will be read."
        ],
    )


class GroupDetail(Group, Aged):
    """One group."""

    protocol_type: str | None = Field(description="What the group is for, as its members say.", examples=["consumer"])
    protocol: str | None = Field(description="Its assignor.", examples=["cooperative-sticky"])
    epoch: int | None = Field(description="Group epoch (KIP-848, share and streams groups).", examples=[None])
    assignment_epoch: int | None = Field(
        description="Epoch of the assignment; behind `epoch` while members reconcile.", examples=[None]
    )
    rebalances: Rebalances = Field(description="How it sorts out who reads what.")
    assignments_known: bool = Field(description="Whether it is known who owns which partition.", examples=[True])
    alerts: AlertCounts = Field(description="Alerts about this group, by state.")


class GroupTopic(PairRates):
    """How far a group is behind on one topic."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partitions: int | None = Field(ge=0, description="Partitions on which the group has committed.", examples=[12])
    unknown_partitions: int | None = Field(
        ge=0,
        description="Partitions of these whose lag is not known; if there are any, `lag` is a lower bound.",
        examples=[0],
    )
    lag: int | None = Field(
        ge=0, description="Messages behind, summed over the partitions that are known.", examples=[18423]
    )
    max_partition_lag: int | None = Field(ge=0, description="The largest lag of one partition.", examples=[4100])
    growth_per_minute: float | None = Field(
        description="How fast the lag grows (messages a minute).", examples=[-120.5]
    )
    time_lag_s: float | None = Field(
        ge=0,
        description="Seconds since the next record that the group will read was appended, on the partition where that is longest.",
        examples=[42.5],
    )
    time_lag_typical_s: float | None = Field(ge=0, description="The median of the partitions.", examples=[3.1])
    time_lag_is_lower_bound: bool | None = Field(
        description="Whether it may be more: the record is older than what is known of the log.", examples=[False]
    )


class Owner(Shape):
    """A member that owns a partition."""

    member_id: str = Field(description="Kafka's id of the member.", examples=["billing-1-5c8e"])
    client_id: str | None = Field(description="The client.id that it gave.", examples=["billing-1"])
    host: str | None = Field(description="Where it runs, as the coordinator sees it.", examples=["/10.0.3.17"])


class GroupPartition(PartitionRates):
    """
    How far a group is behind on one partition.

    For a share group `committed_offset` is the share-partition start offset, and `lag` what the broker counts.
    """

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partition: int = Field(ge=0, description="The partition's number.", examples=[0])
    lag: int | None = Field(
        ge=0, description="Messages behind; null if it cannot be known or nothing was committed.", examples=[1601]
    )
    growth_per_minute: float | None = Field(description="How fast the lag grows (messages a minute).", examples=[12.0])
    time_lag_s: float | None = Field(
        ge=0,
        description="Seconds since the next record that the group will read was appended; 0 without lag.",
        examples=[42.5],
    )
    time_lag_is_lower_bound: bool | None = Field(
        description="Whether it may be more: the record is older than what is known of the log.", examples=[False]
    )
    time_lag_is_exact: bool | None = Field(
        description="Whether the record itself was asked (exact mode).", examples=[False]
    )
    committed_offset: int | None = Field(
        ge=0,
        description="The next offset to read; null if the group owns the partition and has not committed.",
        examples=[2001563],
    )
    log_start_offset: int | None = Field(ge=0, description="The first offset that is still there.", examples=[0])
    log_end_offset: int | None = Field(
        ge=0, description="The offset after the last one that consumers see.", examples=[2003164]
    )
    last_stable_offset: int | None = Field(
        ge=0, description="The offset up to which read_committed consumers see.", examples=[2003164]
    )
    owners: list[Owner] | None = Field(
        description="Who reads it: one member, several in a share group, none ([]), or not known (null)."
    )


class Member(Shape):
    """A live member of a group."""

    member_id: str = Field(description="Kafka's id of the member.", examples=["billing-1-5c8e"])
    client_id: str | None = Field(description="The client.id that it gave.", examples=["billing-1"])
    host: str | None = Field(description="Where it runs, as the coordinator sees it.", examples=["/10.0.3.17"])
    instance_id: str | None = Field(description="group.instance.id of a static member.", examples=["billing-1"])
    rack: str | None = Field(description="Its rack, where it told one.", examples=["eu-west-1a"])
    epoch: int | None = Field(description="Member epoch (KIP-848, share and streams groups).", examples=[None])
    partitions: int | None = Field(ge=0, description="How many partitions it owns.", examples=[4])
    lag: int | None = Field(
        ge=0, description="Messages behind on them, as far as known; 0 for a member that owns none.", examples=[6120]
    )
    unknown_partitions: int | None = Field(
        ge=0, description="Partitions of these whose lag is not known or on which nothing was committed.", examples=[0]
    )
    assigned: list[Placed] | None = Field(description="What it owns now.")
    target: list[Placed] | None = Field(
        description="What the coordinator wants it to own, where the group type has that."
    )

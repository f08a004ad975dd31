"""How well a cluster is, and the slow facts behind that."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import Field

from lagwatch.publish.api.schemas.base import Aged, ClusterPage, Placed, Shape

Item = TypeVar("Item")


class SlowPage(ClusterPage[Item], Generic[Item]):
    """One page of facts that are read on a slower cadence than every poll."""

    read_at: datetime | None = Field(
        description="When they were read; null if they are not read or could not be so far, and then there are no items.",
        examples=["2026-03-02T00:00:00Z"],
    )


class ScorePart(Shape):
    """What one part of the health score costs, and why."""

    name: str = Field(description="The part.", examples=["under_replicated"])
    lost: float | None = Field(ge=0, description="Points that it costs; null where that is not known.", examples=[5.2])
    most: float = Field(ge=0, description="Points that it may cost.", examples=[20])
    sentence: str | None = Field(
        description="Why, in a sentence.", examples=["3 partitions with fewer replicas in sync than replicas."]
    )


class QuorumNode(Shape):
    """A node that follows the metadata quorum, or leads it."""

    id: int = Field(description="Its id.", examples=[2])
    voter: bool = Field(description="Whether it votes; observers only follow.", examples=[True])
    lag: int | None = Field(ge=0, description="Records that it is behind the leader.", examples=[0])
    last_fetch_at: datetime | None = Field(
        description="When it fetched last, where Kafka tells (3.3).", examples=["2026-03-02T00:00:30Z"]
    )
    last_caught_up_at: datetime | None = Field(
        description="When it was not behind last, where Kafka tells (3.3).", examples=["2026-03-02T00:00:30Z"]
    )


class Quorum(Shape):
    """The metadata quorum."""

    leader: int = Field(description="The node that is the active controller.", examples=[1])
    voters: int = Field(ge=0, description="How many voters there are.", examples=[3])
    caught_up: int = Field(ge=0, description="How many of them keep up with the leader.", examples=[3])
    majority: int = Field(ge=0, description="How many must.", examples=[2])
    behind: list[int] = Field(description="Those that do not keep up.", examples=[[]])
    max_lag: int | None = Field(ge=0, description="Records that the last of the voters is behind.", examples=[0])
    nodes: list[QuorumNode] = Field(description="Voters, then observers.")


class Failure(Shape):
    """What would come of the failure of a broker."""

    broker: int = Field(description="The broker.", examples=[2])
    would_go_offline: list[str] = Field(
        description="Partitions that would have no leader; the first hundred.", examples=[["orders/3"]]
    )
    would_refuse: list[str] = Field(
        description="Partitions that would refuse writes with acks=all; the first hundred.", examples=[["orders/4"]]
    )
    last_copies: list[str] = Field(
        description="Partitions of which no other broker has all committed records: lost with its disks; the first hundred.",
        examples=[["orders/3"]],
    )
    ends_quorum: bool | None = Field(description="Whether there would be no controller any more.", examples=[False])


class ClusterHealth(Aged):
    """How well a cluster is. Counts are null where they are not known."""

    score: float | None = Field(
        ge=0, le=100, description="From 0 to 100; null where not even the partitions' state is known.", examples=[94.8]
    )
    unknown: list[str] = Field(
        description="Parts of the score that are not known: it may be lower than it says.", examples=[["disk_space"]]
    )
    parts: list[ScorePart] = Field(description="What the score is made of, the most expensive first.")
    at_min_isr: int | None = Field(
        ge=0, description="Partitions with as many replicas in sync as they must have, and not one more.", examples=[2]
    )
    unrecoverable: int | None = Field(
        ge=0, description="Partitions without a leader, and without a replica that may become one.", examples=[0]
    )
    single_copy: int | None = Field(ge=0, description="Partitions with one replica.", examples=[0])
    single_rack: int | None = Field(
        ge=0, description="Partitions whose replicas (two or more) are all in one rack.", examples=[0]
    )
    unclean_topics: int | None = Field(ge=0, description="Topics that allow unclean elections.", examples=[0])
    reassigning: int | None = Field(ge=0, description="Partitions that are being moved.", examples=[0])
    open_transactions: int | None = Field(ge=0, description="Transactions that are open.", examples=[1])
    oldest_transaction_s: float | None = Field(
        ge=0, description="For how long the oldest of them has been open.", examples=[12.5]
    )
    hung_transactions: int | None = Field(
        ge=0, description="Producers whose open transaction will be ended by no coordinator.", examples=[0]
    )
    preferred_imbalance: float | None = Field(
        ge=0, description="Share of partitions that their preferred leader does not lead.", examples=[0.04]
    )
    leader_skew: float | None = Field(
        description="By what share the broker with most leaders is above the mean.", examples=[0.1]
    )
    produce_skew: float | None = Field(
        description="By what share the broker that takes in most is above the mean.", examples=[0.3]
    )
    size_skew: float | None = Field(
        description="By what share the broker that stores most is above the mean.", examples=[0.2]
    )
    quorum: Quorum | None = Field(description="The metadata quorum; null where it is not known or there is none.")
    failures: list[Failure] = Field(description="For each broker that is up: what would come of its failure now.")
    metadata_version: str | None = Field(
        description="The release whose metadata the cluster writes (metadata.version).", examples=["4.3-IV0"]
    )
    features: dict[str, int] | None = Field(
        description="Finalized features of the cluster and their levels.", examples=[{"metadata.version": 30}]
    )
    releases: dict[int, str] | None = Field(
        description="By broker, the Kafka release that its requests point to.", examples=[{1: "4.3 or later"}]
    )
    read_at: dict[str, datetime] = Field(
        description="When the slow facts behind this were read, by part.",
        examples=[{"log_dirs": "2026-03-02T00:00:00Z"}],
    )


class Transaction(Shape):
    """An open transaction, as its coordinator knows it."""

    transactional_id: str = Field(description="Its transactional id.", examples=["payments-0"])
    producer_id: int = Field(description="The id of its producer.", examples=[4021])
    state: str = Field(description="Kafka's word: Ongoing, PrepareCommit, PrepareAbort.", examples=["Ongoing"])
    coordinator: int | None = Field(description="The broker that coordinates it.", examples=[2])
    started_at: datetime | None = Field(description="When it began.", examples=["2026-03-02T00:00:00Z"])
    open_s: float | None = Field(ge=0, description="For how long it has been open.", examples=[30.5])
    timeout_s: float | None = Field(ge=0, description="After that time its coordinator aborts it.", examples=[60.0])
    partitions: list[Placed] = Field(description="Partitions that it has written to.")


class Holder(Shape):
    """A producer whose open transaction keeps committed readers from the end of a partition."""

    topic: str = Field(description="The topic.", examples=["orders"])
    partition: int = Field(ge=0, description="The partition.", examples=[3])
    producer_id: int = Field(description="The id of the producer.", examples=[4021])
    producer_epoch: int = Field(description="Its epoch.", examples=[5])
    transactional_id: str | None = Field(
        description="Its transactional id, where one is known.", examples=["payments-0"]
    )
    state: str | None = Field(
        description="The coordinator's word for the transaction; empty where none has one, null where that is unknown.",
        examples=["Ongoing"],
    )
    coordinator: int | None = Field(description="The broker that coordinates it.", examples=[2])
    hung: bool | None = Field(
        description="Whether no coordinator will ever end it, so that an operator must; null where that is unknown.",
        examples=[False],
    )
    start_offset: int = Field(ge=0, description="Where it begins in the partition.", examples=[881230])
    started_at: datetime | None = Field(description="When it began.", examples=["2026-03-02T00:00:00Z"])
    last_written_at: datetime | None = Field(
        description="When the producer wrote last.", examples=["2026-03-02T00:00:12Z"]
    )


class Reassignment(Shape):
    """A partition that is being moved."""

    topic: str = Field(description="The topic.", examples=["orders"])
    partition: int = Field(ge=0, description="The partition.", examples=[3])
    replicas: list[int] = Field(description="The brokers that hold it now.", examples=[[1, 2, 4]])
    adding: list[int] = Field(description="Those of them that are new.", examples=[[4]])
    removing: list[int] = Field(description="Those of them that are to let go of it.", examples=[[2]])


class LogDir(Shape):
    """A log directory of a broker."""

    broker: int = Field(description="The broker.", examples=[1])
    path: str = Field(description="Where it is on the broker.", examples=["/var/lib/kafka"])
    error: str | None = Field(
        description="Kafka's name of its failure; null if there is none.", examples=["KAFKA_STORAGE_ERROR"]
    )
    cordoned: bool = Field(description="Whether it gets no new replicas.", examples=[False])
    replicas: int = Field(ge=0, description="How many replicas are in it.", examples=[480])
    log_bytes: int = Field(ge=0, description="How large they are together.", examples=[73014444032])
    volume_bytes: int | None = Field(ge=0, description="The size of its volume.", examples=[107374182400])
    free_bytes: int | None = Field(ge=0, description="How much of that is free.", examples=[32212254720])

"""Clusters, brokers, gaps, and how polling goes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from lagwatch.publish.api.schemas.base import Aged, Shape
from lagwatch.publish.api.schemas.rates import TopicRates

ClusterState = Literal["waiting", "fresh", "stale"]


class AlertCounts(Shape):
    """How many alerts stand in which state."""

    firing: int = Field(ge=0, description="Alerts that fire.", examples=[1])
    pending: int = Field(ge=0, description="Alerts whose condition holds, not yet for long enough.", examples=[0])
    unknown: int = Field(ge=0, description="Alerts whose values cannot be known at present.", examples=[0])


class Cluster(Shape):
    """A watched cluster in numbers; all of them are null until its first good poll."""

    name: str = Field(description="Its name in the configuration.", examples=["main"])
    state: ClusterState = Field(
        description="`waiting`: no poll succeeded yet. `fresh`: the last good poll is recent. `stale`: it is too old to rely on.",
        examples=["fresh"],
    )
    error: str | None = Field(description="Why the last poll failed; null if it did not.", examples=[None])
    cluster_id: str | None = Field(description="Kafka's own id of the cluster.", examples=["Zk2kAHuZQ5eEXAMPLE1234"])
    as_of: datetime | None = Field(description="The moment that the facts hold for.", examples=["2026-03-02T00:00:30Z"])
    age_s: float | None = Field(ge=0, description="How many seconds ago that was.", examples=[12.4])
    controller: int | None = Field(description="The broker id of the controller, where Kafka tells.", examples=[2])
    brokers: int | None = Field(ge=0, description="Brokers that are up.", examples=[3])
    topics: int | None = Field(ge=0, description="Topics watched.", examples=[40])
    partitions: int | None = Field(ge=0, description="Partitions of these topics.", examples=[480])
    groups: int | None = Field(ge=0, description="Groups watched, of any type.", examples=[25])
    groups_unknown: int | None = Field(ge=0, description="Groups none of whose lag is known.", examples=[0])
    lag: int | None = Field(
        ge=0, description="Messages behind, all groups together, as far as known.", examples=[184230]
    )
    under_replicated: int | None = Field(
        ge=0, description="Partitions with fewer in-sync replicas than replicas.", examples=[0]
    )
    offline: int | None = Field(ge=0, description="Partitions without a leader.", examples=[0])
    under_min_isr: int | None = Field(
        ge=0, description="Partitions below min.insync.replicas, as far as known.", examples=[0]
    )
    gaps: int | None = Field(ge=0, description="Kinds of facts that the last poll could not learn.", examples=[0])
    alerts: AlertCounts | None = Field(description="Alerts by state.")


class Broker(Shape):
    """A broker that is up, or that replicas name and that is not."""

    id: int = Field(ge=0, description="The broker's id.", examples=[1])
    up: bool = Field(description="Whether the cluster's metadata lists it.", examples=[True])
    host: str | None = Field(description="Advertised host.", examples=["kafka-1.example.org"])
    port: int | None = Field(description="Advertised port.", examples=[9092])
    rack: str | None = Field(description="Its rack, where it has one.", examples=["eu-west-1a"])
    controller: bool | None = Field(
        description="Whether it is the controller; null where Kafka does not tell.", examples=[False]
    )
    leaders: int = Field(ge=0, description="Partitions that it leads.", examples=[160])
    replicas: int = Field(ge=0, description="Replicas that are placed on it.", examples=[480])
    out_of_sync: int = Field(ge=0, description="Replicas on it that are not in sync.", examples=[0])
    preferred: int = Field(ge=0, description="Partitions whose preferred leader it is.", examples=[160])
    led_by_others: int = Field(ge=0, description="Those of them that another broker leads, or none.", examples=[0])
    produced_per_minute: float | None = Field(
        ge=0, description="Messages a minute to the partitions it leads, as far as known.", examples=[5200.5]
    )
    log_bytes: int | None = Field(
        ge=0, description="The size of everything in its log directories.", examples=[73014444032]
    )
    dirs: int | None = Field(ge=0, description="Its log directories.", examples=[2])
    failed_dirs: int | None = Field(ge=0, description="Those of them that have failed.", examples=[0])
    disk_used: float | None = Field(
        ge=0, le=1, description="The used share of the fullest volume with log directories.", examples=[0.62]
    )
    would_go_offline: int = Field(
        ge=0, description="Partitions that would have no leader if it failed now.", examples=[0]
    )
    would_refuse: int = Field(
        ge=0, description="Partitions that would refuse writes with acks=all if it failed now.", examples=[3]
    )
    last_copies: int = Field(
        ge=0,
        description="Partitions of which no other broker has all committed records: lost with its disks.",
        examples=[0],
    )
    release: str | None = Field(description="The Kafka release that its requests point to.", examples=["4.3 or later"])


class Gap(Shape):
    """Something that the last poll could not learn, and why."""

    part: str = Field(description="Which facts are missing.", examples=["offsets"])
    reason: str = Field(
        description="Kafka's error name, or one of lagwatch in the same spelling.", examples=["REQUEST_TIMED_OUT"]
    )
    count: int = Field(ge=0, description="How many subjects of that part.", examples=[160])
    first: str | None = Field(description="One of them.", examples=["orders/0"])
    broker: int | None = Field(description="The broker that was asked, if one was.", examples=[2])
    hint: str | None = Field(description="What to do about it.", examples=["Is broker 2 overloaded or paused?"])


class GapCount(Shape):
    """How often something was missing since lagwatch started."""

    part: str = Field(description="Which facts were missing.", examples=["offsets"])
    reason: str = Field(description="Why.", examples=["REQUEST_TIMED_OUT"])
    count: int = Field(ge=0, description="How often.", examples=[3])


class Poll(Shape):
    """How polling of one cluster goes; counts are since lagwatch started."""

    cluster: str = Field(description="The cluster's name in the configuration.", examples=["main"])
    state: ClusterState = Field(description="As in the list of clusters.", examples=["fresh"])
    interval_s: float = Field(description="Seconds from one poll to the next.", examples=[30.0])
    deadline_s: float = Field(description="Seconds after which a poll is ended with what it has.", examples=[20.0])
    stale_after_s: float = Field(description="The age from which the last good poll is too old.", examples=[300.0])
    last_attempt_at: datetime | None = Field(description="When the last poll ended.", examples=["2026-03-02T00:00:31Z"])
    last_good_at: datetime | None = Field(
        description="When the last good poll ended.", examples=["2026-03-02T00:00:31Z"]
    )
    last_good_age_s: float | None = Field(ge=0, description="How many seconds ago that was.", examples=[11.8])
    duration_s: float | None = Field(ge=0, description="How long the last poll took.", examples=[0.21])
    error: str | None = Field(description="Why the last poll failed; null if it did not.", examples=[None])
    error_kind: str | None = Field(description="The kind of that failure.", examples=[None])
    polls: int = Field(ge=0, description="Polls begun.", examples=[120])
    failures: int = Field(ge=0, description="Polls that gave nothing.", examples=[1])
    failures_by_kind: dict[str, int] = Field(description="The same by kind.", examples=[{"ClusterUnreachable": 1}])
    gaps: list[GapCount] = Field(description="What was missing in polls that gave something.")
    requests_by_api: dict[str, int] = Field(
        description="Requests sent, by Kafka API.", examples=[{"ListOffsets": 1080}]
    )


class Topic(TopicRates):
    """A topic in numbers."""

    name: str = Field(description="Its name.", examples=["orders"])
    id: str | None = Field(
        description="Kafka's id of the topic, where Kafka tells.", examples=["oVHDoGYqTUqaEXAMPLE123"]
    )
    internal: bool = Field(description="Whether Kafka marks it as internal.", examples=[False])
    partitions: int = Field(ge=0, description="How many partitions it has.", examples=[12])
    replication_factor: int | None = Field(
        ge=0, description="Replicas of a partition; the smallest number where they differ.", examples=[3]
    )
    messages: int | None = Field(
        ge=0,
        description="Log end minus log start offset, summed over the partitions that are known: an upper bound where the topic "
        "is compacted or has transactions.",
        examples=[2003164],
    )
    log_bytes: int | None = Field(
        ge=0,
        description="The size of all replicas of its partitions; null while a broker does not tell.",
        examples=[73014444032],
    )
    unknown_partitions: int = Field(ge=0, description="Partitions whose offsets are not known.", examples=[0])
    groups: int = Field(ge=0, description="Groups with a committed offset on it.", examples=[2])
    under_replicated: int = Field(
        ge=0, description="Partitions with fewer in-sync replicas than replicas.", examples=[0]
    )
    offline: int = Field(ge=0, description="Partitions without a leader.", examples=[0])
    under_min_isr: int | None = Field(
        ge=0, description="Partitions below min.insync.replicas; null where that setting is not known.", examples=[0]
    )
    config: dict[str, str] = Field(
        description="Settings that matter for rules, as Kafka spells them; empty where unknown.",
        examples=[{"min.insync.replicas": "2"}],
    )


class TopicDetail(Topic, Aged):
    """One topic."""


class Partition(Shape):
    """A partition: where it is, and its offsets."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partition: int = Field(ge=0, description="The partition's number.", examples=[0])
    leader: int | None = Field(description="The broker that leads it; null if none does.", examples=[1])
    replicas: list[int] = Field(description="Brokers that hold it, the preferred leader first.", examples=[[1, 2, 3]])
    in_sync_replicas: list[int] = Field(description="Those of them that are in sync.", examples=[[1, 2, 3]])
    offline_replicas: list[int] = Field(description="Those of them that are not up.", examples=[[]])
    log_start_offset: int | None = Field(ge=0, description="The first offset that is still there.", examples=[0])
    log_end_offset: int | None = Field(
        ge=0, description="The offset after the last one that consumers see (high watermark).", examples=[2003164]
    )
    last_stable_offset: int | None = Field(
        ge=0, description="The offset up to which read_committed consumers see.", examples=[2003164]
    )
    messages: int | None = Field(ge=0, description="Log end minus log start offset.", examples=[2003164])
    produced_per_minute: float | None = Field(ge=0, description="Messages a minute that it takes in.", examples=[50.0])
    under_replicated: bool = Field(description="Whether it has fewer in-sync replicas than replicas.", examples=[False])
    offline: bool = Field(description="Whether it has no leader.", examples=[False])
    under_min_isr: bool | None = Field(description="Whether it is below min.insync.replicas.", examples=[False])

"""Burrow's answers, field by field (its `core/internal/httpserver/structs.go` and `core/protocol/evaluator.go`)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lagwatch.model.burrow import Status


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class RequestInfo(Answer):
    """What was asked (the path alone), and of which host."""

    url: str
    host: str


class Envelope(Answer):
    """What every answer has; an error has nothing else."""

    error: bool
    message: str
    request: RequestInfo


class Clusters(Envelope):
    """The clusters."""

    clusters: list[str]


class Topics(Envelope):
    """The topics of a cluster."""

    topics: list[str]


class TopicOffsets(Envelope):
    """Where the partitions of a topic end, by position; one whose end was never seen is left out."""

    offsets: list[int]


class Consumers(Envelope):
    """Groups."""

    consumers: list[str]


class Offset(Answer):
    """One commit of a window: times in milliseconds; `lag` is that of the moment of the commit, null where unknown."""

    offset: int
    timestamp: int
    observed_at: int = Field(alias="observedAt")
    lag: int | None


class ConsumerPartition(Answer):
    """The window of one partition: nulls first until it is full, nothing at all before the first commit."""

    offsets: list[Offset | None]
    owner: str
    client_id: str
    current_lag: int | None = Field(alias="current-lag")


class ConsumerDetail(Envelope):
    """The windows of a group: by topic, indexed by partition."""

    topics: dict[str, list[ConsumerPartition]]


class PartitionStatus(Answer):
    """How one partition of a group is."""

    topic: str
    partition: int
    owner: str
    client_id: str
    status: Status
    start: Offset | None
    end: Offset | None
    current_lag: int | None
    complete: float


class GroupStatus(Answer):
    """How a group is; `totallag` is that of the partitions of which it is known."""

    cluster: str
    group: str
    status: Status
    complete: float
    partitions: list[PartitionStatus]
    partition_count: int
    maxlag: PartitionStatus | None
    totallag: int | None


class ConsumerStatus(Envelope):
    """How a group is; where there is none it is NOTFOUND, with status 404 and without an error."""

    status: GroupStatus


class ModuleList(Envelope):
    """The modules of a coordinator: the parts of Burrow's configuration."""

    coordinator: str
    modules: list[str]


class Module(Envelope):
    """One module; its keys depend on what it is."""

    module: dict[str, Any]


class MainConfig(Envelope):
    """The rest of the configuration."""

    general: dict[str, Any]
    logging: dict[str, Any]
    zookeeper: dict[str, Any]
    httpserver: dict[str, Any]


class LogLevel(Envelope):
    """How much is logged."""

    level: str

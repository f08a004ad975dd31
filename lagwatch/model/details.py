"""
Facts that change slowly and cost more to learn: log directories, transactions, quorum, reassignments, settings. Pure.

They are read on a cadence of their own, and each part says when (`read_at`): between two readings a snapshot carries the very
same object. A part that could not be read is None, and the snapshot has a Gap that tells why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lagwatch.model.snapshot import UNKNOWN, Int32, Int64

T_co = TypeVar("T_co", covariant=True)

OPEN_STATES = ("Ongoing", "PrepareCommit", "PrepareAbort")
"""What coordinators call a transaction that holds back the last stable offset of its partitions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part(Generic[T_co]):
    """One part of the details: `value`, and when it was read, seconds since the epoch."""

    value: T_co
    read_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDir:
    """
    A log directory of a broker. `error` is Kafka's error name if it failed (KAFKA_STORAGE_ERROR), "" otherwise; sizes are
    bytes of its volume, UNKNOWN where the broker does not tell (before Kafka 3.3). A `cordoned` one gets no new replicas.
    """

    broker: int
    path: str
    error: str = ""
    total_bytes: int = UNKNOWN
    usable_bytes: int = UNKNOWN
    cordoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplicaSizes:
    """
    One row a replica: its topic (index into `topics`), partition, broker, log directory (index into `LogDirs.dirs`), size in
    bytes, and by how many messages it is behind the log end. `future` replicas are being moved to another directory.
    """

    topics: tuple[str, ...]
    topic: Int32
    partition: Int32
    broker: Int32
    directory: Int32
    size: Int64
    offset_lag: Int64
    future: Int32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogDirs:
    """All log directories of the brokers that answered (`brokers`), and the replicas in them."""

    brokers: tuple[int, ...]
    dirs: tuple[LogDir, ...]
    replicas: ReplicaSizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """
    A transaction that a coordinator knows. `state` is Kafka's word (Ongoing, PrepareCommit, ...); `started_at` is seconds since
    the epoch, None where none is open; `partitions` are (topic, partition).
    """

    transactional_id: str
    producer_id: int
    state: str
    coordinator: int = UNKNOWN
    started_at: float | None = None
    timeout_s: float | None = None
    partitions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProducer:
    """
    A producer with an open transaction on a partition whose last stable offset is held (DescribeProducers). `since` is when
    the producer last wrote, `started_at` when its transaction began, seconds since the epoch, None where unknown; `start_offset`
    is where the transaction begins in the partition.

    `transactional_id` is "" where no coordinator tells of the producer (brokers leave out what we may not see, without a word).
    `state` is the coordinator's word for the transaction (Ongoing, ...), "" where none has one, None where a broker did not
    answer; `coordinator` is its broker, UNKNOWN where there is none. `hung`: no coordinator will ever end the transaction, so that
    an operator must; None where that is not known, or not yet.
    """

    topic: str
    partition: int
    producer_id: int
    producer_epoch: int
    start_offset: int
    coordinator_epoch: int = UNKNOWN
    since: float | None = None
    transactional_id: str = ""
    state: str | None = None
    coordinator: int = UNKNOWN
    started_at: float | None = None
    hung: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """Open transactions (ListTransactions, DescribeTransactions), and who holds back which last stable offset."""

    ongoing: tuple[Transaction, ...] = ()
    holders: tuple[OpenProducer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassignment:
    """A partition that is being moved: replicas it is to lose and to get."""

    topic: str
    partition: int
    replicas: tuple[int, ...]
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumNode:
    """A voter or observer of the metadata quorum; `lag` in records behind the leader's log end, times seconds since the epoch."""

    id: int
    log_end: int
    lag: int
    last_fetch_at: float | None = None
    last_caught_up_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """The KRaft metadata quorum (DescribeQuorum)."""

    leader: int
    epoch: int
    high_watermark: int
    voters: tuple[QuorumNode, ...] = ()
    observers: tuple[QuorumNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elr:
    """Eligible leader replicas of a partition (KIP-966), with the last known ones where there are none."""

    topic: str
    partition: int
    eligible: tuple[int, ...] = ()
    last_known: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """
    Finalized features of the cluster by name (metadata.version, kraft.version, ...) and, by broker id, the Kafka release that
    the requests it speaks point to ("4.1 or later"). No features before Kafka 2.7.
    """

    finalized: Mapping[str, int] = field(default_factory=dict)
    releases: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """
    The slow facts of one cluster; a part is None as long as it could not be read.

    `broker_config` holds the settings of each broker by id, `topic_config` all settings of each topic by name (also those that
    `TopicTable.config` leaves out); sensitive values are never in either. `elr` lists only partitions with a replica missing
    from the ISR. `topic_overrides` names per topic the settings that are its own rather than a default.
    """

    log_dirs: Part[LogDirs] | None = None
    transactions: Part[Transactions] | None = None
    reassignments: Part[tuple[Reassignment, ...]] | None = None
    quorum: Part[Quorum] | None = None
    elr: Part[tuple[Elr, ...]] | None = None
    features: Part[Features] | None = None
    broker_config: Part[Mapping[int, Mapping[str, str]]] | None = None
    topic_config: Part[Mapping[str, Mapping[str, str]]] | None = None
    topic_overrides: Part[Mapping[str, frozenset[str]]] | None = None

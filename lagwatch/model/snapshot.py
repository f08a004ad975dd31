"""
Facts: what one poll of one cluster saw, nothing computed. Pure.

Columns instead of objects: a cluster has up to a million committed partitions, and numpy sums them in milliseconds.
Unknown is `UNKNOWN` (-1) in an integer column and None at the edges (JSON, API); it is never 0.
All arrays of a published snapshot are read-only by agreement; a table that did not change between two polls may be the
very same object in both snapshots, which later stages use to skip work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lagwatch.model.details import Details

UNKNOWN = -1
"""The value of an integer column where nothing is known."""

NO_LEADER = -1
"""The leader column of a partition that has none (as Kafka itself spells it)."""

UNKNOWN_LEADER = -2
"""The leader column where it is not known whether there is one (only a trace can say that)."""

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker that is up. `rack` is None where the broker has none; host and port are empty in a replayed trace."""

    id: int
    host: str = ""
    port: int = 0
    rack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopicTable:
    """
    One entry a topic, sorted by name.

    `first` has one entry more than there are topics: the partitions of topic t are the rows `first[t]` to `first[t + 1]`
    of the partition table, so partition p of topic t is row `first[t] + p`.
    `config` holds the settings that rules need, as Kafka spells them; an empty mapping where they are unknown.
    """

    names: tuple[str, ...]
    first: Int64
    ids: tuple[str | None, ...]
    internal: Bool
    config: tuple[Mapping[str, str], ...]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """
    Which brokers hold a partition: lists of broker ids of all partitions, one behind the other.

    The brokers of row i are `brokers[first[i]:first[i + 1]]`; for replicas the preferred leader comes first.
    """

    first: Int64
    brokers: Int32

    @property
    def counts(self) -> Int64:
        """How many brokers each row names."""
        return np.diff(self.first)

    def of(self, row: int) -> list[int]:
        """The broker ids of one partition."""
        return [int(b) for b in self.brokers[self.first[row] : self.first[row + 1]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartitionTable:
    """
    One row a partition, in the order of the topic table; offsets are UNKNOWN where the leader did not answer.

    `start` is the log start offset, `end` the log end offset as consumers see it (high watermark), `lso` the last stable
    offset. `leader` is NO_LEADER where there is none. `offline` lists the replicas that are not up.
    """

    topic: Int32
    partition: Int32
    leader: Int32
    start: Int64
    end: Int64
    lso: Int64
    replicas: Placement
    isr: Placement
    offline: Placement

    def __len__(self) -> int:
        return len(self.topic)


class Assigned(NamedTuple):
    """Partitions of one topic that a member owns, ascending."""

    topic: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """
    One live member of a group. `epoch` and `target` exist for KIP-848, share and streams groups (None elsewhere):
    `target` is what the coordinator wants the member to own, `assigned` what it owns now.
    """

    id: str
    client_id: str = ""
    host: str = ""
    instance_id: str | None = None
    rack: str | None = None
    epoch: int | None = None
    assigned: tuple[Assigned, ...] = ()
    target: tuple[Assigned, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    One group of any type, whether it could be read or not.

    `known` is False for a group that exists and whose committed offsets could not be read: its lag is unknown, it is not
    gone. `type` is classic, consumer, share, streams (as Kafka reports them) or "" if unknown; `state` is Kafka's word,
    None if unknown. `member_count` is UNKNOWN where the group could not be described; `members` may then be empty.
    `assigned_known` says whether `members` carries assignments (a trace may know only the count).
    `coordinator` is a broker id or UNKNOWN. `epoch`, `assignment_epoch` exist where the group type has them.
    """

    name: str
    known: bool = True
    type: str = ""
    state: str | None = None
    protocol_type: str = ""
    protocol: str = ""
    coordinator: int = UNKNOWN
    member_count: int = UNKNOWN
    members: tuple[Member, ...] = ()
    assigned_known: bool = True
    epoch: int | None = None
    assignment_epoch: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommitTable:
    """
    One row a committed partition, sorted by (group, row); a group without a commit on a partition has no row there.

    `group` indexes `Snapshot.groups`, `row` the partition table, `offset` is the committed offset. For share groups
    `offset` is the share-partition start offset (SPSO). `reported_lag` is the lag that the broker itself counts (share
    groups, KIP-1226), UNKNOWN elsewhere. Commits on topics that do not exist any more are not here.
    """

    group: Int32
    row: Int32
    offset: Int64
    reported_lag: Int64

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """
    Something that this poll could not learn, and why.

    `part` says which facts are missing (see PARTS), `reason` is Kafka's error name or one of ours in the same spelling
    (REQUEST_TIMED_OUT, CONNECTION_FAILED, DEADLINE, MISSING_FROM_LIST, ...), `count` how many subjects of that part, `first` names
    one of them ("orders/0", "billing"), `broker` the broker that was asked (UNKNOWN if none), `hint` what to do about it.
    """

    part: str
    reason: str
    count: int = 1
    first: str = ""
    broker: int = UNKNOWN
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anchor:
    """
    Where the logs were at a moment in the past (ListOffsets by timestamp): `offset` has one entry a partition row, the offset of
    the first record appended at or after `at` (seconds since the epoch); the log end where none was, UNKNOWN where not known.
    """

    at: float
    offset: Int64


class RecordTime(NamedTuple):
    """The first record of a partition at or after an offset has this timestamp, seconds since the epoch."""

    topic: str
    partition: int
    offset: int
    at: float


DETAIL_PARTS = (
    "log_dirs",
    "transactions",
    "reassignments",
    "quorum",
    "eligible_replicas",
    "features",
    "broker_config",
)
"""Those of the parts below that are slow facts: what is missing then is in `Snapshot.details`."""

PARTS = (
    *("topics", "topic_config", "offsets", "past_offsets", "group_list", "group_description", "committed_offsets"),
    "record_times",
    *DETAIL_PARTS,
)
"""The parts of a snapshot that can be missing, as a Gap names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollStats:
    """What the poll cost: seconds on the wall clock, requests by API name, bytes received."""

    duration_s: float = 0.0
    requests: Mapping[str, int] = field(default_factory=dict)
    bytes_received: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """
    What one poll of one cluster saw.

    `at` is the moment that the facts hold for, seconds since the epoch, UTC. `cluster` is the configured name,
    `cluster_id` Kafka's own. `groups` is sorted by name. `controller` is None where Kafka does not tell.
    `anchors`, oldest first, are there in a poll that asked for them, `record_times` where single records are read (exact mode);
    `details` are the slow facts, None where none were ever read.
    """

    at: float
    cluster: str
    brokers: tuple[Broker, ...]
    topics: TopicTable
    partitions: PartitionTable
    groups: tuple[Group, ...]
    commits: CommitTable
    cluster_id: str | None = None
    controller: int | None = None
    gaps: tuple[Gap, ...] = ()
    stats: PollStats = field(default_factory=PollStats)
    anchors: tuple[Anchor, ...] = ()
    record_times: tuple[RecordTime, ...] = ()
    details: "Details | None" = None


def nothing(cluster: str, at: float) -> Snapshot:
    """A snapshot of a cluster of which nothing is known: no brokers, topics or groups."""
    no_rows, no_offsets = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    nowhere = Placement(first=np.zeros(1, dtype=np.int64), brokers=no_rows)
    flags = np.empty(0, dtype=np.bool_)
    return Snapshot(
        at=at,
        cluster=cluster,
        brokers=(),
        topics=TopicTable(names=(), first=np.zeros(1, dtype=np.int64), ids=(), internal=flags, config=()),
        partitions=PartitionTable(
            topic=no_rows,
            partition=no_rows,
            leader=no_rows,
            start=no_offsets,
            end=no_offsets,
            lso=no_offsets,
            replicas=nowhere,
            isr=nowhere,
            offline=nowhere,
        ),
        groups=(),
        commits=CommitTable(group=no_rows, row=no_rows, offset=no_offsets, reported_lag=no_offsets),
    )

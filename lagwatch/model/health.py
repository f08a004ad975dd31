"""
How well a cluster is: columns a broker, numbers of the whole, a score with its parts. Derived from one View. Pure.

As everywhere, what is not known is UNKNOWN (-1) in integers, NaN in floats, None at the edges; it costs no points and is named.
"""

from dataclasses import dataclass, field

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrokerTable:
    """
    One row a broker, sorted by id: those that are up, and those that hold replicas and are not.

    `leaders` and `replicas` count the watched partitions that it leads and holds, `out_of_sync` those of its replicas that are
    not in sync. `preferred` counts the partitions whose preferred leader it is (the first of the replicas), `led_by_others`
    those of them that another broker leads, or none. `produced` is messages a minute to the partitions it leads, as far as
    known. `log_bytes` is the size of everything in its log directories (`dirs`, of which `failed_dirs` are offline), `disk_used`
    the used share of the fullest volume.

    The last three say what would come of its failure: `would_go_offline` counts partitions that would have no leader,
    `would_refuse` those that would go under min ISR (writes with acks=all are refused), `last_copies` those of which nobody else
    has all committed records: they are lost with its disks.
    """

    id: Int32
    up: Bool
    leaders: Int64
    preferred: Int64
    led_by_others: Int64
    replicas: Int64
    out_of_sync: Int64
    produced: Float64
    log_bytes: Int64
    dirs: Int64
    failed_dirs: Int64
    disk_used: Float64
    would_go_offline: Int64
    would_refuse: Int64
    last_copies: Int64

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumState:
    """
    The metadata quorum: how many voters there are, how many of them keep up with the leader, and how many must. `max_lag` is that
    of the voter furthest behind, in records (UNKNOWN while one of them has not fetched); `behind` are those that do not keep up.
    """

    leader: int
    voters: int
    caught_up: int
    majority: int
    max_lag: int
    behind: tuple[int, ...] = ()

    @property
    def can_lose(self) -> int:
        """How many voters may fail before there is no controller any more; negative: there is none."""
        return self.caught_up - self.majority


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """
    One part of the health score: how many points it costs (`lost`, None where that is not known) of how many it may (`most`),
    and why, as a sentence ("" where there is nothing to say).
    """

    name: str
    lost: float | None
    most: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Health:
    """
    The health of one cluster at the moment of one poll.

    `score` is 100 minus what the parts cost, at least 0; None where not even the state of the partitions is known. Numbers of
    partitions: `at_min_isr` have as many replicas in sync as min.insync.replicas asks for and not one more, `unrecoverable` are
    offline and have neither an in-sync nor an eligible replica left, `single_copy` have one replica, `single_rack` have all
    replicas (two or more) in one rack. `unclean_topics` allow unclean elections. `reassigning` partitions are being moved.
    `open_transactions` are known to coordinators, the oldest for `oldest_transaction_s`; producers of `hung_transactions` hold a
    partition and no coordinator will end that.

    `preferred_imbalance` is the share of partitions that their preferred leader does not lead. The skews say by what share the most
    loaded broker is above the mean of those that are up: by number of leaders, by messages a minute produced to it, by log size.
    `topic_bytes` (one entry a topic of the snapshot) is the size of all replicas of its partitions.
    """

    brokers: BrokerTable
    score: float | None = None
    parts: tuple[ScorePart, ...] = ()
    at_min_isr: int = UNKNOWN
    unrecoverable: int = UNKNOWN
    single_copy: int = UNKNOWN
    single_rack: int = UNKNOWN
    unclean_topics: int = UNKNOWN
    reassigning: int = UNKNOWN
    open_transactions: int = UNKNOWN
    oldest_transaction_s: float = float("nan")
    hung_transactions: int = UNKNOWN
    preferred_imbalance: float = float("nan")
    leader_skew: float = float("nan")
    produce_skew: float = float("nan")
    size_skew: float = float("nan")
    quorum: QuorumState | None = None
    topic_bytes: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The parts of the score that are not known: it may be lower than it says."""
        return tuple(part.name for part in self.parts if part.lost is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    What would come of the failure of one broker, by name: partitions as "topic/number", sorted, at most as many as were asked
    for (the numbers are in BrokerTable). `ends_quorum`: without it there is no controller; None where that is unknown.
    """

    broker: int
    would_go_offline: tuple[str, ...] = ()
    would_refuse: tuple[str, ...] = ()
    last_copies: tuple[str, ...] = ()
    ends_quorum: bool | None = None

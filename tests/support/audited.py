"""A cluster that an audit has nothing to say of, and ways to spoil it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lagwatch.model.details import (
    Details,
    Features,
    LogDir,
    LogDirs,
    Part,
    Quorum,
    QuorumNode,
    ReplicaSizes,
    Transaction,
    Transactions,
)
from lagwatch.model.snapshot import Assigned, Broker, Gap, Group, Member, Snapshot
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic, view

DAY_S = 86_400.0
LONG_MAX = str(2**63 - 1)

TOPIC = {
    "cleanup.policy": "delete",
    "retention.ms": "604800000",
    "retention.bytes": "-1",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": "1048588",
    "min.cleanable.dirty.ratio": "0.5",
    "delete.retention.ms": "86400000",
    "max.compaction.lag.ms": "604800000",
    "segment.ms": "604800000",
    "leader.replication.throttled.replicas": "",
    "follower.replication.throttled.replicas": "",
}
BROKER = {
    "auto.create.topics.enable": "false",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "message.max.bytes": "1048588",
    "replica.fetch.max.bytes": "1048576",
    "socket.request.max.bytes": "104857600",
    "transaction.max.timeout.ms": "900000",
    "offsets.retention.minutes": "10080",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "log.cleaner.enable": "true",
    "controlled.shutdown.enable": "true",
    "auto.leader.rebalance.enable": "true",
    "num.partitions": "3",
}
MEMBERS = tuple(
    Member(
        id=f"m{number}",
        client_id=f"billing-{number}",
        host="/10.0.0.7",
        instance_id=f"billing-{number}",
        rack="a",
        epoch=3,
        assigned=(Assigned("orders", partitions),),
        target=(Assigned("orders", partitions),),
    )
    for number, partitions in enumerate([(0, 1), (2,)])
)
BILLING = Group(
    name="billing", type="consumer", state="Stable", protocol="uniform", coordinator=1, member_count=2, members=MEMBERS
)


def good(
    *,
    topics: Mapping[str, Mapping[str, str]] | None = None,
    own: Mapping[str, Sequence[str]] | None = None,
    brokers: Mapping[str, str] | None = None,
    one_broker: Mapping[str, str] | None = None,
    racks: Mapping[int, str | None] | None = None,
    replicas: Mapping[str, Sequence[int]] | None = None,
    groups: Sequence[Group] = (BILLING,),
    committed: Mapping[str, Mapping[str, Sequence[int | None]]] | None = None,
    leave_out: Sequence[str] = (),
    gaps: Sequence[Gap] = (),
    **details: object,
) -> View:
    """
    The view of a well-set cluster with three brokers, or as many as `racks` has.

    `topics` changes or adds settings of topics (with `own` those that are theirs), `brokers` those of all brokers, `one_broker`
    those of broker 3; `replicas` are the replicas of all partitions of a topic; `details` replaces parts of the details.
    """
    names = {"orders": {}, "__consumer_offsets": {"cleanup.policy": "compact"}, **(topics or {})}
    shapes = {
        name: topic(*[(0, 100)] * 3, replicas=(replicas or {}).get(name, (1, 2, 3)), isr=(1, 2, 3))
        | {"internal": name.startswith("__")}
        for name in names
        if name not in leave_out
    }
    made = {one.name: group({"orders": [100, 100, 100]}, members=one.member_count) for one in groups}
    for name, commits in (committed or {}).items():
        made[name] = group(commits)
    facts = snapshot(shapes, made, cluster_id="c1", gaps=tuple(gaps))
    config = {name: TOPIC | dict(changes) for name, changes in names.items() if name not in leave_out}
    where = {1: "a", 2: "b", 3: "c"} if racks is None else {1: None, 2: None, 3: None, **racks}
    settings = {number: BROKER | dict(brokers or {}) for number in where}
    settings[3] |= dict(one_broker or {})
    facts = replace(
        facts,
        brokers=tuple(Broker(id=n, host=f"kafka-{n}", port=9092, rack=rack) for n, rack in where.items()),
        groups=tuple(sorted(groups, key=lambda one: one.name)),
        details=_details(config, own or {}, settings, details),
    )
    return view(facts)


def _details(
    config: Mapping[str, Mapping[str, str]],
    own: Mapping[str, Sequence[str]],
    settings: Mapping[int, Mapping[str, str]],
    parts: Mapping[str, object],
) -> Details:
    voters = tuple(QuorumNode(id=number, log_end=10, lag=0) for number in (1, 2, 3))
    whole = {
        "log_dirs": log_dirs(),
        "transactions": Transactions(),
        "reassignments": (),
        "quorum": Quorum(leader=1, epoch=1, high_watermark=10, voters=voters),
        "elr": (),
        "features": Features(finalized={"group.version": 1}),
        "broker_config": settings,
        "topic_config": config,
        "topic_overrides": {name: frozenset(own.get(name, ())) for name in config},
        **parts,
    }
    return Details(**{name: None if value is None else Part(value=value, read_at=T0) for name, value in whole.items()})


def log_dirs(**changes: object) -> LogDirs:
    """The log directory of each broker; `changes` are those of broker 2's."""
    nothing = np.empty(0, np.int32)
    sizes = ReplicaSizes(
        topics=(),
        topic=nothing,
        partition=nothing,
        broker=nothing,
        directory=nothing,
        size=np.empty(0, np.int64),
        offset_lag=np.empty(0, np.int64),
        future=nothing,
    )
    dirs = [LogDir(broker=n, path="/var/lib/kafka", total_bytes=1000, usable_bytes=500) for n in (1, 2, 3)]
    dirs[1] = replace(dirs[1], **changes)  # type: ignore[arg-type]
    return LogDirs(brokers=(1, 2, 3), dirs=tuple(dirs), replicas=sizes)


def transaction(timeout_s: float) -> Transactions:
    """One open transaction."""
    return Transactions(
        ongoing=(Transaction(transactional_id="ledger", producer_id=1, state="Ongoing", timeout_s=timeout_s),)
    )


def behind(seen: View, seconds: float) -> View:
    """Every pair is so many seconds behind."""
    many = len(seen.pairs)
    pairs = replace(seen.pairs, time_lag_s=np.full(many, seconds), time_lag_bound=np.zeros(many, np.bool_))
    return replace(seen, pairs=pairs)


def unread(seen: View, share: float) -> View:
    """Of every pair this share of what is retained is unread, and the oldest is being deleted."""
    return replace(seen, pairs=replace(seen.pairs, retained_share=np.full(len(seen.pairs), share)))


def flowing(seen: View) -> View:
    """Every topic takes in a thousand messages a minute."""
    return replace(seen, topics=replace(seen.topics, produced=np.full(len(seen.snapshot.topics), 1000.0)))


def gone(seen: View, seconds: float) -> View:
    """Every group has had no members for so long."""
    return replace(seen, groups=replace(seen.groups, members_gone_s=np.full(len(seen.snapshot.groups), seconds)))


def without_details(seen: Snapshot) -> Snapshot:
    """The same, before any slow fact was read."""
    return replace(seen, details=None)

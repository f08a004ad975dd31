"""Brokers: what topics inherit from them, and what they do on their own. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit.commands import in_properties, set_brokers, set_topic
from lagwatch.analyze.audit.facts import GOOD_REPLICATION, Facts
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import plural

EQUAL = (
    "auto.create.topics.enable",
    "compression.type",
    "default.replication.factor",
    "delete.topic.enable",
    "log.retention.bytes",
    "log.retention.hours",
    "log.retention.ms",
    "log.segment.bytes",
    "message.max.bytes",
    "min.insync.replicas",
    "num.partitions",
    "offsets.retention.minutes",
    "replica.fetch.max.bytes",
    "transaction.max.timeout.ms",
    "unclean.leader.election.enable",
)
"""Settings that should be the same on all brokers: which broker a topic's leader is on must not matter."""


def ids(brokers: list[int]) -> str:
    """
    Brokers as a subject.

    >>> ids([1]), ids([1, 2, 5])
    ('broker 1', 'brokers 1, 2, 5')
    """
    return f"broker{'s' if len(brokers) > 1 else ''} {', '.join(map(str, brokers))}"


def having(facts: Facts, name: str, value: str) -> list[int]:
    """The brokers on which a setting has this value."""
    return [broker for broker, found in facts.brokers_with(name) if found == value]


def _auto_create(facts: Facts) -> Iterator[Hit]:
    if found := having(facts, "auto.create.topics.enable", "true"):
        count = facts.broker_number("num.partitions")
        shape = f"{plural(count or 1, 'partition')}, {plural(facts.broker_number('default.replication.factor') or 1, 'replica')}"
        seen = f"auto.create.topics.enable=true: a client that misspells a topic makes one ({shape})."
        yield Hit(ids(found), seen, in_properties("auto.create.topics.enable", "false"))


def _unclean(facts: Facts) -> Iterator[Hit]:
    name = "unclean.leader.election.enable"
    if found := having(facts, name, "true"):
        count = _inheriting(facts, name)
        seen = (
            f"{name}=true, which {plural(count, 'topic')} inherit{'s' if count == 1 else ''}: replicas that "
            "lack records may lead."
        )
        yield Hit(ids(found), seen, set_brokers(facts, name, "false"))


def _default_replication(facts: Facts) -> Iterator[Hit]:
    name = "default.replication.factor"
    low = [broker for broker, value in facts.brokers_with(name) if value.isdecimal() and int(value) < facts.replication]
    if low:
        seen = f"{name}={facts.broker_number(name)}: topics that do not ask for more are made with so few replicas."
        yield Hit(ids(low), seen, in_properties(name, facts.replication))


def _min_insync_one(facts: Facts) -> Iterator[Hit]:
    name = "min.insync.replicas"
    found = having(facts, name, "1")
    if found and facts.replication >= GOOD_REPLICATION:
        count = _inheriting(facts, name)
        seen = (
            f"{name}=1, which {plural(count, 'topic')} inherit{'s' if count == 1 else ''}: with acks=all the "
            "leader alone may acknowledge."
        )
        yield Hit(ids(found), seen, "\n".join([*_spared(facts, name), set_brokers(facts, name, 2)]))


def _spared(facts: Facts, name: str) -> Iterator[str]:
    """First what keeps topics writable that have too few replicas for two in sync, and would inherit that."""
    for topic in facts.snapshot.topics.names:
        count = facts.replicas(topic)
        inherits = facts.details.topic_overrides is None or not facts.is_own(topic, name)
        if count is not None and count < GOOD_REPLICATION and inherits:
            yield set_topic(facts, topic, name, 1)


def _min_insync_all(facts: Facts) -> Iterator[Hit]:
    least, count = facts.broker_number("min.insync.replicas"), facts.broker_number("default.replication.factor")
    if least is not None and count is not None and least >= count and least > 1:
        low = [broker for broker, _ in facts.brokers_with("min.insync.replicas")]
        seen = (
            f"min.insync.replicas={least} and default.replication.factor={count}: a new topic cannot be "
            "written while a broker is away."
        )
        yield Hit(ids(low), seen, set_brokers(facts, "min.insync.replicas", max(count - 1, 1)))


def _differ(facts: Facts) -> Iterator[Hit]:
    for name in EQUAL:
        values = dict(facts.brokers_with(name))
        if len(set(values.values())) > 1:
            by_value = {value: [b for b, v in values.items() if v == value] for value in sorted(set(values.values()))}
            seen = "; ".join(f"{value} on {ids(some)}" for value, some in by_value.items())
            most = max(by_value, key=lambda value: len(by_value[value]))
            yield Hit(name, f"{name} is {seen}.", in_properties(name, most))


def _cleaner(facts: Facts) -> Iterator[Hit]:
    if found := having(facts, "log.cleaner.enable", "false"):
        seen = "log.cleaner.enable=false: nothing is compacted, __consumer_offsets neither; it grows without end."
        yield Hit(ids(found), seen, in_properties("log.cleaner.enable", "true"))


def _controlled(facts: Facts) -> Iterator[Hit]:
    if found := having(facts, "controlled.shutdown.enable", "false"):
        seen = "controlled.shutdown.enable=false: a restart takes leaders away instead of handing them over."
        yield Hit(ids(found), seen, in_properties("controlled.shutdown.enable", "true"))


def _rebalance(facts: Facts) -> Iterator[Hit]:
    if found := having(facts, "auto.leader.rebalance.enable", "false"):
        seen = "auto.leader.rebalance.enable=false: after a restart a broker leads nothing until somebody moves leaders back."
        yield Hit(ids(found), seen, in_properties("auto.leader.rebalance.enable", "true"))


def _racks(facts: Facts) -> Iterator[Hit]:
    without = [broker.id for broker in facts.brokers if not broker.rack]
    if facts.racks and without:
        seen = (
            f"has no broker.rack, and {plural(len(facts.racks), 'other')} have one: Kafka refuses to spread "
            "new topics over racks."
        )
        yield Hit(ids(without), seen, in_properties("broker.rack", "<rack, zone or host of this broker>"))


def _inheriting(facts: Facts, name: str) -> int:
    """How many topics have the brokers' value of a setting."""
    part = facts.details.topic_overrides
    return sum(name not in own for own in part.value.values()) if part is not None else len(facts.topics)


RULES = (
    Judged(
        AuditRule(
            id="broker-auto-create-topics",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Topics are made by whoever names them",
            check="auto.create.topics.enable=true.",
            why="A misspelt name makes a topic with default settings, where records get lost unseen; deleted topics come back.",
            mend="auto.create.topics.enable=false in server.properties, and topics made on purpose.",
        ),
        _auto_create,
    ),
    Judged(
        AuditRule(
            id="broker-unclean-election",
            level=Level.ERROR,
            kind=Kind.BROKER,
            title="Unclean leader election by default",
            check="unclean.leader.election.enable=true on a broker.",
            why="A replica that was not in sync may become leader; acknowledged records that it lacks are gone.",
            mend="Turn it off for the whole cluster while it runs; allow it for single topics where that is meant.",
        ),
        _unclean,
    ),
    Judged(
        AuditRule(
            id="broker-default-replication",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Topics get too few replicas by default",
            check="default.replication.factor is below three (or below the number of brokers).",
            why="Whoever makes a topic without saying how many replicas gets one that a single fault takes away.",
            mend="default.replication.factor=3 in server.properties.",
        ),
        _default_replication,
    ),
    Judged(
        AuditRule(
            id="broker-min-insync-one",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="min.insync.replicas=1 by default",
            check="min.insync.replicas=1 on a broker, and the cluster has at least three.",
            why="With acks=all a write is acknowledged although only the leader has it; all topics inherit "
            "that, __consumer_offsets too.",
            mend="min.insync.replicas=2 for the whole cluster while it runs; before that, 1 for topics with fewer than three "
            "replicas, which would otherwise stop taking writes when one broker is away.",
        ),
        _min_insync_one,
    ),
    Judged(
        AuditRule(
            id="broker-min-insync-all",
            level=Level.ERROR,
            kind=Kind.BROKER,
            title="min.insync.replicas leaves new topics no room",
            check="min.insync.replicas is not below default.replication.factor, and more than 1.",
            why="Topics made with the defaults cannot be written with acks=all as soon as one broker is away.",
            mend="One less than default.replication.factor.",
        ),
        _min_insync_all,
    ),
    Judged(
        AuditRule(
            id="broker-settings-differ",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Brokers with different settings",
            check=f"One of these is not the same on all brokers: {', '.join(EQUAL)}.",
            why="What a topic does then depends on which broker leads it, or made it; it changes with every election.",
            mend="The value that most brokers have, in server.properties (a dynamic setting: kafka-configs.sh --entity-default).",
        ),
        _differ,
    ),
    Judged(
        AuditRule(
            id="broker-cleaner-off",
            level=Level.ERROR,
            kind=Kind.BROKER,
            title="No log cleaner",
            check="log.cleaner.enable=false.",
            why="Compacted topics are never compacted; __consumer_offsets grows until its disk is full and "
            "takes ever longer to load.",
            mend="log.cleaner.enable=true in server.properties.",
        ),
        _cleaner,
    ),
    Judged(
        AuditRule(
            id="broker-controlled-shutdown-off",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="No controlled shutdown",
            check="controlled.shutdown.enable=false.",
            why="With every restart partitions are without a leader until the controller notices.",
            mend="controlled.shutdown.enable=true in server.properties.",
        ),
        _controlled,
    ),
    Judged(
        AuditRule(
            id="broker-leader-rebalance-off",
            level=Level.NOTE,
            kind=Kind.BROKER,
            title="Leaders do not come back by themselves",
            check="auto.leader.rebalance.enable=false.",
            why="After a rolling restart the last broker leads nothing, and the others lead too much.",
            mend="auto.leader.rebalance.enable=true in server.properties, or kafka-leader-election.sh after each restart.",
        ),
        _rebalance,
    ),
    Judged(
        AuditRule(
            id="broker-rack-missing",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Some brokers have no rack",
            check="Some brokers have broker.rack, and others have none.",
            why="Kafka spreads replicas over racks only if every broker has one.",
            mend="broker.rack in server.properties of the brokers that are named.",
        ),
        _racks,
    ),
)

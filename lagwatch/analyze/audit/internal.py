"""Kafka's own topics: offsets of groups, states of transactions and share groups. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit.commands import in_properties, set_topic
from lagwatch.analyze.audit.facts import GOOD_REPLICATION, Facts
from lagwatch.analyze.audit.logs import policy
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.analyze.audit.topics import more_replicas
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import plural

OFFSETS, TRANSACTIONS, SHARES = "__consumer_offsets", "__transaction_state", "__share_group_state"

_HOLD = {
    OFFSETS: "the committed offsets of all groups",
    TRANSACTIONS: "the states of all transactions",
    SHARES: "the states of all share groups",
}
_SETTINGS = {
    OFFSETS: ("offsets.topic.replication.factor", ""),
    TRANSACTIONS: ("transaction.state.log.replication.factor", "transaction.state.log.min.isr"),
    SHARES: ("share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"),
}
"""What brokers use when they make these topics: for the replicas, and for min.insync.replicas."""


def present(facts: Facts) -> list[str]:
    """Those that are there and are watched."""
    return [topic for topic in _HOLD if topic in facts.places]


def _replication(facts: Facts) -> Iterator[Hit]:
    for topic in present(facts):
        count = facts.replicas(topic)
        if count is not None and count < facts.replication:
            seen = (
                f"holds {_HOLD[topic]}, and has {plural(count, 'replica')} where this cluster has brokers "
                f"for {facts.replication}."
            )
            yield Hit(topic, seen, more_replicas(facts, topic), Level.ERROR if count == 1 else None)


def _min_insync(facts: Facts) -> Iterator[Hit]:
    for topic in present(facts):
        count = facts.replicas(topic)
        one = facts.topic_number(topic, "min.insync.replicas") == 1 and facts.is_own(topic, "min.insync.replicas")
        if one and count is not None and count >= GOOD_REPLICATION:
            seen = f"holds {_HOLD[topic]}, and min.insync.replicas=1: a write that only the leader has counts as safe."
            yield Hit(topic, seen, set_topic(facts, topic, "min.insync.replicas", 2))


def _compacted(facts: Facts) -> Iterator[Hit]:
    for topic in present(facts):
        how = policy(facts, topic)
        wanted = {"compact"} if topic != SHARES else {"delete"}
        if how and how != wanted:
            seen = (
                f"holds {_HOLD[topic]}, and has cleanup.policy={','.join(sorted(how))}: what is older than "
                "its retention is forgotten."
            )
            if topic == SHARES:
                seen = f"holds {_HOLD[topic]}, which the brokers prune themselves, and has cleanup.policy={','.join(sorted(how))}."
            yield Hit(topic, seen, set_topic(facts, topic, "cleanup.policy", next(iter(wanted))))


def _to_come(facts: Facts) -> Iterator[Hit]:
    for topic, (replicas, min_insync) in _SETTINGS.items():
        if topic in facts.places:
            continue
        count = facts.broker_number(replicas)
        if count is not None and count < facts.replication:
            seen = (
                f"{replicas}={count}: {topic}, when it is made, has fewer replicas than this cluster has brokers for."
            )
            yield Hit(replicas, seen, in_properties(replicas, facts.replication), Level.ERROR if count == 1 else None)
        least = facts.broker_number(min_insync)
        if least == 1 and facts.replication >= GOOD_REPLICATION:
            seen = f"{min_insync}=1: in {topic}, when it is made, a write that only the leader has counts as safe."
            yield Hit(min_insync, seen, in_properties(min_insync, 2))


RULES = (
    Judged(
        AuditRule(
            id="internal-replication-low",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="An internal topic with too few replicas",
            check="__consumer_offsets, __transaction_state or __share_group_state has fewer replicas than three (or than there are "
            "brokers); with one replica it is an error.",
            why="While its broker is away the groups whose offsets are there cannot commit, and transactions cannot end; if the "
            "disk is lost, groups start over or skip what they have not read.",
            mend="More replicas: the command adds them on the brokers that hold least, over the racks that there are.",
        ),
        _replication,
    ),
    Judged(
        AuditRule(
            id="internal-min-insync-one",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="min.insync.replicas=1 on an internal topic",
            check="An internal topic has three replicas or more, and min.insync.replicas=1 of its own.",
            why="A commit or the end of a transaction is acknowledged although only one broker has it.",
            mend="min.insync.replicas=2.",
        ),
        _min_insync,
    ),
    Judged(
        AuditRule(
            id="internal-cleanup-policy",
            level=Level.ERROR,
            kind=Kind.TOPIC,
            title="An internal topic with a cleanup policy that is not its own",
            check="cleanup.policy of __consumer_offsets or __transaction_state is not compact, or that of "
            "__share_group_state not delete.",
            why="With delete, committed offsets that are older than the retention are gone, although their groups live.",
            mend="The policy that Kafka makes the topic with.",
        ),
        _compacted,
    ),
    Judged(
        AuditRule(
            id="internal-replication-to-come",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Internal topics will be made with too few replicas",
            check="offsets.topic.replication.factor, transaction.state.log.replication.factor, "
            "share.coordinator.state.topic.replication."
            "factor or their min.isr are too low, and the topic is not there yet (or internal topics are not watched).",
            why="The settings count when the topic is made, at the first commit, transaction or share group; "
            "later they change nothing.",
            mend="The setting in server.properties, before the topic is made.",
        ),
        _to_come,
    ),
)

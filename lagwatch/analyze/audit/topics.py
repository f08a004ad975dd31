"""Topics: whether what is written to them survives, and stays writable. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit.commands import reassign, set_topic, unset_topic
from lagwatch.analyze.audit.facts import GOOD_REPLICATION, Facts
from lagwatch.analyze.audit.placing import in_one_rack, placed
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import plural

_THROTTLES = ("leader.replication.throttled.replicas", "follower.replication.throttled.replicas")


def more_replicas(facts: Facts, topic: str) -> str:
    """The command that gives all partitions of a topic as many replicas as they should have, and spreads them over racks."""
    held = dict(facts.replicas_held)
    return _moved(facts, topic, facts.replication, held)


def _moved(facts: Facts, topic: str, wanted: int, held: dict[int, int]) -> str:
    moved = {}
    for partition, row in enumerate(facts.rows(topic)):
        now = facts.snapshot.partitions.replicas.of(row)
        then = placed(now, wanted, facts.racks, held)
        if now and then != now:
            moved[partition] = then
    return reassign(facts, topic, moved)


def _single(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        if facts.replicas(topic) == 1 < facts.replication:
            seen = (
                f"has a single replica: what is on that broker's disk is all there is of {_partitions(facts, topic)}."
            )
            yield Hit(topic, seen, more_replicas(facts, topic))


def _few(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        count = facts.replicas(topic)
        if count is not None and 1 < count < facts.replication:
            seen = f"has {count} replicas where this cluster has brokers for {facts.replication}."
            yield Hit(topic, seen, more_replicas(facts, topic))


def _uneven(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        rows = facts.rows(topic)
        counts = {int(count) for count in facts.replica_counts[rows.start : rows.stop] if count > 0}
        if len(counts) > 1 and min(counts) >= facts.replication:
            most = max(counts)
            seen = f"has partitions with {' and '.join(map(str, sorted(counts)))} replicas."
            yield Hit(topic, seen, _moved(facts, topic, most, dict(facts.replicas_held)))


def _min_insync_one(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        count = facts.replicas(topic)
        one = facts.topic_number(topic, "min.insync.replicas") == 1
        if one and count is not None and count >= GOOD_REPLICATION and facts.is_own(topic, "min.insync.replicas"):
            seen = (
                f"has {count} replicas and min.insync.replicas=1: acks=all waits for the leader alone when "
                "it is the only one in sync."
            )
            yield Hit(topic, seen, set_topic(facts, topic, "min.insync.replicas", 2))


def _min_insync_all(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        count, least = facts.replicas(topic), facts.topic_number(topic, "min.insync.replicas")
        if count is not None and least is not None and least >= count and least > 1:
            when = "it can never be written" if least > count else "it can no longer be written once a broker is away"
            seen = f"has min.insync.replicas={least} and {plural(count, 'replica')}: with acks=all {when}."
            yield Hit(topic, seen, set_topic(facts, topic, "min.insync.replicas", max(count - 1, 1)))


def _unclean(facts: Facts) -> Iterator[Hit]:
    name = "unclean.leader.election.enable"
    for topic in facts.users_topics:
        if facts.topics.get(topic, {}).get(name) == "true" and facts.is_own(topic, name):
            seen = "lets a replica that is behind become leader: what it lacks is lost, and nobody is told."
            yield Hit(topic, seen, set_topic(facts, topic, name, "false"))


def _one_rack(facts: Facts) -> Iterator[Hit]:
    if len(set(facts.racks.values())) < 2:
        return
    for topic in facts.snapshot.topics.names:
        replicas = [facts.snapshot.partitions.replicas.of(row) for row in facts.rows(topic)]
        together = [number for number, some in enumerate(replicas) if len(some) > 1 and in_one_rack(some, facts.racks)]
        if together:
            rack = facts.racks[replicas[together[0]][0]]
            many = plural(len(together), "partition")
            seen = f"has all replicas of {many} in one rack each (partition {together[0]}: {rack})."
            moved = _moved(facts, topic, facts.replicas(topic) or 1, dict(facts.replicas_held))
            yield Hit(topic, seen, moved)


def _throttled(facts: Facts) -> Iterator[Hit]:
    part = facts.details.reassignments
    if part is None:
        return
    moving = {each.topic for each in part.value}
    for topic, settings in facts.topics.items():
        left = [name for name in _THROTTLES if settings.get(name) and facts.is_own(topic, name)]
        if left and topic not in moving:
            seen = "has a replication throttle left over from a reassignment that is done."
            yield Hit(topic, seen, unset_topic(facts, topic, left))


def _partitions(facts: Facts, topic: str) -> str:
    many = len(facts.rows(topic))
    return "its partition" if many == 1 else f"its {many:,} partitions"


RULES = (
    Judged(
        AuditRule(
            id="topic-single-replica",
            level=Level.ERROR,
            kind=Kind.TOPIC,
            title="One replica",
            check="A partition of the topic has one replica, and the cluster has more than one broker.",
            why="While its broker is away the partition can neither be read nor written, and what its disk loses is lost.",
            mend="More replicas: the command adds them on the brokers that hold least, over the racks that there are.",
        ),
        _single,
    ),
    Judged(
        AuditRule(
            id="topic-replication-low",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="Fewer than three replicas",
            check="A partition of the topic has two replicas, and the cluster has at least three brokers.",
            why="With two replicas a broker in maintenance leaves one: either writes stop, or one fault loses them.",
            mend="More replicas: the command adds them on the brokers that hold least, over the racks that there are.",
        ),
        _few,
    ),
    Judged(
        AuditRule(
            id="topic-replication-uneven",
            level=Level.NOTE,
            kind=Kind.TOPIC,
            title="Partitions with different numbers of replicas",
            check="Partitions of the topic have different numbers of replicas, all of them enough.",
            why="That is usually what an interrupted reassignment left behind.",
            mend="The same number for all: the command gives each partition as many as the one with most has.",
        ),
        _uneven,
    ),
    Judged(
        AuditRule(
            id="topic-min-insync-one",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="min.insync.replicas=1 on a replicated topic",
            check="The topic has three replicas or more, and min.insync.replicas=1 of its own (see "
            "broker-min-insync-one for the default, unless brokers hide theirs).",
            why="With acks=all a write is acknowledged although only the leader has it; if that broker is then "
            "lost, so is the write.",
            mend="min.insync.replicas=2; a write then waits for a second replica, and one broker may still be away.",
        ),
        _min_insync_one,
    ),
    Judged(
        AuditRule(
            id="topic-min-insync-all",
            level=Level.ERROR,
            kind=Kind.TOPIC,
            title="min.insync.replicas leaves no room",
            check="min.insync.replicas is not below the number of replicas, and more than 1.",
            why="As soon as one broker is away, for a fault or a restart, producers with acks=all are refused; above the number of "
            "replicas they always are.",
            mend="One less than there are replicas.",
        ),
        _min_insync_all,
    ),
    Judged(
        AuditRule(
            id="topic-unclean-election",
            level=Level.ERROR,
            kind=Kind.TOPIC,
            title="Unclean leader election",
            check="unclean.leader.election.enable=true is the topic's own (see broker-unclean-election for the "
            "default, unless brokers hide theirs).",
            why="A replica that was not in sync may become leader; acknowledged records that it lacks are "
            "gone, and offsets are used twice.",
            mend="Turn it off; for a topic where availability matters more than its data, suppress this finding.",
        ),
        _unclean,
    ),
    Judged(
        AuditRule(
            id="topic-one-rack",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="All replicas in one rack",
            check="All replicas of a partition are in one rack, and brokers are in several.",
            why="When the rack (zone) fails, all of its replicas do.",
            mend="Move one replica to another rack; the command says which.",
        ),
        _one_rack,
    ),
    Judged(
        AuditRule(
            id="topic-throttle-left",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="A forgotten replication throttle",
            check="The topic lists throttled replicas and none of its partitions is being reassigned.",
            why="The throttle was for a reassignment that is done; it now slows down ordinary replication after a restart.",
            mend="Remove it (kafka-reassign-partitions.sh --verify does so, too).",
        ),
        _throttled,
    ),
)

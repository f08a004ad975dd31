"""Groups: how they share partitions, what a restart costs them, and whether Kafka forgets them. Pure."""

import math
from collections.abc import Iterator

import numpy as np

from lagwatch.analyze.audit.commands import delete_group, describe_groups, in_clients, in_properties
from lagwatch.analyze.audit.facts import Facts
from lagwatch.analyze.audit.logs import policy
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.kinds import rebalance_protocol
from lagwatch.model.snapshot import Group
from lagwatch.model.words import duration, plural

_CONSUMERS = ("classic", "consumer")
_EXPIRY = 0.5
"""The share of offsets.retention.minutes after which an idle group is told."""

COOPERATIVE = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"


def live(facts: Facts) -> Iterator[tuple[int, Group]]:
    """The groups of consumers whose members are known and not none."""
    for place, group in enumerate(facts.snapshot.groups):
        if group.type in _CONSUMERS and group.protocol_type in ("", "consumer") and group.members:
            yield place, group


def _topics(group: Group) -> set[str]:
    return {part.topic for member in group.members for part in member.assigned}


def _room(facts: Facts, group: Group) -> int | None:
    """How many partitions there are to share out; None if that is not known."""
    topics = _topics(group)
    known = group.assigned_known and topics and topics <= facts.places.keys()
    return sum(len(facts.rows(topic)) for topic in topics) if known else None


def _too_many(facts: Facts) -> Iterator[Hit]:
    for _, group in live(facts):
        room = _room(facts, group)
        if room is not None and group.member_count > room:
            seen = (
                f"has {group.member_count} members for {plural(room, 'partition')}: "
                f"{group.member_count - room} of them do nothing."
            )
            yield Hit(group.name, seen, describe_groups(facts, group.name))


def _idle(facts: Facts) -> Iterator[Hit]:
    for _, group in live(facts):
        room = _room(facts, group)
        idle = [member for member in group.members if not member.assigned]
        if room is not None and group.state == "Stable" and idle and group.member_count <= room:
            who = ", ".join(member.client_id or member.id for member in idle[:3])
            seen = (
                f"has {plural(len(idle), 'member')} without a partition ({who}), although there are {room} "
                f"for {group.member_count}."
            )
            yield Hit(group.name, seen, describe_groups(facts, group.name))


def _eager(facts: Facts) -> Iterator[Hit]:
    for _, group in live(facts):
        if rebalance_protocol(group) == "eager" and group.member_count > 1:
            seen = f'uses the assignor "{group.protocol}": whenever a member comes or goes, all {group.member_count} stop reading.'
            yield Hit(
                group.name, seen, in_clients({"partition.assignment.strategy": f"{COOPERATIVE}  # Java"}) + _elsewhere()
            )


def _elsewhere() -> str:
    return "\npartition.assignment.strategy=cooperative-sticky  # librdkafka"


def _classic(facts: Facts) -> Iterator[Hit]:
    if not facts.feature("group.version"):
        return
    for _, group in live(facts):
        if group.type == "classic" and group.protocol != "stream":
            seen = "uses the classic protocol, and this cluster has the new one (KIP-848), in which only moved partitions wait."
            yield Hit(group.name, seen, in_clients({"group.protocol": "consumer"}))


def _static(facts: Facts) -> Iterator[Hit]:
    for _, group in live(facts):
        without = [member for member in group.members if not member.instance_id]
        if without and group.member_count > 1:
            some = "none" if len(without) == len(group.members) else f"only {len(group.members) - len(without)}"
            seen = f"has {group.member_count} members, {some} with a group.instance.id: every restart moves partitions twice."
            yield Hit(group.name, seen, in_clients({"group.instance.id": "<a name that this instance keeps>"}))


def _no_commits(facts: Facts) -> Iterator[Hit]:
    committed = set(np.unique(facts.snapshot.commits.group).tolist())
    produced = facts.view.topics.produced
    for place, group in live(facts):
        topics = _topics(group) & facts.places.keys()
        if not group.known or place in committed or not any(_has_records(facts, topic) for topic in topics):
            continue
        flows = len(produced) > 0 and any(produced[facts.places[topic]] > 0 for topic in topics)
        why = (
            "after a restart it starts over"
            if flows
            else "unless nothing came since it started, it starts over after a restart"
        )
        seen = f"has {plural(group.member_count, 'member')} with partitions and has committed nothing: {why}."
        mend = in_clients({"enable.auto.commit": "false  # and commit after processing"})
        yield Hit(group.name, seen, mend, None if flows else Level.NOTE)


def _has_records(facts: Facts, topic: str) -> bool:
    table, rows = facts.snapshot.partitions, facts.rows(topic)
    return bool((table.end[rows.start : rows.stop] > table.start[rows.start : rows.stop]).any())


def _forgotten(facts: Facts) -> Iterator[Hit]:
    minutes = facts.broker_number("offsets.retention.minutes")
    if minutes is None or minutes <= 0:
        return
    gone = facts.view.groups.members_gone_s
    for place, group in enumerate(facts.snapshot.groups):
        if group.state != "Empty" or group.type not in _CONSUMERS or place >= len(gone):
            continue
        since_s, keeps_s = float(gone[place]), minutes * 60
        if math.isfinite(since_s) and since_s > _EXPIRY * keeps_s:
            left = f"in {duration(keeps_s - since_s)}" if since_s < keeps_s else "any time now"
            seen = f"has had no members for {duration(since_s)}: what it has committed is deleted {left}."
            yield Hit(group.name, seen, _keep_or_delete(facts, group.name, minutes))
        elif not math.isfinite(since_s) and facts.view.groups.lag_sum[place] > 0:
            seen = (
                f"has no members, and messages wait; what it has committed is deleted {duration(keeps_s)} "
                "after the last one left."
            )
            yield Hit(group.name, seen, _keep_or_delete(facts, group.name, minutes), Level.NOTE)


def _keep_or_delete(facts: Facts, group: str, minutes: int) -> str:
    keep = in_properties("offsets.retention.minutes", 4 * minutes)
    return (
        f"# to keep it: start its consumers, or\n{keep}\n# if nobody needs it any more:\n{delete_group(facts, group)}"
    )


def _compacted(facts: Facts) -> Iterator[Hit]:
    pairs, names = facts.view.pairs, facts.snapshot.topics.names
    for row in np.flatnonzero(pairs.lag > 0):
        topic = names[int(pairs.topic[row])]
        if "compact" in policy(facts, topic):
            group = facts.snapshot.groups[int(pairs.group[row])].name
            seen = (
                f"is behind on {topic}, which is compacted: its lag of {int(pairs.lag[row]):,} offsets is an "
                "upper bound of the messages."
            )
            yield Hit(group, seen)


RULES = (
    Judged(
        AuditRule(
            id="group-too-many-members",
            level=Level.WARNING,
            kind=Kind.GROUP,
            title="More members than partitions",
            check="A group has more members than its topics have partitions.",
            why="A partition has one reader in a group: the others wait, take part in every rebalance, and help nothing.",
            mend="Fewer members; or more partitions, if one reader a partition is too slow (keyed records then "
            "change their partition).",
        ),
        _too_many,
    ),
    Judged(
        AuditRule(
            id="group-idle-members",
            level=Level.WARNING,
            kind=Kind.GROUP,
            title="Members without a partition",
            check="A stable group has members without a partition, although there are enough for all.",
            why="They read other topics than the rest, or an assignor of their own leaves them out; usually "
            "one of them is an old version.",
            mend="The same subscription for all members; the command shows who has what.",
        ),
        _idle,
    ),
    Judged(
        AuditRule(
            id="group-eager-assignor",
            level=Level.WARNING,
            kind=Kind.GROUP,
            title="Every rebalance stops everybody",
            check="A classic group with more than one member uses an eager assignor (range, roundrobin, sticky).",
            why="All members give up all partitions whenever one comes or goes; lag jumps with every deployment.",
            mend="The cooperative assignor: in Java list it before the old one, restart all members, then "
            "remove the old one and restart "
            "once more (KIP-429); or group.protocol=consumer on Kafka 4.",
        ),
        _eager,
    ),
    Judged(
        AuditRule(
            id="group-classic-protocol",
            level=Level.NOTE,
            kind=Kind.GROUP,
            title="The classic protocol on Kafka 4",
            check="A group uses the classic protocol, and the cluster has group.version 1 or later (KIP-848).",
            why="The new protocol rebalances without a barrier, and brokers show what members own and should own.",
            mend="group.protocol=consumer in all clients (Java 4.0, librdkafka 2.12 or later); groups change "
            "over member by member.",
        ),
        _classic,
    ),
    Judged(
        AuditRule(
            id="group-dynamic-members",
            level=Level.NOTE,
            kind=Kind.GROUP,
            title="No static membership",
            check="A group has more than one member, and some have no group.instance.id.",
            why="With it a member that is back within its session time-out keeps its partitions, and a rolling restart moves none.",
            mend="group.instance.id, different for each instance and the same after its restart.",
        ),
        _static,
    ),
    Judged(
        AuditRule(
            id="group-no-commits",
            level=Level.WARNING,
            kind=Kind.GROUP,
            title="A group that commits nothing",
            check="A group has members with partitions of topics that hold records, and no committed offset; a "
            "note unless records are "
            "known to come in.",
            why="After a restart it begins at auto.offset.reset: it reads everything again, or skips what came "
            "meanwhile; nobody can "
            "see how far it is.",
            mend="Commit after processing. A client that keeps offsets elsewhere (Flink) is an exception: suppress this finding.",
        ),
        _no_commits,
    ),
    Judged(
        AuditRule(
            id="group-offsets-expire",
            level=Level.WARNING,
            kind=Kind.GROUP,
            title="Kafka is about to forget a group",
            check="A group has had no members for more than half of offsets.retention.minutes; a note: it has "
            "none and messages wait, "
            "and lagwatch has not seen since when.",
            why="Once its offsets are deleted it begins at auto.offset.reset.",
            mend="Start it, raise offsets.retention.minutes, or delete it on purpose.",
        ),
        _forgotten,
    ),
    Judged(
        AuditRule(
            id="group-lag-on-compacted",
            level=Level.NOTE,
            kind=Kind.GROUP,
            title="Lag on a compacted topic",
            check="A group is behind on a topic whose cleanup.policy has compact.",
            why="Lag counts offsets; compaction removes records and leaves their offsets, so there are fewer messages to read.",
            mend="Nothing; alerts on such topics need a higher threshold, or time lag.",
        ),
        _compacted,
    ),
)

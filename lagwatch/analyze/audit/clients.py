"""Clients: what brokers tell of them, and what they do not. Pure."""

import re
from collections.abc import Iterator

from lagwatch.analyze.audit.commands import in_clients
from lagwatch.analyze.audit.facts import Facts
from lagwatch.analyze.audit.groups import live
from lagwatch.analyze.audit.limits import LONG_TRANSACTION_MS
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import duration, plural

DEFAULT_IDS = re.compile(r"rdkafka|sarama|kafka-python-.*|aiokafka-.*|kafkajs|kgo|consumer-.*-\d+|segmentio/kafka-go.*")
"""Client ids that libraries give where nobody has set one."""


def _unnamed(facts: Facts) -> Iterator[Hit]:
    for _, group in live(facts):
        found = sorted({member.client_id for member in group.members if DEFAULT_IDS.fullmatch(member.client_id)})
        if found:
            seen = f"has members with the client id of their library ({', '.join(found[:3])}): nobody can tell who they are."
            yield Hit(group.name, seen, in_clients({"client.id": "<application>-<instance>"}))


def _rack(facts: Facts) -> Iterator[Hit]:
    if not any("RackAware" in value for _, value in facts.brokers_with("replica.selector.class")):
        return
    for _, group in live(facts):
        without = sum(not member.rack for member in group.members)
        if group.type == "consumer" and without:
            seen = f"has {plural(without, 'member')} without client.rack, and brokers would let them read from the nearest replica."
            yield Hit(group.name, seen, in_clients({"client.rack": "<rack of this instance>"}))


def _transaction(facts: Facts) -> Iterator[Hit]:
    part = facts.details.transactions
    for each in part.value.ongoing if part is not None else ():
        if each.timeout_s is not None and each.timeout_s * 1000 > LONG_TRANSACTION_MS:
            seen = (
                f"has transaction.timeout.ms={int(each.timeout_s * 1000)}: if it dies, readers wait for "
                f"{duration(each.timeout_s)}."
            )
            yield Hit(each.transactional_id, seen, in_clients({"transaction.timeout.ms": 60_000}))


RULES = (
    Judged(
        AuditRule(
            id="client-unnamed",
            level=Level.NOTE,
            kind=Kind.CLIENT,
            title="Clients without a name",
            check="A member has the client id that its library gives.",
            why="In logs, quotas and this tool, clients of different applications look the same.",
            mend="client.id, with the application and the instance in it.",
        ),
        _unnamed,
    ),
    Judged(
        AuditRule(
            id="client-rack-missing",
            level=Level.NOTE,
            kind=Kind.CLIENT,
            title="Readers that cannot read nearby",
            check="Brokers have a rack-aware replica.selector.class, and members (KIP-848 groups show it) have no client.rack.",
            why="They read from leaders in other zones, which is slower and is paid for.",
            mend="client.rack, spelt as the brokers' broker.rack.",
        ),
        _rack,
    ),
    Judged(
        AuditRule(
            id="client-transaction-timeout",
            level=Level.WARNING,
            kind=Kind.CLIENT,
            title="A producer whose transactions may take very long",
            check="An open transaction has a time-out above 15 minutes.",
            why="If its producer dies, read_committed consumers of its partitions wait for so long.",
            mend="transaction.timeout.ms as short as the longest ordinary transaction allows (a minute is the default).",
        ),
        _transaction,
    ),
)


def _advice(rule: str, title: str, why: str, mend: str) -> AuditRule:
    check = "Never: no client tells a broker. Look at the settings of your clients."
    return AuditRule(
        id=rule, level=Level.NOTE, kind=Kind.CLIENT, title=title, check=check, why=why, mend=mend, advice=True
    )


ADVICE = (
    _advice(
        "advice-acks",
        "Producers: acks=all",
        "With acks=1 or 0 a write is lost when its leader fails before a follower has it, and the producer does not learn of it.",
        "acks=all (the default of Java clients from 3.0, and of librdkafka), together with "
        "min.insync.replicas=2 on three replicas.",
    ),
    _advice(
        "advice-idempotence",
        "Producers: enable.idempotence=true",
        "Without it a retry may write a record twice, or in another order.",
        "enable.idempotence=true (the default of Java clients from 3.0; in librdkafka it must be set).",
    ),
    _advice(
        "advice-manual-commits",
        "Consumers: commit after processing",
        "enable.auto.commit=true commits what was handed out, whether it was processed or not: after a crash "
        "some records are never "
        "processed.",
        "enable.auto.commit=false and a commit after processing; or, in librdkafka, "
        "enable.auto.offset.store=false and store offsets "
        "of what is done.",
    ),
    _advice(
        "advice-poll-interval",
        "Consumers: max.poll.interval.ms above the longest batch",
        "A member that does not poll in time is taken for dead: its partitions move, its commits are refused, and the same records "
        "come again.",
        "Fewer records a poll (max.poll.records) or a longer max.poll.interval.ms; measure the slowest batch.",
    ),
    _advice(
        "advice-read-committed",
        "Consumers of transactional topics: isolation.level=read_committed",
        "Otherwise records of aborted transactions are processed, too.",
        "isolation.level=read_committed (the default of librdkafka; in Java it must be set).",
    ),
    _advice(
        "advice-offset-reset",
        "Consumers: auto.offset.reset on purpose",
        "The default, latest, skips everything when a group's offsets are gone or out of range; nobody is told.",
        "earliest where records must not be missed, none where a person should decide.",
    ),
)
"""What cannot be seen from brokers, for every cluster alike."""

"""Brokers and the cluster: sizes, time-outs, disks, and how many there are. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit.brokers import ids
from lagwatch.analyze.audit.commands import describe_log_dirs, in_properties, set_brokers
from lagwatch.analyze.audit.facts import GOOD_REPLICATION, Facts
from lagwatch.analyze.audit.logs import OVERHEAD
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import duration, plural, size

FREE, LITTLE = 0.15, 0.05
"""Shares of a disk: less free space than this is a warning, or an error."""

LONG_TRANSACTION_MS = 900_000
"""Kafka's own limit, 15 minutes."""

WEEK_MINUTES = 10_080
"""Kafka's own offsets.retention.minutes."""


def _record_size(facts: Facts) -> Iterator[Hit]:
    for broker, settings in sorted(facts.broker_settings.items()):
        largest, fetch, request = (
            int(settings[name]) if settings.get(name, "").isdecimal() else None
            for name in ("message.max.bytes", "replica.fetch.max.bytes", "socket.request.max.bytes")
        )
        if largest is None:
            continue
        if request is not None and largest > request:
            seen = f"message.max.bytes={largest} is above socket.request.max.bytes={request}: such records are refused as requests."
            yield Hit(ids([broker]), seen, set_brokers(facts, "message.max.bytes", request), Level.ERROR)
        elif fetch is not None and largest > fetch + OVERHEAD:
            seen = f"message.max.bytes={largest} is above replica.fetch.max.bytes={fetch}: such records are copied one by one."
            yield Hit(ids([broker]), seen, set_brokers(facts, "message.max.bytes", fetch + OVERHEAD))


def _transactions(facts: Facts) -> Iterator[Hit]:
    name = "transaction.max.timeout.ms"
    long = {b: int(v) for b, v in facts.brokers_with(name) if v.isdecimal() and int(v) > LONG_TRANSACTION_MS}
    if long:
        seen = (
            f"{name}={max(long.values())} ({duration(max(long.values()) / 1000)}): so long a dead producer "
            "can hold back readers."
        )
        yield Hit(ids(list(long)), seen, in_properties(name, LONG_TRANSACTION_MS))


def _offsets_retention(facts: Facts) -> Iterator[Hit]:
    name = "offsets.retention.minutes"
    short = {b: int(v) for b, v in facts.brokers_with(name) if v.isdecimal() and int(v) < WEEK_MINUTES}
    if short:
        after = duration(min(short.values()) * 60)
        seen = (
            f"{name}={min(short.values())}: what a group has committed is deleted {after} after its last member left."
        )
        yield Hit(ids(list(short)), seen, in_properties(name, WEEK_MINUTES))


def _full(facts: Facts) -> Iterator[Hit]:
    part = facts.details.log_dirs
    for each in part.value.dirs if part is not None else ():
        if each.error or each.total_bytes <= 0 or each.usable_bytes < 0:
            continue
        free = each.usable_bytes / each.total_bytes
        if free < FREE:
            seen = f"has {size(each.usable_bytes)} ({free:.0%}) free of {size(each.total_bytes)} in {each.path}."
            yield Hit(
                ids([each.broker]), seen, describe_log_dirs(facts, each.broker), Level.ERROR if free < LITTLE else None
            )


def _failed(facts: Facts) -> Iterator[Hit]:
    part = facts.details.log_dirs
    for each in part.value.dirs if part is not None else ():
        if each.error:
            seen = f"cannot use its log directory {each.path} ({each.error}): the replicas there are offline."
            yield Hit(ids([each.broker]), seen, describe_log_dirs(facts, each.broker))


def _small(facts: Facts) -> Iterator[Hit]:
    count = len(facts.known_brokers)
    if 0 < count < GOOD_REPLICATION:
        seen = f"has {plural(count, 'broker')}: no topic can have three replicas."
        yield Hit("cluster", seen, level=Level.ERROR if count == 1 else None)


def _voters(facts: Facts) -> Iterator[Hit]:
    part = facts.details.quorum
    count = len(part.value.voters) if part is not None else 0
    if 0 < count < GOOD_REPLICATION:
        seen = f"has {plural(count, 'controller')} in its quorum: the loss of one stops all changes of metadata."
        yield Hit("cluster", seen)
    elif count and count % 2 == 0:
        seen = f"has {count} controllers in its quorum: an even number bears no more losses than {count - 1} do."
        yield Hit("cluster", seen, level=Level.NOTE)


def _no_racks(facts: Facts) -> Iterator[Hit]:
    if len(facts.brokers) >= GOOD_REPLICATION and not facts.racks:
        seen = "has no racks: Kafka cannot tell which brokers fail together, and readers cannot read from the nearest replica."
        yield Hit("cluster", seen, in_properties("broker.rack", "<rack, zone or host of this broker>"))


RULES = (
    Judged(
        AuditRule(
            id="broker-record-size",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Records larger than replicas fetch",
            check="message.max.bytes is above replica.fetch.max.bytes (and the 12 bytes of a batch's header); above "
            "socket.request.max.bytes it is an error.",
            why="Followers copy such records one at a time and fall out of sync; above the size of a request "
            "nobody can write them.",
            mend="A smaller message.max.bytes while the cluster runs; or a larger replica.fetch.max.bytes in "
            "server.properties first.",
        ),
        _record_size,
    ),
    Judged(
        AuditRule(
            id="broker-transaction-timeout",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Transactions may take very long",
            check="transaction.max.timeout.ms is above 15 minutes, Kafka's default.",
            why="A producer that dies with an open transaction holds back all read_committed consumers of its "
            "partitions, and compaction, "
            "until the time-out.",
            mend="transaction.max.timeout.ms=900000 in server.properties, if no producer needs more (see "
            "client-transaction-timeout).",
        ),
        _transactions,
    ),
    Judged(
        AuditRule(
            id="broker-offsets-retention",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="Committed offsets are deleted soon",
            check="offsets.retention.minutes is below 7 days, Kafka's default.",
            why="A group that is stopped over a long weekend starts over at auto.offset.reset: it reads everything again, or skips "
            "what came meanwhile.",
            mend="offsets.retention.minutes=10080 or more in server.properties.",
        ),
        _offsets_retention,
    ),
    Judged(
        AuditRule(
            id="broker-log-dir-full",
            level=Level.WARNING,
            kind=Kind.BROKER,
            title="A log directory is nearly full",
            check="A log directory has less than 15 % of its volume free (an error: less than 5 %).",
            why="A broker whose disk is full stops, with all partitions that it holds.",
            mend="Shorter retention of the largest topics, other replicas, or a larger disk; the command shows "
            "what takes the space.",
        ),
        _full,
    ),
    Judged(
        AuditRule(
            id="broker-log-dir-failed",
            level=Level.ERROR,
            kind=Kind.BROKER,
            title="A log directory has failed",
            check="A broker reports an error for one of its log directories.",
            why="Every replica in it is offline; with it, one of the copies of these partitions is gone.",
            mend="Mend the disk and restart the broker; the command shows what the broker says of its directories.",
        ),
        _failed,
    ),
    Judged(
        AuditRule(
            id="cluster-small",
            level=Level.WARNING,
            kind=Kind.CLUSTER,
            title="Fewer than three brokers",
            check="The cluster has fewer than three brokers (an error: one).",
            why="Three replicas on three brokers bear a broker in maintenance; with less, a restart makes "
            "partitions unavailable or risks them.",
            mend="More brokers.",
        ),
        _small,
    ),
    Judged(
        AuditRule(
            id="cluster-quorum-small",
            level=Level.WARNING,
            kind=Kind.CLUSTER,
            title="A small controller quorum",
            check="The metadata quorum has fewer than three voters (a note: an even number of them).",
            why="Without a majority of the voters no leader is elected, no topic is made, and no broker is let in.",
            mend="Three or five controllers (kafka-metadata-quorum.sh add-controller, from Kafka 3.9).",
        ),
        _voters,
    ),
    Judged(
        AuditRule(
            id="cluster-no-racks",
            level=Level.NOTE,
            kind=Kind.CLUSTER,
            title="No racks",
            check="The cluster has three brokers or more, and none has broker.rack.",
            why="All replicas of a partition may be behind one switch, in one zone, or on one host.",
            mend="broker.rack in server.properties; then spread the partitions that are there (see topic-one-rack).",
        ),
        _no_racks,
    ),
)

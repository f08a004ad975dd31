"""Topics: how long what is written stays, how logs are compacted, and how large records may be. Pure."""

import math
from collections.abc import Iterator

from lagwatch.analyze.audit.commands import set_topic
from lagwatch.analyze.audit.facts import DAY_MS, HOUR_MS, LONG_MAX, Facts
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.analyze.streams import REPARTITION, is_internal
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.words import duration, size

OVERHEAD = 12
"""Bytes of a record batch's header that message.max.bytes counts and replica.fetch.max.bytes does not (Kafka's own defaults)."""

NEAR, VERY_NEAR = 0.5, 0.8
"""Shares of the retention that lag may take before that is a warning, and an error."""

_DIRTY = 0.9
_WEEK_MS = 7 * DAY_MS


def policy(facts: Facts, topic: str) -> frozenset[str]:
    """The cleanup policy of a topic; empty if it is not known."""
    value = facts.topics.get(topic, {}).get("cleanup.policy", "")
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def _retention_near(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        if "delete" in policy(facts, topic) and (hit := _by_time(facts, topic) or _by_size(facts, topic)):
            yield hit


def _by_time(facts: Facts, topic: str) -> Hit | None:
    behind_s, group = facts.worst_pairs(facts.view.pairs.time_lag_s).get(topic, (0.0, ""))
    keeps_ms = facts.topic_number(topic, "retention.ms")
    share = 0.0 if keeps_ms is None or keeps_ms <= 0 else behind_s * 1000 / keeps_ms
    if keeps_ms is None or share <= NEAR:
        return None
    seen = (
        f"keeps records for {duration(keeps_ms / 1000)}, and {group} is {duration(behind_s)} behind: "
        f"{min(share, 1):.0%} of that."
    )
    mend = set_topic(facts, topic, "retention.ms", _rounded(2 * behind_s * 1000, keeps_ms))
    return Hit(topic, seen, mend, Level.ERROR if share > VERY_NEAR else None)


def _by_size(facts: Facts, topic: str) -> Hit | None:
    share, group = facts.worst_pairs(facts.view.pairs.retained_share).get(topic, (0.0, ""))
    keeps = facts.topic_number(topic, "retention.bytes")
    if keeps is None or keeps <= 0 or share <= NEAR:
        return None
    seen = (
        f"keeps {size(keeps)} a partition, and {group} has not read {min(share, 1):.0%} of what is there, "
        "while the oldest is deleted."
    )
    mend = set_topic(facts, topic, "retention.bytes", 2 * keeps)
    return Hit(topic, seen, mend, Level.ERROR if share > VERY_NEAR else None)


def _rounded(least_ms: float, now_ms: int) -> int:
    """Twice what there is, as often as is needed."""
    while now_ms < least_ms:
        now_ms *= 2
    return now_ms


def _retention_none(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        limits = [facts.topic_number(topic, name) for name in ("retention.ms", "retention.bytes")]
        if "delete" in policy(facts, topic) and limits == [-1, -1] and not _repartitions(facts, topic):
            seen = "deletes by cleanup.policy, and has neither retention.ms nor retention.bytes: it grows until the disk is full."
            yield Hit(topic, seen, set_topic(facts, topic, "retention.ms", _WEEK_MS))


def _repartitions(facts: Facts, topic: str) -> bool:
    """Whether a Kafka Streams application made it so: it deletes itself what it has read, and needs what it has not."""
    return topic.endswith(REPARTITION) and any(is_internal(group.name, topic) for group in facts.snapshot.groups)


def _never_compacted(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        limit = facts.topic_number(topic, "max.compaction.lag.ms")
        if policy(facts, topic) == {"compact"} and limit == LONG_MAX:
            segment = facts.topic_number(topic, "segment.ms")
            age = "" if segment is None else f" for {duration(segment / 1000)} or"
            seen = f"is compacted without a limit of time: old values stay{age} until enough of the log is dirty, perhaps for ever."
            yield Hit(topic, seen, set_topic(facts, topic, "max.compaction.lag.ms", _WEEK_MS))


def _dirty_ratio(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        text = facts.topics.get(topic, {}).get("min.cleanable.dirty.ratio", "")
        if "compact" not in policy(facts, topic) or not _is_number(text):
            continue
        if float(text) > _DIRTY:
            seen = (
                f"is compacted only when {float(text):.0%} of its log are dirty (min.cleanable.dirty.ratio): "
                "it grows to many times its size."
            )
        elif float(text) == 0:
            seen = (
                "is compacted again and again (min.cleanable.dirty.ratio=0): the cleaner has no time for other topics."
            )
        else:
            continue
        yield Hit(topic, seen, set_topic(facts, topic, "min.cleanable.dirty.ratio", 0.5))


def _tombstones(facts: Facts) -> Iterator[Hit]:
    for topic in facts.users_topics:
        keeps = facts.topic_number(topic, "delete.retention.ms")
        if "compact" not in policy(facts, topic) or keeps is None:
            continue
        behind_s, group = facts.worst_pairs(facts.view.pairs.time_lag_s).get(topic, (0.0, ""))
        if keeps < HOUR_MS or behind_s * 1000 > keeps:
            who = (
                f"{group} is {duration(behind_s)} behind"
                if behind_s * 1000 > keeps
                else "a reader may be slower than that"
            )
            seen = (
                f"removes tombstones after {duration(keeps / 1000)} (delete.retention.ms), and {who}: it "
                "never learns of deletions."
            )
            wanted = _rounded(2 * behind_s * 1000, DAY_MS)
            yield Hit(topic, seen, set_topic(facts, topic, "delete.retention.ms", wanted))


def _record_size(facts: Facts) -> Iterator[Hit]:
    fetch, request = facts.broker_number("replica.fetch.max.bytes"), facts.broker_number("socket.request.max.bytes")
    for topic in facts.users_topics:
        largest = facts.topic_number(topic, "max.message.bytes")
        if largest is None or not facts.is_own(topic, "max.message.bytes"):
            continue
        if request is not None and largest > request:
            what = f"socket.request.max.bytes of brokers is {size(request)}: larger requests are refused"
            yield Hit(
                topic, f"takes records up to {size(largest)}, and {what}.", _smaller(facts, topic, request), Level.ERROR
            )
        elif fetch is not None and largest > fetch + OVERHEAD:
            what = (
                f"followers fetch {size(fetch)} at a time (replica.fetch.max.bytes): such records are copied one by one"
            )
            yield Hit(
                topic, f"takes records up to {size(largest)}, and {what}.", _smaller(facts, topic, fetch + OVERHEAD)
            )


def _smaller(facts: Facts, topic: str, limit: int) -> str:
    return set_topic(facts, topic, "max.message.bytes", limit)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


RULES = (
    Judged(
        AuditRule(
            id="topic-retention-near-lag",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="Retention close to the longest lag",
            check="A group is behind by more than half of the topic's retention.ms, or has not read more than "
            "half of what retention.bytes "
            "keeps (an error: more than 80 %).",
            why="A reader that falls a little further behind loses records that it has never seen.",
            mend="Longer retention while the reader catches up; the command doubles it, by time until it is twice the lag.",
        ),
        _retention_near,
    ),
    Judged(
        AuditRule(
            id="topic-retention-none",
            level=Level.NOTE,
            kind=Kind.TOPIC,
            title="No limit of time or size",
            check="cleanup.policy has delete, and both retention.ms and retention.bytes are -1. "
            "Repartition topics of Kafka Streams are meant to be so.",
            why="The topic grows until the disks of its brokers are full, and a full disk stops a broker with all that it holds.",
            mend="A limit; where everything is to be kept, suppress this finding and watch the disks.",
        ),
        _retention_none,
    ),
    Judged(
        AuditRule(
            id="topic-compaction-unbounded",
            level=Level.NOTE,
            kind=Kind.TOPIC,
            title="Compaction without a limit of time",
            check="cleanup.policy=compact, and max.compaction.lag.ms is not limited.",
            why="The newest segment is never compacted, and the others wait until enough is dirty: on a quiet "
            "topic values that were "
            "overwritten or deleted stay, personal data included.",
            mend="max.compaction.lag.ms: after so long everything is compacted.",
        ),
        _never_compacted,
    ),
    Judged(
        AuditRule(
            id="topic-compaction-dirty-ratio",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="Compacted too rarely, or all the time",
            check="A compacted topic has min.cleanable.dirty.ratio above 0.9, or 0.",
            why="Too high, the log grows to many times what it should be; at 0 the cleaner never rests.",
            mend="Kafka's default, 0.5; with max.compaction.lag.ms for what must go in time.",
        ),
        _dirty_ratio,
    ),
    Judged(
        AuditRule(
            id="topic-tombstones-short",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="Tombstones go too early",
            check="delete.retention.ms of a compacted topic is below an hour, or below the time that a group is behind.",
            why="A reader that comes after the tombstone is gone keeps what was deleted.",
            mend="A day (the default), or twice the longest lag.",
        ),
        _tombstones,
    ),
    Judged(
        AuditRule(
            id="topic-record-size",
            level=Level.WARNING,
            kind=Kind.TOPIC,
            title="Records larger than brokers are made for",
            check="max.message.bytes of the topic's own is above replica.fetch.max.bytes of the brokers (an error: above "
            "socket.request.max.bytes).",
            why="Followers then copy such records one at a time and fall out of sync; above the size of a "
            "request nobody can write them.",
            mend="Smaller records; or raise replica.fetch.max.bytes in server.properties (and message sizes of consumers) first.",
        ),
        _record_size,
    ),
)

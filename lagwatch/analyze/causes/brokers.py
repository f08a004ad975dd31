"""Causes in the cluster: partitions without a leader or with too few replicas, brokers that do not answer. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.analyze.causes.words import where
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.snapshot import UNKNOWN, Gap

OFFSETS_TOPIC = "__consumer_offsets"

_OURS = frozenset(
    {
        *(
            "DEADLINE",
            "MISSING_FROM_LIST",
            "THROTTLING_QUOTA_EXCEEDED",
            "UNSUPPORTED_VERSION",
            "UNKNOWN_TOPIC_OR_PARTITION",
        ),
        *("TLS_FAILED", "BAD_ANSWER", "ANSWER_TOO_LARGE", "CLIENT_ERROR"),
    }
)
"""Reasons that tell of lagwatch, of its settings, or of what changes just now, and not of a broker that is at fault."""


def broker_fault(case: Case) -> Finding | None:
    """The first of: no leader, no answer from the coordinator, none from a leader, too few replicas in sync."""
    for look in (_offline, _coordinator, _silent, _under_min_isr):
        found = look(case)
        if found is not None:
            return found
    return None


def _offline(case: Case) -> Finding | None:
    for each in case.topics:
        rows = np.flatnonzero(case.view.offline[each.at])
        if len(rows):
            which = where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))
            return _finding(
                case,
                f"{which} {_has(rows)} no leader: {case.name} can read nothing of it, and nothing can be written.",
                0.97,
                each,
                int(each.partitions[rows[0]]),
                offline=float(len(rows)),
            )
    partition = _offsets_partition(case)
    if partition is not None and case.view.offline[partition]:
        return _finding(
            case,
            f"The partition of {OFFSETS_TOPIC} that keeps the commits of {case.name} has no leader: it cannot commit.",
            0.97,
        )
    return None


def _coordinator(case: Case) -> Finding | None:
    if case.group.known and case.group.state is not None:
        return None
    part = "committed_offsets" if not case.group.known else "group_description"
    gaps = [gap for gap in case.view.snapshot.gaps if gap.part == part and _is_fault(gap)]
    ours = (gap for gap in gaps if gap.broker in (case.group.coordinator, UNKNOWN) or case.group.coordinator == UNKNOWN)
    gap = next(ours, None)
    if gap is None:
        return None
    broker = f"broker {gap.broker}" if gap.broker != UNKNOWN else "its coordinator"
    return _finding(
        case,
        f"The coordinator of {case.name} does not answer ({broker}: {gap.reason}): its members can neither commit nor rebalance, "
        "and its lag is not known.",
        0.9,
        reason=gap.reason,
        broker=float(gap.broker) if gap.broker != UNKNOWN else None,
    )


def _silent(case: Case) -> Finding | None:
    parts = case.view.snapshot.partitions
    gaps = [gap for gap in case.view.snapshot.gaps if gap.part == "offsets" and _is_fault(gap)]
    for each in case.topics if gaps else ():
        for gap in gaps:
            rows = np.flatnonzero((parts.end[each.at] == UNKNOWN) & (parts.leader[each.at] == gap.broker))
            if not len(rows) or gap.broker == UNKNOWN:
                continue
            which = where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))
            return _finding(
                case,
                f"Broker {gap.broker}, which leads {which}, does not answer ({gap.reason}): the lag of "
                f"{case.name} is not known there, and it probably reads nothing of it.",
                0.8,
                each,
                int(each.partitions[rows[0]]),
                reason=gap.reason,
                broker=float(gap.broker),
            )
    return None


def _under_min_isr(case: Case) -> Finding | None:
    """Commits are writes: where replicas are missing they fail, and what is written is not shown to consumers."""
    partition = _offsets_partition(case)
    if partition is not None and case.view.under_min_isr[partition] and case.lag:
        return _finding(
            case,
            f"The partition of {OFFSETS_TOPIC} that keeps the commits of {case.name} has too few replicas in sync: commits "
            "fail.",
            0.97,
        )
    for each in case.topics:
        rows = np.flatnonzero(case.view.under_min_isr[each.at] & each.stuck)
        if len(rows):
            which = where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))
            return _finding(
                case,
                f"{which} {_has(rows)} fewer replicas in sync than min.insync.replicas, and {case.name} stands "
                "still there: where brokers are missing, its commits fail, too.",
                0.97,
                each,
                int(each.partitions[rows[0]]),
                under_min_isr=float(len(rows)),
            )
    return None


def _offsets_partition(case: Case) -> int | None:
    """The row of the partition that keeps the group's commits, where Kafka's own topics are watched."""
    topics = case.view.snapshot.topics
    if OFFSETS_TOPIC not in topics.names:
        return None
    t = topics.names.index(OFFSETS_TOPIC)
    first, last = int(topics.first[t]), int(topics.first[t + 1])
    return first + java_hash(case.group.name) % (last - first) if last > first else None


def java_hash(text: str) -> int:
    """
    The absolute value of String.hashCode(), 0 where that has none, as Kafka chooses a group's partition of its offsets topic.

    >>> java_hash("billing"), java_hash("")
    (109829509, 0)
    """
    value = 0
    units = text.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value if value < 0x80000000 else (0x100000000 - value) & 0x7FFFFFFF


def _is_fault(gap: Gap) -> bool:
    """What lagwatch may not see, or could not in time, is not broken."""
    return gap.reason not in _OURS and not gap.reason.endswith(("AUTHORIZATION_FAILED", "AUTHENTICATION_FAILED"))


def _has(rows: np.ndarray) -> str:
    return "has" if len(rows) == 1 else "have"


def _finding(
    case: Case,
    sentence: str,
    certainty: float,
    each: OnTopic | None = None,
    partition: int | None = None,
    **evidence: float | str | None,
) -> Finding:
    up = ", ".join(str(broker.id) for broker in case.view.snapshot.brokers) or "none"
    return Finding(
        cause=Cause.BROKER_FAULT,
        sentence=sentence,
        certainty=certainty,
        next_step=f"See to the brokers (up: {up}): process, disk, network. The group needs nothing once they are back.",
        topic=each.topic if each else None,
        partition=partition,
        evidence={**evidence, "brokers_up": up, "brokers_missing": float(case.view.brokers_missing)},
    )

"""Causes in who reads: nobody, nobody any more on this topic, or a group that is still sorting that out. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.words import certain, lasting, messages
from lagwatch.model.commands import named
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.kinds import LOOPS
from lagwatch.model.words import duration, plural

LEFT_FOR_SURE_S = 600.0


def stopped(case: Case) -> Finding | None:
    """The group has no members, and its commits stand still. One whose members come and go is without any for a moment, too."""
    gone_s = case.value("members_gone_s")
    if not case.deserted or not case.lag or (case.restless and gone_s <= case.still_s):
        return None
    lasted = gone_s if np.isfinite(gone_s) else case.frozen_s
    since = (
        f"has had no members for {duration(gone_s)}"
        if np.isfinite(gone_s)
        else f"has no members, and had none since lagwatch looks ({duration(lasted)})"
    )
    return Finding(
        cause=Cause.STOPPED,
        sentence=f"{case.name} {since}: nobody reads; {case.waiting} wait{'s' if case.lag == 1 else ''}."
        f"{' Left and came back before: ' + case.comes_and_goes + '.' if case.comes_and_goes else ''}",
        certainty=certain(0.7, 0.97, lasted / case.still_s),
        next_step=f"Start the consumers of {case.name}: were they scaled to zero, do they crash at the start, have their "
        "credentials expired? If it is not to come back, delete the group.",
        evidence={
            "members": 0.0,
            "members_gone_s": gone_s,
            "frozen_s": case.frozen_s,
            "lag": float(case.lag),
            "state": case.group.state,
            "came_back": case.comes_and_goes or None,
        },
    )


def abandoned_topic(case: Case) -> Finding | None:
    """The group lives and is at rest, and no member of it owns a partition of the topic."""
    for each in case.topics:
        left_s = each.value("left_s")
        if left_s >= 0 and each.lag > 0:
            return Finding(
                cause=Cause.ABANDONED_TOPIC,
                sentence=f"{case.name} does not consume {each.topic} any more: for {duration(left_s)} none of its "
                f"{plural(case.members, 'member')} has owned a partition of it, and the commits stand still; its lag there "
                f"({messages(each.lag)}) will only grow.",
                certainty=certain(0.8, 0.95, left_s / LEFT_FOR_SURE_S) * (0.5 + 0.5 * case.share(each.lag)),
                next_step=f"If that is meant, delete the commits: {_delete(case, each.topic)}; if not, look at what its "
                "consumers subscribe to.",
                topic=each.topic,
                evidence={
                    "left_s": left_s,
                    "members": float(case.members),
                    "lag": each.lag,
                    "frozen_s": each.value("frozen_s"),
                },
            )
    return None


def _delete(case: Case, topic: str) -> str:
    group = named("--group", case.group.name)
    return case.tool("kafka-consumer-groups.sh", "--delete-offsets", *group, "--topic", topic)


def rebalancing(case: Case) -> Finding | None:
    """The group has not been at rest for a while, or comes to rest only to leave it again."""
    unsettled_s, times = case.value("unsettled_s"), case.value("rebalances")
    if not case.lag or not case.restless or not any(each.behind or each.stuck.any() for each in case.topics):
        return None
    who = case.comes_and_goes
    evidence: dict[str, float | str | None] = {
        "unsettled_s": unsettled_s,
        "rebalances": times,
        "state": case.group.state,
        "members": float(case.members) if case.members >= 0 else None,
        "came_back": who or None,
    }
    if not case.loops:
        return Finding(
            cause=Cause.REBALANCING,
            sentence=f"{case.name} has been rebalancing {lasting(unsettled_s)} ({case.group.state}, "
            f"{plural(case.members, 'member')}): while it sorts out who reads what, little or nothing is "
            f"read; {case.waiting} behind.",
            certainty=certain(0.85, 0.95, unsettled_s / (5 * case.still_s)),
            next_step="Find the member that does not answer: it is busy with a batch for longer than it may "
            "(max.poll.interval.ms), or hangs. Restart it, or give it less to do at once (max.poll.records).",
            evidence=evidence,
        )
    return Finding(
        cause=Cause.REBALANCING,
        sentence=f"{case.name} does not come to rest: {plural(round(times), 'rebalance')} in the last 15 minutes, now "
        f"{case.group.state or 'unknown'} with {plural(case.members, 'member')}; with each, reading stops; "
        f"{case.waiting} behind.{' Left and came back: ' + who + '.' if who else ''}",
        certainty=certain(0.8 if who else 0.7, 0.92, (times - LOOPS) / LOOPS),
        next_step="Look for members that come and go: crashes, max.poll.interval.ms exceeded, lost heartbeats, an autoscaler. "
        "Static membership (group.instance.id) and the cooperative assignor make rebalances cheaper.",
        evidence=evidence,
    )

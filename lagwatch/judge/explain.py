"""What was seen of the subject of an alert, and what that probably means. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from math import isfinite
from typing import Final

import numpy as np

from lagwatch.judge.holding import held_by, holding
from lagwatch.judge.sight import Sight
from lagwatch.model.alerts import Rule, Subject
from lagwatch.model.diagnosis import Finding
from lagwatch.model.snapshot import UNKNOWN, Group, Snapshot
from lagwatch.model.view import View

Seen = dict[str, float | str | None]

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("cluster",),
    "topic": ("cluster", "topic"),
    "group": ("cluster", "group"),
    "pair": ("cluster", "group", "topic"),
    "partition": ("cluster", "group", "topic", "partition"),
    "receiver": ("cluster", "receiver"),
}
"""The names of a subject that templates may use, by grain."""

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("up",),
    "topic": ("offline_partitions", "under_min_isr_partitions", "under_replicated_partitions", "held_by"),
    "group": ("state", "type"),
    "pair": ("state", "type"),
    "partition": ("state", "type", "isr", "owner"),
    "receiver": (),
}
"""What is seen of a subject and is no number, by grain; templates may use it too."""

_MOST_NAMED: Final = 10
"""So many partitions are named; of more, only their number is told."""

_ABOUT_LOSS: Final = frozenset({"lost", "loss_in_s", "retained_share", "rewound"})


def circumstances(
    view: View, grain: str, subject: Subject, values: Mapping[str, float | None], *, fresh: bool = True
) -> Seen:
    """
    What was seen: every value of the subject that is known, and what has a name rather than a number.

    Which brokers are up only a view that is `fresh` knows: while none answers, those of the last good poll may all be down.
    """
    seen: Seen = {name: value for name, value in values.items() if value is not None and isfinite(value)}
    snapshot = view.snapshot
    if subject.group is not None and (group := _group(snapshot, subject.group)) is not None:
        seen |= _of_group(group)
    if grain == "topic" and subject.topic is not None:
        seen |= _of_topic(view, subject.topic)
    if grain == "partition" and subject.topic is not None and subject.partition is not None:
        seen |= _of_partition(snapshot, subject)
    if grain == "cluster" and fresh:
        seen["up"] = ", ".join(str(broker.id) for broker in snapshot.brokers) or "none"
    return seen


def cause(rule: Rule, subject: Subject, sight: Sight) -> Finding | None:
    """
    The likeliest cause of what the alert is about: of the group's lag, or of that on the alert's topic; of a topic that is held,
    whose transaction does it.
    """
    if subject.group is None:
        held = subject.topic is not None and rule.conditions[0].value == "lso_held_s"
        return holding(sight.view.snapshot, subject.topic or "") if held else None
    found = sight.diagnosis(subject.group)
    about = (None, subject.topic) if subject.topic is not None else None
    fitting = (each for each in found.findings if about is None or each.topic in about) if found else iter(())
    return next(fitting, None)


def is_about_lag(rule: Rule) -> bool:
    """Whether what mends the lag mends what the rule is about; records that are deleted are another matter."""
    return rule.conditions[0].value not in _ABOUT_LOSS


def _group(snapshot: Snapshot, name: str) -> Group | None:
    at = bisect_left(snapshot.groups, name, key=lambda group: group.name)
    there = at < len(snapshot.groups) and snapshot.groups[at].name == name
    return snapshot.groups[at] if there else None


def _of_group(group: Group) -> Seen:
    seen: Seen = {"state": group.state, "type": group.type or None}
    if group.member_count != UNKNOWN:
        seen["members"] = float(group.member_count)
    return {name: value for name, value in seen.items() if value is not None}


def _of_topic(view: View, name: str) -> Seen:
    t = bisect_left(view.snapshot.topics.names, name)
    first = view.snapshot.topics.first
    if t >= len(view.snapshot.topics) or view.snapshot.topics.names[t] != name:
        return {}
    part = slice(int(first[t]), int(first[t + 1]))
    flags = {
        "offline_partitions": view.offline,
        "under_min_isr_partitions": view.under_min_isr,
        "under_replicated_partitions": view.under_replicated,
    }
    seen: Seen = {n: _named(np.flatnonzero(flag[part]).tolist()) for n, flag in flags.items() if flag[part].any()}
    return {**seen, "held_by": who} if (who := held_by(view.snapshot, name)) else seen


def _of_partition(snapshot: Snapshot, subject: Subject) -> Seen:
    t = bisect_left(snapshot.topics.names, subject.topic or "")
    group = bisect_left(snapshot.groups, subject.group or "", key=lambda g: g.name)
    row = int(snapshot.topics.first[t]) + (subject.partition or 0)
    seen: Seen = {"leader": float(snapshot.partitions.leader[row]), "isr": _named(snapshot.partitions.isr.of(row))}
    owner = next(
        (m.id for g in snapshot.groups[group : group + 1] for m in g.members if _owns(m.assigned, subject)), ""
    )
    return {**seen, "owner": owner} if owner else seen


def _owns(assigned: tuple[tuple[str, tuple[int, ...]], ...], subject: Subject) -> bool:
    return any(topic == subject.topic and subject.partition in partitions for topic, partitions in assigned)


def _named(numbers: list[int]) -> str:
    if len(numbers) > _MOST_NAMED:
        return f"{len(numbers)} of them"
    return ", ".join(str(number) for number in numbers) or "none"

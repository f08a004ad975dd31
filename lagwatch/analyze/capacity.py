"""
How many partitions and members a topic needs, from what was measured, with its arithmetic. From one view. Pure.

members = ceil(peak produce rate / what one member reads), partitions = ceil(members x 1.25): a quarter of reserve for growth, and
because keys never spread evenly.
"""

import math

import numpy as np

from lagwatch.model.capacity import Capacity, Need
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.model.topics import is_compacted
from lagwatch.model.view import View
from lagwatch.model.words import duration, plural

RESERVE = 1.25
"""So many partitions for each member that the peak needs."""

KEYED = (
    (
        "Adding partitions changes where keys go: with the usual partitioner (hash of the key modulo partitions) records of a "
        "key that are written after the change land on another partition than those before, so their order is lost across the "
        "change, and joins and state stores of stream processors that rely on the old partitions do not find them."
    ),
    "Partitions cannot be taken away again. Where keys matter, make a new topic with enough partitions and copy the old one.",
)

COMPACTED = (
    "The topic is compacted: the last record of a key on its old partition is never removed by newer ones elsewhere."
)


def capacity(view: View, topic: int, group: str | None = None) -> Capacity:
    """What a topic (a row of the topic table) needs, for all groups that read it or for one."""
    snapshot = view.snapshot
    partitions = int(snapshot.topics.first[topic + 1] - snapshot.topics.first[topic])
    produced, peak = _known(view.topics.produced[topic]), _known(view.topics.produced_peak[topic])
    pairs = [
        int(pair)
        for pair in np.flatnonzero(view.pairs.topic == topic)
        if group in (None, snapshot.groups[view.pairs.group[pair]].name)
    ]
    needs = tuple(_need(view, pair, partitions, produced, peak) for pair in pairs)
    wanted = [need.partitions_needed for need in needs if need.partitions_needed is not None]
    return Capacity(
        topic=snapshot.topics.names[topic],
        partitions=partitions,
        produced=produced,
        peak=peak,
        measured_s=view.peaks_s,
        window_s=view.window_s,
        partitions_needed=max(wanted, default=None),
        needs=needs,
        warnings=_warnings(view, topic, partitions, max(wanted, default=0)),
    )


def capacity_of(view: View, topic: str, group: str | None = None) -> Capacity | None:
    """The same for a topic by its name; None if it is not there."""
    names = view.snapshot.topics.names
    return capacity(view, names.index(topic), group) if topic in names else None


def _need(view: View, pair: int, partitions: int, produced: float | None, peak: float | None) -> Need:
    facts = view.snapshot.groups[view.pairs.group[pair]]
    behind = _known(view.pairs.member_peak_behind[pair])
    rate = behind if behind else _known(view.pairs.member_peak[pair])
    at_limit = bool(behind)
    members = None if facts.member_count == UNKNOWN else facts.member_count
    if not rate or peak is None:
        told = (_not_known(facts.name, members, peak),)
        return Need(
            group=facts.name,
            members=members,
            member_peak=rate,
            at_limit=at_limit,
            members_needed=None,
            members_needed_now=None,
            partitions_needed=None,
            lines=told,
        )
    needed = max(math.ceil(peak / rate), 1)
    now = None if produced is None else max(math.ceil(produced / rate), 1)
    wanted = math.ceil(needed * RESERVE)
    return Need(
        group=facts.name,
        members=members,
        member_peak=rate,
        at_limit=at_limit,
        members_needed=needed,
        members_needed_now=now,
        partitions_needed=wanted,
        lines=tuple(_arithmetic(view, peak, rate, needed, wanted, partitions, at_limit=at_limit, members=members)),
    )


def _not_known(group: str, members: int | None, peak: float | None) -> str:
    if peak is None:
        return "It is not known yet what the topic takes in: that takes half of the window of measurement."
    if members == 0:
        return f"It is not known what a member of {group} reads: it has none."
    return f"It is not known yet what a member of {group} reads: that takes a window of measurement in which it reads."


def _arithmetic(
    view: View,
    peak: float,
    rate: float,
    needed: int,
    wanted: int,
    partitions: int,
    *,
    at_limit: bool,
    members: int | None,
) -> list[str]:
    over = duration(view.peaks_s)
    how = (
        "while it was behind, so that is what it can"
        if at_limit
        else "while it kept up, so it may well be able to read more"
    )
    has = "unknown" if members is None else f"{members:,}"
    lines = [
        f"The topic took in {peak:,.0f} messages a minute at its peak (measured over {over}).",
        f"One member read {rate:,.0f} messages a minute at its best ({how}).",
        f"{peak:,.0f} / {rate:,.0f} = {peak / rate:.2f}: {plural(needed, 'member')} at the peak; it has {has} now.",
        f"{needed:,} x {RESERVE} = {needed * RESERVE:.2f}: {plural(wanted, 'partition')}; the topic has {partitions:,}.",
    ]
    if not at_limit:
        lines.append("As the group was never behind, these are upper bounds.")
    return lines


def _warnings(view: View, topic: int, partitions: int, wanted: int) -> tuple[str, ...]:
    told = []
    if view.peaks_s < 86_400 / 2:
        told.append(f"Measured over {duration(view.peaks_s)} only: a peak of the day or of the week may be higher.")
    if wanted > partitions:
        told += [*KEYED, *([COMPACTED] if is_compacted(view.snapshot.topics, topic) else [])]
    return tuple(told)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

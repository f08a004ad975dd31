"""
The health score: 100 minus what each part costs. docs/cluster-health.md has the parts, their weights and why. Pure.

A part costs nothing as long as all is well, `first` points as soon as something is wrong, and up to `most` when the share of
what is wrong reaches `full`. What is not known costs nothing, and is named.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lagwatch.analyze.health.risks import Risks
from lagwatch.analyze.placement import Placed
from lagwatch.model.health import Health, ScorePart
from lagwatch.model.snapshot import Bool, Float64, Snapshot
from lagwatch.model.words import plural

HELD_S = 900.0
"""An open transaction that has held readers for longer than transactions may last by default (transaction.max.timeout.ms)."""


class Evidence(NamedTuple):
    """What is scored; the health without its score, and where its numbers come from."""

    health: Health
    snapshot: Snapshot
    placed: Placed
    risks: Risks
    lso_held_s: Float64
    missing: int


class _Weight(NamedTuple):
    first: float
    most: float
    full: float


WEIGHTS = {
    "offline": _Weight(20, 40, 0.1),
    "under_min_isr": _Weight(10, 40, 0.1),
    "under_replicated": _Weight(5, 20, 1 / 3),
    "at_min_isr": _Weight(2, 10, 1 / 3),
    "single_copy": _Weight(1, 10, 1.0),
    "brokers_missing": _Weight(10, 20, 1 / 3),
    "quorum": _Weight(5, 30, 1.0),
    "failed_log_dirs": _Weight(10, 15, 0.5),
    "disk_space": _Weight(0, 20, 1.0),
    "unclean_election": _Weight(1, 5, 1.0),
    "single_rack": _Weight(1, 5, 1.0),
    "preferred_leaders": _Weight(0, 5, 1.0),
    "produce_skew": _Weight(0, 5, 1.0),
    "size_skew": _Weight(0, 3, 1.0),
    "held_transactions": _Weight(3, 10, 0.1),
}
"""Points of each part: with the first thing that is wrong, at most, and from which share of things on."""

_DISK = (0.80, 0.95)
"""Used share of a volume where it begins to cost, and where it costs everything."""

_IMBALANCE = (0.10, 0.50)
"""Share of partitions that others lead; Kafka's own balancer lets 10 % pass (leader.imbalance.per.broker.percentage)."""

_SKEW = (0.5, 2.0)
"""How far the most loaded broker is above the mean."""


def score(evidence: Evidence) -> Health:
    """The health with its score and parts, the most expensive first."""
    parts = tuple(sorted(_parts(evidence), key=lambda part: -(part.lost or 0.0)))
    if not evidence.snapshot.brokers or not evidence.risks.placed.all():
        return replace(evidence.health, parts=parts)
    lost = sum(part.lost for part in parts if part.lost is not None)
    return replace(evidence.health, score=round(max(0.0, 100.0 - lost), 1), parts=parts)


def _parts(evidence: Evidence) -> Iterator[ScorePart]:
    yield from _partitions(evidence)
    yield from _brokers(evidence)
    yield from _leadership(evidence.health)
    yield _held(evidence.lso_held_s)


def _partitions(evidence: Evidence) -> Iterator[ScorePart]:
    """Whoever is in a worse state is in the milder ones, too: so no fault makes the score better."""
    placed, found = evidence.placed, evidence.risks
    all_placed, minimum_known = bool(found.placed.all()), bool(placed.under_min_isr_known.all())
    below = placed.under_min_isr | placed.offline
    fewer = placed.under_replicated | below
    yield _flags("offline", placed.offline, all_placed, "{0} without a leader: nobody writes or reads there.")
    yield _flags(
        "under_min_isr",
        below,
        minimum_known,
        "{0} with too few replicas in sync: writes with acks=all are refused.",
    )
    yield _flags(
        "at_min_isr",
        below | (fewer & found.at_min_isr),
        minimum_known,
        "{0} without a replica in sync to spare.",
    )
    yield _flags("under_replicated", fewer, all_placed, "{0} with fewer replicas in sync than replicas.")
    yield _flags(
        "single_copy",
        found.single_copy,
        all_placed,
        "{0} with one replica: a lost disk loses the records.",
    )
    yield _flags(
        "single_rack",
        found.single_rack if found.single_rack is not None else found.placed[:0],
        found.single_rack is not None or not _racks_matter(evidence.snapshot),
        "{0} with all replicas in one rack.",
    )
    yield _flags(
        "unclean_election",
        found.unclean if found.unclean is not None else found.placed[:0],
        found.unclean is not None,
        "{0} with unclean elections allowed: a replica that lacks records may become the leader.",
        what="topic",
    )


def _racks_matter(snapshot: Snapshot) -> bool:
    """With one rack for all, or none anywhere, there is nothing to say about racks."""
    return len({broker.rack for broker in snapshot.brokers}) > 1


def _brokers(evidence: Evidence) -> Iterator[ScorePart]:
    table, missing = evidence.health.brokers, evidence.missing
    total = len(evidence.snapshot.brokers) + missing
    yield _share("brokers_missing", missing, total, f"{plural(missing, 'broker')} missing that should be up.")
    yield _quorum(evidence.health)
    told = table.dirs >= 0
    if not told.any():
        yield _unknown("failed_log_dirs")
        yield _unknown("disk_space")
        return
    failed, dirs = int(table.failed_dirs[told].sum()), int(table.dirs[told].sum())
    yield _share(
        "failed_log_dirs", failed, dirs, f"Of {plural(dirs, 'log directory', 'log directories')} {failed} failed."
    )
    used = float(np.nanmax(table.disk_used)) if not np.isnan(table.disk_used).all() else np.nan
    sentence = f"The fullest volume with log directories is {used:.0%} full." if not np.isnan(used) else ""
    yield _ramp("disk_space", used, _DISK, sentence)


def _quorum(health: Health) -> ScorePart:
    state, most = health.quorum, WEIGHTS["quorum"].most
    if state is None:
        return _unknown("quorum")
    if state.leader < 0 or state.can_lose < 0:
        return ScorePart(
            name="quorum", lost=most, most=most, sentence="The metadata quorum has no majority: no controller."
        )
    told = f"{state.caught_up} of {state.voters} voters of the metadata quorum keep up"
    if state.can_lose == 0 and state.voters > 1:
        return ScorePart(
            name="quorum", lost=15.0, most=most, sentence=f"{told}: one failure more, and there is no controller."
        )
    if state.can_lose == 0:
        return ScorePart(name="quorum", lost=5.0, most=most, sentence="The metadata quorum has a single voter.")
    if state.behind:
        return ScorePart(name="quorum", lost=5.0, most=most, sentence=f"{told}.")
    return ScorePart(name="quorum", lost=0.0, most=most, sentence=f"{told}, as they should.")


def _leadership(health: Health) -> Iterator[ScorePart]:
    away = health.preferred_imbalance
    yield _ramp(
        "preferred_leaders", away, _IMBALANCE, f"{away:.0%} of partitions are not led by their preferred leader."
    )
    of_rates, of_sizes = health.produce_skew, health.size_skew
    yield _ramp(
        "produce_skew", of_rates, _SKEW, f"The busiest broker takes in {of_rates:.0%} more messages than the mean."
    )
    yield _ramp("size_skew", of_sizes, _SKEW, f"The fullest broker stores {of_sizes:.0%} more than the mean.")


def _held(lso_held_s: Float64) -> ScorePart:
    known = lso_held_s[~np.isnan(lso_held_s)]
    held = int((known > HELD_S).sum())
    if len(lso_held_s) and not len(known):
        return _unknown("held_transactions")
    sentence = f"An open transaction has kept committed readers from the end of {plural(held, 'topic')} for more than 15 minutes."
    return _share("held_transactions", held, len(lso_held_s), sentence)


def _flags(name: str, flags: Bool, known: bool, sentence: str, what: str = "partition") -> ScorePart:  # noqa: FBT001
    if not known:
        return _unknown(name)
    count = int(flags.sum())
    return _share(name, count, len(flags), sentence.format(plural(count, what)))


def _share(name: str, count: int, total: int, sentence: str) -> ScorePart:
    """Something is wrong with `count` of so many."""
    weight = WEIGHTS[name]
    if count <= 0:
        return ScorePart(name=name, lost=0.0, most=weight.most, sentence="")
    share = min(1.0, count / max(total, 1) / weight.full)
    return ScorePart(
        name=name, lost=weight.first + (weight.most - weight.first) * share, most=weight.most, sentence=sentence
    )


def _ramp(name: str, value: float, bounds: tuple[float, float], sentence: str) -> ScorePart:
    """A value costs nothing up to the lower bound, and everything from the upper one on."""
    if np.isnan(value):
        return _unknown(name)
    most = WEIGHTS[name].most
    lost = most * min(1.0, max(0.0, (value - bounds[0]) / (bounds[1] - bounds[0])))
    return ScorePart(name=name, lost=lost, most=most, sentence=sentence if lost > 0 else "")


def _unknown(name: str) -> ScorePart:
    return ScorePart(name=name, lost=None, most=WEIGHTS[name].most, sentence="This is not known, or not yet.")

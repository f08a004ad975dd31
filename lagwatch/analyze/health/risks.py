"""Partitions in danger: one flag a partition row. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lagwatch.analyze.placement import Placed
from lagwatch.model.columns import segments
from lagwatch.model.details import Elr
from lagwatch.model.snapshot import UNKNOWN, Bool, Int32, PartitionTable, Snapshot

_UNCLEAN = "unclean.leader.election.enable"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Risks:
    """
    One entry a partition row. `placed`: its replicas are known. `at_min_isr`: as many replicas are in sync as there must be.
    `sole` is the broker of the only replica in sync, UNKNOWN where there are more or none. Of those, `unsaved` have no eligible
    leader replica elsewhere, and `unavailable` none that is up, nor another replica that may be elected uncleanly.
    `unrecoverable`: offline, and neither an in-sync nor an eligible replica is left (`elr_known`: these were asked for).
    `single_rack` is None where racks are not known. `unclean` has one entry a topic: unclean elections are allowed; None where
    that is not known.
    """

    placed: Bool
    at_min_isr: Bool
    sole: Int32
    unsaved: Bool
    unavailable: Bool
    unrecoverable: Bool
    elr_known: bool
    single_copy: Bool
    single_rack: Bool | None
    unclean: Bool | None


def risks(snapshot: Snapshot, placed: Placed) -> Risks:
    """What endangers which partition."""
    partitions = snapshot.partitions
    replicas, isr = partitions.replicas.counts, partitions.isr.counts
    sole = _sole(partitions)
    elr = None if snapshot.details is None or snapshot.details.elr is None else snapshot.details.elr.value
    up = np.array([broker.id for broker in snapshot.brokers], dtype=np.int32)
    eligible = dict(_rows(snapshot, elr or ()))
    unsaved, unavailable = sole != UNKNOWN, sole != UNKNOWN
    for row, others in eligible.items():
        rest = others - {int(sole[row])}
        unsaved[row] &= not rest
        unavailable[row] &= not rest.intersection(up.tolist())
    unclean = _unclean(snapshot)
    if unclean is not None and unclean.any():
        unavailable &= ~(unclean[partitions.topic] & _others_up(partitions, up, sole))
    without = np.ones(len(partitions), dtype=np.bool_)
    without[[row for row, others in eligible.items() if others]] = False
    return Risks(
        placed=replicas > 0,
        at_min_isr=placed.under_min_isr_known
        & ~placed.offline
        & (isr > 0)
        & (isr == np.minimum(placed.minimum, replicas)),
        sole=sole,
        unsaved=unsaved,
        unavailable=unavailable,
        unrecoverable=placed.offline & (isr == 0) & (replicas > 0) & without,
        elr_known=elr is not None,
        single_copy=replicas == 1,
        single_rack=_single_rack(snapshot),
        unclean=unclean,
    )


def _sole(partitions: PartitionTable) -> Int32:
    sole = np.full(len(partitions), UNKNOWN, dtype=np.int32)
    rows = np.flatnonzero((partitions.isr.counts == 1) & (partitions.leader >= 0))
    sole[rows] = partitions.isr.brokers[partitions.isr.first[rows]]
    return sole


def _rows(snapshot: Snapshot, elr: Sequence[Elr]) -> Iterator[tuple[int, set[int]]]:
    """The row and the eligible replicas of each."""
    place = {name: t for t, name in enumerate(snapshot.topics.names)} if elr else {}
    first = snapshot.topics.first
    for each in elr:
        t = place.get(each.topic)
        if t is not None and first[t] + each.partition < first[t + 1]:
            yield int(first[t]) + each.partition, set(each.eligible)


def _others_up(partitions: PartitionTable, up: Int32, sole: Int32) -> Bool:
    """Where a replica is up that is not the sole one in sync."""
    replicas = partitions.replicas
    other = np.isin(replicas.brokers, up) & (replicas.brokers != np.repeat(sole, replicas.counts))
    return segments(np.logical_or, other, replicas.first, False).astype(np.bool_)


def _unclean(snapshot: Snapshot) -> Bool | None:
    if snapshot.details is None or snapshot.details.topic_config is None:
        return None
    config: Mapping[str, Mapping[str, str]] = snapshot.details.topic_config.value
    allowed = [config.get(name, {}).get(_UNCLEAN) == "true" for name in snapshot.topics.names]
    return np.array(allowed, dtype=np.bool_)


def _single_rack(snapshot: Snapshot) -> Bool | None:
    """Where all of two or more replicas are in one rack; None where there is only one rack, or a broker that tells none."""
    racks = sorted({broker.rack for broker in snapshot.brokers if broker.rack is not None})
    if len(racks) < 2 or any(broker.rack is None for broker in snapshot.brokers):
        return None
    known = {broker.id: racks.index(broker.rack) for broker in snapshot.brokers if broker.rack is not None}
    replicas = snapshot.partitions.replicas
    ids, of = np.unique(replicas.brokers, return_inverse=True)
    rack = np.array([known.get(broker, UNKNOWN) for broker in ids.tolist()], dtype=np.int32)[of]
    least = segments(np.minimum, rack, replicas.first, UNKNOWN)
    most = segments(np.maximum, rack, replicas.first, UNKNOWN)
    single: Bool = (replicas.counts > 1) & (least == most) & (least != UNKNOWN)
    return single

"""What one more failure would do, by name. Pure, and only when somebody asks."""

import numpy as np

from lagwatch.analyze.health.risks import risks
from lagwatch.analyze.placement import placement
from lagwatch.model.health import Failure, QuorumState
from lagwatch.model.snapshot import Bool, Snapshot
from lagwatch.model.view import View


def failures(view: View, *, at_most: int = 100) -> tuple[Failure, ...]:
    """For each broker that is up, what would come of its failure; of each kind at most so many partitions are named."""
    snapshot = view.snapshot
    found = risks(snapshot, placement(snapshot))
    isr = snapshot.partitions.isr
    at_min = found.at_min_isr & (isr.counts > 1)
    rows = np.repeat(np.arange(len(at_min)), isr.counts)
    quorum = None if view.health is None else view.health.quorum

    def named(flags: Bool) -> tuple[str, ...]:
        return _named(snapshot, np.flatnonzero(flags)[:at_most].tolist())

    answer = []
    for broker in (broker.id for broker in snapshot.brokers):
        here = np.zeros(len(at_min), dtype=np.bool_)
        here[rows[isr.brokers == broker]] = True
        alone = found.sole == broker
        answer.append(
            Failure(
                broker=broker,
                would_go_offline=named(alone & found.unavailable),
                would_refuse=named(at_min & here),
                last_copies=named(alone & found.unsaved),
                ends_quorum=_ends(broker, snapshot, quorum),
            )
        )
    return tuple(answer)


def _named(snapshot: Snapshot, rows: list[int]) -> tuple[str, ...]:
    names, table = snapshot.topics.names, snapshot.partitions
    return tuple(f"{names[table.topic[row]]}/{table.partition[row]}" for row in rows)


def _ends(broker: int, snapshot: Snapshot, quorum: QuorumState | None) -> bool | None:
    if quorum is None or snapshot.details is None or snapshot.details.quorum is None:
        return None
    voters = {node.id for node in snapshot.details.quorum.value.voters}
    return broker in voters - set(quorum.behind) and quorum.can_lose < 1

"""Where replicas should be: as many as wanted, over as many racks as there are, on the brokers that hold least. Pure."""

from collections.abc import Mapping, Sequence


def placed(now: Sequence[int], wanted: int, racks: Mapping[int, str], held: dict[int, int]) -> list[int]:
    """
    The replicas of a partition, the leader first and those that it has kept, if there are racks to spread over changed so that
    there are two of them at least.

    `held` counts the replicas of each broker that may get more, and counts on. With too few brokers there are fewer replicas.

    >>> placed([1], 3, {1: "a", 2: "a", 3: "b", 4: "b"}, {1: 9, 2: 0, 3: 5, 4: 7})
    [1, 3, 2]
    >>> placed([1, 2], 2, {1: "a", 2: "a", 3: "b"}, {1: 1, 2: 1, 3: 1})
    [1, 3]
    """
    chosen = list(now)
    while len(chosen) < wanted and (best := _best(chosen, racks, held)) is not None:
        chosen.append(best)
        held[best] += 1
    if len(chosen) > 1 and in_one_rack(chosen, racks):
        best = _best(chosen, racks, held)
        if best is not None and racks.get(best) not in {racks.get(broker) for broker in chosen}:
            held[chosen[-1]] = held.get(chosen[-1], 1) - 1
            held[best] += 1
            chosen[-1] = best
    return chosen


def in_one_rack(replicas: Sequence[int], racks: Mapping[int, str]) -> bool:
    """Whether all of these brokers are in one rack that is known."""
    found = {racks.get(broker) for broker in replicas}
    return len(found) == 1 and None not in found


def _best(chosen: Sequence[int], racks: Mapping[int, str], held: Mapping[int, int]) -> int | None:
    """The next broker: in a rack that has none yet if possible, and with the fewest replicas."""
    used = {racks.get(broker) for broker in chosen}
    free = [broker for broker in held if broker not in chosen]
    return min(free, key=lambda broker: (racks.get(broker) in used, held[broker], broker), default=None)

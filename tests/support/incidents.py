"""A few hours of a small cluster in which something is always wrong: consumers stop and come back, groups vanish, are unknown."""

from collections.abc import Iterator

from lagwatch.model.snapshot import Snapshot
from tests.support.build import T0, group, snapshot, topic

STEP_S = 30.0
POLLS = 360
PRODUCED = 8_000
"""Messages per poll and topic."""


def polls() -> Iterator[Snapshot]:
    """The same ones at each call."""
    committed = {f"g{n}": 0 for n in range(6)}
    for poll in range(POLLS):
        end = PRODUCED * (poll + 1)
        for number, name in enumerate(committed):
            if not _stands_still(number, poll):
                committed[name] = min(end, committed[name] + 4 * PRODUCED)
        if 100 <= poll < 103:
            continue  # polls that were missed
        groups = {
            name: None if name == "g1" and 150 <= poll < 160 else group({"orders": [offset]})
            for name, offset in committed.items()
            if not (name == "g5" and poll >= 200)
        }
        yield snapshot({"orders": topic((0, end))}, groups, at=T0 + STEP_S * poll)


def _stands_still(number: int, poll: int) -> bool:
    """Each group stops for a while again and again, each in its own rhythm."""
    period, pause = 70 + 13 * number, 25 + 3 * number
    return (poll + 17 * number) % period < pause

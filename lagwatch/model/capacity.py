"""How many partitions and members a topic needs. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """
    What one group needs on a topic. Rates are messages a minute, None where they were not seen.

    `member_peak` is the most that one member read; `at_limit` says whether there was a backlog then, so that it is what a member
    can read, and not only what it had to. `members_needed` and `partitions_needed` are for the peak, `members_needed_now` for
    what comes now; None where they cannot be worked out. `lines` is the arithmetic, a step a line.
    """

    group: str
    members: int | None
    member_peak: float | None
    at_limit: bool
    members_needed: int | None
    members_needed_now: int | None
    partitions_needed: int | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """
    What a topic and its groups need: `peak` and `produced` are what it takes in a minute, at most and now, and were measured
    over `measured_s` seconds, each as a slope over `window_s`.

    `partitions_needed` is that of the group that needs most. `warnings` say what to know before partitions are added.
    """

    topic: str
    partitions: int
    produced: float | None
    peak: float | None
    measured_s: float
    window_s: float
    partitions_needed: int | None
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]

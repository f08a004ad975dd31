"""How evenly the work of a group, and what a topic takes in, is spread: who carries what. Pure."""

from dataclasses import dataclass

from lagwatch.model.snapshot import Assigned, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionShare:
    """
    One partition and its part of what there is on its topic.

    `lag` (messages) is UNKNOWN, rates (messages a minute) and shares (0 to 1) are NaN where unknown. `hot` are the reasons for
    which it stands out: `lag`, `produced`; none for one that does not. `owners` read it (several in a share group).
    """

    topic: str
    partition: int
    lag: int
    lag_share: float
    produced: float
    produced_share: float
    consumed: float
    consumed_share: float
    hot: tuple[str, ...] = ()
    owners: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberShare:
    """One member: how many partitions it owns, and its part of the group's lag and rates (see PartitionShare)."""

    member: Member
    partitions: int
    lag: int
    lag_share: float
    produced: float
    produced_share: float
    consumed: float
    consumed_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """
    How the work of a group is spread.

    `partitions` stand out, the most lag first. `lag_skew`, `produced_skew` and `consumed_skew` are the largest partition as a
    multiple of the mean of its topic (1: all alike), of the topic where that is largest; NaN where unknown.
    `members` is None where it is not known who owns what; the other three are then empty. `idle` own nothing, `surplus` is by how
    many the members outnumber the partitions, `unowned` are partitions of topics that the group reads and nobody owns.
    """

    group: str
    partitions: tuple[PartitionShare, ...]
    lag_skew: float
    produced_skew: float
    consumed_skew: float
    members: tuple[MemberShare, ...] | None
    idle: tuple[Member, ...] = ()
    surplus: int = 0
    unowned: tuple[Assigned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicBalance:
    """How what a topic takes in is spread over its partitions: those that stand out, the most first, and the skew."""

    topic: str
    produced_skew: float
    partitions: tuple[PartitionShare, ...]

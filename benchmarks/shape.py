"""How large a benchmark's cluster is, and which group commits where. Pure: the same shape is always filled alike."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NODES = 3
"""Brokers of every cluster."""

RECORDS = 1_000
"""Records in a partition of the slowest topics after the first fill; the fastest have `SPEEDS` times as many."""

SPEEDS = 8
"""Topics grow at this many different speeds, so that offsets differ as they do on a real cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    `topics` of `partitions` each, and `groups` that commit on all partitions of `topics_per_group` topics.

    `members` is the number of live members of each group, 0 or 1; a group without is listed as empty.
    """

    name: str
    topics: int = 600
    partitions: int = 20
    groups: int = 2_000
    topics_per_group: int = 2
    replication: int = 1
    members: int = 0

    @property
    def rows(self) -> int:
        """Partitions of the cluster."""
        return self.topics * self.partitions

    @property
    def commits(self) -> int:
        """Committed partitions: one for each group and partition."""
        return self.groups * self.topics_per_group * self.partitions

    @property
    def directory(self) -> str:
        """A name for what is on the disk: shapes that are filled alike share it."""
        return f"{self.topics}x{self.partitions}-{self.groups}x{self.topics_per_group}-rf{self.replication}" + (
            "-members" if self.members else ""
        )

    def part(self, name: str, fraction: float) -> Self:
        """The same cluster with that fraction of its topics and groups."""
        return replace(self, name=name, topics=int(self.topics * fraction), groups=int(self.groups * fraction))

    def topic(self, index: int) -> str:
        """The name of a topic."""
        return f"bench-topic-{index:04d}"

    @property
    def topic_names(self) -> list[str]:
        """All topics."""
        return [self.topic(i) for i in range(self.topics)]

    def group(self, index: int) -> str:
        """The name of a group."""
        return f"bench-group-{index:05d}"

    def topics_of(self, group: int) -> list[int]:
        """The topics that a group commits on: spread so that every topic has as many groups as any other (or one more)."""
        return sorted((group * self.topics_per_group + i) % self.topics for i in range(self.topics_per_group))

    def speed(self, topic: int) -> int:
        """How many times as fast as the slowest topics one grows: 1 to `SPEEDS`."""
        return 1 + topic % SPEEDS

    def lags(self, group: int, topic: int, turn: int) -> NDArray[np.int64]:
        """How far a group stays behind on each partition of a topic, in messages; different in every turn."""
        return (group * 37 + topic * 101 + turn * 53 + np.arange(self.partitions) * 17) % (RECORDS - 100)

    def as_dict(self) -> dict[str, Any]:
        """For the result file and for the subject's process."""
        return asdict(self)


FULL = Shape(name="1")
EIGHTH, QUARTER, HALF = FULL.part("1/8", 1 / 8), FULL.part("1/4", 1 / 4), FULL.part("1/2", 1 / 2)
LIVE = Shape(name="live", members=1)
MILLION = Shape(name="million", topics_per_group=25)
SHAPES = (EIGHTH, QUARTER, HALF, FULL, LIVE, MILLION)

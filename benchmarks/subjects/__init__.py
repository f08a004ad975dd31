"""
What is measured: each subject reads the same facts of the same cluster, in a process of its own (worker.py).

The facts: leaders, replicas and in-sync replicas of every partition; all groups, described; all committed offsets; of every
partition log start, log end and last stable offset.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module

from benchmarks.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What a poll found, counted, so that no subject wins by leaving something out; None where it does not look.

    `offsets` counts partitions with all three offsets. `stages` are seconds of CPU by stage, where a subject has stages.
    """

    partitions: int | None
    offsets: int | None
    groups: int | None
    commits: int | None
    members: int | None
    stages: Mapping[str, float] = field(default_factory=dict)


class Subject(ABC):
    """One way to read a cluster. Made once, polled many times: connections stay open, as a monitor's do."""

    @abstractmethod
    def poll(self) -> Facts:
        """Read everything once."""

    @abstractmethod
    def requests(self) -> int | None:
        """Requests sent since the start, None if the client does not tell."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    def serve(self) -> str:
        """The address of the metrics page; the others have none."""
        raise NotImplementedError(f"{type(self).__name__} publishes nothing.")


SUBJECTS = {
    "floor": "benchmarks.subjects.floor:Floor",
    "floor-offsets": "benchmarks.subjects.floor:OffsetsFloor",
    "lagwatch": "benchmarks.subjects.lagwatch:Lagwatch",
    "confluent-kafka": "benchmarks.subjects.confluent:Confluent",
    "kafka-python": "benchmarks.subjects.kafka_python:KafkaPython",
}
"""Name -> where its class is; imported only in its own process."""


def make(name: str, bootstrap: str, shape: Shape) -> Subject:
    """Connect the subject of that name."""
    module, _, kind = SUBJECTS[name].partition(":")
    subject: Subject = getattr(import_module(module), kind)(bootstrap, shape)
    return subject

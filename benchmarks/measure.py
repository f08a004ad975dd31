"""What was measured, and the arithmetic of the tables. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """
    One round of one subject: seconds on the wall clock, seconds of CPU of its whole process, requests to Kafka (None where the
    client does not tell), the largest memory its process has had so far (bytes), and seconds of CPU by stage where it has stages.
    """

    wall_s: float
    cpu_s: float
    requests: int | None = None
    peak_bytes: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """The smallest, the middle and the largest of some numbers."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """Raises ValueError when there are none."""
        return cls(min(numbers), median(numbers), max(numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All rounds of one subject. `requests` is the middle of the rounds, `peak_bytes` the largest of them."""

    rounds: int
    wall_s: Spread
    cpu_s: Spread
    requests: int | None
    peak_bytes: int
    stages: Mapping[str, Spread]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        """Raises ValueError when there are none."""
        requests = [s.requests for s in samples if s.requests is not None]
        return cls(
            rounds=len(samples),
            wall_s=Spread.of([s.wall_s for s in samples]),
            cpu_s=Spread.of([s.cpu_s for s in samples]),
            requests=round(median(requests)) if requests else None,
            peak_bytes=max(s.peak_bytes for s in samples),
            stages={name: Spread.of([s.stages[name] for s in samples]) for name in samples[0].stages},
        )

    def as_dict(self) -> dict[str, Any]:
        """For the result file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ratio:
    """
    One subject beside another: the ratio of their medians, and the ratios round by round.

    The rounds are interleaved, so a moment in which the computer was busy with something else falls on both; `pairs` shows how
    much the ratio depends on the moment.
    """

    medians: float
    pairs: Spread

    @classmethod
    def of(cls, numbers: Sequence[float], to: Sequence[float]) -> Self:
        """`numbers` over `to`, which has as many rounds; raises ValueError otherwise."""
        pairs = [a / b for a, b in zip(numbers, to, strict=True)]
        return cls(median(numbers) / median(to), Spread.of(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A number that shall not be passed. `unit` follows it: "×", "s", "MB"."""

    what: str
    value: float
    at_most: float
    unit: str

    @property
    def met(self) -> bool:
        return self.value <= self.at_most


Rounds = Mapping[str, Sequence[Sample]]
"""Subject -> its samples, one a round."""


def walls(samples: Sequence[Sample]) -> list[float]:
    """Seconds on the wall clock, round by round."""
    return [s.wall_s for s in samples]


def cpus(samples: Sequence[Sample]) -> list[float]:
    """Seconds of CPU, round by round."""
    return [s.cpu_s for s in samples]

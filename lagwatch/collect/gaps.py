"""Counting what a poll could not learn: one Gap a part, reason and broker. Pure."""

from dataclasses import dataclass

from lagwatch.collect.errors import hint
from lagwatch.model.snapshot import UNKNOWN, Gap


@dataclass(slots=True)
class _Count:
    count: int
    first: str


class Gaps:
    """Collects gaps of one poll."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], _Count] = {}

    def add(self, part: str, reason: str, first: str = "", *, broker: int = UNKNOWN, count: int = 1) -> None:
        """`count` subjects of this part are not known, `first` is one of them; nothing if there are none."""
        if count <= 0:
            return
        known = self._counts.setdefault((part, reason, broker), _Count(0, first))
        known.count += count

    def take(self, other: "Gaps") -> None:
        """Counts those of another one, too."""
        for gap in other.all():
            self.add(gap.part, gap.reason, gap.first, broker=gap.broker, count=gap.count)

    def __bool__(self) -> bool:
        return bool(self._counts)

    def all(self) -> tuple[Gap, ...]:
        """Each with a hint; in the order of part, reason and broker."""
        return tuple(
            Gap(part=part, reason=reason, count=known.count, first=known.first, broker=broker, hint=hint(part, reason))
            for (part, reason, broker), known in sorted(self._counts.items(), key=lambda item: item[0])
        )

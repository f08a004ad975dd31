"""Why groups with alerts lag, kept from one evaluation to the next, so that a storm of alerts stays cheap. Pure."""

from collections.abc import Callable
from itertools import islice

from lagwatch.model.diagnosis import Diagnosis

MOST_ANEW = 30
"""So many groups are asked about anew in one evaluation: those that were not for longest. A group that is new always is."""


class Reasons:
    """What was said of each group last, the oldest first; groups that nobody asks about any more are dropped."""

    def __init__(self) -> None:
        self._said: dict[str, Diagnosis | None] = {}
        self._due: set[str] = set()
        self._asked: set[str] = set()

    def begin(self) -> None:
        """An evaluation begins."""
        for group in self._said.keys() - self._asked:
            del self._said[group]
        self._due, self._asked = set(islice(self._said, MOST_ANEW)), set()

    def of(self, group: str, why: Callable[[str], Diagnosis | None]) -> Diagnosis | None:
        """Why that group lags; `why` is asked at most once in an evaluation, and not about all groups in each."""
        self._asked.add(group)
        if group not in self._said or group in self._due:
            self._due.discard(group)
            self._said.pop(group, None)
            self._said[group] = why(group)
        return self._said[group]

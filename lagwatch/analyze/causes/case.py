"""One group, as the causes look at it. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lagwatch.model.snapshot import Group
from lagwatch.model.view import View


@dataclass(frozen=True, eq=False)
class Case:
    """The group of row `index` of the group table; `pairs` are its rows of the pair table, `rows` those of the commit table."""

    view: View
    index: int
    pairs: slice
    rows: slice

    @classmethod
    def of(cls, view: View, index: int) -> Self:
        """The case of one group."""
        return cls(view, index, _run(view.pairs.group, index), _run(view.snapshot.commits.group, index))

    @property
    def group(self) -> Group:
        """The group itself."""
        return self.view.snapshot.groups[self.index]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name

    @cached_property
    def lag(self) -> int | None:
        """Messages behind on all topics, None if nothing is known of it."""
        lag = int(self.view.groups.lag_sum[self.index])
        return None if lag < 0 else lag


def _run(column: np.ndarray, value: int) -> slice:
    """Where a value stands in an ascending column."""
    return slice(int(np.searchsorted(column, value)), int(np.searchsorted(column, value, side="right")))

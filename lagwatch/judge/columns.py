"""The values that rules can read, by name: columns of the View with one entry a subject of a grain. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64
from lagwatch.model.view import View

GRAINS = ("cluster", "topic", "group", "pair", "partition")
"""What a rule can be judged for, from coarse to fine."""


class Reading(NamedTuple):
    """The values of all subjects, NaN where unknown; `at_least` is True where the true value may be higher (None: nowhere)."""

    values: Float64
    at_least: Bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A value that rules can read; `help` is one sentence with the unit."""

    help: str
    read: Callable[[View], Reading]


def _known(column: Int64) -> Float64:
    return np.where(column == UNKNOWN, np.nan, column).astype(np.float64)


def _pair_lag(view: View) -> Reading:
    return Reading(_known(view.pairs.lag), view.pairs.unknown > 0)


def _pair_growth(view: View) -> Reading:
    # A partition that is unknown may be one that drains: what the others grow by is then a bound only in a loose sense,
    # but good enough to believe that the pair grows and not good enough to believe that it does not.
    return Reading(view.pairs.growth, view.pairs.unknown > 0)


COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "cluster": {},
    "topic": {},
    "group": {
        "lag": Column(
            help="messages the group has not read, all topics",
            read=lambda view: Reading(_known(view.groups.lag_sum), view.groups.unknown > 0),
        ),
        "growth": Column(
            help="messages a minute by which the group's lag grows",
            read=lambda view: Reading(view.groups.growth, view.groups.unknown > 0),
        ),
    },
    "pair": {
        "lag": Column(help="messages of the topic that the group has not read", read=_pair_lag),
        "growth": Column(help="messages a minute by which that lag grows", read=_pair_growth),
        "max_lag": Column(
            help="messages not read on the partition with most of them",
            read=lambda view: Reading(_known(view.pairs.max_lag), view.pairs.unknown > 0),
        ),
        "produced": Column(
            help="messages a minute that the topic takes in", read=lambda view: Reading(view.pairs.produced)
        ),
        "commit_interval_s": Column(
            help="seconds between two commits of the group on the topic",
            read=lambda view: Reading(view.pairs.commit_interval_s),
        ),
    },
    "partition": {
        "lag": Column(
            help="messages of the partition that the group has not read", read=lambda view: Reading(_known(view.lag))
        ),
        "growth": Column(help="messages a minute by which that lag grows", read=lambda view: Reading(view.growth)),
    },
}
"""Every value by grain and name."""


def patience_s(view: View, grain: str) -> Float64 | None:
    """For how long a condition must hold before it says something about each subject; None where that does not matter."""
    if grain == "pair":
        return view.pairs.patience_s
    return None

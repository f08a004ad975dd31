"""How the values that rules can read are taken out of a View. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from lagwatch.model.columns import Array, segments
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64, Snapshot
from lagwatch.model.view import View

OLD_AFTER_S: Final = 300.0
"""What came in within so many seconds a group that reads everything may not have seen yet, or read only after the poll."""


class Reading(NamedTuple):
    """The values of all subjects, NaN where unknown; `at_least` is True where the true value may be higher (None: nowhere)."""

    values: Float64
    at_least: Bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    A value that rules can read; `help` is one sentence with the unit.

    `read` takes it out of a View. None: it is one of lagwatch itself (see itself.py). One that is `costly` is only worked out for
    rules with a condition on it.
    """

    help: str
    read: Callable[[View], Reading] | None = None
    costly: bool = False


def known(column: Int64) -> Float64:
    """An integer column as floats, NaN where it is unknown."""
    answer = column.astype(np.float64)
    answer[column == UNKNOWN] = np.nan
    return answer


def of_pairs(column: Callable[[View], Float64]) -> Callable[[View], Reading]:
    """A column of the pairs."""
    return lambda view: Reading(column(view))


def bound_of_pairs(column: Callable[[View], Float64]) -> Callable[[View], Reading]:
    """A sum or maximum over partitions of which some may be unknown: the known ones are a lower bound."""
    return lambda view: Reading(column(view), view.pairs.unknown > 0)


def bound_of_groups(column: Callable[[View], Float64]) -> Callable[[View], Reading]:
    """The same of groups."""
    return lambda view: Reading(column(view), view.groups.unknown > 0)


def to_read(view: View) -> Float64:
    """The lag of each pair without what looks like transaction markers: these are nothing to read, and nobody's business."""
    return known(view.pairs.lag) - view.pairs.residual_lag


def max_to_read(view: View) -> Float64:
    """The largest lag of a partition; where markers are all the lag there is, 0."""
    pairs = view.pairs
    return np.where((pairs.residual_lag > 0) & (pairs.residual_lag == pairs.lag), 0.0, known(pairs.max_lag))


def frozen_pairs(view: View) -> Float64:
    """For how long each pair stands still; 0 where markers are all the lag there is."""
    pairs = view.pairs
    return np.where((pairs.residual_lag > 0) & (pairs.residual_lag == pairs.lag), 0.0, pairs.frozen_s)


def group_to_read(view: View) -> Float64:
    """The lag of each group without what looks like transaction markers."""
    markers = np.bincount(view.pairs.group, weights=view.pairs.residual_lag, minlength=len(view.snapshot.groups))
    return known(view.groups.lag_sum) - markers


def of_rows(column: Array, view: View) -> Reading:
    """A column of the commits, 0 where the lag looks like transaction markers."""
    values = known(column) if column.dtype.kind == "i" else column.astype(np.float64)
    values[view.residual] = 0.0
    return Reading(values)


def members(snapshot: Snapshot) -> Float64:
    """Live members of each group."""
    return known(np.array([group.member_count for group in snapshot.groups], dtype=np.int64))


def topic_of_pairs(column: Callable[[View], Float64]) -> Callable[[View], Reading]:
    """A column of the topics, for the topic of each pair."""
    return lambda view: Reading(column(view)[view.pairs.topic])


def count(flags: Array, view: View) -> Float64:
    """How many partitions of each topic have a flag."""
    return segments(np.add, flags.astype(np.int64), view.snapshot.topics.first, 0).astype(np.float64)


def under_min_isr(view: View) -> Reading:
    """Partitions of each topic that are under min.insync.replicas, as far as that is known."""
    known = count(view.under_min_isr_known, view)
    all_of_them = np.diff(view.snapshot.topics.first)
    return Reading(np.where(known > 0, count(view.under_min_isr, view), np.nan), known < all_of_them)


def siblings_frozen_s(view: View) -> Reading:
    """Of each row, for how long no partition of the same pair has moved."""
    pairs = view.pairs
    return Reading(np.repeat(pairs.frozen_s, np.diff(pairs.first)))


def one(value: Callable[[View], float]) -> Callable[[View], Reading]:
    """A value of the whole cluster."""
    return lambda view: Reading(np.array([value(view)], dtype=np.float64))

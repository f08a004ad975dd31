"""Tools for columns: sums over segments, columns that follow their subjects when these move, slopes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.snapshot import Bool, Float64, Int64

Array = NDArray[Any]

NEW = -1
"""In an origin (where each subject was before): it was not there."""


def followed(column: Array, origin: Int64, default: float) -> Array:
    """The column after its subjects moved: entry i was entry `origin[i]`, or is NEW and gets the default."""
    answer = np.full(len(origin), default, dtype=column.dtype)
    old = np.flatnonzero(origin >= 0)
    answer[old] = column[origin[old]]
    return answer


def positions(old: Int64, new: Int64) -> Int64:
    """Where each of the new keys (not negative) is among the old ones; NEW where it is not. Keys occur once."""
    if not len(old):
        return np.full(len(new), NEW, dtype=np.int64)
    order = np.argsort(old, kind="stable")
    at = np.minimum(np.searchsorted(old, new, sorter=order), len(order) - 1)
    return np.where(old[order[at]] == new, order[at], NEW)


def named_positions(old: Sequence[str], new: Sequence[str]) -> Int64:
    """Where each of the new names is among the old ones; NEW where it is not."""
    place = {name: i for i, name in enumerate(old)}
    return np.array([place.get(name, NEW) for name in new], dtype=np.int64)


def entry(columns: Mapping[str, Array], name: str, shape: tuple[int | None, ...], kind: type[np.generic]) -> Array:
    """A column of a file by its name; raises ValueError unless it has this shape (None: any length) and type."""
    column = columns.get(name)
    if column is None:
        raise ValueError(f"{name}: missing")
    fits = len(shape) == column.ndim and all(want in (None, has) for want, has in zip(shape, column.shape, strict=True))
    if not fits or column.dtype != kind:
        raise ValueError(f"{name}: {column.dtype} of shape {column.shape}, expected {np.dtype(kind)} of shape {shape}")
    return column


def segments(reduce: np.ufunc, column: Array, first: Int64, empty: float) -> Array:
    """`reduce` over the entries `first[i]` to `first[i + 1]` of a column, for each i; `empty` where there are none."""
    filled = first[1:] > first[:-1]
    if len(filled) and filled.all():
        whole: Array = reduce.reduceat(column, first[:-1])
        return whole.astype(column.dtype, copy=False)
    answer = np.full(len(first) - 1, empty, dtype=column.dtype)
    there = np.flatnonzero(filled)
    if len(there):
        answer[there] = reduce.reduceat(column, first[:-1][there])
    return answer


def sums(known: Array, column: Array, first: Int64, unknown: float) -> Array:
    """The sum of the known entries of each segment; `unknown` where a segment has no known entry."""
    total = segments(np.add, column if known.all() else np.where(known, column, 0), first, 0)
    some = segments(np.logical_or, known, first, empty=False)
    return np.where(some, total, unknown).astype(column.dtype)


def slopes(times: Float64, samples: Sequence[Array], *, at_least: int, covering: float) -> Float64:
    """
    Least-squares slopes per unit of `times`; `samples` has an array per time with an entry per row, NaN where nothing is known.

    A row has no slope (NaN) if its last sample is unknown, if it has fewer samples than `at_least`, or if they cover less
    time than `covering`.
    """
    if len(times) < at_least or times[-1] - times[0] < covering:
        return np.full(len(samples[0]) if samples else 0, np.nan)
    centred = times - times.mean()
    answer = np.zeros(len(samples[0]))
    for weight, values in zip(centred / (centred @ centred), samples, strict=True):
        answer += np.multiply(values, weight, dtype=np.float64)
    partial = np.flatnonzero(np.isnan(answer))
    if len(partial):
        there = np.stack([values[partial] for values in samples]).astype(np.float64)
        answer[partial] = _partial_slopes(times, there, at_least=at_least, covering=covering)
    return answer


def _partial_slopes(times: Float64, samples: Float64, *, at_least: int, covering: float) -> Float64:
    there = ~np.isnan(samples)
    covered = times[-1] - times[there.argmax(axis=0)]
    usable: Bool = there[-1] & (there.sum(axis=0) >= max(at_least, 2)) & (covered >= covering)
    answer = np.full(samples.shape[1], np.nan)
    there, samples = there[:, usable], samples[:, usable]
    mean = np.where(there, times[:, None], 0.0).sum(axis=0) / there.sum(axis=0)
    centred = np.where(there, times[:, None] - mean, 0.0)
    answer[usable] = (centred * np.where(there, samples, 0.0)).sum(axis=0) / (centred * centred).sum(axis=0)
    return answer

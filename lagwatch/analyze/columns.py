"""Small tools for columns: sums over segments, and columns that follow their subjects when these move. Pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.snapshot import Int64

Array = NDArray[Any]


def followed(column: Array, origin: Int64, default: float) -> Array:
    """The column after its subjects moved: entry i was entry `origin[i]`, or is new (negative) and gets the default."""
    answer = np.full(len(origin), default, dtype=column.dtype)
    old = np.flatnonzero(origin >= 0)
    answer[old] = column[origin[old]]
    return answer


def segments(reduce: np.ufunc, column: Array, first: Int64, empty: float) -> Array:
    """`reduce` over the entries `first[i]` to `first[i + 1]` of a column, for each i; `empty` where there are none."""
    answer = np.full(len(first) - 1, empty, dtype=column.dtype)
    there = np.flatnonzero(first[1:] > first[:-1])
    if len(there):
        answer[there] = reduce.reduceat(column, first[:-1][there])
    return answer


def sums(known: Array, column: Array, first: Int64, unknown: float) -> Array:
    """The sum of the known entries of each segment; `unknown` where a segment has no known entry."""
    total = segments(np.add, np.where(known, column, 0), first, 0)
    count = segments(np.add, known.astype(np.int64), first, 0)
    return np.where(count > 0, total, unknown).astype(column.dtype)

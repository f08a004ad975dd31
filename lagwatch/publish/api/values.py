"""Columns to JSON values: what is unknown in a column is None, never 0, -1 or NaN."""

import math
from datetime import UTC, datetime


def known(value: int) -> int | None:
    """
    An entry of an integer column.

    >>> known(7), known(-1)
    (7, None)
    """
    return None if value < 0 else int(value)


def number(value: float | None) -> float | None:
    """
    An entry of a float column, to three decimals.

    >>> number(60.00049), number(float("nan")), number(None)
    (60.0, None, None)
    """
    return None if value is None or not math.isfinite(value) else round(float(value), 3)


def moment(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a UTC time of whole milliseconds; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(round(seconds, 3), UTC)


def age(now: float, then: float | None) -> float | None:
    """Seconds from `then` to `now`; never negative, whatever the clocks did."""
    return None if then is None else round(max(0.0, now - then), 3)

"""Columns to JSON values: what is unknown in a column is None, never 0, -1 or NaN."""

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _only_rfc_3339(value: Any) -> Any:
    """Numbers and dates without a time zone would be guesses."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        raise ValueError("Input should be a time as in RFC 3339, such as 2026-03-02T00:05:30Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_only_rfc_3339)]
"""A time that somebody gives."""


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

    >>> number(60.00049), number(-1e-9), number(float("nan")), number(None)
    (60.0, 0.0, None, None)
    """
    return None if value is None or not math.isfinite(value) else round(float(value), 3) + 0.0


def flag(bound: bool, value: float) -> bool | None:  # noqa: FBT001 (an entry of a column)
    """
    An entry of a column of flags about a value, None where that is unknown.

    >>> flag(True, 7.0), flag(False, float("nan"))
    (True, None)
    """
    return None if math.isnan(value) else bool(bound)


def moment(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a UTC time of whole milliseconds; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(round(seconds, 3), UTC)


def age(now: float, then: float | None) -> float | None:
    """Seconds from `then` to `now`; never negative, whatever the clocks did."""
    return None if then is None else round(max(0.0, now - then), 3)

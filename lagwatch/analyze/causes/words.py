"""Numbers of a sentence as causes say them. Pure."""

import math
from collections.abc import Sequence

from lagwatch.model.words import duration, plural

_MOST_NAMED = 5


def rate(per_minute: float) -> str:
    """
    >>> rate(12_345.6), rate(7.24), rate(-1e-12), rate(math.nan)
    ('12,346/min', '7.2/min', '0.0/min', 'an unknown number a minute')
    """
    if math.isnan(per_minute):
        return "an unknown number a minute"
    return f"{per_minute:,.0f}/min" if abs(per_minute) >= 10 else f"{round(per_minute, 1) + 0.0:,.1f}/min"


def messages(count: float) -> str:
    """
    >>> messages(1.0), messages(12_000)
    ('1 message', '12,000 messages')
    """
    return plural(round(count), "message")


def lasting(seconds: float) -> str:
    """
    >>> lasting(7200.0), lasting(math.inf)
    ('for 2h', 'since lagwatch looks')
    """
    return f"for {duration(seconds)}" if math.isfinite(seconds) else "since lagwatch looks"


def numbered(partitions: Sequence[int]) -> str:
    """
    >>> numbered([3]), numbered([1, 2]), numbered(list(range(9)))
    ('partition 3', 'partitions 1 and 2', '9 partitions (0, 1, 2, 3, 4, ...)')
    """
    if len(partitions) == 1:
        return f"partition {partitions[0]}"
    if len(partitions) > _MOST_NAMED:
        return f"{len(partitions)} partitions ({', '.join(map(str, partitions[:_MOST_NAMED]))}, ...)"
    return f"partitions {', '.join(map(str, partitions[:-1]))} and {partitions[-1]}"


def where(topic: str, partitions: Sequence[int], of: int) -> str:
    """
    Some partitions of a topic that has so many.

    >>> where("orders", [2], 6), where("orders", [0, 1], 2), where("orders", [0], 1)
    ('orders partition 2', 'all 2 partitions of orders', 'orders partition 0')
    """
    if 1 < len(partitions) == of:
        return f"all {of} partitions of {topic}"
    return f"{topic} {numbered(partitions)}"


def certain(low: float, high: float, part: float) -> float:
    """
    A certainty between `low` and `high`: `part` says how far the evidence goes, from 0 (just enough) to 1 (beyond doubt).

    >>> certain(0.6, 0.9, 0.5), certain(0.6, 0.9, 7.0), certain(0.6, 0.9, math.nan)
    (0.75, 0.9, 0.6)
    """
    if math.isnan(part):
        return low
    return low + (high - low) * min(max(part, 0.0), 1.0)

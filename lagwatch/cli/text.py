"""Plain tables, as the Apache tools print them: columns aligned by spaces, "-" where nothing is known. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lagwatch.model.words import duration, printable


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """
    A header and rows, aligned; None is "-".

    >>> print(table(["TOPIC", "LAG"], [["orders", 7], ["payments", None]]))
    TOPIC     LAG
    orders    7
    payments  -
    """
    lines = [list(header), *([cell(value) for value in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def cell(value: object) -> str:
    """One value as people read it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return printable(",".join(str(part) for part in value)) or "-"
    return printable(str(value))


def lines(text: str) -> str:
    """
    A text of several lines as a terminal may have it.

    >>> lines("a\\x1b[2J\\nb")
    'a�[2J\\nb'
    """
    return "\n".join(map(printable, text.split("\n")))


def time_lag(item: Mapping[str, Any]) -> str | None:
    """
    The time lag of a group, or of one of its topics or partitions (an item of the API); ">=" where it may be more.

    >>> time_lag({"time_lag_s": 95.2, "time_lag_is_lower_bound": False})
    '1m 35s'
    >>> time_lag({"time_lag_s": 300, "time_lag_is_lower_bound": True})
    '>=5m'
    """
    if item["time_lag_s"] is None:
        return None
    return (">=" if item["time_lag_is_lower_bound"] else "") + duration(item["time_lag_s"])


def placed(assigned: Iterable[Mapping[str, object]] | None) -> str | None:
    """
    Partitions by topic as kafka-consumer-groups.sh writes them.

    >>> placed([{"topic": "orders", "partitions": [0, 1]}, {"topic": "payments", "partitions": [3]}])
    'orders:0,1;payments:3'
    """
    if assigned is None:
        return None
    return ";".join(f"{part['topic']}:{cell(part['partitions'])}" for part in assigned)

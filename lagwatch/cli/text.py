"""Plain tables, as the Apache tools print them: columns aligned by spaces, "-" where nothing is known. Pure."""

from collections.abc import Iterable, Mapping, Sequence


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
        return ",".join(str(part) for part in value) or "-"
    return str(value)


def placed(assigned: Iterable[Mapping[str, object]] | None) -> str | None:
    """
    Partitions by topic as kafka-consumer-groups.sh writes them.

    >>> placed([{"topic": "orders", "partitions": [0, 1]}, {"topic": "payments", "partitions": [3]}])
    'orders:0,1;payments:3'
    """
    if assigned is None:
        return None
    return ";".join(f"{part['topic']}:{cell(part['partitions'])}" for part in assigned)

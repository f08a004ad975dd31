"""How numbers are said to people: one form each, in alerts, notices, pages and the terminal. Pure."""

import math
from collections.abc import Mapping


def duration(seconds: float) -> str:
    """
    A duration as people say it, with two units.

    >>> duration(95.0), duration(7200.0), duration(90_061.0), duration(math.inf)
    ('1m 35s', '2h', '1d 1h', 'not in sight')
    """
    if math.isinf(seconds):
        return "not in sight"
    parts: list[str] = []
    rest = round(abs(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count}{unit}" if count else "")
    return " ".join(part for part in parts[:2] if part) or "0s"


def ago(seconds: float) -> str:
    """
    How long ago something was.

    >>> ago(0.6), ago(12.2), ago(59.7), ago(607)
    ('1 second ago', '12 seconds ago', '1m ago', '10m 7s ago')
    """
    whole = round(seconds)
    return f"{plural(whole, 'second') if whole < 60 else duration(whole)} ago"


def size(count: float) -> str:
    """
    Bytes as people say them, in powers of 1,024.

    >>> size(0), size(1536), size(3 * 1024**4), size(math.nan)
    ('0 B', '1.5 KiB', '3.0 TiB', 'unknown')
    """
    if math.isnan(count):
        return "unknown"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < 1024 or unit == "TiB":
            return f"{count:.0f} B" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    raise AssertionError


def plural(count: int, one: str, many: str = "") -> str:
    """
    A number and what there is of it.

    >>> plural(1, "partition"), plural(2000, "partition"), plural(0, "entry", "entries")
    ('1 partition', '2,000 partitions', '0 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def printable(text: str) -> str:
    """
    A text that does nothing to a terminal: names that clients give themselves may hold what moves the cursor, or ends a line.

    >>> printable("größe"), printable("a\\x1b[2Jb\\n")
    ('größe', 'a�[2Jb�')
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


_A_MINUTE = frozenset({"produced", "consumed", "usual", "growth"})


def figures(values: Mapping[str, float | str | None]) -> str:
    """
    Named values, those that are known: seconds (`..._s`) as durations, shares as percents, rates a minute.

    >>> figures({"lag": 14000.0, "usual": None, "members_gone_s": 7500.0, "lag_share": 0.83, "growth": -1.5, "owner": "b-1"})
    'lag 14,000, members gone 2h 5m, lag share 83%, growth -1.5/min, owner b-1'
    """
    said = (
        f"{name.removesuffix('_s').replace('_', ' ')} {_figure(name, value)}"
        for name, value in values.items()
        if value is not None
    )
    return ", ".join(said)


def _figure(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    if name.endswith("_s"):
        return duration(value)
    if name.endswith("share"):
        return f"{value:.0%}"
    return f"{value:,.6g}" + ("/min" if name in _A_MINUTE else "")

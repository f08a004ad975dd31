"""
Sample lines by the hundred thousand. Pure.

All columns of a table have the same label sets, so a line is the name of a family, a label set and a number. Lines are one
template, `name{...} %d\\n` over and over, that joins make and a single bytes-% fills: 0.1 microseconds a line, so that nothing
has to be kept from one poll to the next. Both text formats (Prometheus 0.0.4, OpenMetrics 1.0) write gauges in this one way.
"""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.segments import Packer

_ROWS = 2048
"""Lines in one template: its text then stays in the processor's cache, which halves the time of a million lines."""

Run = tuple[bytes, Sequence[bytes]]
"""Label sets that begin alike: what they have in common, and how each goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values of one family, one a row of its table. `known` says which are (None: all but UNKNOWN and NaN)."""

    family: Family
    values: Int64 | Int32 | Float64
    known: Bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Families with the same label sets: `runs(rows)` gives those of a slice of rows, spelled as `label_set` does."""

    runs: Callable[[slice], Sequence[Run]]
    columns: tuple[Column, ...]


def escape(value: str) -> bytes:
    """A label value as it stands between quotation marks; what UTF-8 cannot hold becomes a question mark."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").encode("utf-8", "replace")


def templated(value: str) -> bytes:
    """An escaped label value for use inside a template."""
    return escape(value).replace(b"%", b"%%")


def label_set(**labels: str | int | None) -> bytes:
    """`{name="value",...} ` for use in a template; a label that is None or empty is absent, which means the same."""
    pairs = (b'%s="%s"' % (name.encode(), templated(str(v))) for name, v in labels.items() if v not in (None, ""))
    return b"{" + b",".join(pairs) + b"} "


def listed(labels: Sequence[bytes]) -> Callable[[slice], Sequence[Run]]:
    """The runs of a table whose label sets are all in a list."""
    return lambda rows: [(b"", labels[rows])]


def header(family: Family) -> bytes:
    """The HELP and TYPE lines of a gauge; help texts hold nothing that one of the formats would escape."""
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n".encode()


def write(table: Table, packers: MutableMapping[Family, Packer]) -> None:
    """Add the lines of all columns of a table to the packers of their families; unknown values have no line."""
    if not table.columns:
        return
    count = len(table.columns[0].values)
    for start in range(0, count, _ROWS):
        rows = slice(start, min(start + _ROWS, count))
        runs = table.runs(rows)
        for column in table.columns:
            text, series = _lines(column, rows, runs)
            if series:
                packers.setdefault(column.family, Packer()).add(text, series)


def _lines(column: Column, rows: slice, runs: Sequence[Run]) -> tuple[bytes, int]:
    values = column.values[rows]
    known = _known(values) if column.known is None else column.known[rows]
    if not known.all():
        labels = (head + rest for head, rests in runs for rest in rests)
        values, runs = values[known], [(b"", list(compress(labels, known.tolist())))]
    if not len(values):
        return b"", 0
    name = column.family.name.encode()
    number = b"%r\n" if values.dtype.kind == "f" else b"%d\n"
    template = b"".join([name + head + (number + name + head).join(rests) + number for head, rests in runs])
    return template % tuple(values.tolist()), len(values)


def _known(values: Int64 | Int32 | Float64) -> Bool:
    return ~np.isnan(values) if values.dtype.kind == "f" else values != UNKNOWN

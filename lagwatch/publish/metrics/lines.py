"""
Sample lines by the hundred thousand. Pure.

All columns of a table have the same label sets, so a line is the name of a family, a label set and a number. Lines are one
template, `name{...} %d\\n` over and over, that joins make and a single bytes-% fills: 0.1 microseconds a line. Both text
formats (Prometheus 0.0.4, OpenMetrics 1.0) write samples in this one way; only the headers of counters differ. Blocks of
lines are compressed one by one, so that a block in which nothing changed since the last poll is taken over as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from operator import add

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.negotiation import Format
from lagwatch.publish.metrics.segments import Segment, pack

_ROWS = 2048
"""Lines in one block: its text then stays in the processor's cache, which halves the time of a million lines."""

_SHORT = 8
"""Rows that begin alike are joined with their beginning at once if they are fewer than this."""

Run = tuple[bytes, Sequence[bytes]]
"""Label sets that begin alike: what they have in common, and how each goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """
    The values of one family, one a row of its table. `known` says which are (None: all but UNKNOWN and NaN).

    Floats have so many `decimals` on the page (None: as many as it takes, at twice the time).
    """

    family: Family
    values: Int64 | Int32 | Float64
    known: Bool | None = None
    decimals: int | None = None

    def series(self, rows: slice | Bool = slice(None)) -> int:
        """How many of these rows have a line."""
        return int(self.has_line()[rows].sum())

    def has_line(self) -> Bool:
        """Which rows have a line."""
        if self.known is not None:
            return self.known
        return ~np.isnan(self.values) if self.values.dtype.kind == "f" else self.values != UNKNOWN

    def changed(self, before: "Column") -> Bool:
        """Which rows are not what they were before."""
        bits = f"i{self.values.dtype.itemsize}"  # as which unknown floats are equal to one another
        changed: Bool = self.values.view(bits) != before.values.view(bits)
        if self.known is not None or before.known is not None:
            changed |= self.has_line() != before.has_line()
        return changed


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """
    Families with the same label sets: that of row i is `heads[head[i]] + rests[rest[i]]`, spelled as `label_set` does.

    Rows with the same head stand together.
    """

    heads: Sequence[bytes]
    head: Int32
    rests: Sequence[bytes]
    rest: Int32
    columns: tuple[Column, ...]

    def runs(self, rows: slice) -> list[Run]:
        """The label sets of a slice of rows, in runs that are worth it: where they are short, one run has them whole."""
        heads = self.head[rows]
        first = np.flatnonzero(np.diff(heads, prepend=-1))
        rests = list(map(self.rests.__getitem__, self.rest[rows].tolist()))
        if len(first) * _SHORT > len(heads):
            beginnings = map(self.heads.__getitem__, heads.tolist())
            return [(b"", list(map(add, beginnings, rests)))]
        bounds = pairwise([*first.tolist(), len(heads)])
        return [(self.heads[head], rests[a:b]) for head, (a, b) in zip(heads[first].tolist(), bounds, strict=True)]

    def same_labels(self, other: "Table") -> bool:
        """Whether each row has the label set that it has in the other table."""
        return (
            self.heads == other.heads
            and self.rests == other.rests
            and np.array_equal(self.head, other.head)
            and np.array_equal(self.rest, other.rest)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """
    A table and its compressed lines, one segment a block of each family; unknown values have no line.

    `runs` are the label sets of each block, kept for the next poll; they share their bytes, so a row costs a pointer.
    """

    table: Table
    runs: Sequence[Sequence[Run]]
    segments: Mapping[Family, Sequence[Segment]]


def rounded(family: Family, values: Float64, decimals: int = 0, *, known: Bool | None = None) -> Column:
    """A column of floats with so many decimals: digits that say nothing make the page longer, and take time."""
    return Column(family, np.round(values, decimals) + 0.0, known, decimals)  # the sum makes 0 of -0


def listed(labels: Sequence[bytes], *columns: Column) -> Table:
    """A table whose label sets are all in a list."""
    count = len(labels)
    return Table([b""], np.zeros(count, np.int32), labels, np.arange(count, dtype=np.int32), columns)


def escape(value: str) -> bytes:
    """A label value as it stands between quotation marks; what UTF-8 cannot hold becomes a question mark."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").encode("utf-8", "replace")


def templated(value: str) -> bytes:
    """An escaped label value for use inside a template."""
    return escape(value).replace(b"%", b"%%")


def label_set(**labels: str | int | None) -> bytes:
    """`{name="value",...} ` for use in a template; a label that is None or empty is absent, which means the same."""
    return full_label_set(**{name: value for name, value in labels.items() if value not in (None, "")})


def full_label_set(**labels: str | int | None) -> bytes:
    """The same with every label: None and empty ones are `name=""`, as Prometheus' client libraries print them."""
    pairs = (b'%s="%s"' % (name.encode(), templated("" if v is None else str(v))) for name, v in labels.items())
    return b"{" + b",".join(pairs) + b"} "


def header(family: Family, form: Format = Format.TEXT) -> bytes:
    """The HELP and TYPE lines of a family; help texts hold nothing that one of the formats would escape."""
    openmetrics = form is Format.OPENMETRICS
    name = family.name.removesuffix("_total") if openmetrics else family.name
    unit = f"# UNIT {name} {family.unit}\n" if openmetrics and family.unit else ""
    return f"# HELP {name} {family.help}\n# TYPE {name} {family.kind}\n{unit}".encode()


def render(table: Table, before: Rendered | None = None) -> Rendered:
    """The lines of all columns of a table; `before` is what became of it at the poll before."""
    blocks = [slice(start, start + _ROWS) for start in range(0, len(table.head), _ROWS)]
    old = before if before is not None and table.same_labels(before.table) else None
    runs = old.runs if old is not None else [table.runs(rows) for rows in blocks]
    writers = [_Writer(column, _kept(column, old)) for column in table.columns]
    # Block by block, so that all columns find its labels in the processor's cache.
    for number, rows in enumerate(blocks):
        for writer in writers:
            writer.write(number, rows, runs[number])
    return Rendered(table, runs, {writer.column.family: writer.segments for writer in writers})


def _kept(column: Column, old: Rendered | None) -> list[Segment | None]:
    """The segments of the poll before, None where something changed; none at all where there are none."""
    before = next((c for c in old.table.columns if c.family is column.family), None) if old is not None else None
    if old is None or before is None or not len(column.values):
        return []
    segments = old.segments[column.family]
    changed = np.logical_or.reduceat(column.changed(before), np.arange(0, len(column.values), _ROWS)).tolist()
    return [None if new else segment for new, segment in zip(changed, segments, strict=True)]


class _Writer:
    """Writes the blocks of a column, one after another, as far as they were not kept."""

    def __init__(self, column: Column, kept: list[Segment | None]) -> None:
        self.column = column
        self.segments: list[Segment] = []
        self._kept = kept
        known = column.has_line()
        self._known = None if known.all() else known
        self._name, self._number = column.family.name.encode(), _number(column)
        self._odd = column.values.dtype.kind == "f" and bool((~np.isfinite(column.values) & known).any())

    def write(self, number: int, rows: slice, runs: Sequence[Run]) -> None:
        kept = self._kept[number] if self._kept else None
        self.segments.append(kept or pack(*self._lines(rows, runs)))

    def _lines(self, rows: slice, runs: Sequence[Run]) -> tuple[bytes, int]:
        values = self.column.values[rows]
        if self._known is not None:
            known = self._known[rows]
            if not known.any():
                return b"", 0
            labels = (head + rest for head, rests in runs for rest in rests)
            values, runs = values[known], [(b"", list(compress(labels, known.tolist())))]
        name, number = self._name, self._number
        template = b"".join([name + head + (number + name + head).join(rests) + number for head, rests in runs])
        text = template % tuple(values.tolist())
        if self._odd:
            text = text.replace(b" inf\n", b" +Inf\n").replace(b" nan\n", b" NaN\n")
        return text, len(values)


def _number(column: Column) -> bytes:
    """How a value is written, in the words of bytes-%."""
    if column.values.dtype.kind != "f":
        return b"%d\n"
    return b"%r\n" if column.decimals is None else b"%%.%df\n" % column.decimals

"""Reading a metrics page the way Prometheus' own Python library does."""

import gzip
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Format, Variant

PLAIN = Variant()
ALL_VARIANTS = [Variant(form, packed) for form in Format for packed in (False, True)]

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""Values by name and sorted labels."""


def text(board: Board, variant: Variant = PLAIN) -> str:
    page = board.page(variant)
    return (gzip.decompress(page) if variant.gzip else page).decode()


def families(board: Board, variant: Variant = PLAIN) -> list[Metric]:
    """The families of a page; the parser of OpenMetrics is strict about order, blanks, units and the end."""
    parse = parse_text if variant.format is Format.TEXT else parse_openmetrics
    return list(parse(text(board, variant)))


def series(board: Board, variant: Variant = PLAIN) -> Series:
    return as_series(families(board, variant))


def as_series(found: Iterable[Metric]) -> Series:
    values = [((s.name, tuple(sorted(s.labels.items()))), s.value) for family in found for s in family.samples]
    answer = dict(values)
    assert len(answer) == len(values), "a series is there twice"
    return answer


def of(board: Board, name: str, *labels: str) -> dict[tuple[str, ...] | str, float]:
    """One metric's values by the values of these labels (one label: by its value)."""
    found = {}
    for (metric, pairs), value in series(board).items():
        if metric == name:
            values = tuple(dict(pairs).get(label, "") for label in labels)
            found[values[0] if len(values) == 1 else values] = value
    return found

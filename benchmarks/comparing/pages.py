"""Two metrics pages and every series in which they differ. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""Sorted by name. An empty label is one, though Prometheus drops it: whoever reads the page itself sees the difference."""

Page = Mapping[str, Mapping[Labels, float]]
"""Values by name and labels."""


class Kind(StrEnum):
    """In what two pages differ."""

    NAME = "name"
    LABELS = "labels"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """
    What is not compared, and why: of the names that match, all of it (`what` is "name"), the values ("value"), or one label.
    """

    names: str
    what: str
    why: str

    def covers(self, name: str) -> bool:
        """Whether it is about this name."""
        return re.fullmatch(self.names, name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One series that is on one page only (None on the other), or has other values."""

    kind: Kind
    name: str
    labels: Labels
    theirs: float | None
    ours: float | None

    def __str__(self) -> str:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels)
        return f"{self.kind}: {self.name}{{{labels}}} theirs {_shown(self.theirs)}, lagwatch's {_shown(self.ours)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came out: how many series each page has (without what is not compared), how many agree, and which do not."""

    theirs: int
    ours: int
    agreeing: int
    differences: tuple[Difference, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Series that are not compared at all, counted by reason."""


def parse(text: str) -> Page:
    """The series of a page in Prometheus' text format."""
    page: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            page.setdefault(sample.name, {})[labels] = sample.value
    return page


def compare(theirs: Page, ours: Sequence[Page], allowed: Sequence[Allowance] = ()) -> Comparison:
    """
    One page of theirs and the pages of ours from just before and just after it.

    Where a value moved in between, theirs may be any value from the one to the other.
    """
    left_out: dict[str, int] = {}
    their_page = _compared(theirs, allowed, left_out)
    our_pages = [_compared(page, allowed, {}) for page in ours]
    names = sorted({name for page in (their_page, *our_pages) for name in page})
    found = [difference for name in names for difference in _of_name(name, their_page, our_pages, allowed)]
    our_series = {(name, labels) for page in our_pages for name, series in page.items() for labels in series}
    size = sum(map(len, their_page.values()))
    only_theirs_or_other = sum(difference.theirs is not None for difference in found)
    return Comparison(
        theirs=size,
        ours=len(our_series),
        agreeing=size - only_theirs_or_other,
        differences=tuple(found),
        left_out=left_out,
    )


def _compared(page: Page, allowed: Sequence[Allowance], left_out: dict[str, int]) -> Page:
    """The page without names and labels that are not compared."""
    answer: dict[str, dict[Labels, float]] = {}
    for name, series in page.items():
        about = [allowance for allowance in allowed if allowance.covers(name)]
        whole = next((allowance for allowance in about if allowance.what == "name"), None)
        if whole is not None:
            left_out[whole.why] = left_out.get(whole.why, 0) + len(series)
            continue
        dropped = {allowance.what for allowance in about}
        answer[name] = {tuple(pair for pair in labels if pair[0] not in dropped): v for labels, v in series.items()}
    return answer


def _of_name(name: str, theirs: Page, ours: Sequence[Page], allowed: Sequence[Allowance]) -> Iterator[Difference]:
    our_series = [page.get(name, {}) for page in ours]
    on_both = name in theirs and any(our_series)
    values_count = not any(allowance.what == "value" and allowance.covers(name) for allowance in allowed)
    for labels in sorted(theirs.get(name, {}).keys() | {labels for series in our_series for labels in series}):
        their_value = theirs.get(name, {}).get(labels)
        our_values = [series[labels] for series in our_series if labels in series]
        if their_value is None or not our_values:
            kind = Kind.LABELS if on_both else Kind.NAME
        elif values_count and not _between(their_value, our_values):
            kind = Kind.VALUE
        else:
            continue
        last = our_values[-1] if our_values else None
        yield Difference(kind=kind, name=name, labels=labels, theirs=their_value, ours=last)


def _between(value: float, others: Sequence[float]) -> bool:
    if math.isnan(value):
        return any(map(math.isnan, others))
    return min(others) <= value <= max(others)


def _shown(value: float | None) -> str:
    return "absent" if value is None else f"{value:.15g}"

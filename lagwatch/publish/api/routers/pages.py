"""A page of one cluster's facts: the chosen rows, and only these, become items."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict, TypeVar

from lagwatch.publish.api.access import Seen
from lagwatch.publish.api.paging import ListQuery, PageQuery, Rows
from lagwatch.publish.api.schemas.base import ClusterPage, Newest, Shape
from lagwatch.publish.api.values import age, moment

Item = TypeVar("Item", bound=Shape)
Entry = TypeVar("Entry")


class AgedFields(TypedDict):
    """The fields of `Aged`."""

    cluster: str
    as_of: datetime
    age_s: float


def aged(seen: Seen) -> AgedFields:
    """Which cluster's facts these are, and how old."""
    at = seen.snapshot.at
    as_of, age_s = moment(at), age(seen.now, at)
    assert as_of is not None
    assert age_s is not None
    return {"cluster": seen.latest.cluster, "as_of": as_of, "age_s": age_s}


def page(seen: Seen, query: PageQuery, rows: Rows, item: Callable[[int], Item]) -> ClusterPage[Item]:
    """The page of these rows, each made by `item`."""
    items = [item(row) for row in rows.page]
    return ClusterPage(**aged(seen), total=rows.total, offset=query.offset, limit=query.limit, items=items)


def newest(query: ListQuery, found: Sequence[tuple[int, Entry]], item: Callable[[Entry], Item]) -> Newest[Item]:
    """The newest entries as far as one answer goes; `found` are these and one more, each with its number."""
    shown = found[: query.limit]
    return Newest(items=[item(entry) for _, entry in shown], next=shown[-1][0] if len(found) > query.limit else None)

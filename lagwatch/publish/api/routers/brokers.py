"""Brokers, with what they lead, hold and store, and what hangs on each."""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.details import Details
from lagwatch.model.health import BrokerTable
from lagwatch.publish.api.access import ClusterData, Seen
from lagwatch.publish.api.paging import Absent, PageQuery, choose
from lagwatch.publish.api.problems import documented, no_data
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.schemas.clusters import Broker
from lagwatch.publish.api.values import known, number

router = APIRouter(tags=["clusters"])
_Sort = Literal[
    "id",
    "-id",
    "leaders",
    "-leaders",
    "replicas",
    "-replicas",
    "out_of_sync",
    "-out_of_sync",
    "produced_per_minute",
    "-produced_per_minute",
    "log_bytes",
    "-log_bytes",
    "disk_used",
    "-disk_used",
]
_COUNTS = (
    *("leaders", "preferred", "led_by_others", "replicas", "out_of_sync"),
    *("log_bytes", "dirs", "failed_dirs", "would_go_offline", "would_refuse", "last_copies"),
)


class BrokerQuery(PageQuery):
    """Which brokers, in which order."""

    sort: _Sort = Field("id", description="The field to sort by; `-` for the largest first.", examples=["-leaders"])
    up: bool | Absent = Field(
        None, description="Only brokers that are up, or only those that are not.", examples=[False]
    )


@router.get("/clusters/{cluster}/brokers", responses=documented(404, 422, 503))
async def list_brokers(query: Annotated[BrokerQuery, Query()], seen: ClusterData) -> ClusterPage[Broker]:
    """The brokers that are up, and those that hold replicas and are not."""
    table = broker_table(seen)
    item = broker_items(seen)
    keep = np.ones(len(table), dtype=np.bool_)
    if query.up is not None:
        keep = table.up == query.up
    columns = {name: getattr(table, name) for name in (*_COUNTS, "disk_used")}
    columns["produced_per_minute"] = table.produced
    return page(seen, query, choose(query, keep, query.sort, columns), item)


def broker_table(seen: Seen) -> BrokerTable:
    """The brokers' columns."""
    if seen.view.health is None:
        raise no_data(seen.latest.cluster, seen.latest.health.error, seen.latest.health.interval_s)
    return seen.view.health.brokers


def broker_items(seen: Seen) -> Callable[[int], Broker]:
    """What makes an item of a row of these columns."""
    snapshot, table = seen.snapshot, broker_table(seen)
    listed = {broker.id: broker for broker in snapshot.brokers}
    features = (snapshot.details or Details()).features
    releases = {} if features is None else features.value.releases

    def item(row: int) -> Broker:
        broker_id = int(table.id[row])
        broker = listed.get(broker_id)
        return Broker(
            id=broker_id,
            up=broker is not None,
            host=broker.host or None if broker else None,
            port=broker.port or None if broker else None,
            rack=broker.rack if broker else None,
            controller=None if snapshot.controller is None else snapshot.controller == broker_id,
            release=releases.get(broker_id),
            produced_per_minute=number(float(table.produced[row])),
            disk_used=number(float(table.disk_used[row])),
            **{name: known(int(getattr(table, name)[row])) for name in _COUNTS},
        )

    return item

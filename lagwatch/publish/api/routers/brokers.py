"""Brokers, with what they lead and hold."""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.snapshot import Int32, Int64, PartitionTable
from lagwatch.publish.api.access import ClusterData
from lagwatch.publish.api.paging import Absent, PageQuery, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.schemas.clusters import Broker

router = APIRouter(tags=["clusters"])
_Sort = Literal["id", "-id", "leaders", "-leaders", "replicas", "-replicas", "out_of_sync", "-out_of_sync"]


class BrokerQuery(PageQuery):
    """Which brokers, in which order."""

    sort: _Sort = Field("id", description="The field to sort by; `-` for the largest first.", examples=["-leaders"])
    up: bool | Absent = Field(
        None, description="Only brokers that are up, or only those that are not.", examples=[False]
    )


@router.get("/clusters/{cluster}/brokers", responses=documented(404, 422, 503))
async def list_brokers(query: Annotated[BrokerQuery, Query()], seen: ClusterData) -> ClusterPage[Broker]:
    """The brokers that are up, and those that hold replicas and are not."""
    snapshot = seen.snapshot
    listed = {broker.id: broker for broker in snapshot.brokers}
    load = _load(snapshot.partitions, np.array(sorted(listed), dtype=np.int32))
    columns = {"leaders": load.leaders, "replicas": load.replicas, "out_of_sync": load.out_of_sync}

    def item(row: int) -> Broker:
        number = int(load.ids[row])
        broker = listed.get(number)
        return Broker(
            id=number,
            up=broker is not None,
            host=broker.host or None if broker else None,
            port=broker.port or None if broker else None,
            rack=broker.rack if broker else None,
            controller=None if snapshot.controller is None else snapshot.controller == number,
            leaders=int(load.leaders[row]),
            replicas=int(load.replicas[row]),
            out_of_sync=int(load.out_of_sync[row]),
        )

    keep = np.ones(len(load.ids), dtype=np.bool_)
    if query.up is not None:
        keep = np.isin(load.ids, list(listed)) == query.up
    return page(seen, query, choose(query, keep, query.sort, columns), item)


class _Load(NamedTuple):
    """Parallel columns, one row a broker, by id."""

    ids: Int32
    leaders: Int64
    replicas: Int64
    out_of_sync: Int64


def _load(partitions: PartitionTable, listed: Int32) -> _Load:
    named = np.union1d(listed, partitions.replicas.brokers)
    ids = named[named >= 0]
    held = _count(ids, partitions.replicas.brokers)
    return _Load(ids, _count(ids, partitions.leader), held, np.maximum(0, held - _count(ids, partitions.isr.brokers)))


def _count(ids: Int32, brokers: Int32) -> Int64:
    """How often each id (ascending) is among the brokers; ids that are not asked for are passed over."""
    edges = np.sort(brokers)
    return np.searchsorted(edges, ids, side="right") - np.searchsorted(edges, ids, side="left")

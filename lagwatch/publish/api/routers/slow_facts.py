"""Slow facts of a cluster: open transactions and who holds what, moves of partitions, log directories."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Annotated, Literal, TypeVar

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model import details as facts
from lagwatch.model.details import Details, Part
from lagwatch.model.snapshot import Bool
from lagwatch.publish.api.access import ClusterData, Seen
from lagwatch.publish.api.names import matching
from lagwatch.publish.api.paging import Absent, BrokerId, Columns, PageQuery, Pattern, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import aged
from lagwatch.publish.api.schemas.base import Placed, Shape
from lagwatch.publish.api.schemas.cluster_health import Holder, LogDir, Reassignment, SlowPage, Transaction
from lagwatch.publish.api.values import age, known, moment, number

router = APIRouter(tags=["clusters"])

Fact = TypeVar("Fact")
Item = TypeVar("Item", bound=Shape)


class TransactionQuery(PageQuery):
    """Which open transactions, in which order."""

    sort: Literal["transactional_id", "-transactional_id", "open_s", "-open_s"] = Field(
        "-open_s", description="The field to sort by; `-` for the largest first.", examples=["-open_s"]
    )
    transactional_id: Pattern | Absent = Field(
        None, description="Only ids that match this pattern (`*`, `?`).", examples=["payments-*"]
    )


@router.get("/clusters/{cluster}/transactions", responses=documented(404, 422, 503))
async def list_transactions(query: Annotated[TransactionQuery, Query()], seen: ClusterData) -> SlowPage[Transaction]:
    """Transactions that are open, as their coordinators know them."""
    part = _details(seen).transactions
    found = () if part is None else part.value.ongoing
    begun = np.array([np.nan if each.started_at is None else each.started_at for each in found], np.float64)
    keep = matching([each.transactional_id for each in found], query.transactional_id)
    columns = {"open_s": seen.now - begun}
    return _page(seen, query, part, found, lambda each: _transaction(each, seen.now), keep, query.sort, columns)


class HolderQuery(PageQuery):
    """Which holders."""

    topic: Pattern | Absent = Field(
        None, description="Only topics that match this pattern (`*`, `?`).", examples=["orders"]
    )
    hung: bool | Absent = Field(
        None, description="Only those that are hung, or only those that are not.", examples=[True]
    )


@router.get("/clusters/{cluster}/held-partitions", responses=documented(404, 422, 503))
async def list_held_partitions(query: Annotated[HolderQuery, Query()], seen: ClusterData) -> SlowPage[Holder]:
    """Producers whose open transaction keeps committed readers from the end of a partition."""
    part = _details(seen).transactions
    found = () if part is None else part.value.holders
    keep = matching([each.topic for each in found], query.topic)
    if query.hung is not None:
        keep &= np.array([each.hung is query.hung for each in found], dtype=np.bool_)
    return _page(seen, query, part, found, _holder, keep)


class ReassignmentQuery(PageQuery):
    """Which moves."""

    topic: Pattern | Absent = Field(
        None, description="Only topics that match this pattern (`*`, `?`).", examples=["orders"]
    )


@router.get("/clusters/{cluster}/reassignments", responses=documented(404, 422, 503))
async def list_reassignments(query: Annotated[ReassignmentQuery, Query()], seen: ClusterData) -> SlowPage[Reassignment]:
    """Partitions that are being moved, by topic and number."""
    part = _details(seen).reassignments
    found = () if part is None else part.value
    return _page(seen, query, part, found, _reassignment, matching([each.topic for each in found], query.topic))


class LogDirQuery(PageQuery):
    """Which log directories, in which order."""

    sort: Literal["broker", "-broker", "log_bytes", "-log_bytes", "free_bytes", "-free_bytes"] = Field(
        "broker", description="The field to sort by; `-` for the largest first.", examples=["free_bytes"]
    )
    broker: BrokerId | Absent = Field(None, description="Only those of this broker.", examples=[1])


@router.get("/clusters/{cluster}/log-dirs", responses=documented(404, 422, 503))
async def list_log_dirs(query: Annotated[LogDirQuery, Query()], seen: ClusterData) -> SlowPage[LogDir]:
    """The log directories of all brokers that told of theirs."""
    part = _details(seen).log_dirs
    dirs: Sequence[facts.LogDir] = () if part is None else part.value.dirs
    count, size = np.zeros((2, len(dirs)), dtype=np.int64)
    if part is not None:
        where, sizes = part.value.replicas.directory, part.value.replicas.size
        count = np.bincount(where, minlength=len(dirs)).astype(np.int64)
        size = np.bincount(where, weights=sizes, minlength=len(dirs)).astype(np.int64)
    found = list(zip(dirs, count.tolist(), size.tolist(), strict=True))
    keep = np.array([query.broker in (None, each.broker) for each in dirs], dtype=np.bool_)
    free = np.array([each.usable_bytes for each in dirs], dtype=np.int64)
    columns = {"log_bytes": size, "free_bytes": free}
    return _page(seen, query, part, found, _log_dir, keep, query.sort, columns)


def _details(seen: Seen) -> Details:
    return seen.snapshot.details or Details()


def _page(
    seen: Seen,
    query: PageQuery,
    part: Part[object] | None,
    found: Sequence[Fact],
    item: Callable[[Fact], Item],
    keep: Bool,
    sort: str | None = None,
    columns: Columns | None = None,
) -> SlowPage[Item]:
    rows = choose(query, keep, sort, columns)
    return SlowPage(
        **aged(seen),
        read_at=None if part is None else moment(part.read_at),
        total=rows.total,
        offset=query.offset,
        limit=query.limit,
        items=[item(found[row]) for row in rows.page],
    )


def _transaction(each: facts.Transaction, now: float) -> Transaction:
    by_topic = groupby(sorted(each.partitions), key=lambda place: place[0])
    return Transaction(
        transactional_id=each.transactional_id,
        producer_id=each.producer_id,
        state=each.state,
        coordinator=known(each.coordinator),
        started_at=moment(each.started_at),
        open_s=age(now, each.started_at),
        timeout_s=number(each.timeout_s),
        partitions=[Placed(topic=topic, partitions=[p for _, p in places]) for topic, places in by_topic],
    )


def _holder(each: facts.OpenProducer) -> Holder:
    return Holder(
        topic=each.topic,
        partition=each.partition,
        producer_id=each.producer_id,
        producer_epoch=each.producer_epoch,
        transactional_id=each.transactional_id or None,
        state=each.state,
        coordinator=known(each.coordinator),
        hung=each.hung,
        start_offset=each.start_offset,
        started_at=moment(each.started_at),
        last_written_at=moment(each.since),
    )


def _reassignment(each: facts.Reassignment) -> Reassignment:
    return Reassignment(
        topic=each.topic,
        partition=each.partition,
        replicas=list(each.replicas),
        adding=list(each.adding),
        removing=list(each.removing),
    )


def _log_dir(found: tuple[facts.LogDir, int, int]) -> LogDir:
    each, replicas, log_bytes = found
    return LogDir(
        broker=each.broker,
        path=each.path,
        error=each.error or None,
        cordoned=each.cordoned,
        replicas=replicas,
        log_bytes=log_bytes,
        volume_bytes=known(each.total_bytes),
        free_bytes=known(each.usable_bytes),
    )

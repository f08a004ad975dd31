"""What each broker leads, holds and stores, and what hangs on it. Pure."""

from typing import NamedTuple

import numpy as np

from lagwatch.analyze.health.risks import Risks
from lagwatch.model.details import LogDirs
from lagwatch.model.health import BrokerTable
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64, Snapshot


def broker_table(snapshot: Snapshot, risks: Risks) -> BrokerTable:
    """One row a broker; what is produced to each is not known yet."""
    partitions = snapshot.partitions
    replicas, isr = partitions.replicas, partitions.isr
    listed = np.array([broker.id for broker in snapshot.brokers], dtype=np.int32)
    ids = np.union1d(listed, replicas.brokers).astype(np.int32)
    ids = ids[ids >= 0]
    leaders, held = _count(ids, partitions.leader), _count(ids, replicas.brokers)
    preferred = np.full(len(partitions), UNKNOWN, dtype=np.int32)
    preferred[risks.placed] = replicas.brokers[replicas.first[:-1][risks.placed]]
    at_min = risks.at_min_isr & (isr.counts > 1)
    details = snapshot.details
    stored = _stored(ids, details.log_dirs.value if details is not None and details.log_dirs is not None else None)
    return BrokerTable(
        id=ids,
        up=np.isin(ids, listed),
        leaders=leaders,
        preferred=_count(ids, preferred),
        led_by_others=_count(ids, preferred[(preferred != partitions.leader) & (preferred != UNKNOWN)]),
        replicas=held,
        out_of_sync=np.maximum(0, held - _count(ids, isr.brokers)),
        produced=np.full(len(ids), np.nan),
        log_bytes=stored.log_bytes,
        dirs=stored.dirs,
        failed_dirs=stored.failed_dirs,
        disk_used=stored.disk_used,
        would_go_offline=_count(ids, risks.sole[risks.unavailable]),
        would_refuse=_count(ids, isr.brokers[np.repeat(at_min, isr.counts)]),
        last_copies=_count(ids, risks.sole[risks.unsaved]),
    )


def skew(load: Int64 | Float64, up: Bool) -> float:
    """By what share the most loaded of the brokers that are up is above their mean; NaN where one of them is not known."""
    loads = load[up].astype(np.float64)
    loads[loads < 0] = np.nan
    mean = loads.mean() if len(loads) else np.nan
    return float(loads.max() / mean - 1.0) if mean > 0 else (0.0 if mean == 0 else np.nan)


def _count(ids: Int32, brokers: Int32) -> Int64:
    """How often each id (ascending) is among the brokers; others are passed over."""
    edges = np.sort(brokers)
    return np.searchsorted(edges, ids, side="right") - np.searchsorted(edges, ids, side="left")


def rates(table: BrokerTable, leader: Int32, produced: Float64) -> Float64:
    """Messages a minute to the partitions that each broker leads, as far as known; NaN where it is of none of them."""
    if len(produced) != len(leader) or not len(table):
        return np.full(len(table), np.nan)
    at = np.minimum(np.searchsorted(table.id, leader), len(table) - 1)
    led = (table.id[at] == leader) & ~np.isnan(produced)
    told = np.bincount(at[led], minlength=len(table)) > 0
    total = np.bincount(at[led], weights=produced[led], minlength=len(table))
    return np.where(told, total, np.where(table.leaders > 0, np.nan, 0.0))


class _Stored(NamedTuple):
    log_bytes: Int64
    dirs: Int64
    failed_dirs: Int64
    disk_used: Float64


def _stored(ids: Int32, log_dirs: LogDirs | None) -> _Stored:
    unknown = np.full(len(ids), UNKNOWN, dtype=np.int64)
    used = np.full(len(ids), np.nan)
    if log_dirs is None:
        return _Stored(unknown, unknown, unknown, used)
    told = np.isin(ids, np.array(log_dirs.brokers, dtype=np.int32))
    sizes = log_dirs.replicas
    known = np.isin(sizes.broker, ids)
    at = np.searchsorted(ids, sizes.broker[known])
    size = np.bincount(at, weights=sizes.size[known], minlength=len(ids)).astype(np.int64)
    count, failed = np.zeros((2, len(ids)), dtype=np.int64)
    for each in log_dirs.dirs:
        at_broker = ids == each.broker
        count[at_broker] += 1
        failed[at_broker] += bool(each.error)
        if each.total_bytes > 0 and each.usable_bytes >= 0:
            used[at_broker] = np.fmax(used[at_broker], 1.0 - each.usable_bytes / each.total_bytes)
    size, count, failed = (np.where(told, column, UNKNOWN) for column in (size, count, failed))
    return _Stored(size, count, failed, used)

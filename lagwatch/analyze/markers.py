"""
Lag that is made of transaction markers. Pure.

A transaction ends with a marker, a record that no consumer gets to see. A group that commits the offset behind the last record
that it read stays one marker short of the log end for ever, and has nothing to read (KAFKA-6607, spring-kafka#1587).
"""

import numpy as np

from lagwatch.analyze.index import Index
from lagwatch.model.snapshot import Bool, Float64, Int32, Int64, Snapshot

MOST_MARKERS = 10
"""More lag than this on one partition is no residue: several producers end their transactions one behind the other at times."""

QUIET_S = 60.0
"""For so long neither the commit nor the log end has moved; a group that reads would have."""


def residue(
    snapshot: Snapshot, index: Index, lags: Int64, frozen_s: Int32, transactional: Bool, idle_s: Float64
) -> Int64:
    """
    The rows whose lag looks like transaction markers: ascending.

    A live group, a little lag, nothing open, nothing that moves, on a topic that was seen to have transactions (`transactional`,
    one flag a topic). `idle_s` is the time since each partition's log end moved.
    """
    if not transactional.any():
        return np.empty(0, dtype=np.int64)
    partitions = snapshot.partitions
    rows = np.flatnonzero((lags > 0) & (lags <= MOST_MARKERS) & (frozen_s >= QUIET_S))
    at = index.row[rows]
    alive = np.array([group.member_count > 0 for group in snapshot.groups], dtype=np.bool_)
    closed = (partitions.lso >= 0) & (partitions.lso >= partitions.end)
    quiet = transactional[partitions.topic] & closed & (idle_s >= QUIET_S)
    return rows[quiet[at] & alive[index.group[rows]]]

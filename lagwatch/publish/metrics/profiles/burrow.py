"""
The names of Burrow (linkedin/Burrow 1.9). Pure.

A group has every partition of the topics on which it has committed, those without a commit with lag 0. The newest commit and the
status of a partition are there only while its window is full. Groups that Burrow would not know (nothing committed, expired,
removed) are not there.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lagwatch.model.burrow import Burrow, Status, known
from lagwatch.model.commit_windows import CommitWindows
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN, Int32, Int64
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Column, Table
from lagwatch.publish.metrics.profiles.base import Profile, Rows, summed

_GROUP = ("cluster", "consumer_group")
_PARTITION = (*_GROUP, "topic", "partition")

LAG_TOTAL = Family("burrow_kafka_consumer_lag_total", _GROUP, "Lag of the group, summed over its partitions.")
STATUS = Family("burrow_kafka_consumer_status", _GROUP, "How the group is: 1 OK, 2 WARN, 3 ERR.")
LAG = Family("burrow_kafka_consumer_partition_lag", _PARTITION, "Messages not yet committed.")
CURRENT_OFFSET = Family(
    "burrow_kafka_consumer_current_offset", _PARTITION, "Newest committed offset; absent until the window is full."
)
PARTITION_STATUS = Family(
    "burrow_kafka_topic_partition_status",
    _PARTITION,
    "How the partition is: 1 OK, 2 WARN, 4 STOP, 5 STALL, 6 REWIND; absent until the window is full.",
)
TOPIC_OFFSET = Family(
    "burrow_kafka_topic_partition_offset", ("cluster", "topic", "partition"), "Newest known end of the partition."
)

FAMILIES = (LAG_TOTAL, STATUS, LAG, CURRENT_OFFSET, PARTITION_STATUS, TOPIC_OFFSET)


class _Judged(NamedTuple):
    """The partitions of the groups, sorted by group and partition row; `window` is the row of the windows, UNKNOWN: none."""

    group: Int32
    row: Int32
    window: Int64


def facts(_latest: Latest, view: View) -> Iterator[Table]:
    """The tables of one cluster."""
    snapshot, burrow = view.snapshot, view.burrow
    rows = Rows(
        snapshot, first={"cluster": snapshot.cluster}, group="consumer_group", topic="topic", partition="partition"
    )
    if burrow is None or burrow.windows is None:
        yield rows.partitions(Column(TOPIC_OFFSET, snapshot.partitions.end))
        return
    yield rows.partitions(Column(TOPIC_OFFSET, burrow.windows.end()))
    yield from _groups(burrow, burrow.windows, rows)


def _groups(burrow: Burrow, windows: CommitWindows, rows: Rows) -> Iterator[Table]:
    counts = known(burrow, windows).counts
    found = _partitions(windows, counts)
    there = found.window != UNKNOWN
    place = found.window[there]
    lag, status, offset = (np.full(len(there), value, np.int64) for value in (0, Status.OK.number, UNKNOWN))
    lag[there] = windows.lag(place)
    status[there] = burrow.statuses[place]
    offset[there] = windows.newest(windows.offsets, UNKNOWN)[place]
    full = there.copy()
    full[there] = counts[place] == windows.options.intervals
    group, of = np.unique(found.group, return_inverse=True)
    worst = np.full(len(group), Status.OK.number, np.int64)
    np.maximum.at(worst, of, status)
    measured = there & (lag != UNKNOWN)
    of_groups = (
        Column(
            LAG_TOTAL,
            summed(np.where(measured, lag, 0), of, len(group)),
            known=summed(measured.astype(np.int64), of, len(group)) > 0,
        ),
        Column(STATUS, np.minimum(worst, Status.ERR.number)),
    )
    yield rows.groups(*of_groups, which=group.astype(np.int32))
    yield rows.commits(
        found.group,
        found.row,
        Column(LAG, lag),
        Column(CURRENT_OFFSET, offset, known=full),
        Column(PARTITION_STATUS, status, known=full),
    )


def _partitions(windows: CommitWindows, counts: Int64) -> _Judged:
    """All partitions of each (group, topic) with a window."""
    kept = np.flatnonzero(counts > 0)
    topics = windows.topic[windows.row[kept]]
    width = len(windows.topics) + 1
    pairs, of = np.unique(windows.group[kept].astype(np.int64) * width + topics, return_inverse=True)
    sizes_of = np.bincount(windows.topic, minlength=len(windows.topics))
    first_of = np.cumsum(sizes_of) - sizes_of
    topic = pairs % width
    sizes = sizes_of[topic]
    start = np.cumsum(sizes) - sizes
    pair = np.repeat(np.arange(len(pairs)), sizes)
    row = np.arange(len(pair)) - start[pair] + first_of[topic][pair]
    window = np.full(len(pair), UNKNOWN, np.int64)
    window[start[of] + windows.row[kept] - first_of[topics]] = kept
    return _Judged((pairs // width)[pair].astype(np.int32), row.astype(np.int32), window)


PROFILE = Profile(name="burrow", families=FAMILIES, facts=facts, many_clusters=True)

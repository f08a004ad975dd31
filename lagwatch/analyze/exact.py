"""Time lag from single records: what was read, and what is worth reading. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from lagwatch.analyze.ends import EndTable
from lagwatch.model.snapshot import Bool, Float64, Int64, RecordTime, TopicTable
from lagwatch.model.view import View

SLACK_S = 60.0
"""
A timestamp that is farther than this from where the history knows the record to be is not when it was appended: the producer's
clock is wrong, or it wrote down something else.
"""


class Refined(NamedTuple):
    """When records were appended: positions of those of which that is known better now, the moments, whether these are exact."""

    at: Int64
    moment: Float64
    exact: Bool


def refine(
    topics: TopicTable, record_times: Iterable[RecordTime], ends: EndTable, row: Int64, unread: Int64, *, sure: Bool
) -> Refined:
    """
    What the timestamps of records tell of next unread records (`unread` offsets on partition rows `row`).

    The timestamp of the very record is exact. Where the history is not `sure`, one lies between the records before and behind it if
    these are close to one another.
    """
    known = _by_row(topics, record_times)
    rows = np.flatnonzero(np.isin(row, np.array(list(known), dtype=np.int64)))
    found = [
        (place, *told) for place in rows.tolist() if (told := _told(known[int(row[place])], int(unread[place]), ends))
    ]
    found = [each for each in found if each[2] or not sure[each[0]]]
    at = np.array([place for place, _, _ in found], dtype=np.int64)
    moment = np.array([moment for _, moment, _ in found], dtype=np.float64)
    lower, upper = ends.between(row[at], unread[at])
    believed = np.flatnonzero((moment >= lower - SLACK_S) & (moment <= upper + SLACK_S))
    exact = np.array([exact for _, _, exact in found], dtype=np.bool_)
    return Refined(at[believed], moment[believed], exact[believed])


def _by_row(topics: TopicTable, record_times: Iterable[RecordTime]) -> dict[int, list[tuple[int, float]]]:
    """Offsets and moments by partition row, ascending."""
    place = {name: t for t, name in enumerate(topics.names)}
    known: dict[int, list[tuple[int, float]]] = {}
    for each in record_times:
        t = place.get(each.topic)
        if t is not None and each.partition < topics.first[t + 1] - topics.first[t]:
            known.setdefault(int(topics.first[t]) + each.partition, []).append((each.offset, each.at))
    for pairs in known.values():
        pairs.sort()
    return known


def _told(pairs: list[tuple[int, float]], offset: int, ends: EndTable) -> tuple[float, bool] | None:
    """When the record at an offset was appended, and whether that is exact; None if these records do not tell."""
    before = [pair for pair in pairs if pair[0] <= offset]
    if before and before[-1][0] == offset:
        return before[-1][1], True
    behind = [pair for pair in pairs if pair[0] > offset]
    if not before or not behind:
        return None
    (first, lower), (last, upper) = before[-1], behind[0]
    if not 0 <= upper - lower <= float(ends.close(np.array(ends.times[-1] - upper))):
        return None
    return lower + (upper - lower) * (offset - first) / (last - first), False


def wanted(view: View, partitions: int, interval_s: float) -> list[tuple[str, int, int]]:
    """
    The records that are worth reading: (topic, partition, offset) of the next unread ones on so many partitions.

    Those of which the history knows least come first, then those that wait for longest; what was read already is not read again. Of
    a group that moves a second record is wanted, about as far on as it will be after the next poll.
    """
    snapshot, commits, parts = view.snapshot, view.snapshot.commits, view.snapshot.partitions
    rows = np.flatnonzero((view.lag > 0) & ~view.time_lag_exact)
    order = np.lexsort((-view.time_lag_s[rows], ~view.time_lag_bound[rows]))
    records: dict[tuple[str, int, int], None] = {}
    taken: set[int] = set()
    for row in rows[order]:
        at = int(commits.row[row])
        if at not in taken and len(taken) == partitions:
            break
        taken.add(at)
        offset = max(int(commits.offset[row]), int(parts.start[at]))
        step = _step(float(view.consumed[row]), interval_s)
        for each in (offset, min(offset + step, int(parts.end[at]) - 1)):
            records[snapshot.topics.names[parts.topic[at]], int(parts.partition[at]), each] = None
    return list(records)


def _step(consumed: float, interval_s: float) -> int:
    """How many messages a group reads from one poll to the next, and half as many more; 0 where unknown."""
    return 0 if not consumed > 0 else int(np.ceil(consumed / 60.0 * interval_s * 1.5))


def kept(record_times: Mapping[tuple[str, int, int], float]) -> tuple[RecordTime, ...]:
    """What was read, as a snapshot has it."""
    return tuple(RecordTime(*record, at) for record, at in record_times.items())

"""What retention takes from a group before it has read it: what is gone, and what will be. Pure."""

from collections.abc import Mapping

import numpy as np

from lagwatch.analyze.index import Index, Origin
from lagwatch.analyze.streams import REPARTITION
from lagwatch.analyze.topics import Speeds
from lagwatch.model.columns import Array, entry, followed, segments
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64, PartitionTable, Snapshot, TopicTable

WORTH_MENTIONING = 1000
"""A partition with less lag than this many messages runs no risk that anybody is told of."""

SHARE_AT_STAKE = 0.05
"""Loss is predicted only for a group that has not read this share of what is retained, and falls behind by this share of it."""

REMEMBERED_S = 900.0
"""For so long after the last loss the sum of what was lost is told."""


class LossHistory:
    """
    Messages that were deleted unread: per pair, since a quarter of an hour without loss, and altogether (`total`).

    Of each row it is remembered where the log started when that and the commit were known last: what is deleted while one of
    them is out of sight is counted by the next poll that sees both.
    """

    def __init__(self) -> None:
        self.total: Float64 = np.empty(0)
        self._lost: Float64 = np.empty(0)
        self._last: Float64 = np.empty(0)
        self._start: Int64 = np.empty(0, dtype=np.int64)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        columns = {"total": self.total, "lost": self._lost, "last": self._last, "start": self._start}
        return {name: column.copy() for name, column in columns.items()}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many rows and pairs; raises ValueError."""
        pairs = (len(self.total),)
        self.total, self._lost, self._last = (
            entry(columns, name, pairs, np.float64) for name in ("total", "lost", "last")
        )
        self._start = entry(columns, "start", (len(self._start),), np.int64)

    def follow(self, origin: Origin) -> None:
        """Rows and pairs have moved."""
        self.total = followed(self.total, origin.pair, 0.0)
        self._lost, self._last = followed(self._lost, origin.pair, 0.0), followed(self._last, origin.pair, -np.inf)
        self._start = followed(self._start, origin.row, UNKNOWN)

    def add(self, snapshot: Snapshot, index: Index, before: Int64, offset: Int64) -> Float64:
        """
        Take in a poll; what each pair has lost lately.

        `offset` are the commits of the rows, `before` the last ones that were known before, UNKNOWN where the row does not
        continue what it was.
        """
        at, start = snapshot.at, snapshot.partitions.start[index.row]
        rows = np.flatnonzero((before >= 0) & (before < start))
        expire = expires(snapshot.topics, snapshot.partitions.topic[index.row[rows]])
        messages = lost(before[rows], offset[rows], start[rows], self._start[rows], expire)
        some = np.flatnonzero(messages)
        pairs = np.searchsorted(index.first, rows[some], side="right") - 1
        self._lost[at - self._last > REMEMBERED_S] = 0.0
        np.add.at(self._lost, pairs, messages[some])
        if len(pairs):
            self.total = self.total.copy()
            np.add.at(self.total, pairs, messages[some])
        self._last[pairs] = at
        seen = (offset >= 0) & (start >= 0)
        self._start = start if seen.all() else np.where(seen, start, self._start)
        return self._lost.copy()


class RewindHistory:
    """How far each pair's commits have been, as a sum over its partitions."""

    def __init__(self) -> None:
        self._furthest: Float64 = np.empty(0)

    def follow(self, origin: Int64) -> None:
        """Pairs have moved; their partitions may be others, so the sums begin anew."""
        self._furthest = np.full(len(origin), -np.inf)

    def add(self, committed: Float64, anew: Int64) -> Float64:
        """
        Take in the sums of all commits (NaN where one is unknown) and the pairs that do not continue what they were;
        by how many messages each pair is behind where it has been.
        """
        self._furthest[anew] = -np.inf
        self._furthest = np.fmax(self._furthest, committed)
        return self._furthest - committed


def lost(before: Int64, offset: Int64, start: Int64, start_before: Int64, expire: Bool) -> Int64:
    """
    Messages that rows lost since they were seen before; all arrays parallel, UNKNOWN where nothing is known.

    A commit that is behind the log start lost all that lies between. One that moved over the new log start has only lost
    something if its reader is slower than the deletion: then it was thrown from one log start to the next. Where records do
    not `expire` the reader itself may have deleted what it had read.
    """
    behind = offset < start
    read = np.maximum(np.maximum(before, start_before), np.where(behind, offset, 0))
    thrown = expire & (offset - start < start - start_before)
    sure = (before >= 0) & (offset >= 0) & (start_before >= 0) & (start >= 0) & (behind | thrown)
    return np.where(sure, np.maximum(start - read, 0), 0)


def expires(topics: TopicTable, topic: Int32) -> Bool:
    """
    Whether the records of these topics are deleted when they are old or many, as far as is known.

    Those of others only go when somebody deletes them, as Kafka Streams does with what it has read of its repartition topics.
    """
    which, of = np.unique(topic, return_inverse=True)
    return np.array([_expires(topics.names[t], topics.config[t]) for t in which], dtype=np.bool_)[of]


def _expires(name: str, config: Mapping[str, str]) -> bool:
    if not config:
        return not name.endswith(REPARTITION)
    return (config.get("retention.ms"), config.get("retention.bytes")) != ("-1", "-1")


def unread_share(index: Index, partitions: PartitionTable, lags: Int64) -> Float64:
    """Per pair the share of the retained log that is unread, on the worst partition; NaN where unknown ones may be worse than 0."""
    retained = np.maximum(partitions.end - partitions.start, 1).astype(np.float64)
    worst = segments(np.maximum, np.maximum(lags, 0) / retained[index.row], index.first, 0.0)
    worst[(worst == 0) & segments(np.logical_or, lags < 0, index.first, empty=False)] = np.nan
    return worst


def outlook(
    index: Index, snapshot: Snapshot, offset: Int64, lags: Int64, growth: Float64, speeds: Speeds
) -> tuple[Float64, Float64]:
    """
    Per pair: the unread share of the retained log as far as it is at stake, on the worst partition, and the seconds until the first
    loss.

    `offset`, `lags` and `growth` are those of the index' rows. Where nothing is deleted, or nothing worth mentioning is
    unread, nothing is at stake: the share is 0. Seconds are inf where no loss is in sight, NaN where that is unknown.
    """
    share = np.zeros(len(index.pair_group))
    seconds = np.full(len(index.pair_group), np.inf)
    rows = np.flatnonzero(lags > WORTH_MENTIONING)
    at = index.row[rows]
    deleted = speeds.start[at]
    partitions = snapshot.partitions
    stake = np.flatnonzero(~(deleted <= 0))
    stake = stake[expires(snapshot.topics, partitions.topic[at[stake]])]
    rows, at, deleted = rows[stake], at[stake], deleted[stake]
    pair = np.searchsorted(index.first, rows, side="right") - 1
    start = partitions.start[at]
    used = lags[rows] / np.maximum(partitions.end[at] - start, 1)
    np.fmax.at(share, pair, np.where(np.isnan(deleted), 0.0, used))
    left = _seconds(offset[rows] - start, growth[rows], deleted, speeds.end[at])
    left = np.where(used >= SHARE_AT_STAKE, left, np.inf)
    np.fmin.at(seconds, pair, left)
    _darken(share, pair[np.isnan(deleted)], nothing=0.0)
    _darken(seconds, pair[np.isnan(left)], nothing=np.inf)
    return share, seconds


def _darken(column: Float64, pairs: Int64, *, nothing: float) -> None:
    """Where a partition of a pair is unknown, that nothing is at stake on the others says nothing."""
    column[pairs] = np.where(column[pairs] == nothing, np.nan, column[pairs])


def _seconds(headroom: Int64, growth: Float64, deleted: Float64, produced: Float64) -> Float64:
    """Seconds until the log start passes a commit, for rows whose lag grows; all speeds are messages a minute."""
    closing = deleted - (produced - growth)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = 60.0 * headroom / closing
    falls_behind = (growth > SHARE_AT_STAKE * deleted) & (closing > 0)
    left = np.where(falls_behind, left, np.inf)
    left[np.isnan(growth) | np.isnan(deleted) | np.isnan(produced)] = np.nan
    # A commit at the log start loses with the next deletion; whether there are deletions must be known for that.
    return np.where((headroom <= 0) & (deleted > 0), 0.0, left)

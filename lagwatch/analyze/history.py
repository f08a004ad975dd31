"""What the analysis remembers of one cluster between polls, and what it makes of the next poll. Bounded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lagwatch.analyze.brokers import BrokerHistory
from lagwatch.analyze.cadence import Cadence
from lagwatch.analyze.groups import GroupHistory, LeftTopics
from lagwatch.analyze.growth import WINDOW_S, GrowthWindow
from lagwatch.analyze.health import HealthHistory
from lagwatch.analyze.index import Index, Origin, build, committed
from lagwatch.analyze.lag import lag
from lagwatch.analyze.losses import LossHistory, RewindHistory
from lagwatch.analyze.peaks import Peaks
from lagwatch.analyze.rates import Backlogs, Clamped, consumed
from lagwatch.analyze.swings import Swings
from lagwatch.analyze.timelag import TimeLag, TimeLags
from lagwatch.analyze.topics import Speeds, TopicHistory
from lagwatch.analyze.usual import UsualRates
from lagwatch.model.columns import NEW, Array, followed, segments
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int32, Int64, PartitionTable, Snapshot, TopicTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """
    One entry a row of the index: the committed offset and the lag, UNKNOWN where unknown; the growth of the lag and how many
    messages a minute the commit moves on, NaN there; for how many seconds there has been lag and no commit that moved.

    `lost` and `rewound` are messages per pair (see PairTable); `anew` are the pairs with a partition that does not continue what
    it was, or of which the group went back. `speeds` are those of the partitions, `time_lag` is that of the rows.
    """

    offset: Int64
    lag: Int64
    growth: Float64
    consumed: Float64
    frozen_s: Int32
    lost: Float64
    rewound: Float64
    anew: Int64
    speeds: Speeds
    time_lag: TimeLag


class Room(Protocol):
    """What remembers something that outlives a restart, in columns."""

    def kept(self) -> dict[str, Array]:
        """It, in arrays of its own."""

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave; raises ValueError if it cannot be that."""


class History:
    """
    The index and the columns of the last poll, the lags of the last minutes, and what the rooms of this one remember.

    `advance` is called once a poll, in order; the other attributes then say what holds for that poll.
    """

    def __init__(self, growth_window_s: float = WINDOW_S) -> None:
        self.index: Index | None = None
        self.window_s = growth_window_s
        self.step_s = np.nan
        """Seconds since the poll before, NaN in the first one."""
        self._at = np.nan
        # The latest moment there was, and how far the clock is behind it since.
        self._seen_at, self._ahead_s = -np.inf, 0.0
        self.cluster_id: str | None = None
        """Kafka's id of the cluster, as far as it has told."""
        self.topics = TopicHistory(growth_window_s)
        self.groups = GroupHistory()
        self.brokers = BrokerHistory()
        self.health = HealthHistory()
        self.left = LeftTopics()
        self.row_cadence = Cadence()
        self.pair_cadence = Cadence()
        self.swings = Swings()
        self.backlogs = Backlogs()
        self.usual = UsualRates(growth_window_s)
        self.time_lags = TimeLags()
        self.peaks = Peaks(growth_window_s)
        self._clamped = Clamped(growth_window_s)
        self.losses = LossHistory()
        self._rewinds = RewindHistory()
        self._lags = GrowthWindow(growth_window_s)
        self._offset: Int64 = np.empty(0, dtype=np.int64)

    @property
    def rooms(self) -> dict[str, Room]:
        """Those whose memory outlives a restart, by the names that it is kept under."""
        return {
            "time_lag": self.time_lags,
            "row_cadence": self.row_cadence,
            "pair_cadence": self.pair_cadence,
            "groups": self.groups,
            "backlogs": self.backlogs,
            "swings": self.swings,
            "lag_growth": self._lags,
            "end_growth": self.topics.ends,
            "usual": self.usual,
            "peaks": self.peaks,
            "losses": self.losses,
        }

    @property
    def at(self) -> float:
        """The time of the last poll, NaN before the first."""
        return self._at

    @property
    def offset(self) -> Int64:
        """The last known commit of each row."""
        return self._offset

    def begin(self, index: Index, at: float) -> None:
        """A poll at that moment had this index, and nothing else is known of it; before the first `advance` only."""
        rows, pairs = len(index), len(index.pair_group)
        sizes = (int(index.topics.first[-1]), rows, pairs, len(index.groups))
        partition, row, pair, group = (np.full(size, NEW, dtype=np.int64) for size in sizes)
        self.index = index
        self._seen_at = at
        self._follow(Origin(partition=partition, row=row, pair=pair, group=group), index.topics, at)
        self.topics.recall(dict(zip(index.topics.names, index.topics.ids, strict=True)))

    def recall(self, offset: Int64, columns: Mapping[str, Mapping[str, Array]]) -> None:
        """What was known then: the last commits of the rows, and what each room kept; raises ValueError."""
        self._offset = offset
        for name, room in self.rooms.items():
            room.take_up(columns[name])

    def steady(self, snapshot: Snapshot) -> Snapshot:
        """
        The same in a time that never goes back: what is remembered keeps its age when the clock is put back.

        The poll then comes as long after the one before as polls usually do.
        """
        if snapshot.at + self._ahead_s < self._seen_at:
            self._ahead_s = self._seen_at + self.time_lags.ends.step_s - snapshot.at
        self._seen_at = snapshot.at + self._ahead_s
        if not self._ahead_s:
            return snapshot
        return replace(
            snapshot,
            at=self._seen_at,
            anchors=tuple(replace(each, at=each.at + self._ahead_s) for each in snapshot.anchors),
            record_times=tuple(each._replace(at=each.at + self._ahead_s) for each in snapshot.record_times),
        )

    def advance(self, snapshot: Snapshot) -> tuple[Index, Rows]:
        """Take in a snapshot; what is known of each row of its index."""
        index, at = self._indexed(snapshot), snapshot.at
        self.cluster_id = snapshot.cluster_id or self.cluster_id
        self.step_s, self._at = at - self._at, at
        partitions = snapshot.partitions
        begun = self.topics.look(snapshot)
        anew = begun[index.row]
        if anew.any():
            self._offset = np.where(anew, UNKNOWN, self._offset)
        offset = committed(snapshot, index)
        lags, outside = _lags(index, partitions, offset)
        clamped = self._clamped.add(at, outside)
        counted = _reported(lags, snapshot, index)
        known = (offset >= 0) & (self._offset >= 0)
        other = np.flatnonzero((known & (offset < self._offset)) | anew)
        self._lags.forget(other)
        self._lags.add(at, lags)
        moved = known & (offset != self._offset)
        self._commits(at, index, moved=moved, caught_up=(lags == 0) | anew)
        time_lag = self.time_lags.add(snapshot, index, offset, lags, stands=known & ~moved, anew=begun)
        gone = self.losses.add(snapshot, index, self._offset, offset)
        rewound = self._rewound(index, offset, anew)
        self.topics.add(snapshot)
        self.groups.add(snapshot)
        self._offset = offset if (offset >= 0).all() else np.where(offset >= 0, offset, self._offset)
        growth, speeds, frozen = self._lags.per_minute(), self.topics.speeds(at), self.row_cadence.frozen_s(at)
        stands = (frozen >= self.window_s) & (offset >= 0)
        stands[counted] = False
        return index, Rows(
            offset=offset,
            lag=lags,
            growth=growth,
            consumed=consumed(index, self._lags, growth, self.topics.ends, speeds.end, clamped, stands),
            frozen_s=frozen,
            lost=gone,
            anew=_pairs_of(index, other),
            rewound=rewound,
            speeds=speeds,
            time_lag=time_lag,
        )

    def _indexed(self, snapshot: Snapshot) -> Index:
        """The index of this snapshot; all that is remembered follows it."""
        if self.index is not None and self.index.still_holds(snapshot):
            return self.index
        self.index, origin = build(snapshot, self.index)
        self._follow(origin, snapshot.topics, snapshot.at)
        return self.index

    def _follow(self, origin: Origin, topics: TopicTable, at: float) -> None:
        self.topics.follow(origin.partition, at)
        self.groups.follow(origin.group, at)
        self.left.follow(origin.pair)
        self.row_cadence.follow(origin.row, at)
        self.pair_cadence.follow(origin.pair, at)
        self.swings.follow(origin.pair)
        self.losses.follow(origin)
        self._rewinds.follow(origin.pair)
        self.backlogs.follow(origin.pair, at)
        self.usual.follow(origin.pair)
        self.peaks.follow(origin, topics.names)
        self._clamped.follow(origin.row)
        self._lags.follow(origin.row)
        self.time_lags.follow(origin)
        self._offset = followed(self._offset, origin.row, UNKNOWN)

    def _commits(self, at: float, index: Index, *, moved: Bool, caught_up: Bool) -> None:
        self.row_cadence.add(at, moved=moved, caught_up=caught_up)
        self.pair_cadence.add(
            at,
            moved=segments(np.logical_or, moved, index.first, empty=False),
            caught_up=segments(np.logical_and, caught_up, index.first, empty=True),
        )

    def _rewound(self, index: Index, offset: Int64, anew: Bool) -> Float64:
        committed = segments(np.add, offset, index.first, 0).astype(np.float64)
        committed[segments(np.minimum, offset, index.first, 0) < 0] = np.nan
        return self._rewinds.add(committed, _pairs_of(index, np.flatnonzero(anew)))


def _pairs_of(index: Index, rows: Int64) -> Int64:
    """The pairs of some rows, every pair once."""
    flags = np.zeros(len(index.pair_group), dtype=np.bool_)
    flags[np.searchsorted(index.first, rows, side="right") - 1] = True
    return np.flatnonzero(flags)


def _lags(index: Index, partitions: PartitionTable, offset: Int64) -> tuple[Int64, Int64]:
    """The lag of each row, and the rows whose commit is outside of the log."""
    start, end = partitions.start[index.row], partitions.end[index.row]
    lags = lag(offset, start, end)
    return lags, np.flatnonzero((lags >= 0) & ((offset < start) | (offset > end)))


def _reported(lags: Int64, snapshot: Snapshot, index: Index) -> Int64:
    """Where the broker itself counts what is left to read (share groups), its number stands; the rows of which that is so."""
    counted = np.flatnonzero(snapshot.commits.reported_lag >= 0)
    rows = counted if index.live is None else index.live[counted]
    lags[rows] = snapshot.commits.reported_lag[counted]
    return rows

"""The most that topics took in and members read during the last day. Bounded. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagwatch.analyze.index import Index, Origin
from lagwatch.model.columns import Array, entry, named_positions
from lagwatch.model.snapshot import Float64, Int64, Snapshot

BLOCK_S = 14_400.0
"""The highest is kept for every such block of time."""

BLOCKS = 6
"""So many blocks are remembered: between 20 and 24 hours."""

_STEADY = 1 / 2  # of the window: with commits that are farther apart, how many of them it holds is chance


class Heights:
    """The highest of each entry of a column, by blocks of time, 4 bytes each."""

    def __init__(self) -> None:
        self._highest: NDArray[np.float32] = np.empty((BLOCKS, 0), dtype=np.float32)
        self._block = -1

    def follow(self, origin: Int64) -> None:
        """Entries have moved: entry i was `origin[i]` before, or is new (negative)."""
        moved = np.full((BLOCKS, len(origin)), np.nan, dtype=np.float32)
        old = np.flatnonzero(origin >= 0)
        moved[:, old] = self._highest[:, origin[old]]
        self._highest = moved

    def add(self, at: float, column: Float64) -> Float64:
        """Take in a column, NaN where unknown; the highest of each entry so far, NaN where none was known."""
        block = max(int(at // BLOCK_S), self._block)
        for passed in range(max(self._block + 1, block - BLOCKS + 1), block + 1):
            self._highest[passed % BLOCKS] = np.nan
        self._block = block
        highest = self._highest[block % BLOCKS]
        np.fmax(highest, column.astype(np.float32), out=highest)
        over_all: Float64 = np.fmax.reduce(self._highest, axis=0).astype(np.float64)
        return over_all

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        return {"highest": self._highest.copy(), "block": np.array([self._block])}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave; raises ValueError."""
        self._highest = entry(columns, "highest", self._highest.shape, np.float32)
        self._block = int(entry(columns, "block", (1,), np.int64)[0])


class Peak(NamedTuple):
    """See TopicFacts and PairTable."""

    produced: Float64
    member: Float64
    member_behind: Float64


class Peaks:
    """Three heights: of what topics take in, of what one member reads, and of what one reads while there is a backlog."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._since = np.nan
        self._names: tuple[str, ...] = ()
        self._alone_at: Float64 = np.empty(0)
        self.produced, self.member, self.behind = Heights(), Heights(), Heights()

    def follow(self, origin: Origin, names: tuple[str, ...]) -> None:
        """Pairs, groups and topics have moved; `names` are those of the topics."""
        self.member.follow(origin.pair)
        self.behind.follow(origin.pair)
        self.produced.follow(named_positions(self._names, names))
        self._names = names
        alone = np.full(len(origin.group), -np.inf)
        alone[origin.group >= 0] = self._alone_at[origin.group[origin.group >= 0]]
        self._alone_at = alone

    def add(
        self,
        snapshot: Snapshot,
        index: Index,
        produced: Float64,
        consumed: Float64,
        behind_s: Float64,
        interval_s: Float64,
    ) -> Peak:
        """
        Take in what topics took in, and of the pairs what was read, how long there has been a backlog, and the commit interval.

        What is read while a group has no members all the time is no reading (its offsets were moved), and in a group that
        commits too rarely for the window it is not known.
        """
        at = snapshot.at
        self._since = at if np.isnan(self._since) else self._since
        members = np.fromiter((g.member_count for g in snapshot.groups), np.float64, len(snapshot.groups))
        self._alone_at[members <= 0] = at
        readers = np.minimum(members[index.pair_group], np.diff(snapshot.topics.first)[index.pair_topic])
        sure = (at - self._alone_at[index.pair_group] >= self._window_s) & ~(interval_s > _STEADY * self._window_s)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(sure & (readers > 0), consumed / readers, np.nan)
        return Peak(
            produced=self.produced.add(at, produced),
            member=self.member.add(at, each),
            member_behind=self.behind.add(at, np.where(behind_s >= self._window_s, each, np.nan)),
        )

    def over_s(self, at: float) -> float:
        """For how long peaks have been measured, as far as they are remembered; seconds."""
        return float(min(max(at - self._since, 0.0), BLOCK_S * (BLOCKS - 1) + at % BLOCK_S))

    def kept(self) -> dict[str, Array]:
        """What outlives a restart."""
        named = {"produced": self.produced, "member": self.member, "behind": self.behind}
        columns = {f"{name}_{key}": column for name, one in named.items() for key, column in one.kept().items()}
        return {**columns, "since": np.array([self._since])}

    def take_up(self, columns: Mapping[str, Array]) -> None:
        """What `kept` gave, of as many topics and pairs; raises ValueError."""
        self._since = float(entry(columns, "since", (1,), np.float64)[0])
        for name, one in (("produced", self.produced), ("member", self.member), ("behind", self.behind)):
            one.take_up({key: columns.get(f"{name}_{key}") for key in ("highest", "block")})  # type: ignore[misc]

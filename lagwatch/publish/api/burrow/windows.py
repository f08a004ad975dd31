"""From the windows of commits to what Burrow says of a group. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lagwatch.model.burrow import Burrow, Known, Status, known
from lagwatch.model.commit_windows import CommitWindows
from lagwatch.model.snapshot import UNKNOWN, Group, Int64
from lagwatch.publish.api.burrow.schemas import ConsumerPartition, GroupStatus, Offset, PartitionStatus

_STATUSES = tuple(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The window of a group on one partition: its commits, the oldest first, who owns it, the lag now (None: unknown)."""

    topic: str
    number: int
    offsets: list[Offset]
    owner: str
    client_id: str
    lag: int | None
    status: Status


@dataclass(frozen=True, slots=True)
class Windows:
    """What Burrow would show of one cluster, in one look."""

    burrow: Burrow
    windows: CommitWindows
    known: Known

    @classmethod
    def of(cls, burrow: Burrow, windows: CommitWindows) -> "Windows":
        """The look."""
        return cls(burrow, windows, known(burrow, windows))

    def groups(self) -> list[str]:
        """The groups that Burrow would know."""
        return [group.name for group, there in zip(self.windows.groups, self.known.groups, strict=True) if there]

    def groups_of(self, topic: str) -> list[str]:
        """Those of them that have committed on a topic."""
        at = self.windows
        if topic not in at.topics:
            return []
        here = (at.topic[at.row] == at.topics.index(topic)) & (self.known.counts > 0)
        return [at.groups[g].name for g in np.unique(at.group[here]).tolist()]

    def partitions(self, name: str) -> list[Partition] | None:
        """
        The partitions of a group, by topic and number: all of every topic on which it has committed, as Burrow has it. None if
        Burrow would not know the group.
        """
        at = self.windows
        g = next((g for g, group in enumerate(at.groups) if group.name == name and self.known.groups[g]), None)
        if g is None:
            return None
        begin, end = np.searchsorted(at.group, [g, g + 1])
        rows = np.arange(begin, end)
        return list(self._partitions(at.groups[g], rows[self.known.counts[rows] > 0]))

    def _partitions(self, group: Group, rows: Int64) -> Iterator[Partition]:
        at = self.windows
        places = {row: place for place, row in enumerate(at.row[rows].tolist())}
        windows = list(_windows(at, rows, self.known.counts[rows]))
        lags, statuses = at.lag(rows).tolist(), self.burrow.judge(at, rows).tolist()
        owners = _owners(group)
        for row in np.flatnonzero(np.isin(at.topic, at.topic[at.row[rows]])).tolist():
            place = places.get(row)
            topic, number = at.topics[at.topic[row]], int(at.partition[row])
            owner, client_id = owners.get((topic, number), ("", ""))
            yield Partition(
                topic=topic,
                number=number,
                offsets=[] if place is None else windows[place],
                owner=owner,
                client_id=client_id,
                lag=0 if place is None else None if lags[place] == UNKNOWN else lags[place],
                status=Status.OK if place is None else _STATUSES[statuses[place]],
            )


def detail(partitions: list[Partition], intervals: int) -> dict[str, list[ConsumerPartition]]:
    """The windows as they are, by topic."""
    topics: dict[str, list[ConsumerPartition]] = {}
    for each in partitions:
        missing: list[Offset | None] = [None] * (intervals - len(each.offsets) if each.offsets else 0)
        item = ConsumerPartition(
            offsets=missing + each.offsets, owner=each.owner, client_id=each.client_id, current_lag=each.lag
        )
        topics.setdefault(each.topic, []).append(item)
    return topics


def status(cluster: str, group: str, partitions: list[Partition], intervals: int, *, everything: bool) -> GroupStatus:
    """How the group is; unless `everything` is asked for, partitions that are OK are left out."""
    found = [_status(each, intervals) for each in partitions]
    full = sum(each.complete == 1.0 for each in found)
    worst = max((each.status.number for each in found), default=Status.OK.number)
    known = [each.lag for each in partitions if each.offsets and each.lag is not None]
    return GroupStatus(
        cluster=cluster,
        group=group,
        status=_STATUSES[min(worst, Status.ERR.number)],
        complete=full / len(found) if found else 0.0,
        partitions=[each for each in found if everything or each.status is not Status.OK],
        partition_count=len(found),
        maxlag=max(found, key=lambda each: each.current_lag or 0, default=None),
        totallag=sum(known) if known else None,
    )


def not_found(cluster: str, group: str) -> GroupStatus:
    """Of a group (or a cluster) that is not known."""
    return GroupStatus(
        cluster=cluster,
        group=group,
        status=Status.NOTFOUND,
        complete=1.0,
        partitions=[],
        partition_count=0,
        maxlag=None,
        totallag=0,
    )


def _status(each: Partition, intervals: int) -> PartitionStatus:
    return PartitionStatus(
        topic=each.topic,
        partition=each.number,
        owner=each.owner,
        client_id=each.client_id,
        status=each.status,
        start=each.offsets[0] if each.offsets else None,
        end=each.offsets[-1] if each.offsets else None,
        current_lag=each.lag,
        complete=len(each.offsets) / intervals,
    )


def _windows(at: CommitWindows, rows: Int64, counts: Int64) -> Iterator[list[Offset]]:
    parts = [at.ordered(columns, rows).T.tolist() for columns in (at.offsets, at.times, at.observed, at.lags)]
    for count, *columns in zip(counts.tolist(), *parts, strict=True):
        yield [
            Offset(
                offset=offset,
                timestamp=round(time * 1000),
                observed_at=round(seen * 1000),
                lag=None if lag == UNKNOWN else lag,
            )
            for offset, time, seen, lag in zip(*(column[-count:] for column in columns), strict=True)
        ]


def _owners(group: Group) -> dict[tuple[str, int], tuple[str, str]]:
    """Host and client id of the member that owns each partition."""
    return {
        (part.topic, partition): (member.host, member.client_id)
        for member in group.members
        for part in member.assigned
        for partition in part.partitions
    }

"""Partitions that stand out, and members that carry too much or nothing. From one view, when somebody asks. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from lagwatch.model.balance import Balance, MemberShare, PartitionShare, TopicBalance
from lagwatch.model.columns import Array
from lagwatch.model.snapshot import UNKNOWN, Assigned, Bool, Float64, Group, Int64, Member
from lagwatch.model.view import View

HOT = 3.0
"""A partition that has more than so many times the mean of the others of its topic stands out."""

WORTH_LAG = 100
"""A lag of fewer messages than this stands out nowhere."""

WORTH_RATE = 60.0
"""Nor does a rate of fewer messages a minute than this."""

_Owners = dict[tuple[str, int], tuple[Member, ...]]


def balance(view: View, row: int) -> Balance:
    """How the work of a group is spread; `row` is that of the group table."""
    group = view.snapshot.groups[row]
    owners = _owners(group)
    topics = [_OfTopic(view, pair) for pair in _pairs(view, row)]
    hot = sorted((share for topic in topics for share in topic.hot(owners)), key=lambda s: (-s.lag, -s.produced))
    known = group.assigned_known and group.member_count != UNKNOWN
    return Balance(
        group=group.name,
        partitions=tuple(hot),
        lag_skew=_largest(skew(topic.lag) for topic in topics),
        produced_skew=_largest(skew(topic.produced) for topic in topics),
        consumed_skew=_largest(skew(topic.consumed) for topic in topics),
        members=tuple(_members(topics, group)) if known else None,
        idle=tuple(member for member in group.members if not _count(member)) if known else (),
        surplus=_surplus(view, group) if known else 0,
        unowned=tuple(_unowned(view, group)) if known else (),
    )


def balance_of(view: View, group: str) -> Balance | None:
    """How the work of a group is spread; None if it is not there."""
    row = next((row for row, one in enumerate(view.snapshot.groups) if one.name == group), None)
    return None if row is None else balance(view, row)


def topic_balance(view: View, topic: str) -> TopicBalance | None:
    """How what a topic takes in is spread; None if it is not there."""
    topics = view.snapshot.topics
    if topic not in topics.names:
        return None
    row = topics.names.index(topic)
    produced = view.produced[int(topics.first[row]) : int(topics.first[row + 1])]
    shares = _shares(produced)
    stands_out = np.flatnonzero(outstanding(produced, WORTH_RATE))
    nothing = {"lag": UNKNOWN, "lag_share": np.nan, "consumed": np.nan, "consumed_share": np.nan}
    hot = [
        PartitionShare(
            topic=topic,
            partition=int(p),
            produced=float(produced[p]),
            produced_share=float(shares[p]),
            hot=("produced",),
            **nothing,  # type: ignore[arg-type]
        )
        for p in stands_out[np.argsort(-produced[stands_out], kind="stable")]
    ]
    return TopicBalance(topic=topic, produced_skew=skew(produced), partitions=tuple(hot))


def skew(column: Float64) -> float:
    """
    The largest as a multiple of the mean, of what is known; NaN where that is nothing, or all of it is 0.

    >>> skew(np.array([10.0, 10.0, 40.0])), skew(np.array([5.0, np.nan]))
    (2.0, 1.0)
    """
    known = column[~np.isnan(column)]
    return float(known.max() / known.mean()) if len(known) and known.mean() > 0 else float("nan")


def outstanding(column: Float64, worth: float) -> Bool:
    """
    Which entries have more than `HOT` times the mean of the others, and at least `worth`; none where one is alone.

    >>> outstanding(np.array([100.0, 20.0, 10.0, np.nan]), 60.0).tolist()
    [True, False, False, False]
    """
    known = ~np.isnan(column)
    others = known.sum() - 1
    if others < 1:
        return np.zeros(len(column), dtype=np.bool_)
    mean = (np.nansum(column) - column) / others
    stands_out: Bool = (column >= worth) & (column > HOT * mean)
    return stands_out


class _OfTopic:
    """A group on one topic: columns with an entry a commit, NaN where unknown."""

    def __init__(self, view: View, pair: int) -> None:
        rows = slice(int(view.pairs.first[pair]), int(view.pairs.first[pair + 1]))
        at = view.snapshot.commits.row[rows]
        self.topic = view.snapshot.topics.names[view.pairs.topic[pair]]
        self.partition: Array = view.snapshot.partitions.partition[at]
        self.lag = np.where(view.lag[rows] >= 0, view.lag[rows], np.nan)
        self.produced = view.produced[at]
        self.consumed = view.consumed[rows].astype(np.float64)

    def hot(self, owners: _Owners) -> Iterator[PartitionShare]:
        """The partitions that stand out."""
        by_lag, by_produced = outstanding(self.lag, WORTH_LAG), outstanding(self.produced, WORTH_RATE)
        shares = _shares(self.lag), _shares(self.produced), _shares(self.consumed)
        for i in np.flatnonzero(by_lag | by_produced):
            partition = int(self.partition[i])
            yield PartitionShare(
                topic=self.topic,
                partition=partition,
                lag=_whole(self.lag[i]),
                lag_share=float(shares[0][i]),
                produced=float(self.produced[i]),
                produced_share=float(shares[1][i]),
                consumed=float(self.consumed[i]),
                consumed_share=float(shares[2][i]),
                hot=tuple(name for name, flags in (("lag", by_lag), ("produced", by_produced)) if flags[i]),
                owners=owners.get((self.topic, partition), ()),
            )


def _pairs(view: View, row: int) -> range:
    low, high = np.searchsorted(view.pairs.group, np.array((row, row + 1), dtype=np.int32))
    return range(int(low), int(high))


def _owners(group: Group) -> _Owners:
    owned = sorted(
        ((part.topic, p), at)
        for at, member in enumerate(group.members)
        for part in member.assigned
        for p in part.partitions
    )
    return {key: tuple(group.members[at] for _, at in found) for key, found in groupby(owned, key=lambda pair: pair[0])}


def _members(topics: list[_OfTopic], group: Group) -> Iterator[MemberShare]:
    """What each member carries, as a part of what all of its kind carry."""
    place = {(topic.topic, int(p)): (topic, i) for topic in topics for i, p in enumerate(topic.partition)}
    loads = np.full((len(group.members), 3), np.nan)
    for m, member in enumerate(group.members):
        found = [place[part.topic, p] for part in member.assigned for p in part.partitions if (part.topic, p) in place]
        if found or not _count(member):
            loads[m] = _sums(found)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = loads / np.nansum(loads, axis=0)
    for member, load, share in zip(group.members, loads, shares, strict=True):
        yield MemberShare(
            member=member,
            partitions=_count(member),
            lag=_whole(load[0]),
            lag_share=float(share[0]),
            produced=float(load[1]),
            produced_share=float(share[1]),
            consumed=float(load[2]),
            consumed_share=float(share[2]),
        )


def _sums(found: list[tuple[_OfTopic, int]]) -> list[float]:
    """Lag, produced and consumed of these partitions: of those that are known, NaN if none is; 0 of no partitions."""
    columns = [
        [topic.lag[i] for topic, i in found],
        [topic.produced[i] for topic, i in found],
        [topic.consumed[i] for topic, i in found],
    ]
    return [float(np.nansum(column)) if not np.isnan(column).all() or not column else np.nan for column in columns]


def _surplus(view: View, group: Group) -> int:
    """By how many members there are more than partitions that one member each can read; never in a share group."""
    topics = view.snapshot.topics
    sizes = np.diff(topics.first)
    read = {part.topic for member in group.members for part in member.assigned}
    partitions = sum(int(sizes[i]) for i, name in enumerate(topics.names) if name in read)
    if group.type == "share" or not partitions:
        return 0
    return max(group.member_count - partitions, 0)


def _unowned(view: View, group: Group) -> Iterator[Assigned]:
    """Of the topics of which a member owns something: the partitions that none owns. While a group sorts itself out, none."""
    if group.state != "Stable":
        return
    topics = view.snapshot.topics
    owned: dict[str, set[int]] = {}
    for member in group.members:
        for part in member.assigned:
            owned.setdefault(part.topic, set()).update(part.partitions)
    for row, name in enumerate(topics.names):
        if name in owned:
            free = set(range(int(topics.first[row + 1] - topics.first[row]))) - owned[name]
            if free:
                yield Assigned(name, tuple(sorted(free)))


def _count(member: Member) -> int:
    return sum(len(part.partitions) for part in member.assigned)


def _shares(column: Float64) -> Float64:
    total = np.nansum(column)
    return column / total if total > 0 else np.full(len(column), np.nan)


def _whole(value: float) -> int:
    return UNKNOWN if np.isnan(value) else round(float(value))


def _largest(values: Iterable[float]) -> float:
    known: Int64 | Float64 = np.array([value for value in values if not np.isnan(value)])
    return float(known.max()) if len(known) else float("nan")

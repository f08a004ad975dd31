"""One group as the causes look at it: its members, its state, and the topics that it has not read to the end. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Self

import numpy as np

from lagwatch.analyze.causes.on_topic import OnTopic, patience_s
from lagwatch.analyze.causes.words import messages
from lagwatch.model.commands import bootstrap, command
from lagwatch.model.kinds import LOOPS
from lagwatch.model.snapshot import UNKNOWN, Group, Member
from lagwatch.model.view import View
from lagwatch.model.words import plural

MOST_TOPICS = 50
"""So many topics of a group are looked at: those with the most lag."""

NOBODY = "nobody"
"""Who owns a partition that no member owns."""

COMES_BACK = 2
"""A member that left and came back so often within a quarter of an hour does not do so for a deployment."""

_SETTLED = frozenset({"Stable", "Empty", "Dead"})


@dataclass(frozen=True, eq=False)
class Case:
    """The group of row `index` of the group table."""

    view: View
    index: int
    topics: tuple[OnTopic, ...]
    """The topics that it has not read to the end, or lost records of, or of which that is not known; the most lag first."""

    @classmethod
    def of(cls, view: View, index: int) -> Self:
        """The case of one group."""
        pairs, group = view.pairs, view.snapshot.groups[index]
        first, last = np.searchsorted(pairs.group, (index, index + 1)).tolist()
        part = slice(first, last)
        some = first + np.flatnonzero((pairs.lag[part] != 0) | (pairs.unknown[part] > 0) | (pairs.lost[part] > 0))
        most = some[np.argsort(-pairs.lag[some], kind="stable")][:MOST_TOPICS]
        return cls(view, index, tuple(OnTopic(view, int(pair), group) for pair in most))

    @property
    def group(self) -> Group:
        """The group itself."""
        return self.view.snapshot.groups[self.index]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name or '""'

    @cached_property
    def lag(self) -> int | None:
        """Messages behind on all topics, None if nothing is known of it."""
        lag = int(self.view.groups.lag_sum[self.index])
        return None if lag == UNKNOWN else lag

    @property
    def waiting(self) -> str:
        """How many messages wait, for people; at least so many where that is not known of all partitions."""
        least = "at least " if self.view.groups.unknown[self.index] else ""
        return f"{least}{messages(self.lag or 0)}"

    @property
    def members(self) -> int:
        """How many members it has, UNKNOWN where that is not known."""
        return self.group.member_count

    @property
    def still_s(self) -> float:
        """What has lasted longer than this is no mere moment."""
        return patience_s(self.view)

    def value(self, name: str) -> float:
        """A float column of the group table, by name."""
        return float(getattr(self.view.groups, name)[self.index])

    @property
    def settled(self) -> bool:
        """Whether it is clear who reads what, as far as is known."""
        return self.group.state is None or self.group.state in _SETTLED

    @property
    def restless(self) -> bool:
        """Whether it rebalances again and again, or does not end to."""
        return self.sorts_out or self.loops

    @cached_property
    def loops(self) -> bool:
        """Whether it rebalances again and again."""
        return self.value("rebalances") > LOOPS or self._somebody_comes_and_goes()

    def _somebody_comes_and_goes(self) -> bool:
        """Whether a member came back again and again; there may be several of one name, which come back once each."""
        namesakes = Counter(map(called, self.group.members)) if self.came_back else {}
        return any(times >= COMES_BACK * max(namesakes[name], 1) for name, times in self.came_back.items())

    @property
    def sorts_out(self) -> bool:
        """Whether it has not been at rest for longer than a moment."""
        return not self.settled and self.value("unsettled_s") > self.still_s

    @cached_property
    def came_back(self) -> Counter[str]:
        """The members that left and came back in the last quarter of an hour, and how often each did."""
        found = self.view.returned.get(self.group.name, ())
        return Counter(_named(each.client_id or each.new_id, each.host) for each in found)

    @property
    def comes_and_goes(self) -> str:
        """The member that left and came back most often, and how often, as a clause for people; "" if none did."""
        if not self.came_back:
            return ""
        (name, times), *others = self.came_back.most_common()
        more = f" and {plural(len(others), 'other')}" if others else ""
        return f"{name} ({plural(times, 'time')}){more}"

    @cached_property
    def deserted(self) -> bool:
        """Whether nobody reads: it has no members, and no commit moved lately and after the last of them was seen."""
        if self.members != 0 or any(self._moves(each) for each in self.topics):
            return False
        return self.value("members_gone_s") < inf or self.frozen_s > self.still_s

    @property
    def frozen_s(self) -> float:
        """For how long no commit of one of its topics has moved at least."""
        return max((float(each.value("frozen_s")) for each in self.topics), default=0.0)

    def _moves(self, each: OnTopic) -> bool:
        """A reader without membership may commit for the group all the same."""
        return each.value("active_s") <= each.still_s < self.value("members_gone_s")

    @property
    def behind(self) -> Iterator[OnTopic]:
        """The topics with more lag than a group that keeps up shows; none where nobody reads, which explains all of it."""
        return (each for each in self.topics if each.behind and not self.deserted)

    def share(self, part: float) -> float:
        """What part of the group's lag that is."""
        return min(part / self.lag, 1.0) if self.lag and part > 0 else 0.0

    def owner(self, each: OnTopic, row: int) -> str:
        """Who owns a partition; NOBODY, or "" where that is not known."""
        if not self.group.assigned_known or self.members <= 0 or not self.settled:
            return ""
        member = each.owners[row]
        return NOBODY if member is None else called(member)

    def tool(self, name: str, *words: str) -> str:
        """A command of the Apache tools for this cluster."""
        return command(name, "--bootstrap-server", bootstrap(self.view.snapshot.brokers), *words)

    def offsets_plan(self, topic: str, partition: int, *target: str) -> str:
        """The command that shows how the group's offset would move, and writes it down for `apply`."""
        words = ("lagwatch", "offsets", "plan", "--bootstrap", bootstrap(self.view.snapshot.brokers))
        group = ("--", self.group.name) if self.group.name.startswith("-") else (self.group.name,)
        return command(*words, "--topic", f"{topic}:{partition}", *target, *group)


def owned_by(owner: str) -> str:
    """
    What `owner` gave as a clause.

    >>> owned_by("billing-1 on 10.0.0.1"), owned_by(NOBODY), owned_by("")
    ('owned by billing-1 on 10.0.0.1', 'which no member owns', '')
    """
    if owner == NOBODY:
        return "which no member owns"
    return f"owned by {owner}" if owner else ""


def called(member: Member) -> str:
    """A member as people find it: client id and host, or at least its id; "" of one that only a trace knows."""
    return _named(member.client_id or member.id, member.host)


def _named(name: str, host: str) -> str:
    return f"{name} on {host.removeprefix('/')}" if host else name

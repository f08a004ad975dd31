"""
All groups: who they are, what they have committed, who their members are.

The broker that lists a group coordinates it, so every broker is asked for its list and then for all of its groups. While a
coordinator moves, lists silently lack its groups. A known group that no list has is therefore looked for (search.py), and
is gone only if its coordinator says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from lagwatch.collect.commits import CommitTables
from lagwatch.collect.coordinator import Coordinator, Said
from lagwatch.collect.errors import NoAnswer, error_name
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.groups import Listed
from lagwatch.collect.layout import Layout
from lagwatch.collect.search import MISSING, Failure, Search, Sought
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import CommitTable, Group

Asked: TypeAlias = dict[int, Any]
"""kafka-python's future of each broker's answers (coordinator.Answers)."""


class Groups(NamedTuple):
    """All groups, sorted by name, and what they have committed."""

    groups: tuple[Group, ...]
    commits: CommitTable


class GroupReader:
    """
    Reads the groups of one cluster, in two steps: `ask` starts the requests, `read` waits for them and makes facts of them.

    It keeps what it asks each broker while that stays the same, and asks for it before the broker's list has come: in the
    steady state all is known after one round trip.
    """

    def __init__(self) -> None:
        self._brokers: dict[int, Coordinator] = {}
        self._sizes: dict[str, int] = {}
        self._tables = CommitTables()
        self._search = Search(self._sizes)
        self._known: dict[str, Group] = {}
        self._names: tuple[str, ...] = ()
        self._unknown: frozenset[str] = frozenset()
        self._groups: tuple[Group, ...] = ()
        self._steady: tuple[object, ...] = ()

    def recall(self, names: Iterable[str]) -> None:
        """These groups were there before: the next read looks for those of them that no list has."""
        for name in names:
            self._known.setdefault(name, Group(name=name, known=False, assigned_known=False))
        self._steady = ()

    def ask(self, exchange: Exchange, layout: Layout, wanted: NameFilter) -> Asked:
        """Starts asking every broker of this layout."""
        return self._ask(exchange, layout, [broker.id for broker in layout.brokers], wanted)

    async def read(self, exchange: Exchange, layout: Layout, wanted: NameFilter, asked: Asked, gaps: Gaps) -> Groups:
        """
        Reads the answers, and looks for the groups that have moved or that nobody lists.

        `asked` may be of an older layout: brokers that are new are asked now, and those that are gone are left alone.
        """
        nodes = [broker.id for broker in layout.brokers]
        asked |= self._ask(exchange, layout, [node for node in nodes if node not in asked], wanted)
        self._brokers = {node: self._brokers[node] for node in nodes}
        said: list[Said] = []
        silent: dict[int, str] = {}
        for node, coordinator in self._brokers.items():
            try:
                said.append(coordinator.read(await asked[node], layout.topology))
            except NoAnswer as answer:
                silent[node] = answer.reason
                gaps.add("group_list", answer.reason, f"broker {node}", broker=node)
        for one in said:
            if one.list_error:
                gaps.add("group_list", error_name(one.list_error), f"broker {one.node}", broker=one.node)
        parts = [part for one in said for part in one.reply.parts]
        if not self._same_as_before(said, silent):
            facts = _merged(said)
            sought = self._to_seek(said, facts, wanted)
            found = await self._search.run(exchange, layout, sought, silent)
            parts += found.parts
            _count_gaps(said, facts, sought, found.failures, gaps)
            self._settle(facts, found.groups, found.gone)
            self._steady = () if sought or silent else tuple(one.facts for one in said)
        return Groups(self._groups, self._tables.table(self._names, parts, self._unknown))

    def _ask(self, exchange: Exchange, layout: Layout, nodes: Iterable[int], wanted: NameFilter) -> Asked:
        likely = layout.topology.likely_commit_answer
        asked = {}
        for node in nodes:
            coordinator = self._brokers.setdefault(node, Coordinator(node, self._sizes))
            asked[node] = exchange.client.start(partial(coordinator.ask, exchange, wanted, likely))
        return asked

    def _same_as_before(self, said: Sequence[Said], silent: Mapping[int, str]) -> bool:
        """Whether nothing but committed offsets can have changed."""
        facts = tuple(one.facts for one in said)
        return (
            not silent
            and len(facts) == len(self._steady)
            and all(now is before for now, before in zip(facts, self._steady, strict=True))
            and not any(one.reply.commit_failures or one.reply.description_failures for one in said)
        )

    def _to_seek(self, said: Sequence[Said], facts: Mapping[str, Group], wanted: NameFilter) -> list[Sought]:
        """Groups whose listed coordinator was not theirs (any more), and known groups that are in no list."""
        moved = {name: one.reply.reason(name) for one in said for name in one.reply.again}
        for one in said:
            for name in moved.keys() & one.facts.keys():
                if one.reply.reason(name) == "":
                    del moved[name]  # two brokers claimed it, and this one answered for it
        missing = [group for name, group in self._known.items() if name not in facts and wanted.matches(name)]
        return [
            *(Sought(_as_listed(facts[name]), facts[name], reason) for name, reason in moved.items()),
            *(Sought(_as_listed(group), group, MISSING) for group in missing),
        ]

    def _settle(self, facts: dict[str, Group], found: Mapping[str, Group], gone: Mapping[str, int]) -> None:
        """The groups of this poll, sorted; the names stay the same object while they are the same."""
        facts |= found
        names = tuple(sorted(name for name in facts if name not in gone))
        self._names = self._names if names == self._names else names
        self._groups = tuple(facts[name] for name in names)
        unknown = frozenset(group.name for group in self._groups if not group.known)
        self._unknown = self._unknown if unknown == self._unknown else unknown
        self._known = {group.name: group for group in self._groups}
        for name in self._sizes.keys() - self._known.keys():
            del self._sizes[name]


def _merged(said: Sequence[Said]) -> dict[str, Group]:
    """All groups; one that two brokers claim while it moves is taken from the one that answered for it."""
    facts: dict[str, Group] = {}
    for one in said:
        for name, group in one.facts.items():
            if name not in facts or (group.known and not facts[name].known):
                facts[name] = group
    return facts


def _count_gaps(
    said: Sequence[Said], facts: Mapping[str, Group], sought: Sequence[Sought], failures: Sequence[Failure], gaps: Gaps
) -> None:
    """Failures of the broker that each group was taken from, unless it was looked for; and what the search left unknown."""
    names = {one.listed.name for one in sought}
    for one in said:
        for part, reasons in (
            ("committed_offsets", one.reply.commit_failures),
            ("group_description", one.reply.description_failures),
        ):
            for name, reason in reasons.items():
                if name not in names and facts[name].coordinator == one.node:
                    gaps.add(part, reason, name, broker=one.node)
    for failure in failures:
        gaps.add(failure.part, failure.reason, failure.name, broker=failure.broker)


def _as_listed(group: Group) -> Listed:
    return Listed(group.name, group.type, group.state, group.protocol_type)

"""
All groups: who they are, what they have committed, who their members are.

The broker that lists a group coordinates it, so every broker is asked for its list and then for all of its groups. While a
coordinator moves, lists silently lack its groups. A known group that no list has is therefore looked for (search.py), and
is gone only if its coordinator says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from lagwatch.collect import groups as g
from lagwatch.collect.client import Versions
from lagwatch.collect.commits import CommitTables
from lagwatch.collect.errors import NoAnswer, error_name
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.groups import Described, Listed
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.questions import Question, Reply, commit_questions, describe_questions, described_by_type
from lagwatch.collect.remember import Remembered
from lagwatch.collect.requests import LIST_GROUPS
from lagwatch.collect.search import MISSING, Failure, Search, Sought
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import CommitTable, Group


class Groups(NamedTuple):
    """All groups, sorted by name, and what they have committed."""

    groups: tuple[Group, ...]
    commits: CommitTable


class GroupReader:
    """Reads the groups of one cluster; keeps what it asks each broker for as long as that broker's list stays the same."""

    def __init__(self) -> None:
        self._brokers: dict[int, _Coordinator] = {}
        self._sizes: dict[str, int] = {}
        self._tables = CommitTables()
        self._search = Search(self._sizes)
        self._known: dict[str, Group] = {}
        self._names: tuple[str, ...] = ()
        self._groups: tuple[Group, ...] = ()
        self._steady: tuple[object, ...] = ()

    async def read(self, exchange: Exchange, layout: Layout, wanted: NameFilter, gaps: Gaps) -> Groups:
        """Asks every broker, and looks for the groups that have moved or that nobody lists."""
        nodes = [broker.id for broker in layout.brokers]
        self._brokers = {node: self._brokers.get(node) or _Coordinator(node, self._sizes) for node in nodes}
        jobs = [
            lambda broker=broker: broker.ask(exchange, layout.topology, wanted) for broker in self._brokers.values()
        ]
        said: list[_Said] = []
        silent: dict[int, str] = {}
        for node, answer in zip(nodes, await exchange.together(jobs), strict=True):
            if isinstance(answer, NoAnswer):
                silent[node] = answer.reason
                gaps.add("group_list", answer.reason, f"broker {node}", broker=node)
                continue
            said.append(answer)
            if answer.list_error:
                gaps.add("group_list", error_name(answer.list_error), f"broker {node}", broker=node)
        parts = [part for one in said for part in one.reply.parts]
        if not self._same_as_before(said, silent):
            facts = _merged(said)
            sought = self._to_seek(said, facts, wanted)
            found = await self._search.run(exchange, layout, sought, silent)
            parts += found.parts
            self._settle(facts, found.groups, found.gone)
            _count_gaps(said, sought, found.failures, gaps)
            self._steady = () if sought or silent else tuple(one.facts for one in said)
        return Groups(self._groups, self._tables.table(self._names, parts))

    def _same_as_before(self, said: "Sequence[_Said]", silent: Mapping[int, str]) -> bool:
        """Whether nothing but committed offsets can have changed."""
        facts = tuple(one.facts for one in said)
        return (
            not silent
            and len(facts) == len(self._steady)
            and all(now is before for now, before in zip(facts, self._steady, strict=True))
            and not any(one.reply.commit_failures or one.reply.description_failures for one in said)
        )

    def _to_seek(self, said: "Sequence[_Said]", facts: Mapping[str, Group], wanted: NameFilter) -> list[Sought]:
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

    def _settle(self, facts: dict[str, Group], found: Mapping[str, Group], gone: set[str]) -> None:
        """The groups of this poll, sorted; the names stay the same object while they are the same."""
        facts |= found
        names = tuple(sorted(name for name in facts if name not in gone))
        self._names = self._names if names == self._names else names
        self._groups = tuple(facts[name] for name in names)
        self._known = {group.name: group for group in self._groups}
        for name in self._sizes.keys() - self._known.keys():
            del self._sizes[name]


class _Said(NamedTuple):
    """What one broker said: its groups, and the reply to the questions about them."""

    node: int
    facts: dict[str, Group]
    reply: Reply
    list_error: int


class _Coordinator:
    """One broker: its last list, what it is asked because of that, and what the answers came to."""

    def __init__(self, node: int, sizes: dict[str, int]) -> None:
        self._node = node
        self._sizes = sizes
        self._list: Remembered[tuple[int, dict[str, Listed]]] = Remembered()
        self._wanted: dict[str, Listed] = {}
        self._wanted_of: tuple[object, object] = (None, None)
        self._questions: list[Question] = []
        self._asked_for: tuple[object, object] = (None, None)
        self._guessed = False
        self._unsupported = Reply()
        self._facts: dict[str, Group] = {}
        self._facts_of: tuple[object, ...] = ()

    async def ask(self, exchange: Exchange, topology: Topology, names: NameFilter) -> _Said:
        """Asks for the list, then about its groups; raises NoAnswer if there is no list."""
        versions = await exchange.versions(self._node)
        list_error, wanted = self._select(await self._listed(exchange, versions), names)
        self._prepare(versions, wanted, _largest(topology))
        try:
            answers = await exchange.ask_all(self._node, [question.request for question in self._questions])
        except NoAnswer as failure:
            answers = [failure] * len(self._questions)
        reply = Reply(
            commit_failures=dict(self._unsupported.commit_failures),
            description_failures=dict(self._unsupported.description_failures),
        )
        for question, answer in zip(self._questions, answers, strict=True):
            question.read(answer, topology, reply)
        return _Said(self._node, self._interpret(wanted, reply), reply, list_error)

    async def _listed(self, exchange: Exchange, versions: Versions) -> tuple[int, dict[str, Listed]]:
        version = LIST_GROUPS.version(versions)
        body = await exchange.ask(self._node, LIST_GROUPS.encode(version))

        def decode(received: bytes) -> tuple[int, dict[str, Listed]]:
            answer = LIST_GROUPS.decode(version, received)
            return answer.error_code, g.listed(answer, version)

        return self._list.decode(body, decode)

    def _select(self, listed: tuple[int, dict[str, Listed]], names: NameFilter) -> tuple[int, dict[str, Listed]]:
        list_error, groups = listed
        if self._wanted_of[0] is not groups or self._wanted_of[1] is not names:
            self._wanted = {name: group for name, group in groups.items() if names.matches(name)}
            self._wanted_of = (groups, names)
        return list_error, self._wanted

    def _prepare(self, versions: Versions, wanted: dict[str, Listed], largest: int) -> None:
        """Makes the questions, unless those of the last poll will do."""
        if self._asked_for[0] is wanted and self._asked_for[1] == versions and not self._guessed:
            return
        self._guessed = any(group.type != g.SHARE and name not in self._sizes for name, group in wanted.items())
        commits = commit_questions(versions, wanted.values(), self._sizes, largest)
        kinds = described_by_type(wanted.values())
        descriptions = describe_questions(versions, kinds)
        self._unsupported = Reply(
            commit_failures=dict.fromkeys(_left_out(wanted, commits), "UNSUPPORTED_VERSION"),
            description_failures=dict.fromkeys(
                _left_out([name for names in kinds.values() for name in names], descriptions), "UNSUPPORTED_VERSION"
            ),
        )
        self._questions = commits + descriptions
        self._asked_for = (wanted, versions)

    def _interpret(self, wanted: dict[str, Listed], reply: Reply) -> dict[str, Group]:
        """The groups; the same object while list and descriptions are the same and nothing failed."""
        basis = (wanted, *reply.described)
        fine = not reply.commit_failures and not reply.description_failures
        if (
            not fine
            or len(basis) != len(self._facts_of)
            or any(a is not b for a, b in zip(basis, self._facts_of, strict=True))
        ):
            described: dict[str, Described] = {}
            for some in reply.described:
                described.update(some)
            self._facts = {name: _fact(group, described.get(name), reply, self._node) for name, group in wanted.items()}
            self._facts_of = basis if fine else ()
        return self._facts


def _fact(listed: Listed, described: Described | None, reply: Reply, node: int) -> Group:
    usable = described if described is not None and not described.error and not described.gone else None
    fact = g.group(listed, usable, node)
    return replace(fact, known=False) if listed.name in reply.commit_failures else fact


def _left_out(names: Iterable[str], questions: Sequence[Question]) -> set[str]:
    return set(names) - {name for question in questions for name in question.names}


def _largest(topology: Topology) -> int:
    """About how many bytes the answer for a group takes that has committed on every partition."""
    return 21 * len(topology) + sum(len(name) + 5 for name in topology.names) + 300


def _merged(said: Sequence[_Said]) -> dict[str, Group]:
    """All groups; one that two brokers claim while it moves is taken from the one that answered for it."""
    facts: dict[str, Group] = {}
    for one in said:
        for name, group in one.facts.items():
            if name not in facts or (group.known and not facts[name].known):
                facts[name] = group
    return facts


def _count_gaps(said: Sequence[_Said], sought: Sequence[Sought], failures: Sequence[Failure], gaps: Gaps) -> None:
    """Failures that nothing was done about, and what the search left unknown."""
    names = {one.listed.name for one in sought}
    for one in said:
        for part, reasons in (
            ("committed_offsets", one.reply.commit_failures),
            ("group_description", one.reply.description_failures),
        ):
            for name, reason in reasons.items():
                if name not in names:
                    gaps.add(part, reason, name, broker=one.node)
    for failure in failures:
        gaps.add(failure.part, failure.reason, failure.name, broker=failure.broker)


def _as_listed(group: Group) -> Listed:
    return Listed(group.name, group.type, group.state, group.protocol_type)

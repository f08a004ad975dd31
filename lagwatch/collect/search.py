"""Groups that moved or that no list has: who coordinates them now, and what that broker says of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lagwatch.collect import groups as g
from lagwatch.collect.commits import Part
from lagwatch.collect.errors import MOVED_COORDINATOR, NoAnswer, error_name
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.groups import Described, Listed
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.planning import commit_questions, describe_questions, described_by_type
from lagwatch.collect.questions import Question, Reply
from lagwatch.collect.requests import FIND_COORDINATOR
from lagwatch.model.snapshot import UNKNOWN, Group

AT_ONCE = 500
"""How many groups are looked for in one poll: a lost coordinator must not make a poll long."""

ONE_BY_ONE = 50
"""The same with brokers before 3.0, which take one group a FindCoordinator request."""

MISSING = "MISSING_FROM_LIST"


class Sought(NamedTuple):
    """
    A group to look for: as it was listed, and as a fact so far.

    `reason` is why its listed coordinator gave nothing; MISSING for a known group that is in no list.
    """

    listed: Listed
    fact: Group
    reason: str

    @property
    def missing(self) -> bool:
        """Whether it may be gone."""
        return self.reason == MISSING


class Failure(NamedTuple):
    """What stays unknown of a group, as a Gap wants it."""

    part: str
    reason: str
    name: str
    broker: int


@dataclass(slots=True)
class Found:
    """What the search came to: every sought group is in `groups` (known or not) or in `gone`, with the broker that says so."""

    groups: dict[str, Group] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def unknown(self, sought: Sought, reason: str, broker: int = UNKNOWN) -> None:
        """The group exists as far as we know, and nothing else is known of it."""
        name, fact = sought.listed.name, sought.fact
        part = "committed_offsets"
        if sought.missing:
            fact = Group(name=name, known=False, type=fact.type, protocol_type=fact.protocol_type, assigned_known=False)
        elif fact.known:  # it moved between the two: its commits had been read already
            part = "group_description"
        self.groups[name] = fact
        self.failures.append(Failure(part, reason, name, broker))


class Search:
    """Looks for groups, a bounded number a poll; those that waited longest come first."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes
        self._last_sought: dict[str, int] = {}
        self._said_gone: set[str] = set()
        self._polls = 0

    async def run(
        self, exchange: Exchange, layout: Layout, sought: Sequence[Sought], silent: Mapping[int, str]
    ) -> Found:
        """Looks for these groups; `silent` has the brokers without a list, and why."""
        found = Found()
        self._polls += 1
        names = {one.listed.name for one in sought}
        self._last_sought = {name: poll for name, poll in self._last_sought.items() if name in names}
        if not sought:
            self._said_gone = set()
            return found
        try:
            homes, refused = await self._homes(exchange, layout, sought)
        except NoAnswer:
            homes, refused = {}, {}
        by_node: dict[int, list[Sought]] = {}
        for one in sought:
            if (home := homes.get(one.listed.name)) is not None:
                by_node.setdefault(home, []).append(one)
            else:
                _not_found(found, one, refused.get(one.listed.name), silent)
        replies = await exchange.together([_ask(exchange, node, some, self._sizes) for node, some in by_node.items()])
        for (node, some), reply in zip(by_node.items(), replies, strict=True):
            _take(found, node, some, reply, layout.topology)
        self._confirm(found, sought)
        return found

    def _confirm(self, found: Found, sought: Sequence[Sought]) -> None:
        """
        Only the broker that coordinated a group in the poll before is believed at once that it is gone; any other in the second
        poll in a row that says so.

        A new coordinator knows groups only up to its high watermark, which may be behind for seconds after its election: it calls
        one dead whose last records it holds, and lists it again a moment later.
        """
        said, self._said_gone = self._said_gone, set(found.gone)
        for one in sought:
            name = one.listed.name
            if name in found.gone and name not in said and one.fact.coordinator != found.gone[name]:
                found.unknown(one, one.reason, found.gone.pop(name))

    async def _homes(
        self, exchange: Exchange, layout: Layout, sought: Sequence[Sought]
    ) -> tuple[dict[str, int], dict[str, str]]:
        """The coordinator of each group that is looked for in this poll, or why it cannot be told."""
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if node is None:
            raise NoAnswer("CONNECTION_FAILED", "no broker answers")
        version = FIND_COORDINATOR.version(await exchange.versions(node))
        limit = AT_ONCE if version >= 4 else ONE_BY_ONE
        turn = sorted(sought, key=lambda one: (one.missing, self._last_sought.get(one.listed.name, -1)))
        names = [one.listed.name for one in turn[:limit]]
        self._last_sought.update(dict.fromkeys(names, self._polls))
        if version >= 4:
            requests = [FIND_COORDINATOR.encode(version, key_type=0, coordinator_keys=names)]
        else:
            requests = [FIND_COORDINATOR.encode(version, key_type=0, key=name) for name in names]
        exchange.retries += len(requests)
        homes: dict[str, int] = {}
        refused: dict[str, str] = {}
        for place, body in enumerate(await exchange.ask_all(node, requests)):
            if isinstance(body, NoAnswer):
                raise body
            for name, home, code in _coordinators(version, body, names[place]):
                if code == 0:
                    homes[name] = home
                elif code not in MOVED_COORDINATOR:
                    refused[name] = error_name(code)
        return homes, refused


def _coordinators(version: int, body: memoryview, name: str) -> list[tuple[str, int, int]]:
    answer = FIND_COORDINATOR.decode(version, body)
    if version < 4:
        return [(name, answer.node_id, answer.error_code)]
    return [(home.key, home.node_id, home.error_code) for home in answer.coordinators]


def _not_found(found: Found, one: Sought, refused: str | None, silent: Mapping[int, str]) -> None:
    """Nobody names a coordinator, or there was no time to ask."""
    last = one.fact.coordinator
    if refused is not None:
        found.unknown(one, refused)
    elif one.missing and last in silent:
        found.unknown(one, silent[last], last)
    else:
        found.unknown(one, one.reason, UNKNOWN if one.missing else last)


class _Answers(NamedTuple):
    """What one coordinator answered: to questions about commits, and to those about descriptions."""

    commits: list[tuple[Question, memoryview | NoAnswer]]
    descriptions: list[tuple[Question, memoryview | NoAnswer]]


def _ask(
    exchange: Exchange, node: int, some: Sequence[Sought], sizes: dict[str, int]
) -> Callable[[], Awaitable[_Answers]]:
    async def ask() -> _Answers:
        versions = await exchange.versions(node)
        largest = max(sizes.values(), default=0) + 1_000
        commits = commit_questions(versions, [one.listed for one in some], sizes, largest)
        questions = commits + describe_questions(versions, _kinds(some))
        exchange.retries += len(questions)
        answers = await exchange.ask_all(node, [question.request for question in questions])
        answered = list(zip(questions, answers, strict=True))
        return _Answers(answered[: len(commits)], answered[len(commits) :])

    return ask


def _kinds(some: Sequence[Sought]) -> dict[str, list[str]]:
    """How they are described; a missing group may have changed between classic and consumer (KIP-848 upgrade)."""
    kinds = described_by_type(one.listed for one in some if not one.missing)
    for one in some:
        if one.missing:
            types = (one.listed.type,) if one.listed.type in (g.SHARE, g.STREAMS) else (g.CLASSIC, g.CONSUMER)
            for kind in types:
                kinds.setdefault(kind, []).append(one.listed.name)
    return kinds


def _take(found: Found, node: int, some: Sequence[Sought], answers: _Answers | NoAnswer, topology: Topology) -> None:
    """Puts what one coordinator said of the groups it was asked for into `found`."""
    if isinstance(answers, NoAnswer):
        for one in some:
            found.unknown(one, answers.reason, node)
        return
    reply = Reply()
    # A missing group may be described as any type; a listed one is what its list says.
    wanted = {one.listed.name: one.listed._replace(type="") if one.missing else one.listed for one in some}
    for question, answer in answers.commits + answers.descriptions:
        question.read(answer, topology, wanted, reply)
    found.parts += reply.parts
    for one in some:
        name = one.listed.name
        asked = sum(name in question.names for question, _ in answers.descriptions)
        said = [described[name] for described in reply.described if name in described]
        alive = next((d for d in said if not d.error and not d.gone), None)
        reason = reply.commit_failures.get(name)
        if reason is None and _is_gone(said, asked):
            found.gone[name] = node
        elif reason is not None or (one.missing and alive is None):
            found.unknown(one, reason or reply.description_failures.get(name, one.reason), node)
        else:
            found.groups[name] = g.group(one.listed, alive, node)
            if alive is None and name in reply.description_failures:
                found.failures.append(Failure("group_description", reply.description_failures[name], name, node))


def _is_gone(said: Sequence[Described], asked: int) -> bool:
    """Whether its coordinator answered every question about it, and knows no group of that name of any type."""
    return asked > 0 and len(said) == asked and all(d.gone for d in said)

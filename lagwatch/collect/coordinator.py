"""One broker as the coordinator of groups: its list, what it is asked because of that, and what comes of the answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from lagwatch.collect import groups as g
from lagwatch.collect.client import Versions
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.groups import Described, Listed
from lagwatch.collect.layout import Topology
from lagwatch.collect.planning import (
    commit_kind,
    commit_questions,
    commit_requests_needed,
    describe_questions,
    describe_requests_needed,
    described_by_type,
)
from lagwatch.collect.questions import COMMIT_KINDS, Question, Reply, Subject
from lagwatch.collect.remember import Remembered
from lagwatch.collect.requests import LIST_GROUPS
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import Group

_SPARE_REQUESTS = 4
"""How many requests too many are put up with before groups are shared out anew: new ones start with a request of theirs."""

_SPARE_NAMES = 1.25
"""How many names may be asked for per group: those of groups that have gone stay for a while, and cost an empty answer."""


class Answers(NamedTuple):
    """What one broker answered, not decoded but for the list: `wanted` are the watched groups of it."""

    wanted: dict[str, Listed]
    list_error: int
    answered: list[tuple[Question, memoryview | NoAnswer]]


class Said(NamedTuple):
    """
    What one broker said: its groups, and the reply to the questions about them.

    `facts` is the same object for as long as list and descriptions are the same and nothing failed.
    """

    node: int
    facts: dict[str, Group]
    reply: Reply
    list_error: int


class Coordinator:
    """
    One broker, with the questions that it is asked in every poll.

    They are added to when its list has new groups, so that the old ones, whose answers are known by their skeletons, stay.
    """

    def __init__(self, node: int, sizes: dict[str, int]) -> None:
        self._node = node
        self._sizes = sizes
        self._versions: Versions = {}
        self._list: Remembered[tuple[int, dict[str, Listed]]] = Remembered()
        self._wanted: dict[str, Listed] = {}
        self._wanted_of: tuple[object, object] = (None, None)
        self._questions = _Questions(sizes)
        self._facts: dict[str, Group] = {}
        self._facts_of: tuple[object, ...] = ()

    async def ask(self, exchange: Exchange, names: NameFilter, likely: int) -> Answers:
        """
        Asks for the list and, at the same time, the questions of the last poll; then for what is new in the list.

        Raises NoAnswer if there is no list. `likely` is assumed to be the size of the answer for a group that is new.
        """
        versions = await exchange.versions(self._node)
        if versions != self._versions:
            self._versions, self._questions = versions, _Questions(self._sizes)
        version = LIST_GROUPS.version(versions)
        asked = self._questions.tidy(versions, self._wanted, likely)
        listed, *answers = await exchange.ask_all(
            self._node, [LIST_GROUPS.encode(version), *(question.request for question in asked)]
        )
        if isinstance(listed, NoAnswer):
            raise listed
        list_error, wanted = self._select(self._listed(version, listed), names)
        more = self._questions.add(versions, wanted, likely)
        try:
            answers += await exchange.ask_all(self._node, [question.request for question in more]) if more else []
        except NoAnswer as failure:
            answers += [failure] * len(more)
        return Answers(wanted, list_error, list(zip([*asked, *more], answers, strict=True)))

    def read(self, answers: Answers, topology: Topology) -> Said:
        """Decodes the answers, and lets go of each as soon as it is decoded."""
        reply = Reply()
        answers.answered.reverse()
        while answers.answered:
            question, answer = answers.answered.pop()
            question.read(answer, topology, answers.wanted, reply)
        self._questions.cannot_ask(reply)
        if "ANSWER_TOO_LARGE" in reply.commit_failures.values():
            self._questions.too_large = True
        return Said(self._node, self._interpret(answers.wanted, reply), reply, answers.list_error)

    def _listed(self, version: int, body: memoryview) -> tuple[int, dict[str, Listed]]:
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

    def _interpret(self, wanted: dict[str, Listed], reply: Reply) -> dict[str, Group]:
        basis = (wanted, *reply.described)
        fine = not reply.commit_failures and not reply.description_failures
        same = len(basis) == len(self._facts_of) and all(a is b for a, b in zip(basis, self._facts_of, strict=True))
        if not fine or not same:
            described = _usable(wanted, reply.described)
            self._facts = {name: g.group(group, described.get(name), self._node) for name, group in wanted.items()}
            for name in reply.commit_failures:
                self._facts[name] = replace(self._facts[name], known=False)
            self._facts_of = basis if fine else ()
        return self._facts


class _Questions:
    """The questions about one broker's groups."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes
        self._commits: list[Question] = []
        self._descriptions: list[Question] = []
        self._unsupported: set[Subject] = set()
        self._added_for: dict[str, Listed] | None = None
        self._changed = False
        self._guessed = False
        self.too_large = False
        """Whether an answer was beyond the frame limit."""

    def tidy(self, versions: Versions, wanted: dict[str, Listed], likely: int) -> list[Question]:
        """The questions known so far; shared out anew if that takes fewer requests (the first time sizes were guessed)."""
        if self._changed or self.too_large:
            spare = 0 if self._guessed else _SPARE_REQUESTS
            few = commit_requests_needed(versions, wanted.values(), self._sizes, likely)
            names = sum(len(question.names) for question in self._commits)
            if self.too_large or len(self._commits) > few + spare or names > _SPARE_NAMES * len(wanted):
                self._commits, self._added_for = [], None
            few = describe_requests_needed(described_by_type(wanted.values()))
            if len(self._descriptions) > few + _SPARE_REQUESTS:
                self._descriptions, self._added_for = [], None
            self.add(versions, wanted, likely)
            self._changed = self._guessed = self.too_large = False
        return self._commits + self._descriptions

    def add(self, versions: Versions, wanted: dict[str, Listed], likely: int) -> list[Question]:
        """Questions about those groups that no question is about yet; from now on they are asked too."""
        if wanted is self._added_for:
            return []
        self._added_for = wanted
        asked = _subjects(self._commits + self._descriptions)
        new = [group for group in wanted.values() if Subject(group.name, commit_kind(group)) not in asked]
        kinds = {
            kind: [name for name in names if Subject(name, kind) not in asked]
            for kind, names in described_by_type(wanted.values()).items()
        }
        commits = commit_questions(versions, new, self._sizes, likely)
        descriptions = describe_questions(versions, kinds)
        needed = {Subject(group.name, commit_kind(group)) for group in new}
        needed |= {Subject(name, kind) for kind, names in kinds.items() for name in names}
        self._unsupported = needed - _subjects(commits + descriptions)
        self._commits = _about(self._commits, wanted) + commits
        self._descriptions = _about(self._descriptions, wanted) + descriptions
        self._changed = True
        self._guessed |= any(group.name not in self._sizes for group in new)
        return commits + descriptions

    def cannot_ask(self, reply: Reply) -> None:
        """Puts the groups into `reply` that the broker lists and has no request for (a type that is newer than it)."""
        for name, kind in self._unsupported:
            failures = reply.commit_failures if kind in COMMIT_KINDS else reply.description_failures
            failures[name] = "UNSUPPORTED_VERSION"


def _subjects(questions: Iterable[Question]) -> set[Subject]:
    return {Subject(name, question.kind) for question in questions for name in question.names}


def _about(questions: Sequence[Question], wanted: Mapping[str, Listed]) -> list[Question]:
    """Those that still ask for a group that is wanted."""
    return [question for question in questions if any(name in wanted for name in question.names)]


def _usable(wanted: Mapping[str, Listed], replies: Iterable[Mapping[str, Described]]) -> dict[str, Described]:
    """The descriptions that count: a group that changed its type is described by an error as its old one."""
    return {
        name: described
        for some in replies
        for name, described in some.items()
        if not described.error and not described.gone and name in wanted and wanted[name].type == described.type
    }

"""
What a coordinator is asked about its groups, request by request, and how each answer is read.

A question is made once for a broker's list of groups and asked in every poll until that list changes; it remembers its last
answer, so that reading an answer that says the same costs next to nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lagwatch.collect import groups as g
from lagwatch.collect.columns import CommitDecoder
from lagwatch.collect.commits import Part
from lagwatch.collect.errors import MOVED_COORDINATOR, NoAnswer, error_name, no_answer
from lagwatch.collect.groups import Described, Listed
from lagwatch.collect.layout import Topology
from lagwatch.collect.remember import Remembered
from lagwatch.collect.requests import (
    CONSUMER_GROUP_DESCRIBE,
    DESCRIBE_GROUPS,
    SHARE_GROUP_DESCRIBE,
    SHARE_GROUP_OFFSETS,
    STREAMS_GROUP_DESCRIBE,
    Api,
)
from lagwatch.collect.wire import Request
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.snapshot import UNKNOWN, Int64

ANSWER_BYTES = 2_000_000
"""
How large an OffsetFetch answer may become; groups are spread over more requests beyond it. It is far below the frame limit
(200 MB) so that a broker that is working is seen to: answers come one by one.
"""


@dataclass(slots=True)
class Reply:
    """
    What came of the questions: commits and descriptions; `commit_failures` and `description_failures` have the reason for
    each group without; `again` are the groups whose coordinator may have moved.
    """

    parts: list[Part] = field(default_factory=list)
    described: list[Mapping[str, Described]] = field(default_factory=list)
    commit_failures: dict[str, str] = field(default_factory=dict)
    description_failures: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)

    def reason(self, name: str) -> str:
        """Why something of this group is unknown; empty if nothing is."""
        return self.commit_failures.get(name) or self.description_failures.get(name, "")

    def commits_failed(self, name: str, code: int) -> None:
        """The coordinator gave this error code for the committed offsets of a group."""
        self.commit_failures[name] = error_name(code)
        if code in MOVED_COORDINATOR:
            self.again.add(name)

    def description_failed(self, name: str, code: int) -> None:
        """The same for its description."""
        self.description_failures[name] = error_name(code)
        if code in MOVED_COORDINATOR:
            self.again.add(name)


COMMITS, SHARE_COMMITS = "commits", "share commits"
COMMIT_KINDS = (COMMITS, SHARE_COMMITS)
"""Kinds of questions about committed offsets. The others ask for descriptions, and their kind is a group type."""


class Subject(NamedTuple):
    """What a question asks: something (its kind) about a group."""

    name: str
    kind: str


class Question(ABC):
    """One request about these groups."""

    def __init__(self, kind: str, request: Request, names: Sequence[str]) -> None:
        self.kind = kind
        self.request = request
        self.names = names

    def read(
        self, answer: memoryview | NoAnswer, topology: Topology, wanted: Mapping[str, Listed], reply: Reply
    ) -> None:
        """Puts what the answer says of the wanted groups, or that there is none, into `reply`."""
        try:
            if isinstance(answer, NoAnswer):
                raise answer
            self._read(answer, topology, wanted, reply)
        except (NoAnswer, ProtocolMismatch) as error:
            failure = no_answer(error)
            concerned = [name for name in self.names if self._concerns(name, wanted)]
            self._failures(reply).update(dict.fromkeys(concerned, failure.reason))
            reply.again.update(concerned)

    @abstractmethod
    def _read(self, body: memoryview, topology: Topology, wanted: Mapping[str, Listed], reply: Reply) -> None:
        """Raises ProtocolMismatch."""

    @abstractmethod
    def _failures(self, reply: Reply) -> dict[str, str]:
        """Where the reasons go if there is no answer at all."""

    def _concerns(self, name: str, wanted: Mapping[str, Listed]) -> bool:
        """Whether the answer for this group counts: groups may have gone, or changed their type, since they were listed."""
        return name in wanted


class CommitQuestion(Question):
    """OffsetFetch: v8 for many groups, v7 (brokers before 3.0) for one."""

    def __init__(self, request: Request, names: Sequence[str], sizes: dict[str, int]) -> None:
        super().__init__(COMMITS, request, names)
        self._decoder = CommitDecoder(None if request.version >= 8 else names[0])
        self._sizes = sizes
        self._measured: tuple[int, ...] = ()

    def read(
        self, answer: memoryview | NoAnswer, topology: Topology, wanted: Mapping[str, Listed], reply: Reply
    ) -> None:
        """As every question; a too large answer is remembered, besides."""
        if isinstance(answer, NoAnswer) and answer.reason == "ANSWER_TOO_LARGE":
            self._sizes.update(dict.fromkeys(self.names, ANSWER_BYTES))  # each goes alone from now on
        super().read(answer, topology, wanted, reply)

    def _read(self, body: memoryview, topology: Topology, wanted: Mapping[str, Listed], reply: Reply) -> None:
        commits = self._decoder.decode(body, topology)
        if commits.bytes_by_group is not self._measured:
            self._measured = commits.bytes_by_group
            for name, size in zip(commits.groups, commits.bytes_by_group, strict=True):
                if self._sizes.get(name, 0) < ANSWER_BYTES:
                    self._sizes[name] = size
        reply.parts.append(Part(commits.groups, commits.group, commits.row, commits.offset))
        if any(commits.group_errors):
            for name, code in zip(commits.groups, commits.group_errors, strict=True):
                if code and name in wanted:
                    reply.commits_failed(name, code)
        for place, _, code in commits.failed:
            if commits.groups[place] in wanted:
                reply.commits_failed(commits.groups[place], code)
        if len(commits.groups) != len(self.names):
            left_out = (set(self.names) & wanted.keys()) - set(commits.groups)
            reply.commit_failures.update(dict.fromkeys(left_out, "BAD_ANSWER"))

    def _failures(self, reply: Reply) -> dict[str, str]:
        return reply.commit_failures


class ShareQuestion(Question):
    """DescribeShareGroupOffsets: the start offset of each share partition, and from version 1 on the lag."""

    def __init__(self, request: Request, names: Sequence[str]) -> None:
        super().__init__(SHARE_COMMITS, request, names)
        self._part: Part | None = None

    def _read(self, body: memoryview, topology: Topology, wanted: Mapping[str, Listed], reply: Reply) -> None:
        answer = SHARE_GROUP_OFFSETS.decode(self.request.version, body)
        names = [group.group_id for group in answer.groups]
        found: list[tuple[int, int, int, int]] = []
        for place, group in enumerate(answer.groups):
            codes = [group.error_code, *(p.error_code for topic in group.topics for p in topic.partitions)]
            for code in codes if group.group_id in wanted else ():
                if code:
                    reply.commits_failed(group.group_id, code)
            found += [(place, *entry) for entry in _share_partitions(group, topology)]
        reply.parts.append(self._same(tuple(names), np.asarray(found, np.int64).reshape(-1, 4)))

    def _same(self, names: tuple[str, ...], found: Int64) -> Part:
        """The columns, of which group and row are those of the last answer if they say the same."""
        part = Part(names, *found[:, :2].T.astype(np.int32), *found[:, 2:].T.copy())
        last = self._part
        if (
            last
            and last.groups == names
            and np.array_equal(last.group, part.group)
            and np.array_equal(last.row, part.row)
        ):
            part = part._replace(groups=last.groups, group=last.group, row=last.row)
        self._part = part
        return part

    def _failures(self, reply: Reply) -> dict[str, str]:
        return reply.commit_failures


def _share_partitions(group: Any, topology: Topology) -> Iterable[tuple[int, int, int]]:
    """Row, start offset and lag of the share partitions that are initialized and watched."""
    for topic in group.topics:
        place = topology.by_name.get(topic.topic_name.encode())
        if place is None:
            continue
        for p in topic.partitions:
            row = int(topology.first[place]) + p.partition_index
            if p.error_code == 0 and p.start_offset >= 0 and row < topology.first[place + 1]:
                yield row, p.start_offset, max(p.lag, UNKNOWN)


class _Descriptions(NamedTuple):
    by_name: dict[str, Described]
    failed: tuple[Described, ...]


class DescribeQuestion(Question):
    """One of the four describe requests, which each know groups of one type only."""

    def __init__(self, kind: str, request: Request, names: Sequence[str]) -> None:
        super().__init__(kind, request, names)
        self._remembered: Remembered[_Descriptions] = Remembered()

    def _read(self, body: memoryview, topology: Topology, wanted: Mapping[str, Listed], reply: Reply) -> None:
        described = self._remembered.decode(body, partial(self._decode, topology), topology)
        reply.described.append(described.by_name)
        for found in described.failed:
            if self._concerns(found.name, wanted):
                reply.description_failed(found.name, found.error)

    def _decode(self, topology: Topology, body: bytes) -> _Descriptions:
        api, _, decode = DESCRIBE[self.kind]
        all_of_them = decode(api.decode(self.request.version, body), topology)
        return _Descriptions({d.name: d for d in all_of_them}, tuple(d for d in all_of_them if d.error))

    def _failures(self, reply: Reply) -> dict[str, str]:
        return reply.description_failures

    def _concerns(self, name: str, wanted: Mapping[str, Listed]) -> bool:
        return name in wanted and wanted[name].type in ("", self.kind)


_Decode = Callable[[Any, Topology], Sequence[Described]]


def _streams(answer: Any, topology: Topology) -> Sequence[Described]:
    def partitions(topic: str) -> int:
        place = topology.by_name.get(topic.encode())
        return 0 if place is None else int(topology.first[place + 1] - topology.first[place])

    return g.streams_groups(answer, partitions)


DESCRIBE: Mapping[str, tuple[Api, str, _Decode]] = {
    g.CLASSIC: (DESCRIBE_GROUPS, "groups", lambda answer, _: g.classic_groups(answer)),
    g.CONSUMER: (CONSUMER_GROUP_DESCRIBE, "group_ids", lambda answer, _: g.consumer_groups(answer)),
    g.SHARE: (SHARE_GROUP_DESCRIBE, "group_ids", lambda answer, _: g.share_groups(answer)),
    g.STREAMS: (STREAMS_GROUP_DESCRIBE, "group_ids", _streams),
}

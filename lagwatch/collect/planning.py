"""How a broker's groups are shared out among questions: in few requests, none of whose answers becomes very large."""

from collections.abc import Iterable, Mapping, Sequence

from lagwatch.collect import groups as g
from lagwatch.collect.client import Versions
from lagwatch.collect.groups import Listed
from lagwatch.collect.questions import (
    ANSWER_BYTES,
    COMMITS,
    DESCRIBE,
    SHARE_COMMITS,
    CommitQuestion,
    DescribeQuestion,
    Question,
    ShareQuestion,
)
from lagwatch.collect.requests import OFFSET_FETCH, SHARE_GROUP_OFFSETS
from lagwatch.collect.wire import Request

DESCRIBED_AT_ONCE = 250
"""Groups per describe request: an answer is decoded again as soon as one of its groups changes."""


def commit_questions(
    versions: Versions, listed: Iterable[Listed], sizes: dict[str, int], likely: int
) -> list[Question]:
    """
    Asks for all committed offsets of these groups.

    `sizes` has about how many bytes each group's answer took last time, `likely` is assumed for the others. Share groups
    of a broker that cannot be asked for theirs are left out.
    """
    listed = list(listed)
    names = [group.name for group in listed if group.type != g.SHARE]
    shares = [group.name for group in listed if group.type == g.SHARE]
    questions: list[Question] = []
    if names:
        version = OFFSET_FETCH.version(versions)
        packs = _packs(names, sizes, likely) if version >= 8 else [[name] for name in names]
        questions += [CommitQuestion(_offset_fetch(version, pack), pack, sizes) for pack in packs]
    if shares and SHARE_GROUP_OFFSETS.spoken_by(versions):
        kind = SHARE_GROUP_OFFSETS.request.DescribeShareGroupOffsetsRequestGroup
        wanted = [kind(group_id=name, topics=None) for name in shares]
        request = SHARE_GROUP_OFFSETS.encode(SHARE_GROUP_OFFSETS.version(versions), groups=wanted)
        questions.append(ShareQuestion(request, shares))
    return questions


def describe_questions(versions: Versions, kinds: Mapping[str, Sequence[str]]) -> list[Question]:
    """Asks for the descriptions of these groups, given by type; types that the broker cannot describe are left out."""
    questions: list[Question] = []
    for kind, names in kinds.items():
        api, names_field, _ = DESCRIBE[kind]
        if not api.spoken_by(versions):
            continue
        version = api.version(versions)
        for start in range(0, len(names), DESCRIBED_AT_ONCE):
            some = names[start : start + DESCRIBED_AT_ONCE]
            request = api.encode(version, **{names_field: list(some)}, include_authorized_operations=False)
            questions.append(DescribeQuestion(kind, request, some))
    return questions


def commit_kind(group: Listed) -> str:
    """How this group is asked for its commits."""
    return SHARE_COMMITS if group.type == g.SHARE else COMMITS


def commit_requests_needed(versions: Versions, listed: Iterable[Listed], sizes: dict[str, int], likely: int) -> int:
    """With how few questions `commit_questions` makes do."""
    names = [group.name for group in listed if group.type != g.SHARE]
    if OFFSET_FETCH.spoken_by(versions) and OFFSET_FETCH.version(versions) < 8:
        return len(names)
    return len(_packs(names, sizes, likely)) + 1


def describe_requests_needed(kinds: Mapping[str, Sequence[str]]) -> int:
    """With how few questions `describe_questions` makes do."""
    return sum(-(-len(names) // DESCRIBED_AT_ONCE) for names in kinds.values())


def described_by_type(listed: Iterable[Listed]) -> dict[str, list[str]]:
    """Who is described how. An empty classic group is not: its list entry says all that there is."""
    kinds: dict[str, list[str]] = {}
    for group in listed:
        if group.type in DESCRIBE and not (group.type == g.CLASSIC and group.state == "Empty"):
            kinds.setdefault(group.type, []).append(group.name)
    return kinds


def _offset_fetch(version: int, names: Sequence[str]) -> Request:
    if version < 8:
        return OFFSET_FETCH.encode(version, group_id=names[0], topics=None, require_stable=False)
    group = OFFSET_FETCH.request.OffsetFetchRequestGroup
    return OFFSET_FETCH.encode(
        version, groups=[group(group_id=name, topics=None) for name in names], require_stable=False
    )


def _packs(names: Sequence[str], sizes: Mapping[str, int], likely: int) -> list[list[str]]:
    """Groups in packs whose answers stay below ANSWER_BYTES; a group that alone is larger goes alone."""
    packs: list[list[str]] = []
    room = 0
    for name in names:
        size = sizes.get(name, likely)
        if size > room or not packs:
            packs.append([])
            room = ANSWER_BYTES
        packs[-1].append(name)
        room -= size
    return packs

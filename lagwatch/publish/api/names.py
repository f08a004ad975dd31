"""
Names in paths and in filters.

A group may be called anything ("team/billing", "a%2Fb", "größe"). In a path its name is one percent-encoded segment; the
server has decoded the path before it is routed, so `EncodedSegments` routes by a form in which "/" and "%" of a name (and ends of
lines, beyond which no pattern of a route looks) are still encoded, and the types below decode it. A proxy that decodes on its way
costs nothing either: a route with `{group:path}` takes the slashes as they come.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Annotated
from urllib.parse import unquote

import numpy as np
from fastapi import Path
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from lagwatch.model.snapshot import Bool

ClusterName = Annotated[
    str,
    AfterValidator(unquote),
    Path(description="The cluster's name in the configuration.", examples=["main"]),
]
TopicName = Annotated[str, AfterValidator(unquote), Path(description="The topic's name.", examples=["orders"])]
GroupName = Annotated[
    str,
    AfterValidator(unquote),
    Path(description='The group\'s name, percent-encoded ("team/billing" is `team%2Fbilling`).', examples=["billing"]),
]

_KEPT = str.maketrans({"%": "%25", "/": "%2F", "\n": "%0A"})


class EncodedSegments:
    """ASGI: route by a path in which what `routed` leaves is still percent-encoded."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with such a path where it has encoded characters at all."""
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and b"%" in raw:
            scope = {**scope, "path": routed(raw.decode("latin-1"))}
        await self.app(scope, receive, send)


def routed(raw_path: str) -> str:
    """
    Decode a path but for "/", "%" and ends of lines inside its segments.

    >>> routed("/groups/team%2Fb%C3%BCro/members"), routed("/groups/a%252Fb")
    ('/groups/team%2Fbüro/members', '/groups/a%252Fb')
    """
    return "/".join(unquote(part).translate(_KEPT) for part in raw_path.split("/"))


def glob(pattern: str) -> Callable[[str], bool]:
    """Whether a whole name matches a pattern of `*`, `?` and `[...]`; unlike a regular expression it cannot run away."""
    match = re.compile(fnmatch.translate(pattern)).match
    return lambda name: match(name) is not None


def matching(names: Sequence[str], pattern: str | None) -> Bool:
    """One flag a name: whether it matches; all do where there is no pattern."""
    if pattern is None:
        return np.ones(len(names), dtype=np.bool_)
    return np.fromiter(map(glob(pattern), names), dtype=np.bool_, count=len(names))


_LONGEST_SUGGESTED = 255
_MOST_COMPARED = 300


def near(name: str, names: Iterable[str]) -> list[str]:
    """
    Up to three names that were perhaps meant, the nearest first; its cost is bounded, however many names there are.

    >>> near("biling", ["audit", "billing", "search"]), near("BILLING", ["billing"])
    (['billing'], ['billing'])
    """
    if not 0 < len(name) <= _LONGEST_SUGGESTED:
        return []
    folded = name.casefold()
    candidates: dict[str, str] = {}
    for other in names:
        key = other.casefold()
        if (abs(len(key) - len(folded)) <= 2 and (key[:1] == folded[:1] or key[-1:] == folded[-1:])) or folded in key:
            candidates[key] = other
            if len(candidates) == _MOST_COMPARED:
                break
    return [candidates[key] for key in get_close_matches(folded, candidates, n=3)]

"""What a group is for, and how it rebalances, as far as its type, its assignor and its name say. Pure."""

import re
from enum import StrEnum
from functools import lru_cache

from lagwatch.model.snapshot import Group

LOOPS = 6
"""A group that rebalanced more often than this within a quarter of an hour does not come to rest."""


class Kind(StrEnum):
    """What a group is for."""

    CONSUMER = "consumer"
    SHARE = "share"
    STREAMS = "streams"
    CONNECT_WORKERS = "connect_workers"
    CONNECT_SINK = "connect_sink"
    MIRROR_MAKER = "mirror_maker"
    SCHEMA_REGISTRY = "schema_registry"


_MIRROR_MAKER = re.compile(r"(.*[-_.])?(mm2|mirror-?maker)([-_.].*)?|.*-mm2", re.IGNORECASE)
"""Worker groups of MirrorMaker 2 are called SOURCE-mm2, those of MirrorMaker 1 usually something with mirror-maker."""

_SINK = "connect-"
"""Connect calls the group of a sink connector connect-NAME, unless consumer.group.id is overridden."""

_BY_PROTOCOL_TYPE = {"connect": Kind.CONNECT_WORKERS, "sr": Kind.SCHEMA_REGISTRY}

_COOPERATIVE = frozenset({"cooperative-sticky", "stream", "compatible", "sessioned"})
_EAGER = frozenset({"range", "roundrobin", "sticky", "default", "eager"})


def kind(group: Group) -> Kind | None:
    """What a group is for; None where nothing says (it could not be described, and its name says nothing)."""
    if _mirrors(group.name):
        return Kind.MIRROR_MAKER
    if group.protocol_type in _BY_PROTOCOL_TYPE:
        return _BY_PROTOCOL_TYPE[group.protocol_type]
    if group.type == "share":
        return Kind.SHARE
    if group.type == "streams" or group.protocol == "stream":
        return Kind.STREAMS
    if group.name.startswith(_SINK):
        return Kind.CONNECT_SINK
    return Kind.CONSUMER if group.type else None


@lru_cache(maxsize=1 << 14)
def _mirrors(name: str) -> bool:
    """Asked of every group in every poll, and names do not change."""
    return _MIRROR_MAKER.fullmatch(name) is not None


def rebalance_protocol(group: Group) -> str | None:
    """
    `cooperative`: members keep reading what they keep; `eager`: all stop. None where Kafka does not tell.

    Groups whose broker assigns (KIP-848, KIP-1071) rebalance cooperatively; otherwise the assignor decides (KIP-429, KIP-415). In
    a share group nobody owns anything alone, so nobody has to stop.
    """
    if group.type in ("consumer", "streams"):
        return "cooperative"
    if group.type == "share":
        return None
    return "cooperative" if group.protocol in _COOPERATIVE else "eager" if group.protocol in _EAGER else None

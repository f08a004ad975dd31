"""
The shape of the settings as data: which keys there are, and of what kind.

Environment variables, near misses, masking and the printed reference all read it, so that none of them can forget a field.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from lagwatch.config.settings import ClusterSettings, Settings
from lagwatch.config.values import DirectoryMark, FileMark

Path = tuple[str | int, ...]
"""Where a value is: keys, and positions in lists."""


class Kind(Enum):
    """What a value is, as far as it matters for finding the way to it and for showing it."""

    SECTION = "a section"
    SECTIONS = "a list of sections"
    NAMED = "a section for each name"
    LIST = "a list"
    MAPPING = "a mapping"
    VALUE = "a value"
    SECRET = "a secret"  # noqa: S105 (a kind, not one)
    FILE = "a file"
    DIRECTORY = "a directory"


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of value; `model` is the section's class (of each element, if there are many), `choices` the only values."""

    kind: Kind
    model: type[BaseModel] | None = None
    choices: tuple[str, ...] = ()

    def child(self, key: str | int) -> "Node | None":
        """What `key` (or a position) is within this, or None if there is no such thing."""
        if self.kind is Kind.SECTION and self.model is not None:
            return fields(self.model).get(str(key))
        if self.kind in (Kind.SECTIONS, Kind.NAMED):
            wanted = int if self.kind is Kind.SECTIONS else str
            return Node(Kind.SECTION, self.model) if isinstance(key, wanted) else None
        return Node(Kind.VALUE, choices=self.choices) if self.kind in (Kind.LIST, Kind.MAPPING) else None


@cache
def fields(model: type[BaseModel]) -> Mapping[str, Node]:
    """The keys of a section and what they are."""
    return {
        info.alias or name: _node(info.annotation, tuple(info.metadata)) for name, info in model.model_fields.items()
    }


def infos(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, Node]]:
    """Key, field and kind of each setting of a section, in the order in which they are declared."""
    nodes = fields(model)
    for name, info in model.model_fields.items():
        key = info.alias or name
        yield key, info, nodes[key]


def _node(annotation: Any, metadata: tuple[Any, ...]) -> Node:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _node(args[0], metadata + args[1:])
    if origin in (typing.Union, types.UnionType):
        (only,) = (arg for arg in args if arg is not types.NoneType)
        return _node(only, metadata)
    if origin is typing.Literal:
        return Node(Kind.VALUE, choices=args)
    if origin is dict:
        inner = _node(args[1], ())
        return Node(Kind.NAMED, inner.model) if inner.kind is Kind.SECTION else Node(Kind.MAPPING)
    if origin is tuple:
        inner = _node(args[0], ())
        return (
            Node(Kind.SECTIONS, inner.model) if inner.kind is Kind.SECTION else Node(Kind.LIST, choices=inner.choices)
        )
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Node(Kind.SECTION, annotation)
    if any(isinstance(mark, FileMark) for mark in metadata):
        return Node(Kind.FILE)
    if any(isinstance(mark, DirectoryMark) for mark in metadata):
        return Node(Kind.DIRECTORY)
    return Node(Kind.SECRET if annotation is SecretStr else Kind.VALUE)


ROOT = Node(Kind.SECTION, Settings)
CLUSTER_KEYS: Mapping[str, Node] = fields(ClusterSettings)
"""The keys of a cluster, which may also stand at the top level."""


def node_at(path: Path) -> Node | None:
    """What stands at a path, or None if nothing may."""
    node: Node | None = ROOT
    for key in path:
        node = node.child(key) if node is not None else None
    return node


def top_node(key: str) -> Node | None:
    """What a key at the top level of a file is: one of the settings, or one of a cluster's."""
    return ROOT.child(key) or CLUSTER_KEYS.get(key)


def leaves(tree: Any, node: Node | None = ROOT, path: Path = ()) -> Iterator[tuple[Path, Node, Any]]:
    """Every value of an unchecked tree that stands where a value may; what has no place or the wrong shape is passed over."""
    if node is None:
        return
    if isinstance(tree, dict) and node.kind in (Kind.SECTION, Kind.NAMED):
        for key, value in tree.items():
            yield from leaves(value, node.child(key), (*path, key))
    elif isinstance(tree, list) and node.kind is Kind.SECTIONS:
        for position, value in enumerate(tree):
            yield from leaves(value, node.child(position), (*path, position))
    elif node.kind not in (Kind.SECTION, Kind.NAMED, Kind.SECTIONS):
        yield path, node, tree

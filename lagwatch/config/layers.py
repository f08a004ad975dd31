"""
Configuration before it is checked: values that remember where they were written, and the laying of one layer over another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final

from lagwatch.config.problems import NOWHERE, Origin, Problem
from lagwatch.config.schema import CLUSTER_KEYS, ROOT, Kind, Node, Path

_OF_ONE_CLUSTER: Final = ("name", "bootstrap")
"""Keys of a cluster that cannot be shared by several."""


@dataclass(frozen=True, slots=True)
class Item:
    """A value and where it was written; the value of a mapping or a list consists of Items itself."""

    value: Any
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class Layer:
    """
    What one source says: keys of the file's top level, and single clusters by number where a source can address them.

    `clusters` is for sources that change clusters without listing all of them (the environment); a file lists them in `top`.
    """

    top: Mapping[str, Item]
    clusters: Mapping[int, Item]


@dataclass(frozen=True, slots=True)
class Tree:
    """Plain values, ready to be checked, and the origin of each path."""

    value: dict[str, Any]
    origins: Mapping[Path, Origin]

    def origin(self, path: Path) -> Origin:
        """Where a path was written; for what was not written, where it belongs, with the rest of the path in its key."""
        path = tuple(key for key in path if key != "")
        for length in range(len(path), -1, -1):
            if known := self.origins.get(path[:length]):
                return known.within(path[length:])
        return NOWHERE.within(path)


def merge(base: Item | None, over: Item) -> Item:
    """`over` on top of `base`: mappings key by key, everything else whole. A secret replaces the file that held it, and back."""
    if base is None or not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    hidden = {twin for key in over.value for twin in (f"{key}_file", key.removesuffix("_file"))} - over.value.keys()
    merged = {key: item for key, item in base.value.items() if key not in hidden}
    for key, item in over.value.items():
        merged[key] = merge(merged.get(key), item)
    return Item(merged, over.origin if base.origin is NOWHERE else base.origin)


def combine(file: Layer, over: Iterable[Layer]) -> tuple[Item, list[Problem]]:
    """
    The file with the other layers laid over it, as one item whose clusters are all in its list of `clusters`.

    The keys of a cluster may stand at the top level: in the file they are what its clusters share; in the environment and in
    flags they go over every cluster. Without a list of clusters they are the one cluster.
    """
    top, shared = _split(file.top)
    listed = top.pop("clusters", Item(None))
    clusters: list[Item] = []
    problems: list[Problem] = []
    if isinstance(listed.value, list):
        why = "expected it in each of the clusters, because there is a list of them"
        problems += [Problem.at(shared.pop(key).origin, why) for key in _OF_ONE_CLUSTER if key in shared]
        clusters += [merge(Item(shared), item) for item in listed.value]
    elif shared:
        clusters.append(Item(shared))
    for layer in over:
        problems += _lay_over(clusters, layer)
        top = merge(Item(top), Item(_split(layer.top)[0])).value
    wrong_shape = listed.value is not None and not isinstance(listed.value, list)
    return Item({**top, "clusters": listed if wrong_shape else Item(clusters, listed.origin)}), problems


def _split(top: Mapping[str, Item]) -> tuple[dict[str, Item], dict[str, Item]]:
    """The keys of the whole configuration, and those of a cluster, which may stand beside them."""
    rest = {key: item for key, item in top.items() if key not in CLUSTER_KEYS}
    return rest, {key: item for key, item in top.items() if key in CLUSTER_KEYS}


def _lay_over(clusters: list[Item], layer: Layer) -> list[Problem]:
    problems = []
    for number, item in sorted(layer.clusters.items()):
        if number < len(clusters):
            clusters[number] = _onto(clusters[number], item)
        elif number == len(clusters):
            clusters.append(item)
        else:
            known = f"expected a cluster number up to {len(clusters)} (they count from 0)"
            problems.append(Problem.at(item.origin, known))
    shared = _split(layer.top)[1]
    if len(clusters) > 1:
        only = f"expected only with one cluster, but there are {len(clusters)}"
        problems += [Problem.at(shared.pop(key).origin, only) for key in _OF_ONE_CLUSTER if key in shared]
    if shared:
        clusters[:] = [_onto(cluster, Item(shared)) for cluster in clusters] or [Item(shared)]
    return problems


def _onto(cluster: Item, over: Item) -> Item:
    # What is no mapping stays as it is, to be reported when it is checked.
    return merge(cluster, over) if isinstance(cluster.value, dict) else cluster


def plain(item: Item) -> Tree:
    """
    The item as plain values. A key without a value is as if it were not there; names of files are relative to the file
    that names them.
    """
    origins: dict[Path, Origin] = {}
    value = _plain(item, ROOT, (), origins)
    return Tree(value if isinstance(value, dict) else {}, origins)


def _plain(item: Item, node: Node | None, path: Path, origins: dict[Path, Origin]) -> Any:
    if item.origin is not NOWHERE:
        origins[path] = item.origin
    if isinstance(item.value, dict):
        children = {key: (child, node.child(key) if node else None) for key, child in item.value.items()}
        return {
            key: _plain(child, below, (*path, key), origins)
            for key, (child, below) in children.items()
            if child.value is not None or below is None
        }
    if isinstance(item.value, list):
        return [
            _plain(child, node.child(at) if node else None, (*path, at), origins) for at, child in enumerate(item.value)
        ]
    if (
        node is not None
        and node.kind in (Kind.FILE, Kind.DIRECTORY)
        and isinstance(item.value, str)
        and item.value
        and item.origin.directory
    ):
        return str(File(item.origin.directory) / File(item.value).expanduser())
    return item.value

"""
The environment and the flags as layers.

`LAGWATCH_WEB__PORT` is `web.port`: two underscores go one level down. The keys of a cluster may stand at the top
(`LAGWATCH_BOOTSTRAP`, `LAGWATCH_CONNECTION__SASL__PASSWORD`) and go over every cluster; one cluster has its number or its
name: `LAGWATCH_CLUSTERS__0__INTERVAL`, `LAGWATCH_CLUSTERS__EU_WEST__INTERVAL`. Lists are separated by commas, or are JSON.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lagwatch.config.layers import Item, Layer, merge
from lagwatch.config.problems import Origin, Problem, dotted, near_miss
from lagwatch.config.schema import CLUSTER_KEYS, Kind, Node, Path, fields, top_node
from lagwatch.config.settings import Settings

PREFIX: Final = "LAGWATCH_"
CONFIG: Final = "LAGWATCH_CONFIG"
"""The file to read, if the command line names none."""
_KUBERNETES: Final = re.compile(
    r"LAGWATCH_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(?:TCP|UDP|SCTP)\w*)", re.ASCII
)
_KUBERNETES_PORT: Final = re.compile(r"(?:tcp|udp|sctp)://\S+", re.ASCII)
"""Kubernetes describes a Service called lagwatch (or lagwatch-web) in such variables, and in LAGWATCH_PORT=tcp://..."""
_OTHERS: Final = ("LAGWATCH_TEST_", "LAGWATCH_DEMO_", "LAGWATCH_TOKEN")
"""Variables of the tests, of the demo, and of commands that ask a lagwatch that runs."""


def environment(
    environ: Mapping[str, str], clusters: Iterable[str], named: Mapping[str, Iterable[str]]
) -> tuple[Layer, list[Problem]]:
    """
    What the variables say. `clusters` are the names that a variable may use, in their order; `named` those of each section
    that goes by name (rules, receivers, ...).

    An empty variable is as if it were not set, because that is all a compose file can pass on.
    """
    names = _Names(tuple(clusters), named)
    top, numbered = Item({}), dict[int, Item]()
    problems = []
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == CONFIG or not text.strip():
            continue
        found = names.path(name.removeprefix(PREFIX).lower().split("__"))
        if found is None and _is_not_ours(name, text):
            continue
        if found is None:
            problems.append(
                Problem(f"environment {name}", "", "", f"not a setting{near_miss(name, _variables())}", (1, 0))
            )
            continue
        path, node = found
        item = Item(_value(text, node), Origin(f"environment {name}", dotted(path), (1, 0)))
        if path[0] == "clusters" and isinstance(path[1], int):
            numbered[path[1]] = merge(numbered.get(path[1], Item({}, item.origin)), _nested(path[2:], item))
        else:
            top = merge(top, _nested(path, item))
    return Layer(top.value, numbered), problems


def _is_not_ours(name: str, text: str) -> bool:
    port = name.endswith("_PORT") and _KUBERNETES_PORT.fullmatch(text)
    return bool(port or _KUBERNETES.fullmatch(name)) or name.startswith(_OTHERS)


def flags(given: Mapping[str, Any]) -> Layer:
    """What the command line says, by dotted key; None is a flag that was not given. KeyError for a key that is no setting."""
    top = Item({})
    for key, value in given.items():
        if value is None:
            continue
        path = tuple(key.split("."))
        if _walk(path) is None:
            raise KeyError(key)
        item = Item(_itemized(value), Origin(f"flag --{key.replace('.', '-').replace('_', '-')}", key, (2, 0)))
        top = merge(top, _nested(path, item))
    return Layer(top.value, {})


class _Names:
    """Finds the setting of a variable; names of clusters, rules, ... are compared without case, with _ for . and -."""

    def __init__(self, clusters: tuple[str, ...], named: Mapping[str, Iterable[str]]) -> None:
        self._clusters = {_folded(name): at for at, name in reversed(list(enumerate(clusters)))}
        self._named = {section: {_folded(name): name for name in names} for section, names in named.items()}

    def path(self, words: list[str]) -> tuple[Path, Node] | None:
        """The path and its kind, or None if there is no such setting or it is not a single value."""
        path: Path = tuple(words)
        if words[0] == "clusters" and len(words) > 2:
            number = int(words[1]) if re.fullmatch(r"\d{1,4}", words[1], re.ASCII) else self._clusters.get(words[1])
            if number is None:
                return None
            path = ("clusters", number, *words[2:])
        elif words[0] in self._named and len(words) > 1:
            path = (words[0], self._named[words[0]].get(words[1], words[1]), *words[2:])
        node = _walk(path)
        return (path, node) if node is not None and node.kind not in (Kind.SECTION, Kind.SECTIONS, Kind.NAMED) else None


def _folded(name: str) -> str:
    return re.sub(r"[.-]", "_", name.lower())


def _walk(path: Path) -> Node | None:
    node = top_node(str(path[0]))
    for key in path[1:]:
        node = node.child(key) if node is not None else None
    return node


def _nested(path: Path, item: Item) -> Item:
    for key in reversed(path):
        item = Item({key: item})
    return item


def _value(text: str, node: Node) -> Any:
    if node.kind not in (Kind.LIST, Kind.MAPPING):
        return text
    if text.lstrip().startswith(('["', "{")):
        try:
            return _itemized(json.loads(text))
        except (ValueError, RecursionError):
            return text
    return _itemized([part.strip() for part in text.split(",") if part.strip()]) if node.kind is Kind.LIST else text


def _itemized(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): Item(_itemized(child)) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [Item(_itemized(child)) for child in value]
    return value


def _variables() -> Iterator[str]:
    """The names of all variables, for near misses."""
    for key, node in {**fields(Settings), **CLUSTER_KEYS}.items():
        yield from _below(f"{PREFIX}{key.upper()}", node)
    for key, node in CLUSTER_KEYS.items():
        yield from _below(f"{PREFIX}CLUSTERS__0__{key.upper()}", node)


def _below(name: str, node: Node) -> Iterator[str]:
    if node.kind is Kind.SECTION and node.model is not None:
        for key, child in fields(node.model).items():
            yield from _below(f"{name}__{key.upper()}", child)
    elif node.kind not in (Kind.SECTIONS, Kind.NAMED):
        yield name

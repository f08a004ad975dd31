"""A YAML file as a layer: every value with its line, no key twice, and no surprises from aliases or tags."""

from pathlib import Path as File
from typing import Any, Final

import yaml

from lagwatch.config.layers import Item, Layer
from lagwatch.config.problems import Origin, Problem, dotted
from lagwatch.config.schema import Path

_LARGEST: Final = 50_000
"""Values of one file, aliases counted each time: more is a mistake, or an attack."""
_LARGEST_BYTES: Final = 10_000_000
EMPTY: Final = Layer({}, {})
UNREADABLE: Final = Layer({}, {})
"""Stands for a file that nothing is known of: its problems are reported, and what it lacks is not."""


class _Unreadable(Exception):
    """The file as a whole cannot be understood; `line` counts from 1, 0 is none."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = line


def read_file(path: File) -> tuple[Layer, list[Problem]]:
    """The layer of a file, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        return UNREADABLE, [Problem(str(path), "", "", f"expected a readable file ({reason})", (0, 0))]
    if len(content) > _LARGEST_BYTES:
        return UNREADABLE, [
            Problem(str(path), "", "", f"expected a file of at most {_LARGEST_BYTES // 1_000_000} MB", (0, 0))
        ]
    return read_text(content, str(path), str(path.absolute().parent))


def read_text(content: bytes, name: str, directory: str = "") -> tuple[Layer, list[Problem]]:
    """The layer of a YAML document; `name` is what messages call it."""
    builder = _Builder(name, directory)
    try:
        item = builder.document(content)
    except _Unreadable as error:
        where = f"{name} line {error.line}" if error.line else name
        return UNREADABLE, [*builder.problems, Problem(where, "", "", error.text, (0, error.line))]
    if item.value is None:
        return EMPTY, builder.problems
    if not isinstance(item.value, dict):
        return UNREADABLE, [*builder.problems, Problem(name, "", "", "expected settings as key: value lines", (0, 0))]
    return Layer(item.value, {}), builder.problems


class _Builder:
    """Makes Items of YAML nodes; scalars mean what YAML 1.1 says, with PyYAML's safe loader."""

    def __init__(self, name: str, directory: str) -> None:
        self._name = name
        self._directory = directory
        self._left = _LARGEST
        self._open: set[int] = set()
        self.problems: list[Problem] = []

    def document(self, content: bytes) -> Item:
        """The only document of the stream."""
        try:
            loader = yaml.SafeLoader(content)
            node = loader.get_single_node()
            return Item(None) if node is None else self._item(loader, node, (), node)
        except yaml.reader.ReaderError as error:
            raise _Unreadable("expected UTF-8 text without control characters") from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _Unreadable(f"expected YAML ({_reason(error)})", mark.line + 1 if mark else 0) from error
        except RecursionError as error:
            raise _Unreadable("expected YAML that is nested less deeply") from error

    def _item(self, loader: yaml.SafeLoader, node: yaml.Node, path: Path, at: yaml.Node) -> Item:
        self._left -= 1
        if self._left < 0:
            raise _Unreadable(f"expected at most {_LARGEST} values, counting what aliases stand for")
        if id(node) in self._open:
            raise _Unreadable("expected an alias that does not contain itself", at.start_mark.line + 1)
        self._open.add(id(node))
        try:
            return Item(self._value(loader, node, path), self._origin(at, path))
        finally:
            self._open.discard(id(node))

    def _value(self, loader: yaml.SafeLoader, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(loader, child, (*path, at), child) for at, child in enumerate(node.value)]
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            self.problems.append(
                Problem.at(self._origin(node, path), "expected a plain value (YAML does not understand this one)")
            )
            return None

    def _mapping(self, loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path) -> dict[str, Item]:
        merged: dict[str, Item] = {}
        own: dict[str, Item] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem.at(self._origin(key_node, path), "expected a text as key"))
            elif key_node.tag == "tag:yaml.org,2002:merge":
                merged |= self._merged(loader, value_node, path)
            elif key_node.value in own:
                first = own[key_node.value].origin.order[1]
                twice = f"expected each key once (it is in line {first} already)"
                self.problems.append(Problem.at(self._origin(key_node, (*path, key_node.value)), twice))
            else:
                own[key_node.value] = self._item(loader, value_node, (*path, key_node.value), key_node)
        return merged | own

    def _merged(self, loader: yaml.SafeLoader, node: yaml.Node, path: Path) -> dict[str, Item]:
        """What `<<` takes over: one mapping, or a list of them of which the first wins."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Item] = {}
        for one in reversed(nodes):
            item = self._item(loader, one, path, one)
            if isinstance(item.value, dict):
                merged |= item.value
            else:
                self.problems.append(Problem.at(self._origin(one, path), "expected a mapping after <<"))
        return merged

    def _origin(self, node: yaml.Node, path: Path) -> Origin:
        line = node.start_mark.line + 1
        return Origin(f"{self._name} line {line}", dotted(path), (0, line), self._directory)


def _reason(error: yaml.MarkedYAMLError) -> str:
    # Other texts of PyYAML repeat the name of a tag or an alias, and that may be an unquoted secret.
    if (
        isinstance(error, yaml.scanner.ScannerError | yaml.parser.ParserError)
        and error.problem
        and "handle" not in error.problem
    ):
        return str(error.problem)
    if isinstance(error, yaml.composer.ComposerError):
        return "an alias that is not defined, or a second document; quote a text that begins with * or &"
    return "a tag that is not known; quote a text that begins with !"

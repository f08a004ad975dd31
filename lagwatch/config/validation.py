"""A plain tree to Settings, or every problem: pydantic's errors in our words, and what the other checks find."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lagwatch.config import access, checks, profiles, routing, rules
from lagwatch.config.layers import Tree
from lagwatch.config.problems import Problem, near_miss, shown
from lagwatch.config.schema import CLUSTER_KEYS, ROOT, Kind, Node, Path, fields, node_at
from lagwatch.config.settings import Settings

_EXPECTED: Final = {
    "string_type": "expected a text (what looks like a number or yes needs quotes)",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "model_type": "expected a section of key: value lines",
    "dict_type": "expected a section of key: value lines",
    "tuple_type": "expected a list",
}


def validate(tree: Tree, *, files: bool) -> tuple[Settings | None, list[Problem]]:
    """The settings of a tree, and everything that is wrong with it; `files`: whether the files it names are looked at."""
    settings, problems = None, []
    try:
        settings = Settings.model_validate(tree.value)
    except ValidationError as error:
        # pydantic says separately that a default, which depends on a wrong value, could not be made.
        wrong = [each for each in error.errors(include_url=False) if each["type"] != "default_factory_not_called"]
        problems = [_problem(tree, each) for each in wrong]
    problems += [
        Problem.at(tree.origin(path), text, _value_at(tree, path)) for path, text in _findings(tree.value, files=files)
    ]
    return settings, problems


def _findings(value: dict[str, Any], *, files: bool) -> Iterator[checks.Finding]:
    yield from checks.findings(value, files=files)
    yield from routing.findings(value)
    yield from access.findings(value)
    yield from profiles.findings(value)
    given = value.get("rules")
    if isinstance(given, dict):
        yield from rules.findings(given)


def _problem(tree: Tree, error: ErrorDetails) -> Problem:
    path: Path = error["loc"]
    node, origin = node_at(path), tree.origin(path)
    if error["type"] == "extra_forbidden":
        return Problem.at(origin, f"not a setting{_likely(str(path[-1]), node_at(path[:-1]), path)}")
    if error["type"] == "missing":
        return Problem.at(origin, f"missing, expected {_description(path)}")
    return Problem.at(origin, _expectation(error, node), shown(error["input"], node))


def _expectation(error: ErrorDetails, node: Node | None) -> str:
    if error["type"] == "value_error":
        return f"expected {error['ctx']['error']}"
    if node is not None and node.choices:
        hint = near_miss(error["input"], node.choices) if isinstance(error["input"], str) else ""
        return f"expected one of {', '.join(node.choices)}{hint}"
    return _EXPECTED.get(error["type"], "expected another value")


def _likely(word: str, section: Node | None, path: Path) -> str:
    """What an unknown key was meant to be: a key of this section, or the same key of another one."""
    keys = list(fields(section.model)) if section is not None and section.model is not None else []
    if len(path) == 1:
        keys += CLUSTER_KEYS
    if hint := near_miss(word, keys):
        return hint
    if elsewhere := [name for name in _everywhere() if name.rsplit(".", 1)[-1] == word]:
        return f', did you mean "{elsewhere[0]}"?'
    return f" (expected one of {', '.join(keys)})"


def _everywhere() -> Iterator[str]:
    """Every key with the way to it, a cluster's keys as they may stand at the top level."""
    for key, node in {**fields(Settings), **CLUSTER_KEYS}.items():
        yield from _below(key, node)


def _below(name: str, node: Node) -> Iterator[str]:
    yield name
    if node.kind is Kind.SECTION and node.model is not None:
        for key, child in fields(node.model).items():
            yield from _below(f"{name}.{key}", child)


def _description(path: Path) -> str:
    section = node_at(path[:-1]) or ROOT
    infos = section.model.model_fields if section.model is not None else {}
    found = next((info for name, info in infos.items() if (info.alias or name) == path[-1]), None)
    text = (found.description if found is not None else None) or "a value"
    return text[0].lower() + text[1:].rstrip(".")


def _value_at(tree: Tree, path: Path) -> str:
    """What stands at a path, for a message; "" if nothing does, or if it is not a single value."""
    value: Any = tree.value
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if isinstance(value, dict | list) else shown(value, node_at(path))

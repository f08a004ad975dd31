"""Files, environment and flags to Settings: one file, the environment over it, flags over both; all problems at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lagwatch.config import rules, sources, yamlfile
from lagwatch.config.layers import Item, Layer, Tree, combine, plain
from lagwatch.config.problems import NOWHERE, Problem, failure
from lagwatch.config.schema import CLUSTER_KEYS
from lagwatch.config.settings import Settings
from lagwatch.config.validation import validate

BESIDE: Final = Path("lagwatch.yaml")
"""The file in the working directory that is read if no other is named."""
_NO_CLUSTER: Final = (
    "missing, expected the brokers to ask first (bootstrap in a file, LAGWATCH_BOOTSTRAP or --bootstrap HOST:PORT)"
)


def load(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any], *, offline: bool = False) -> Settings:
    """
    The settings that a file, the environment (LAGWATCH_*) and flags give together; raises ConfigurationError with every problem.

    `path` None: see `find_file`. `flags` go by dotted key (`{"bootstrap": "localhost:9092", "web.port": 8484}`), None is a
    flag that was not given; the keys of a cluster at the top level go over every cluster. `offline` is for what reads no
    cluster (a back-test): there need be none, and the files that the settings name are not looked at.
    """
    found = find_file(path, environ)
    file, problems = yamlfile.read_file(found) if found else (yamlfile.EMPTY, [])
    settings, more = build(file, environ, flags, offline=offline)
    if settings is None or problems or more:
        raise failure([*problems, *more])
    return settings


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that is read: the one named, or LAGWATCH_CONFIG, or ./lagwatch.yaml if it is there. No other place is searched."""
    if path is not None:
        return path
    if named := environ.get(sources.CONFIG, "").strip():
        return Path(named)
    return BESIDE if BESIDE.is_file() else None


def build(
    file: Layer, environ: Mapping[str, str], flags: Mapping[str, Any], *, offline: bool = False
) -> tuple[Settings | None, list[Problem]]:
    """The settings of the three layers (None if they are wrong), and every problem."""
    named = {section: _written(file, section) for section in ("rules", "receivers", "templates")}
    named["rules"] = [*(rule.name for rule in rules.default_rules()), *named["rules"]]
    variables, problems = sources.environment(environ, _cluster_names(file), named)
    item, more = combine(file, [variables, sources.flags(flags)])
    tree = plain(item)
    problems += more
    clusters = tree.value.get("clusters")
    if (
        offline
        and isinstance(clusters, list)
        and not any("bootstrap" in each for each in clusters if isinstance(each, dict))
    ):
        tree = Tree({**tree.value, "clusters": []}, tree.origins)
    elif not offline and clusters == [] and file is not yamlfile.UNREADABLE:
        problems.append(Problem.at(NOWHERE.within(("bootstrap",)), _NO_CLUSTER))
    settings, wrong = validate(tree, files=not offline)
    return settings, problems + wrong


def _written(file: Layer, section: str) -> list[str]:
    """The names that the file gives to what is in a section."""
    item = file.top.get(section)
    return [str(name) for name in item.value] if item is not None and isinstance(item.value, dict) else []


def _cluster_names(file: Layer) -> list[str]:
    """The names of the file's clusters in their order, as far as they can be understood."""
    listed = file.top.get("clusters")
    if listed is None or not isinstance(listed.value, list):
        alone = file.top.get("name")
        return [str(alone.value)] if alone else ["default"] if file.top.keys() & CLUSTER_KEYS.keys() else []
    items = [
        each.value.get("name", Item("default")) if isinstance(each.value, dict) else Item("") for each in listed.value
    ]
    return [str(item.value) for item in items]

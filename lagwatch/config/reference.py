"""
The commented reference that `lagwatch config` prints: every setting with its meaning and its default, as YAML.

Settings without a default stand behind `#` with an example. Read as a file, the reference gives the defaults and one
cluster on localhost:9092; a test holds it to that.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lagwatch.config.rules import default_rules
from lagwatch.config.ruleset import RuleSettings
from lagwatch.config.schema import Kind, Node, infos
from lagwatch.config.settings import Settings
from lagwatch.config.values import format_duration
from lagwatch.model.alerts import Condition, Rule

_HEAD: Final = """\
# lagwatch: every setting with its default. Settings behind "#" have none; what is there is an example.
#
# Read from --config FILE, else from the file that LAGWATCH_CONFIG names, else from ./lagwatch.yaml if it is there. Over
# the file goes the environment: LAGWATCH_WEB__PORT=8080 is web.port (two underscores go one level down; lists are
# separated by commas, or JSON; LAGWATCH_CLUSTERS__0__NAME is the first cluster's). Flags go over both.
#
# The keys of a cluster may also stand at the top level: there they are what all clusters share, or, without a list of
# clusters, the one cluster; LAGWATCH_BOOTSTRAP=localhost:9092 alone is a whole configuration. Durations are 500ms, 30s,
# 5m, 1h30m, 2d or seconds. Secrets can be kept in files (password_file) or in the environment
# (LAGWATCH_CONNECTION__SASL__PASSWORD). Names of files are relative to the file that names them.
#
# On SIGHUP rules, profiles, receivers, routes, maintenance windows, templates, and the groups and topics that are watched
# are read again; everything else takes a restart, and the log says what.
# `lagwatch check FILE` says all that is wrong with a file.
"""
_ONE_CLUSTER: Final = {"name": "default", "bootstrap": ["localhost:9092"]}
_NAMED: Final = {"receivers": "on-call", "templates": "short"}
_OWN: Final = ("receivers", "routes", "maintenance", "templates", "tokens", "profiles", "suppress")
"""Lists and names that are empty until somebody fills them: shown whole, behind "#"."""
_WIDTH: Final = 118


def reference() -> str:
    """The whole reference, ready to be saved as a file."""
    lines = [_HEAD]
    for line in _section(Settings, "", examples=False):
        if line.startswith("#") and not lines[-1].startswith("#"):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _section(model: type[BaseModel], indent: str, *, examples: bool, first: str = "") -> Iterator[str]:
    """
    The settings of one section, each under its comment; with `examples` each has its example instead of its default.

    `first` stands before the first one, within the indent: "- " for the element of a list.
    """
    for key, info, node in infos(model):
        lead, first = indent.removesuffix(" " * len(first)) + first, ""
        yield from _comment(info, " " * (len(lead) - 2) if lead.endswith("- ") else lead)
        if key == "rules":
            yield f"{lead}{key}:"
            yield from _rules(f"{indent}  ")
        elif key in _OWN and node.model is not None:
            yield f"{lead}{key}:"
            yield from (f"{indent}{line}" for line in _own(key, node, node.model))
        elif node.model is not None:
            yield f"{lead}{key}:"
            yield from _below(node, indent, node.model, examples=examples)
        else:
            yield f"{lead}{_example(key, info) if examples else _default(key, info)}"


def _below(node: Node, indent: str, model: type[BaseModel], *, examples: bool) -> Iterator[str]:
    if node.kind is Kind.SECTIONS:
        yield from _section(model, f"{indent}    ", examples=examples, first="- ")
    elif node.kind is Kind.NAMED:
        yield f"{indent}  lag:"
        yield from _section(model, f"{indent}    ", examples=examples)
    else:
        yield from _section(model, f"{indent}  ", examples=examples)


def _own(key: str, node: Node, model: type[BaseModel]) -> Iterator[str]:
    """The shape of one element, behind "#"."""
    yield "  # Example:"
    if node.kind is Kind.NAMED:
        lines = [f"{_NAMED[key]}:", *_section(model, "  ", examples=True)]
    else:
        lines = [*_section(model, "  ", examples=True, first="- ")]
    yield from (f"  #   {line}" for line in lines)


def _rules(indent: str) -> Iterator[str]:
    """What can be changed in the rules as they are, and the shape of a whole rule; all of it behind "#"."""
    yield f"{indent}# As they are (lagwatch comes with them; thresholds go by the name of the value):"
    for rule in default_rules():
        yield f"{indent}# {rule.name}: {_yaml(_as_given(rule))}"
    yield f"{indent}# Everything that a rule can say (of a condition, either above or below):"
    yield f"{indent}# Example:"
    yield from (f"{indent}#   {line}" for line in _section(RuleSettings, "", examples=True))


def _as_given(rule: Rule) -> dict[str, Any]:
    """A rule as a configuration would write it that changes its numbers."""
    return {
        "enabled": rule.enabled,
        "severity": rule.severity.value,
        "for": format_duration(rule.for_s),
        "keep": format_duration(rule.keep_s),
        "thresholds": {value: _numbers(condition) for value, condition in _by_value(rule).items()},
    }


def _by_value(rule: Rule) -> dict[str, Condition]:
    """The conditions that a threshold can name: not those of which a value has several."""
    times = Counter(condition.value for condition in rule.conditions)
    return {condition.value: condition for condition in rule.conditions if times[condition.value] == 1}


def _numbers(condition: Condition) -> dict[str, float]:
    given = {"above": condition.above, "below": condition.below, "clear": condition.clear}
    return {key: int(number) if number.is_integer() else number for key, number in given.items() if number is not None}


def _default(key: str, info: FieldInfo) -> str:
    if key in _ONE_CLUSTER:
        return f"{key}: {_yaml(_ONE_CLUSTER[key])}"
    if info.default is None or info.default is PydanticUndefined:
        return f"# {_example(key, info)}"
    default = _plain(key, info)
    hint = f"  # such as {_yaml(info.examples[0])}" if info.examples and default == () else ""
    return f"{key}: {_yaml(default)}{hint}"


def _example(key: str, info: FieldInfo) -> str:
    return f"{key}: {_yaml(info.examples[0] if info.examples else _plain(key, info))}"


def _plain(key: str, info: FieldInfo) -> Any:
    """The default as it is written; a field that is a duration is called interval_s, and its key has lost the unit."""
    is_duration = isinstance(info.default, float) and info.alias == key
    return format_duration(info.default) if is_duration else info.default


def _comment(info: FieldInfo, indent: str) -> Iterator[str]:
    line = f"{indent}#"
    for word in (info.description or "").split():
        if len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = f"{indent}#"
        line += f" {word}"
    yield line


def _yaml(value: Any) -> str:
    """A value on one line."""
    plain = list(value) if isinstance(value, tuple) else value
    return (
        yaml.safe_dump(plain, default_flow_style=True, width=float("inf"), sort_keys=False)
        .removesuffix("...\n")
        .rstrip("\n")
    )

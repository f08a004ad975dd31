"""Whatever is given, it is settings or a ConfigurationError, and never anything else."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagwatch.config import Settings, load
from lagwatch.config.layers import Item, Layer
from lagwatch.config.load import build
from lagwatch.config.schema import CLUSTER_KEYS, Kind, Node, fields
from lagwatch.config.sources import environment
from lagwatch.errors import ConfigurationError

words = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "a:1",
            "5m",
            "yes",
            "(",
            "PLAIN",
            "OAUTHBEARER",
            "https://h/",
            "/dev/null",
            "/",
            "ConsumerLagHigh",
            "lag",
            "\0",
            "[[a",
        ]
    ),
)
scalars = st.one_of(words, st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.binary(max_size=4))
trees: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)


def shaped(node: Node) -> st.SearchStrategy[Any]:
    """Values that get far: the right keys, and mostly the right shape, around values of every kind."""
    if node.kind is Kind.SECTION and node.model is not None:
        known = {key: st.deferred(lambda child=child: shaped(child)) for key, child in fields(node.model).items()}
        return st.one_of(st.fixed_dictionaries({}, optional=known), trees)
    if node.kind is Kind.SECTIONS:
        return st.one_of(st.lists(st.deferred(lambda: shaped(Node(Kind.SECTION, node.model))), max_size=2), trees)
    if node.kind is Kind.NAMED:
        names = st.one_of(st.sampled_from(["ConsumerLagHigh", "ConsumerLagGrowing", "lag", "growth"]), words)
        return st.one_of(
            st.dictionaries(names, st.deferred(lambda: shaped(Node(Kind.SECTION, node.model))), max_size=2), trees
        )
    return st.one_of(st.sampled_from(node.choices), trees) if node.choices else trees


files = st.fixed_dictionaries(
    {}, optional={key: shaped(node) for key, node in {**fields(Settings), **CLUSTER_KEYS}.items()}
)


def as_item(value: Any) -> Item:
    if isinstance(value, dict):
        return Item({str(key): as_item(child) for key, child in value.items()})
    return Item([as_item(child) for child in value] if isinstance(value, list) else value)


def settings_or_problems(file: Layer, environ: dict[str, str]) -> None:
    found, problems = build(file, environ, {})
    assert (found is None) <= bool(problems)
    assert all(re.search(r"expected|not a ", str(problem)) and "\n" not in str(problem) for problem in problems)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.dictionaries(words, trees, max_size=4), files))
def test_any_mapping_gives_settings_or_problems(tree):
    settings_or_problems(Layer(as_item(tree).value, {}), {})


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(files)
def test_any_mapping_that_can_be_written_as_yaml_gives_settings_or_a_configuration_error(tmp_path_factory, tree):
    path = tmp_path_factory.getbasetemp() / "garbage.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    settings_or_error(path)


@settings(deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.text(alphabet="abc:-[]{}&*!<>|%@'\"#\n\t ~0,?", max_size=60).map(str.encode))
)
def test_any_bytes_give_settings_or_a_configuration_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "garbage.yaml"
    path.write_bytes(content)
    settings_or_error(path)


def settings_or_error(path: Path) -> None:
    # Anything but these two ends the test.
    with suppress(ConfigurationError):
        assert isinstance(load(path, {}, {}), Settings)


PARTS = [
    "CLUSTERS",
    "0",
    "1",
    "99999",
    "DEFAULT",
    "CONNECTION",
    "SASL",
    "PASSWORD",
    "RULES",
    "CONSUMERLAGHIGH",
    "FOR",
    "THRESHOLDS",
    "LAG",
    "ABOVE",
    "LABELS",
    "GROUPS",
    "INCLUDE",
    "WEB",
    "PORT",
    "NAME",
    "BOOTSTRAP",
    "OVERRIDES",
]
names = st.one_of(
    st.text(alphabet="ABCELNRSTU_0129.", max_size=20),
    st.lists(st.sampled_from(["", *PARTS]), max_size=5).map("__".join),
)
texts = st.one_of(words, st.sampled_from(['["a", 5]', '{"a": {"b": 1}}', "{", '["', "a,b", ","]))


@settings(deadline=None)
@given(st.dictionaries(names.map("LAGWATCH_".__add__), texts, max_size=4), files)
def test_any_environment_gives_settings_or_problems(environ, tree):
    settings_or_problems(Layer(as_item(tree).value, {}), environ)


@settings(deadline=None)
@given(st.dictionaries(names.map("LAGWATCH_".__add__), texts, max_size=4))
def test_no_variable_of_ours_is_passed_over_in_silence(environ):
    layer, problems = environment(environ, ["default"], {"rules": ["ConsumerLagHigh"]})
    said = len(problems) + _leaves(Item(dict(layer.top))) + sum(_leaves(item) for item in layer.clusters.values())
    given_ = [name for name, text in environ.items() if text.strip() and name != "LAGWATCH_CONFIG"]
    assert bool(said) == bool(given_)


def _leaves(item: Item) -> int:
    if isinstance(item.value, dict):
        return sum(_leaves(child) for child in item.value.values())
    return 1


@pytest.mark.parametrize("depth", [10, 100_000])
def test_nesting_has_a_limit_that_is_said(tmp_path, depth):
    path = tmp_path / "deep.yaml"
    path.write_text("a: " + "{b: " * depth + "1" + "}" * depth)
    with pytest.raises(ConfigurationError, match=r"not a setting|nested less deeply"):
        load(path, {}, {})

"""Which names are watched."""

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model import filters
from lagwatch.model.filters import NameFilter

names = st.text(max_size=12)
literals = st.lists(names.map(re.escape), max_size=3).map(tuple)


def test_the_examples_of_the_docstring_hold():
    assert doctest.testmod(filters).failed == 0


@given(names)
def test_without_patterns_every_name_is_watched(name):
    assert NameFilter().matches(name)


@pytest.mark.parametrize("name", ["xorders", "ordersx", "orders\n", "ORDERS", ""])
def test_a_pattern_must_match_the_whole_name(name):
    assert not NameFilter(include=("orders",)).matches(name)
    assert NameFilter(exclude=("orders",)).matches(name)


@given(names, literals, literals)
def test_a_name_is_watched_if_included_and_not_excluded(name, include, exclude):
    wanted = (not include or re.escape(name) in include) and re.escape(name) not in exclude
    assert NameFilter(include, exclude).matches(name) == wanted


def test_an_alternative_does_not_escape_the_anchors():
    assert not NameFilter(include=("a|b",)).matches("ab")
    assert NameFilter(include=("a|b",)).matches("b")


def test_filters_with_the_same_patterns_are_equal_and_hashable():
    assert NameFilter(("a",), ("b",)) == NameFilter(("a",), ("b",))
    assert len({NameFilter(("a",)), NameFilter(("a",)), NameFilter()}) == 2
    assert repr(NameFilter(("a",))) == "NameFilter(include=('a',), exclude=())"


def test_a_broken_pattern_is_refused_when_the_filter_is_made():
    with pytest.raises(re.error):
        NameFilter(include=("(",))

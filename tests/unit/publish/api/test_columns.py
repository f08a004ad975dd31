"""The pure parts: what numpy and names do before anything becomes JSON."""

import doctest
import re
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.publish.api import names, values
from lagwatch.publish.api.names import glob, near, routed
from lagwatch.publish.api.ownership import run_of
from lagwatch.publish.api.paging import PageQuery, at_least, choose, sums

integers = st.lists(st.integers(-1, 9) | st.sampled_from([2**62, 2**53 + 1]))
floats = st.lists(st.floats(-5, 5) | st.just(float("nan")))


@pytest.mark.parametrize("module", [names, values], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true(module):
    tried = doctest.testmod(module)
    assert (tried.failed, tried.attempted > 0) == (0, True)


@given(integers, st.booleans(), st.integers(0, 12), st.integers(1, 12))
def test_a_page_is_a_slice_of_the_sorted_rows_with_unknown_values_last(column, descending, offset, limit):
    rows = choose(
        PageQuery(limit=limit, offset=offset),
        np.ones(len(column), dtype=np.bool_),
        "-lag" if descending else "lag",
        {"lag": np.array(column, dtype=np.int64)},
    )
    sign = -1 if descending else 1
    expected = sorted(range(len(column)), key=lambda row: (column[row] < 0, sign * column[row], row))
    assert (rows.total, rows.page) == (len(column), expected[offset : offset + limit])


@given(floats, st.booleans())
def test_a_negative_growth_is_a_value_and_only_nan_is_unknown(column, descending):
    rows = choose(
        PageQuery(limit=1000, offset=0),
        np.ones(len(column), dtype=np.bool_),
        "-growth" if descending else "growth",
        {"growth": np.array(column, dtype=np.float64)},
    )
    known = [column[row] for row in rows.page if not np.isnan(column[row])]
    assert known == sorted(known, reverse=descending)
    assert len([row for row in rows.page[len(known) :] if np.isnan(column[row])]) == len(column) - len(known)


def test_the_field_without_a_column_is_the_order_of_the_rows_and_can_be_reversed():
    keep = np.array([True, False, True, True])
    query = PageQuery(limit=10, offset=0)
    assert choose(query, keep, "name").page == [0, 2, 3]
    assert choose(query, keep, "-name").page == [3, 2, 0]


@given(integers, st.integers(0, 9))
def test_a_minimum_never_lets_an_unknown_value_through(column, minimum):
    kept = at_least(np.array(column, dtype=np.int64), minimum)
    assert kept.tolist() == [value >= minimum for value in column]
    assert at_least(np.array([np.nan, 1.0]), -5).tolist() == [False, True]


@given(st.lists(st.lists(st.integers(0, 2**50), max_size=4)))
def test_sums_of_runs_are_exact_and_an_empty_run_sums_to_zero(runs):
    first = np.cumsum([0, *map(len, runs)])
    flat = np.array([value for run in runs for value in run], dtype=np.int64)
    assert sums(first, flat).tolist() == [sum(run) for run in runs]


@given(st.lists(st.integers(0, 5)), st.integers(0, 6))
def test_the_run_of_a_value_is_where_it_stands_in_the_sorted_column(column, value):
    column.sort()
    low, high = run_of(np.array(column, dtype=np.int32), value)
    assert column[low:high] == [value] * column.count(value)


@given(st.text(max_size=30))
def test_every_name_survives_the_path(name):
    path = routed(f"/groups/{quote(name, safe='')}/members")
    _, _, segment, last = path.split("/")
    assert (quote(name, safe=""), last) == (quote(names.unquote(segment), safe=""), "members")


@given(st.text(alphabet="ab*?[]!-^&~|", max_size=20), st.text(alphabet="ab", max_size=10))
def test_any_text_is_a_pattern(pattern, name):
    assert glob(pattern)(name) in {True, False}


def test_a_pattern_that_would_run_away_as_a_regular_expression_ends():
    assert not glob("*a" * 120 + "b")("a" * 249)


@given(st.text(max_size=20))
def test_a_pattern_without_wildcards_matches_exactly_its_own_name(name):
    literal = re.sub(r"([*?[])", r"[\1]", name)
    assert glob(literal)(name)
    assert not glob(literal)(f"{name}x")


def test_near_misses_are_found_among_many_names_and_only_among_similar_ones():
    many = [f"team-{number:05d}-consumer" for number in range(5000)] + ["billing"]
    assert near("biling", many) == ["billing"]
    assert near("Billing", many) == ["billing"]
    assert near("something-else-entirely", many) == []
    assert near("x" * 10_000, many) == near("", many) == []

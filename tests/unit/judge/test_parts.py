"""Small parts of the judge: words, conditions, windows, subjects that move."""

import doctest

import numpy as np
import pytest

from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.judge import wording
from lagwatch.judge.columns import COLUMNS
from lagwatch.judge.conditions import DARK, FALSE, TRUE, combined
from lagwatch.judge.subjects import origin, subjects
from lagwatch.judge.wording import worded
from tests.support.build import T0, group, snapshot, topic


def test_the_examples_in_the_words_are_true():
    assert doctest.testmod(wording).failed == 0


@pytest.mark.parametrize("template, said", [
    ("{lag:,.0f}", "1,200"), ("{growth:.0f}", "unknown"), ("{nothing}", "unknown"), ("{frozen_s:duration}", "1h 1m"),
    ("{group.__class__}", "unknown"), ("{{{group}}}", "{billing}"),
])  # fmt: skip
def test_a_template_reaches_nothing_but_its_values(template, said):
    values = {"lag": 1200.0, "growth": None, "group": "billing", "frozen_s": 3660.0}
    assert worded(template, values) == said


@pytest.mark.parametrize("a, b, all_of_them, any_of_them", [
    (TRUE, TRUE, TRUE, TRUE), (TRUE, FALSE, FALSE, TRUE), (FALSE, FALSE, FALSE, FALSE),
    (DARK, TRUE, DARK, TRUE), (DARK, FALSE, FALSE, DARK), (DARK, DARK, DARK, DARK),
])  # fmt: skip
def test_what_is_not_known_decides_nothing(a, b, all_of_them, any_of_them):
    one, other = np.array([a], dtype=np.int8), np.array([b], dtype=np.int8)
    assert combined(one, other, FALSE).tolist() == combined(other, one, FALSE).tolist() == [all_of_them]
    assert combined(one, other, TRUE).tolist() == combined(other, one, TRUE).tolist() == [any_of_them]


def test_every_rule_names_values_that_exist_and_has_a_runbook():
    for rule in default_rules():
        assert {condition.value for condition in rule.conditions} <= COLUMNS[rule.grain].keys()
        assert rule.runbook
        assert rule.next_step


def seen(topics, groups):
    return advance(Memory(), snapshot(topics, groups, at=T0), (), T0)[0]


@pytest.mark.parametrize("grain", ["cluster", "topic", "group", "pair", "partition"])
def test_a_subject_is_found_where_it_has_moved_to(grain):
    two, three = topic((0, 9), (0, 9)), topic((0, 9), (0, 9), (0, 9))
    before = subjects(
        seen({"b": two, "c": two}, {"x": group({"b": [1, 2], "c": [3, 4]}), "z": group({"b": [1, 2]})}), grain
    )
    after = subjects(
        seen({"a": two, "b": three}, {"w": group({"a": [1, 1]}), "x": group({"a": [1, 1], "b": [1, 2, 3]})}), grain
    )
    was = origin(before, after)
    assert [before[int(i)] for i in was if i >= 0] == [after[k] for k, i in enumerate(was) if i >= 0]
    old = {before[i] for i in range(before.size)}
    assert {after[k] for k, i in enumerate(was) if i < 0} == {after[k] for k in range(after.size)} - old


def test_every_value_of_every_grain_can_be_read_of_an_empty_cluster():
    nothing = seen({}, {})
    for grain, columns in COLUMNS.items():
        for column in columns.values():
            if column.read is not None:
                assert len(column.read(nothing).values) == (1 if grain == "cluster" else 0)

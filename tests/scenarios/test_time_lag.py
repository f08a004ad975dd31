"""The rules on time lag, which are off unless somebody wants them, replayed where they must fire and where they must not."""

from dataclasses import replace

import pytest
import simulate
from cases import SCENARIOS
from more import MORE

from lagwatch.config import default_rules
from lagwatch.model.alerts import State
from tests.scenarios.conftest import lines_of, transitions

RULES = tuple(replace(rule, enabled=True) for rule in default_rules() if rule.name.startswith("TimeLag"))


def told(name: str) -> list[tuple[str, str, float]]:
    """(rule, state, minute) of what fires and resolves."""
    start = simulate.START.timestamp()
    found = transitions(lines_of(name, (SCENARIOS | MORE)[name]), RULES)
    return [
        (each.alert.rule, each.to.value, (each.at - start) / 60)
        for each in found
        if each.to in (State.FIRING, State.RESOLVED)
    ]


@pytest.mark.parametrize("name", ["slow_committer", "topic_recreated", "deploy_pause", "truncated"])
def test_groups_that_are_well_are_not_late(name):
    assert told(name) == []


def test_a_group_that_died_is_late_ten_minutes_later_and_very_late_after_half_an_hour_more():
    assert told("group_dies") == [
        ("TimeLagHigh", "firing", pytest.approx(70, abs=1)),
        ("TimeLagVeryHigh", "firing", pytest.approx(95, abs=1)),
        ("TimeLagVeryHigh", "resolved", pytest.approx(186, abs=2)),
        ("TimeLagHigh", "resolved", pytest.approx(186.5, abs=2)),
    ]


def test_both_are_off_by_default():
    assert [rule.enabled for rule in default_rules() if rule.name.startswith("TimeLag")] == [False, False]

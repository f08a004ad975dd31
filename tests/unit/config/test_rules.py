"""Rules as data: what lagwatch comes with, changed by a configuration."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.config import default_rules, effective_rules
from lagwatch.config.rules import rule_findings
from lagwatch.config.ruleset import RuleSettings
from lagwatch.model.alerts import Condition, Escalation, Override, Rule, Severity, Statistic, Threshold
from tests.support.settings import parse, settings


def rules(text: str) -> dict[str, Rule]:
    indented = "\n".join(f"  {line}" for line in text.splitlines())
    return {rule.name: rule for rule in effective_rules(settings(f"bootstrap: a:1\nrules:\n{indented}"))}


def wrong(text: str) -> list[str]:
    indented = "\n".join(f"  {line}" for line in text.splitlines())
    return [problem.split(": ", 1)[1] for problem in parse(f"bootstrap: a:1\nrules:\n{indented}")[1]]


HIGH = next(rule for rule in default_rules() if rule.name == "ConsumerLagHigh")


def test_the_three_basic_rules_have_their_numbers():
    found = {rule.name: rule for rule in default_rules()}
    growing, high, runaway = (found[f"ConsumerLag{name}"] for name in ("Growing", "High", "Runaway"))
    assert growing.conditions == (
        Condition(value="lag", above=10_000, clear=8_000),
        Condition(value="growth", above=60, clear=60),
        # Above what it was all hour: a lag that swings is not one that grows.
        Condition(value="height", above=1, clear=-math.inf),
    )
    assert high.conditions == (Condition(value="lag", above=100_000, clear=80_000),)
    assert runaway.conditions == (Condition(value="growth", above=5_000, clear=2_500),)
    assert [(rule.severity.value, rule.for_s, rule.keep_s) for rule in (growing, high, runaway)] == [
        ("warning", 300, 300),
        ("critical", 300, 300),
        ("emergency", 600, 600),
    ]
    assert all(rule.enabled and rule.grain == "pair" for rule in (growing, high, runaway))


def test_without_changes_the_rules_are_as_they_come():
    assert effective_rules(settings()) == default_rules()


def test_what_is_given_replaces_and_everything_else_stays():
    changed = rules("""\
ConsumerLagHigh:
  enabled: false
  severity: warning
  for: 1h30m
  keep: 90
  labels: {team: payments}
  exclude: {groups: [batch-.*]}
  summary: "{group} on {topic}: {lag:,.0f}"
  tolerance: 0.2
  follows_commits: false""")
    assert changed["ConsumerLagHigh"] == replace(
        HIGH,
        enabled=False,
        severity=Severity.WARNING,
        for_s=5400.0,
        keep_s=90.0,
        labels={"team": "payments"},
        exclude_groups=("batch-.*",),
        exclude_topics=(),
        summary="{group} on {topic}: {lag:,.0f}",
        tolerance=0.2,
        follows_commits=False,
    )
    assert changed["ConsumerLagGrowing"] in default_rules()


def test_a_threshold_changes_one_number_of_the_condition_on_its_value():
    found = rules("ConsumerLagGrowing: {thresholds: {lag: {above: 20000}, growth: {clear: -.inf}}}")[
        "ConsumerLagGrowing"
    ]
    assert found.conditions == (
        Condition(value="lag", above=20_000, clear=8_000),
        Condition(value="growth", above=60, clear=-math.inf),
        Condition(value="height", above=1, clear=-math.inf),
    )


def test_some_subjects_can_be_different():
    found = rules("""\
ConsumerLagHigh:
  overrides:
    - {group: batch-.*, topic: t, cluster: c, enabled: false, why: nightly}
    - {group: slow, severity: warning, for: 30m, keep: 1m, thresholds: {lag: {above: 500000, clear: 400000}}}""")
    assert found["ConsumerLagHigh"].overrides == (
        Override(group="batch-.*", topic="t", cluster="c", enabled=False, why="nightly"),
        Override(
            group="slow",
            severity=Severity.WARNING,
            for_s=1800.0,
            keep_s=60.0,
            thresholds={"lag": Threshold(above=500_000, clear=400_000)},
        ),
    )


OWN = """\
Silent:
  grain: pair
  severity: critical
  conditions:
    - {value: growth, below: 1, clear: 2, statistic: quantile, over: 10m, quantile: 0.9}
  escalation: {severity: emergency, conditions: [{value: lag, above: 5}]}
  for: 5m
  summary: "{group} does not grow on {topic}" """


def test_a_rule_of_ones_own_has_the_same_shape_and_comes_last():
    found = rules(OWN)
    assert list(found)[-1] == "Silent"
    assert found["Silent"] == Rule(
        name="Silent",
        severity=Severity.CRITICAL,
        grain="pair",
        conditions=(
            Condition(value="growth", below=1, clear=2, statistic=Statistic.QUANTILE, over_s=600.0, quantile=0.9),
        ),
        escalation=Escalation(severity=Severity.EMERGENCY, conditions=(Condition(value="lag", above=5),)),
        for_s=300.0,
        keep_s=0.0,
        summary="{group} does not grow on {topic}",
    )


HERE = "rules.Silent"
WRONG = {
    "Mine: {grain: pair, conditions: [{value: lag, above: 1}]}": [
        f"rules.Mine.{key}: missing, expected in a rule of your own (there is no rule Mine to change)"
        for key in ("severity", "for", "summary")
    ],
    OWN.replace("growth, below", "grwth, below"): [
        f'{HERE}.conditions[0].value: grwth: expected one of *did you mean "growth"?'
    ],
    OWN.replace("value: lag", "value: lagg"): [
        f'{HERE}.escalation.conditions[0].value: lagg: expected one of *, growth, *, did you mean "lag"?'
    ],
    OWN.replace("grain: pair", "grain: cluster"): [
        f"{HERE}.conditions[0].value: growth: expected one of *",
        f"{HERE}.escalation.conditions[0].value: lag: expected one of *",
    ],
    OWN.replace("below: 1,", "below: 1, above: 1,"): [f"{HERE}.conditions[0]: expected either above or below"],
    OWN.replace("below: 1,", ""): [f"{HERE}.conditions[0]: expected either above or below"],
    OWN.replace("clear: 2", "clear: 0"): [f"{HERE}.conditions[0].clear: 0: expected at least 1, the threshold below"],
    OWN.replace("over: 10m, ", ""): [
        f"{HERE}.conditions[0].over: missing, expected with statistic quantile, such as 10m"
    ],
    OWN.replace("{topic}", "{tpic}"): [
        f'{HERE}.summary: *{{tpic}}: expected in braces only *, topic, *, did you mean "topic"?'
    ],
    OWN.replace("{topic}", "{topic"): [f"{HERE}.summary: *: expected a text with names in braces (*)"],
    OWN.replace("{topic}", "{lag:d}"): [f"{HERE}.summary: *: expected a text with names in braces (*)"],
    OWN.replace("below: 1,", "below: 1, treshold: 2,"): [f"{HERE}.conditions[0].treshold: not a setting*"],
    "ConsumerLagHigh: {conditions: [{above: 1}]}": [
        "rules.ConsumerLagHigh.conditions[0].value: missing, expected the name of*"
    ],
    "ConsumerLagHigh: 5": ["rules.ConsumerLagHigh: a single value: expected a section of key: value lines"],
    "ConsumerLagHigh: {labels: {team: 5}}": [
        "rules.ConsumerLagHigh.labels.team: 5: expected a text (what looks like a number*"
    ],
    "ConsumerLagHigh: {thresholds: {lag: 5}}": [
        "rules.ConsumerLagHigh.thresholds.lag: a single value: expected a section of*"
    ],
    "ConsumerLagHigh: {tolerance: 2}": ["rules.ConsumerLagHigh.tolerance: 2: expected a number from 0 to 1"],
    "ConsumerLagHigh: {tolerance: yes}": ["rules.ConsumerLagHigh.tolerance: true: expected a number"],
    "ConsumerLagHigh: {thresholds: {lag: {clear: .nan}}}": [
        "rules.ConsumerLagHigh.thresholds.lag.clear: nan: expected a number, .inf or -.inf"
    ],
}
"""Changes that are wrong, and what is said of them; a * stands for anything."""


@pytest.mark.parametrize(("text", "messages"), WRONG.items())
def test_what_contradicts_itself_is_said(text, messages):
    found = wrong(text)
    assert len(found) == len(messages)
    for problem, message in zip(found, messages, strict=True):
        assert re.fullmatch(re.escape(message).replace(r"\*", ".*"), problem), problem


numbers = st.floats(-1e9, 1e9)


@given(numbers, st.none() | numbers, st.none() | numbers)
def test_a_change_of_thresholds_is_refused_or_leaves_a_rule_that_can_clear(above, clear, other):
    change = RuleSettings.model_validate({"thresholds": {"lag": {"above": above, "clear": clear}}})
    own = RuleSettings.model_validate({"thresholds": {"lag": {"above": above, "clear": other}}})
    for given_ in (change, own):
        if not list(rule_findings("ConsumerLagHigh", given_, HIGH)):
            found = settings()
            changed = effective_rules(found.model_copy(update={"rules": {"ConsumerLagHigh": given_}}))
            (condition,) = next(rule for rule in changed if rule.name == "ConsumerLagHigh").conditions
            assert condition.clear is not None
            assert condition.above is not None
            assert condition.clear <= condition.above

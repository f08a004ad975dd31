"""Profiles: what a group of a kind is judged by."""

import pytest

from lagwatch.config import default_rules, effective_rules
from lagwatch.judge.effective import Asked, effective
from lagwatch.model.alerts import Override
from tests.support.settings import parse, settings

BATCH = "bootstrap: a:1\nprofiles: [{profile: batch, groups: ['night-.*', weekly], clusters: main, period: 6h}]\n"
LEFT_OUT = {
    *("ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway", "TimeLagHigh", "TimeLagVeryHigh"),
    *("ConsumerStalled", "ConsumerGroupEmpty"),
}


def judged(text, group, cluster="main"):
    asked = Asked(cluster=cluster, group=group, topic="orders")
    return {rule.name: effective(rule, asked)[0] for rule in effective_rules(settings(text))}


def test_a_batch_is_left_alone_by_the_rules_about_its_lag_and_has_one_of_its_own():
    batch, other = judged(BATCH, "night-1"), judged(BATCH, "billing")
    assert {name for name in batch if batch[name].judged != other[name].judged} == {
        *LEFT_OUT - {"TimeLagHigh", "TimeLagVeryHigh"},
        "BatchOverdue",
    }
    assert not any(batch[name].judged for name in LEFT_OUT)
    assert batch["BatchOverdue"].rule.for_s == 2 * 6 * 3600
    assert {batch[name].why for name in (*LEFT_OUT, "BatchOverdue")} == {"profile batch, every 6h"}
    assert judged(BATCH, "weekly")["BatchOverdue"].judged
    assert not judged(BATCH, "night-1", cluster="test")["BatchOverdue"].judged


def test_a_profile_comes_before_the_overrides_of_a_rule():
    text = BATCH + "rules: {ConsumerLagHigh: {overrides: [{severity: warning}]}}"
    (rule,) = [rule for rule in effective_rules(settings(text)) if rule.name == "ConsumerLagHigh"]
    assert rule.overrides[-1] == Override(severity="warning")
    assert not judged(text, "night-1")["ConsumerLagHigh"].judged
    assert judged(text, "billing")["ConsumerLagHigh"].rule.severity == "warning"


BURROW = "bootstrap: a:1\nprofiles: [{profile: burrow, groups: 'legacy-.*'}]\n"


def test_a_group_of_burrow_is_judged_by_its_statuses_instead_of_its_lag():
    legacy, other = judged(BURROW, "legacy-1"), judged(BURROW, "billing")
    assert {name for name in legacy if legacy[name].judged != other[name].judged} == {
        *LEFT_OUT - {"TimeLagHigh", "TimeLagVeryHigh"},
        *("PartitionStuck", "BurrowWarn", "BurrowErr"),
    }
    assert not any(legacy[name].judged for name in (*LEFT_OUT, "PartitionStuck"))
    assert not any(other[name].judged for name in ("BurrowWarn", "BurrowErr"))
    assert legacy["BurrowErr"].why == "profile burrow"
    assert (legacy["BurrowWarn"].rule.severity, legacy["BurrowErr"].rule.severity) == ("warning", "critical")
    assert (legacy["BurrowWarn"].rule.for_s, legacy["BurrowErr"].rule.for_s) == (300.0, 60.0)
    assert legacy["DataLossImminent"].judged


def test_without_profiles_the_rules_are_as_they_are():
    assert effective_rules(settings("bootstrap: a:1\nprofiles: []")) == default_rules()


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("{profile: batch, groups: [a]}", "profiles[0].period: missing, expected of a batch: the time from one run to the next"),
        ("{profile: batch, groups: [], period: 1h}", "profiles[0].groups: a list: expected at least one regular expression"),
        ("{profile: batch, groups: [a], period: 1s}", "profiles[0].period: 1s: expected a duration from 1m to 31d"),
        ("{profile: bach, groups: [a], period: 1h}", 'profiles[0].profile: bach: expected one of batch, burrow'),
        ("{profile: burrow, groups: [a], period: 1h}", "profiles[0].period: 1h: expected with the profile batch only"),
        ("{profile: batch, group: a, groups: [a], period: 1h}", 'profiles[0].group: not a setting, did you mean "groups"?'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(profile, problem):
    _, problems = parse(f"bootstrap: a:1\nprofiles: [{profile}]")
    assert len(problems) == 1
    assert problem in problems[0]

"""What a rule is for given names, and why: the same as the judge decides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.config import default_rules
from lagwatch.judge.effective import Asked, effective
from lagwatch.judge.scope import LEFT_OUT, scope
from lagwatch.judge.subjects import Subjects
from lagwatch.model.alerts import Override, Severity, Threshold
from lagwatch.model.snapshot import Group, nothing

HIGH = next(rule for rule in default_rules() if rule.name == "ConsumerLagHigh")
RULES = {rule.grain: rule for rule in default_rules()}
NAMES = ("billing", "audit", "console-consumer-7", "__x", "")


def subjects(grain, cluster, group, topic):
    """The one subject of a grain that these names make."""
    empty = nothing(cluster, 0.0)
    snapshot = replace(empty, groups=(Group(name=group),), topics=replace(empty.topics, names=(topic,)))
    has_group, has_topic = grain in ("group", "pair"), grain in ("topic", "pair")
    one, none = np.zeros(1, np.int32), np.zeros(0, np.int32)
    return Subjects(
        grain=grain,
        snapshot=snapshot,
        size=1,
        group=one if has_group else none,
        row=one if has_topic else none,
    )


patterns = st.sampled_from([None, "billing", "bil.*", ".*", "audit|__x", "console-consumer-.*"])
overrides = st.builds(
    Override,
    cluster=patterns,
    group=patterns,
    topic=patterns,
    enabled=st.sampled_from([None, True, False]),
    severity=st.sampled_from([None, Severity.WARNING]),
    for_s=st.sampled_from([None, 7.0]),
)


@given(
    grain=st.sampled_from(["cluster", "topic", "group", "pair"]),
    several=st.lists(overrides, max_size=4),
    enabled=st.booleans(),
    names=st.tuples(*[st.sampled_from(NAMES)] * 3),
)
def test_with_all_names_there_is_one_answer_and_it_is_the_judges(grain, several, enabled, names):
    rule = replace(RULES[grain], overrides=tuple(several), enabled=enabled, exclude_groups=("console-.*",))
    cluster, group, topic = names
    found = effective(rule, Asked(cluster=cluster, group=group, topic=topic))
    its = scope(rule, subjects(grain, *names))
    variant = 0 if its.variant is None else int(its.variant[0])
    assert len(found) == 1
    assert found[0].judged == (variant != LEFT_OUT)
    if found[0].judged:
        assert found[0].rule == its.rules[variant]


@given(several=st.lists(overrides, max_size=4), names=st.tuples(*[st.sampled_from(NAMES)] * 3))
def test_what_holds_for_all_names_is_among_what_is_possible_for_some(several, names):
    rule = replace(HIGH, overrides=tuple(several))
    (one,) = effective(rule, Asked(cluster=names[0], group=names[1], topic=names[2]))
    possible = effective(rule, Asked(group=names[1]))
    assert (one.rule, one.judged) in [(each.rule, each.judged) for each in possible]
    assert [each.where for each in possible if not each.where] == [""]
    assert not possible[-1].where


def test_the_first_override_that_matches_counts_and_is_named():
    rule = replace(
        HIGH,
        overrides=(
            Override(group="nightly-.*", enabled=False, profile="batch, every 6h"),
            Override(topic="big", thresholds={"lag": Threshold(above=500_000)}, why="known to be slow"),
            Override(cluster="test"),
        ),
    )
    asked = Asked(cluster="test", group="billing")
    assert [(one.where, one.judged, one.why) for one in effective(rule, asked)] == [
        ("topic matches __.*", False, "excluded"),
        ("topic matches big", True, "override 1 (topic big): known to be slow"),
        ("", True, "override 2 (cluster test)"),
    ]
    (batch,) = effective(rule, Asked(cluster="x", group="nightly-7", topic="big"))
    assert (batch.judged, batch.why) == (False, "profile batch, every 6h")


@pytest.mark.parametrize(
    ("asked", "grains"),
    [
        (Asked(), {"cluster", "topic", "group", "pair", "partition", "receiver"}),
        (Asked(cluster="x"), {"cluster", "topic", "group", "pair", "partition", "receiver"}),
        (Asked(group="x"), {"group", "pair", "partition"}),
        (Asked(topic="x"), {"topic", "pair", "partition"}),
        (Asked(group="x", topic="y"), {"group", "topic", "pair", "partition"}),
    ],
)
def test_only_rules_about_what_was_named_are_of_concern(asked, grains):
    assert {rule.grain for rule in default_rules() if asked.concerns(rule)} == grains

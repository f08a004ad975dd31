"""What holds for every course of events: lag, growth, alerts and replays."""

import json
import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.model.alerts import State
from lagwatch.model.trace import decode, encode
from tests.support.build import T0, group, snapshot, topic

RULES = default_rules()
OFFSET = st.one_of(st.none(), st.integers(0, 400_000))


@st.composite
def snapshots(draw, at=T0, names=("orders", "payments"), people=("audit", "billing")):
    """One poll of a small cluster in any state, some of it unknown."""
    topics, groups = {}, {}
    sizes = {name: draw(st.integers(1, 3)) for name in names}
    for name in names:
        bounds = [(draw(OFFSET), draw(OFFSET)) for _ in range(sizes[name])]
        topics[name] = topic(*[(None if s is None else min(s, e or s), e) for s, e in bounds], min_insync_replicas="2")
    for who in people:
        committed = {name: [draw(OFFSET) for _ in range(sizes[name])] for name in names}
        groups[who] = draw(st.one_of(st.none(), st.just(group(committed, members=draw(st.integers(0, 3))))))
    return snapshot(topics, groups, at=at)


@st.composite
def courses(draw):
    """Some polls, half a minute apart."""
    return [draw(snapshots(at=T0 + 30.0 * k)) for k in range(draw(st.integers(1, 12)))]


def told(verdict):
    return [
        (each.to, each.alert.rule, each.alert.subject, each.alert.value, each.alert.since)
        for each in verdict.transitions
    ]


@settings(max_examples=60, deadline=None)
@given(courses())
def test_lag_is_never_negative_and_never_more_than_what_is_retained(course):
    memory = Memory()
    for seen in course:
        view, _ = advance(memory, seen, (), seen.at)
        start, end = (column[seen.commits.row] for column in (seen.partitions.start, seen.partitions.end))
        known = (seen.commits.offset >= 0) & (start >= 0) & (end >= 0)
        assert ((view.lag >= 0) == known).all()
        assert (view.lag[known] <= np.maximum(end - start, 0)[known]).all()
        assert np.isnan(view.growth[~known]).all()


@settings(max_examples=60, deadline=None)
@given(courses())
def test_a_group_that_could_not_be_read_has_no_number_anywhere(course):
    memory = Memory()
    for seen in course:
        view, _ = advance(memory, seen, (), seen.at)
        unread = np.array([not each.known for each in seen.groups])
        rows = unread[view.pairs.group]
        assert (view.pairs.lag[rows] == -1).all()
        assert np.isnan(view.pairs.growth[rows]).all()
        assert (view.groups.lag_sum[unread] == -1).all()


@settings(max_examples=40, deadline=None)
@given(courses())
def test_an_alert_never_fires_before_its_for(course):
    memory = Memory()
    for seen in course:
        for change in advance(memory, seen, RULES, seen.at)[1].transitions:
            if change.to is State.FIRING:
                assert change.at - change.alert.since >= change.alert.effective_for_s


@settings(max_examples=40, deadline=None)
@given(courses(), st.integers(0, 12))
def test_a_replay_that_is_split_anywhere_says_the_same(course, at):
    whole, parts = Memory(), Memory()
    for k, seen in enumerate(course):
        if k == at:
            parts = pickle.loads(pickle.dumps(parts))
        assert told(advance(whole, seen, RULES, seen.at)[1]) == told(advance(parts, seen, RULES, seen.at)[1])


@settings(max_examples=40, deadline=None)
@given(courses())
def test_the_names_of_groups_and_topics_make_no_difference(course):
    """Renamed so that they sort the other way round, everything is judged alike."""
    other = {"orders": "zz", "payments": "aa", "audit": "zz", "billing": "aa"}
    one, two = Memory(), Memory()
    for seen in course:
        document = encode(seen)
        document["topics"] = {other[name]: value for name, value in document["topics"].items()}
        for value in document["groups"].values():
            if value is not None:
                value["committed"] = {other[t]: column for t, column in value["committed"].items()}
        document["groups"] = {other[name]: value for name, value in document["groups"].items()}
        renamed = decode(json.loads(json.dumps(document)))
        first, second = advance(one, seen, RULES, seen.at)[1], advance(two, renamed, RULES, seen.at)[1]
        assert sorted(
            (c.to.value, c.alert.rule, other.get(c.alert.subject.group, ""), other.get(c.alert.subject.topic, ""))
            for c in first.transitions
        ) == sorted(
            (c.to.value, c.alert.rule, c.alert.subject.group or "", c.alert.subject.topic or "")
            for c in second.transitions
        )


@settings(max_examples=60, deadline=None)
@given(snapshots())
def test_a_snapshot_that_is_written_and_read_is_the_same(seen):
    again = decode(json.loads(json.dumps(encode(seen))))
    assert encode(again) == encode(seen)
    assert (again.at, again.cluster, again.groups) == (seen.at, seen.cluster, seen.groups)
    for column in ("group", "row", "offset", "reported_lag"):
        assert np.array_equal(getattr(again.commits, column), getattr(seen.commits, column))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(20, 60), st.integers(0, 10**6)), min_size=4, max_size=14))
def test_growth_is_the_least_squares_slope_of_five_minutes(samples):
    memory, at, known = Memory(), T0, []
    for gap, lag in samples:
        at += gap
        seen = snapshot({"orders": topic((0, 2_000_000))}, {"billing": group({"orders": [2_000_000 - lag]})}, at=at)
        growth = float(advance(memory, seen, (), at)[0].pairs.growth[0])
        rewound = known and lag > known[-1][1]
        known = [*([] if rewound else known), (at, lag)]
        window = [(when, value) for when, value in known if when >= at - 300]
        if len(window) < 4 or window[-1][0] - window[0][0] < 150:
            assert math.isnan(growth)
        elif min(b[0] - a[0] for a, b in pairwise(window)) >= 25 and at - T0 < 300:
            assert growth == pytest.approx(60 * np.polyfit(*np.array(window).T - [[T0], [0]], 1)[0], rel=1e-4, abs=1e-3)

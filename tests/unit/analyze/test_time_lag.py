"""Time lag: what the history of log ends tells, held to the truth and to a plain reading of the definition."""

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.analyze.ends import DAY_S, HOUR_S, KEPT_S, MOST_BYTES, POINTS, EndTable, thinned
from lagwatch.analyze.history import History
from lagwatch.analyze.timelag import typical, worst
from lagwatch.analyze.view import view
from lagwatch.model.snapshot import UNKNOWN, Anchor, RecordTime
from lagwatch.model.trace import decode, encode
from tests.support.build import T0, group, snapshot, topic

STEP = 30.0
NO = UNKNOWN


def column(*offsets):
    return np.array(offsets, dtype=np.int64)


def table(*points):
    """A table of one partition that was polled at these moments after T0, with these ends."""
    made = EndTable()
    made.follow(column(-1))
    for at, end in points:
        made.add(T0 + at, column(end))
    return made


def appended(made, offset, row=0):
    """When the record was appended, in seconds after T0, and whether that is only the latest it may be."""
    found = made.appended(column(row), column(offset))
    return float(found.at[0]) - T0, bool(found.latest[0])


# ---- the table


def test_a_record_lies_between_two_polls_at_its_place_among_those_that_came_between():
    made = table((0, 100), (30, 200), (60, 210))
    assert appended(made, 149) == (pytest.approx(14.85), False)
    assert appended(made, 199) == (pytest.approx(29.85), False)
    assert appended(made, 205) == (pytest.approx(46.5), False)


def test_an_idle_topic_does_not_stretch_the_time_before_the_next_record():
    made = table(*((30 * k, 100) for k in range(50)), (1500, 101))
    assert appended(made, 100) == (pytest.approx(1485), False)


def test_before_the_first_point_it_was_at_the_latest_then():
    assert appended(table((0, 100), (30, 200)), 99) == (0.0, True)


def test_in_a_gap_between_polls_it_was_at_the_latest_at_the_end_of_the_gap():
    made = table((0, 100), (30, 200), (60, 300), (90, 400), (690, 500), (720, 600))
    assert appended(made, 450) == (690.0, True)
    assert appended(made, 550) == (pytest.approx(705, abs=0.5), False)


def test_within_the_hour_one_missed_poll_is_a_gap_however_long_ago_it_was():
    made = table(*((30 * k, 100 * k) for k in range(118) if k != 7))
    assert appended(made, 650) == (240.0, True)
    assert appended(made, 550) == (pytest.approx(165, abs=1), False)


def test_a_poll_that_did_not_see_a_partition_is_no_point_of_it():
    made = table((0, 100), (30, 200), (60, NO), (90, NO), (120, NO), (150, 300), (180, 310))
    assert appended(made, 250) == (150.0, True)
    assert appended(made, 305)[1] is False
    assert appended(table((0, NO), (30, 100)), 50) == (30.0, True)


def test_a_log_that_ends_earlier_than_before_begins_anew():
    made = table((0, 100), (30, 200), (60, 50), (90, 80))
    assert appended(made, 20) == (60.0, True)
    assert appended(made, 70)[1] is False


def test_a_clock_that_is_put_back_takes_the_points_that_are_not_past_any_more():
    made = table((0, 100), (30, 200), (60, 300), (20, 400))
    assert [at - T0 for at in made.times] == [0, 20]


def test_partitions_keep_their_history_when_they_move_and_new_ones_have_none():
    made = EndTable()
    made.follow(column(-1, -1))
    for k in range(4):
        made.add(T0 + 30 * k, column(100 * k, 10 * k))
    made.follow(column(1, -1))
    assert appended(made, 15, row=0) == (pytest.approx(46.5), False)
    made.add(T0 + 120, column(40, 7))
    assert appended(made, 3, row=1) == (120.0, True)


def test_of_very_many_partitions_fewer_points_are_kept_and_the_newest_ones_stay():
    partitions = MOST_BYTES // 8 // 4
    few, many = table(*((30 * k, 100 * k) for k in range(6))), EndTable()
    few.follow(np.full(partitions, -1).astype(np.int64) + (np.arange(partitions) == 7))
    assert [at - T0 for at in few.times] == [60, 90, 120, 150]
    assert appended(few, 450, row=7) == (pytest.approx(135.15), False)
    many.follow(np.full(partitions, -1, dtype=np.int64))
    for k in range(3):
        many.add(T0 + 30 * k, np.full(partitions, 100 * k, dtype=np.int64))
    assert many.nbytes <= MOST_BYTES


def test_nothing_is_copied_while_the_partitions_stay_where_they_are():
    made = table((0, 100), (30, 200))
    before = made._values
    made.follow(column(0))
    assert made._values is before


def test_moments_of_the_past_that_are_learnt_later_fill_the_table_where_it_is_empty():
    made = table((0, 100))
    assert made.insert(T0 - 3600, column(40))
    assert made.insert(T0 - 300, column(90))
    assert made.insert(T0 - 60, column(99))
    assert appended(made, 95) == (-60.0, True)
    assert appended(made, 60) == (-300.0, True)
    assert appended(made, 10) == (-3600.0, True)


def test_they_tell_nothing_where_there_are_polls_and_never_contradict_them():
    made = table(*((30 * k, 100 + k) for k in range(10)), (1200, 200), (1230, 230))
    assert not made.insert(T0 + 100, column(500))
    assert made.insert(T0 + 600, column(999))
    assert appended(made, 150) == (600.0, True)
    assert appended(made, 215)[1] is False
    assert not made.insert(T0 + 5000, column(999))


def test_what_is_learnt_later_is_known_at_points_that_did_not_see_the_partition():
    made = table((0, NO), (30, NO), (1000, NO), (1030, 300))
    assert made.insert(T0 + 500, column(200))
    assert appended(made, 150) == (500.0, True)
    assert appended(made, 250) == (1030.0, True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.5, 4000.0), min_size=1, max_size=300))
def test_the_points_that_are_kept_are_bounded_and_close_enough_for_their_age(steps):
    times, at = [], T0
    for step in steps:
        at += step
        times = [times[i] for i in thinned(times, at)] + [at]
        assert len(times) <= POINTS
        assert times[0] >= at - KEPT_S
    longest = max(steps)
    for before, after in pairwise(times):
        age = at - before
        allowed = 30.0 if age <= HOUR_S else 300.0 if age <= DAY_S else 3600.0
        assert after - before <= allowed + longest


def test_polls_every_second_and_a_week_of_others_stay_within_the_bound():
    times, at = [], 0.0
    for k in range(4000):  # a poll a second for a while, then one in ten minutes
        at += 1.0 if k < 2000 else 600.0
        times = [times[i] for i in thinned(times, at)] + [at]
        assert len(times) <= POINTS
    assert sum(at - t <= HOUR_S for t in times) == 7
    assert at - times[0] > KEPT_S - HOUR_S - 600


@st.composite
def points(draw):
    """Ends of one partition that rise, some of them not seen, at polls that are mostly regular."""
    steps = draw(st.lists(st.sampled_from([10.0, 30.0, 30.0, 30.0, 31.0, 90.0, 400.0]), min_size=1, max_size=40))
    grown = draw(st.lists(st.integers(0, 9), min_size=len(steps), max_size=len(steps)))
    seen = draw(st.lists(st.integers(0, 5), min_size=len(steps), max_size=len(steps)))
    ends = np.cumsum(grown).tolist()
    last = len(steps) - 1
    return [
        (at, end if known or k == last else NO)
        for k, (at, end, known) in enumerate(zip(np.cumsum(steps).tolist(), ends, seen, strict=True))
    ]


def plainly(history, offset, now, step):
    """The definition, point by point: (moment, only the latest it may be)."""
    under = None
    for at, end in history:
        if end == NO:
            continue
        if end > offset:
            break
        under = (at, end)
    else:
        return now, True
    age = now - (at if under is None else under[0])
    if under is None or at - under[0] > max(1.5 * step, age / 8 if age > HOUR_S else min(age / 8, 45.0)):
        return at, True
    return under[0] + (at - under[0]) * (offset - under[1] + 0.5) / (end - under[1]), False


@settings(max_examples=200, deadline=None)
@given(points(), st.data())
def test_the_table_says_what_a_plain_reading_of_all_points_says(history, data):
    offset = data.draw(st.integers(0, max(history[-1][1] - 1, 0)))
    made = table(*history)
    step = float(np.median(np.diff([at for at, _ in history])[-5:])) if len(history) > 1 else 0.0
    moment, latest = plainly(history, offset, history[-1][0], step)
    assert appended(made, offset) == (pytest.approx(moment, abs=1e-5), latest)


# ---- the truth: records with known times, polls, and readers


@st.composite
def logs(draw):
    """Moments at which records were appended within some hours, ascending: idle, steady and in bursts."""
    moments, at = [], 0.0
    for _ in range(draw(st.integers(1, 12))):
        at += draw(st.sampled_from([1.0, 300.0, 4000.0]))
        gap = draw(st.sampled_from([0.0, 1.0, 7.0, 45.0]))
        for _ in range(draw(st.integers(1, 60))):
            at += gap
            moments.append(at)
    return moments


ONE = snapshot({"orders": topic((0, 1))}, {"billing": group({"orders": [0]})})


def polled(moments, at, committed):
    seen = bisect_right(moments, at)
    return replace(
        ONE,
        at=T0 + at,
        partitions=replace(ONE.partitions, end=column(seen)),
        commits=replace(ONE.commits, offset=column(min(committed, seen))),
    )


@settings(max_examples=60, deadline=None)
@given(logs(), st.sampled_from([10.0, 30.0, 60.0]), st.integers(0, 9), st.integers(0, 400))
def test_inside_the_history_the_error_is_within_a_poll_and_a_bound_is_a_bound(moments, interval, reads, stops):
    made, committed = table(), 0
    blind_at = -np.inf
    for k, at in enumerate(np.arange(0.0, min(moments[-1], 6000.0) + 3 * interval, interval).tolist()):
        committed += reads if k < stops else 0
        seen = bisect_right(moments, at)
        if k % 37 == 5:  # the leader did not answer
            blind_at = at
            made.add(T0 + at, column(NO))
            continue
        made.add(T0 + at, column(seen))
        if committed >= seen:
            continue
        when, latest = appended(made, committed)
        truth = moments[committed]
        if latest:
            assert when >= truth - 1e-5
        else:
            assert abs(when - truth) <= max(1.5 * interval, (at - truth) / 8) + 1e-5
        if not latest and at - truth <= HOUR_S - 60 and abs(truth - blind_at) > 2 * interval:
            assert abs(when - truth) <= max(interval, 30.0) + 1e-5


@settings(max_examples=8, deadline=None)
@given(logs(), st.data())
def test_the_time_lag_of_a_reader_that_is_stuck_grows_as_the_clock_goes(moments, data):
    history = History()
    committed = data.draw(st.integers(0, len(moments) - 1))
    before = None
    for at in np.arange(0.0, moments[-1] + 8000.0, 120.0).tolist():
        value = float(view(history, polled(moments, at, committed)).time_lag_s[0])
        if before not in (None, 0.0):
            assert value == pytest.approx(before + 120.0, abs=0.01)
        before = value


# ---- the view


def course(*ends, committed, **more):
    """The views of polls half a minute apart; each of the ends and commits has an entry a partition."""
    history = History()
    views = []
    for k, (end, commits) in enumerate(zip(ends, committed, strict=True)):
        facts = snapshot(
            {"orders": topic(*[(0, e) for e in end])}, {"billing": group({"orders": list(commits)})}, at=T0 + STEP * k
        )
        views.append(view(history, replace(facts, **more) if k == 0 else facts))
    return views


def test_a_clock_that_is_put_back_makes_nothing_younger():
    history = History()
    for k in range(30):
        at = T0 + STEP * k - (4000.0 if k > 20 else 0.0)
        facts = snapshot({"orders": topic((0, 100 * (k + 1)))}, {"billing": group({"orders": [200]})}, at=at)
        seen = view(history, facts)
        assert seen.snapshot is facts
    assert (seen.time_lag_s.tolist(), seen.time_lag_bound.tolist()) == ([pytest.approx(STEP * 28, abs=STEP)], [False])
    assert seen.frozen_s.tolist() == [28 * STEP]
    assert seen.growth.tolist() == [pytest.approx(200)]
    assert seen.pairs.behind_s.tolist() == [pytest.approx(STEP * 29, abs=STEP)]


def test_a_pair_has_the_worst_and_the_median_of_its_partitions_and_a_group_the_worst():
    ends = [(100 * k, 100 * k, 100 * k) for k in range(1, 11)]
    *_, last = course(*ends, committed=[(min(100 * k, 900), 50, 100 * k) for k in range(1, 11)])
    assert last.time_lag_s.tolist() == [pytest.approx(29.85), 270.0, 0.0]
    assert last.time_lag_bound.tolist() == [False, True, False]
    assert last.pairs.time_lag_s.tolist() == [270.0]
    assert last.pairs.time_lag_typical_s.tolist() == [pytest.approx(29.85)]
    assert last.pairs.time_lag_bound.tolist() == [True]
    assert last.groups.time_lag_s.tolist() == [270.0]
    assert last.groups.time_lag_bound.tolist() == [True]


def test_without_lag_it_is_zero_and_without_knowledge_it_is_unknown():
    first, second = course((100, 50), (100, None), committed=[(100, 20), (100, 20)])
    assert first.pairs.time_lag_s.tolist() == [0.0]
    assert first.pairs.time_lag_bound.tolist() == [True]
    assert np.isnan(second.time_lag_s[1])
    assert second.pairs.time_lag_s.tolist() == [0.0]
    assert second.pairs.time_lag_bound.tolist() == [True], "the partition that is unknown may be behind"


def test_a_group_with_a_topic_out_of_sight_may_be_behind_there():
    facts = {"clicks": topic((0, 100)), "orders": topic((None, None))}
    seen = view(History(), snapshot(facts, {"billing": group({"clicks": [100], "orders": [10]})}))
    assert (seen.groups.time_lag_s.tolist(), seen.groups.time_lag_bound.tolist()) == ([0.0], [True])


def test_a_group_that_cannot_be_read_has_no_time_lag():
    history = History()
    facts = {"orders": topic((0, 100))}
    view(history, snapshot(facts, {"billing": group({"orders": [10]})}, at=T0))
    seen = view(history, snapshot(facts, {"billing": None}, at=T0 + 30))
    assert np.isnan(seen.pairs.time_lag_s).all()
    assert np.isnan(seen.groups.time_lag_s).all()
    assert not seen.pairs.time_lag_bound.any()
    again = view(history, snapshot(facts, {"billing": group({"orders": [10]})}, at=T0 + 60))
    assert again.time_lag_s.tolist() == [60.0]


def test_a_commit_that_moved_while_the_log_was_out_of_sight_is_not_given_the_wait_of_the_one_before():
    ends = [(100 * k,) for k in range(10)]
    ends[7] = (None,)
    *_, last = course(*ends, committed=[(100,)] * 7 + [(550,)] * 3)
    assert (last.time_lag_s.tolist(), last.time_lag_bound.tolist()) == ([pytest.approx(STEP * 3.5, abs=1)], [False])


def test_records_that_retention_took_are_not_waited_for():
    history = History()
    for k in range(10):
        last = view(
            history,
            snapshot(
                {"orders": topic((500 if k == 9 else 0, 100 * (k + 1)))},
                {"billing": group({"orders": [100]})},
                at=T0 + STEP * k,
            ),
        )
    assert last.time_lag_s.tolist() == [pytest.approx(STEP * 5, abs=STEP)]


def test_a_topic_that_was_created_again_does_not_inherit_the_times_of_the_old_one():
    history = History()
    for k in range(10):
        known = topic((0, 100 * (k + 1))) | {"id": "old"}
        view(history, snapshot({"orders": known}, {"billing": group({"orders": [100]})}, at=T0 + STEP * k))
    anew = topic((0, 2000)) | {"id": "new"}
    last = view(history, snapshot({"orders": anew}, {"billing": group({"orders": [100]})}, at=T0 + 300))
    assert (last.time_lag_s.tolist(), last.time_lag_bound.tolist()) == ([0.0], [True])


def test_what_the_logs_were_at_the_start_gives_a_bound_that_goes_on_growing():
    anchors = (Anchor(at=T0 - 3600, offset=column(10)), Anchor(at=T0 - 300, offset=column(80)))
    first, second = course((100,), (130,), committed=[(50,), (50,)], anchors=anchors)
    assert (first.time_lag_s.tolist(), first.time_lag_bound.tolist()) == ([300.0], [True])
    assert (second.time_lag_s.tolist(), second.time_lag_bound.tolist()) == ([330.0], [True])


def test_a_trace_carries_neither_anchors_nor_single_records_and_is_none_the_worse():
    anchors = (Anchor(at=T0 - 300, offset=column(80)),)
    facts = replace(ONE, anchors=anchors, record_times=(RecordTime("orders", 0, 0, T0 - 9),))
    again = decode(encode(facts))
    assert (again.anchors, again.record_times, again.at) == ((), (), facts.at)


def test_they_are_taken_in_when_they_come_with_a_later_poll_too():
    history = History()
    facts = snapshot({"orders": topic((0, 100))}, {"billing": group({"orders": [50]})}, at=T0)
    assert view(history, facts).time_lag_s.tolist() == [0.0]
    later = replace(facts, at=T0 + 30, anchors=(Anchor(at=T0 - 300, offset=column(80)),))
    assert view(history, later).time_lag_s.tolist() == [330.0]


def test_the_typical_one_is_the_median_of_what_is_known():
    nan = np.nan
    seconds = np.array([1, 2, 9, 4, nan, nan, nan, 6, 0, 0, 5, 0, 3], dtype=np.float32)
    first = column(0, 3, 5, 6, 8, 11, 13, 13)
    medians = [
        float(np.nanmedian(seconds[a:b])) if (~np.isnan(seconds[a:b])).any() else nan for a, b in pairwise(first)
    ]
    np.testing.assert_array_equal(typical(seconds, first), medians)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0, 7.0, np.nan]), max_size=6), min_size=1, max_size=12))
def test_worst_and_typical_are_maximum_and_median(parts):
    seconds = np.array([x for part in parts for x in part], dtype=np.float32)
    first = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
    known = [[x for x in part if not np.isnan(x)] for part in parts]
    np.testing.assert_array_equal(typical(seconds, first), [np.median(k) if k else np.nan for k in known])
    most, _ = worst(seconds, np.zeros(len(seconds), np.bool_), first)
    np.testing.assert_array_equal(most, [max(k) if k else np.nan for k in known])

"""Time lag from the records themselves: what they tell, and which are worth reading."""

from dataclasses import replace

import pytest

from lagwatch.analyze.exact import SLACK_S, wanted
from lagwatch.analyze.history import History
from lagwatch.analyze.view import view
from lagwatch.model.snapshot import RecordTime
from tests.support.build import T0, group, snapshot, topic

STEP = 30.0


def poll(k, committed, *read, start=0):
    """Poll number k of two partitions that get 100 records between two polls; what was read of them: (partition, offset, age)."""
    end = 1000 + 100 * k
    facts = {"orders": topic(*[(start, end)] * 2)}
    at = T0 + STEP * k
    times = tuple(RecordTime("orders", partition, offset, at - age) for partition, offset, age in read)
    return snapshot(facts, {"billing": group({"orders": list(committed)})}, at=at, record_times=times)


def course(*polls):
    history = History()
    return [view(history, facts) for facts in polls]


def told(seen):
    return list(
        zip(seen.time_lag_s.round(3).tolist(), seen.time_lag_bound.tolist(), seen.time_lag_exact.tolist(), strict=True)
    )


def test_the_timestamp_of_the_record_itself_is_exact_and_stays_so_while_the_group_is_stuck():
    seen = course(poll(0, (10, 20)), poll(1, (10, 20), (0, 10, 5000)), poll(2, (10, 20)), poll(3, (11, 20)))
    assert [told(each)[0] for each in seen] == [
        (0.0, True, False),
        (5000.0, False, True),
        (5000.0 + STEP, False, True),
        (3 * STEP, True, False),
    ]
    assert [told(each)[1] for each in seen] == [(STEP * k, True, False) for k in range(4)]
    assert seen[2].pairs.time_lag_bound.tolist() == [True]


def test_between_two_records_that_are_close_it_lies_at_its_place():
    (seen,) = course(poll(0, (50, 50), (0, 40, 5000), (0, 60, 4800), (1, 40, 5000), (1, 60, 1000)))
    assert told(seen) == [(4900.0, False, False), (0.0, True, False)]


def test_what_the_history_knows_is_not_made_worse_by_records_around_it():
    polls = [poll(k, (1150, 1150)) for k in range(5)]
    polls.append(poll(5, (1151, 1150), (0, 1150, 130), (0, 1160, 10)))
    seen = course(*polls)[-1]
    assert told(seen)[0][1:] == (False, False)
    assert seen.time_lag_s[0] == pytest.approx(STEP * 4 - STEP * 0.515, abs=0.1)


@pytest.mark.parametrize("age", [-3600.0, -SLACK_S - 1, STEP * 5 + SLACK_S + 1, 86_400.0])
def test_a_timestamp_that_contradicts_the_history_is_not_believed(age):
    """The record was appended in the second interval of the history."""
    polls = [poll(k, (1150, 1150)) for k in range(5)]
    seen = course(*polls, poll(5, (1150, 1150), (0, 1150, age)))[-1]
    assert told(seen)[0] == told(seen)[1]
    assert not seen.time_lag_exact.any()


def test_a_producers_clock_that_is_a_little_ahead_makes_no_negative_time_lag():
    (seen,) = course(poll(0, (999, 20), (0, 999, -5.0)))
    assert told(seen)[0] == (0.0, False, True)


def test_records_of_topics_and_partitions_that_are_not_there_are_passed_over():
    facts = poll(0, (10, 20), (7, 10, 5000))
    gone = (*facts.record_times, RecordTime("payments", 0, 10, T0))
    (seen,) = course(replace(facts, record_times=gone))
    assert not seen.time_lag_exact.any()


def test_worth_reading_is_what_is_known_least_and_waits_for_longest():
    history = History()
    for k in range(1, 10):
        facts = {"a": topic((0, 100 * k)), "b": topic((0, 100 * k)), "c": topic((0, 100 * k)), "d": topic((0, 100 * k))}
        groups = {
            "old": group({"a": [50], "d": [100 * k]}),
            "older": group({"a": [60], "b": [10]}),
            "well": group({"c": [100 * k - 5]}),
        }
        seen = view(history, snapshot(facts, groups, at=T0 + STEP * k))
    assert wanted(seen, 10, STEP)[:3] == [("a", 0, 50), ("a", 0, 60), ("b", 0, 10)]
    assert [record[0] for record in wanted(seen, 10, STEP)[3:]] == ["c", "c"]
    assert wanted(seen, 1, STEP) == [("a", 0, 50), ("a", 0, 60)]
    assert wanted(seen, 2, STEP) == [("a", 0, 50), ("a", 0, 60), ("b", 0, 10)]
    exact = snapshot(facts, groups, at=T0 + STEP * 10, record_times=(RecordTime("a", 0, 50, T0 - 100),))
    assert ("a", 0, 50) not in wanted(view(history, exact), 10, STEP)


def test_of_a_group_that_moves_a_record_ahead_is_wanted_too():
    history = History()
    for k in range(1, 12):
        facts = snapshot({"a": topic((0, 10_000))}, {"slow": group({"a": [20 * k]})}, at=T0 + STEP * k)
        seen = view(history, facts)
    assert wanted(seen, 10, STEP) == [("a", 0, 220), ("a", 0, 250)]


def test_behind_the_log_start_the_first_record_that_is_there_is_wanted():
    (seen,) = course(poll(0, (10, 700), start=500))
    assert wanted(seen, 10, STEP) == [("orders", 0, 500), ("orders", 1, 700)]

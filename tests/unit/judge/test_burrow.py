"""Burrow's evaluator, rule by rule, each of its corners, and against a plain transcription of the rules."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lagwatch.judge.burrow import Status, complete, evaluate, group_complete, group_status

T = 1_772_000_000
EVERY_10_S = [T + 10 * i for i in range(10)]
LAST = EVERY_10_S[-1]


def status(offsets, *, lags=None, timestamps=None, ends=(10_000,), lag=100, now=LAST + 5, **more):
    """The status of a window; by default one commit every 10 s, with a lag that falls."""
    size = len(offsets)
    return evaluate(
        offsets=offsets,
        timestamps=(EVERY_10_S[-size:] if size else []) if timestamps is None else timestamps,
        lags=[1000 - 10 * i for i in range(size)] if lags is None else lags,
        broker_offsets=ends,
        current_lag=lag,
        now=now,
        **more,
    )


MOVING = [100 * i for i in range(10)]
GROWING = [100 + i for i in range(10)]


def test_the_words_and_numbers_are_burrows():
    assert {s.value: s.number for s in Status} == {
        "NOTFOUND": 0, "OK": 1, "WARN": 2, "ERR": 3, "STOP": 4, "STALL": 5, "REWIND": 6,
    }  # fmt: skip
    assert f"{Status.OK}" == "OK"
    assert isinstance(status(MOVING), str)


def test_a_group_that_moves_and_whose_lag_falls_is_ok():
    assert status(MOVING) is Status.OK


def test_an_empty_window_is_ok_however_large_the_lag():
    assert status([], lag=10**9) is Status.OK


def test_without_lag_now_all_is_well_whatever_the_window_holds():
    for offsets in ([5] * 10, MOVING[::-1], MOVING):
        assert status(offsets, lags=GROWING, lag=0, now=LAST + 10_000) is Status.OK


def test_a_lag_that_is_allowed_is_no_lag():
    assert status([5] * 10, lags=[7] * 10, lag=7, allowed_lag=7) is Status.OK
    assert status([5] * 10, lags=[8] * 10, lag=8, allowed_lag=7) is Status.STALL


class TestStop:
    def test_silence_must_be_longer_than_the_window_spans(self):
        assert status(MOVING, now=LAST + 90) is Status.OK
        assert status(MOVING, now=LAST + 91) is Status.STOP

    def test_only_whole_seconds_of_the_clock_count(self):
        assert status(MOVING, now=LAST + 90.999) is Status.OK
        assert status(MOVING, now=LAST + 91.0) is Status.STOP

    def test_commits_count_in_whole_milliseconds(self):
        times = [T + 0.0004, T + 1.0004]
        assert status([1, 2], timestamps=times, lags=[9, 8], now=T + 2) is Status.OK
        assert status([1, 2], timestamps=[T, T + 0.9996], lags=[9, 8], now=T + 2) is Status.OK
        assert status([1, 2], timestamps=[T, T + 0.999], lags=[9, 8], now=T + 2) is Status.STOP

    def test_a_window_of_one_commit_is_over_in_the_next_second(self):
        assert status([7], timestamps=[T], lags=[50], now=T) is Status.STALL
        assert status([7], timestamps=[T], lags=[50], now=T + 0.9) is Status.STALL
        assert status([7], timestamps=[T], lags=[50], now=T + 1) is Status.STOP

    def test_a_clock_that_is_behind_the_commits_is_no_silence(self):
        assert status(MOVING, now=T - 100) is Status.OK

    def test_an_end_that_was_not_above_the_commit_says_that_everything_had_been_read(self):
        assert status(MOVING, ends=[900, 950, 990], now=LAST + 500) is Status.OK
        assert status(MOVING, ends=[901, 950, 990], now=LAST + 500) is Status.STOP
        assert status(MOVING, ends=[990, 899, 950], now=LAST + 500) is Status.OK

    def test_without_stored_ends_nothing_says_that_it_had(self):
        assert status(MOVING, ends=[], now=LAST + 500) is Status.STOP
        assert status(MOVING, ends=[None, None], now=LAST + 500) is Status.STOP
        assert status(MOVING, ends=[None, 1], now=LAST + 500) is Status.OK

    def test_it_comes_before_the_lag_that_was_zero_once_and_before_rewind(self):
        assert status(MOVING, lags=[0] * 10, now=LAST + 500) is Status.STOP
        assert status(MOVING[::-1], now=LAST + 500) is Status.STOP

    def test_an_end_that_was_reached_leaves_the_say_to_the_rules_behind(self):
        assert status([5] * 10, lags=[9] * 10, ends=[5], now=LAST + 500) is Status.STALL
        assert status(MOVING, lags=GROWING, ends=[900], now=LAST + 500) is Status.WARN


class TestRewind:
    def test_an_offset_that_went_back_and_stays_there(self):
        assert status([1, 2, 9, 3, 4]) is Status.REWIND

    def test_it_is_over_as_soon_as_the_offset_is_where_it_was(self):
        assert status([1, 2, 9, 3, 8]) is Status.REWIND
        assert status([1, 2, 9, 3, 9], lags=[9, 8, 7, 9, 8]) is Status.OK

    def test_reaching_it_once_is_enough(self):
        assert status([1, 9, 3, 9, 4], lags=[9, 8, 9, 8, 9]) is Status.OK

    def test_a_second_step_back_after_the_first_was_made_good_is_not_seen(self):
        assert status([5, 4, 5, 1, 1], lags=[9, 9, 8, 9, 9]) is Status.OK
        assert status([5, 1, 4, 2, 4]) is Status.REWIND

    def test_it_comes_before_the_lag_that_was_zero_once(self):
        assert status([1, 9, 3], lags=[0, 0, 0]) is Status.REWIND

    def test_a_step_back_on_the_last_commit_counts(self):
        assert status([*MOVING[:-1], 0]) is Status.REWIND


class TestCaughtUpOnce:
    def test_one_known_lag_of_zero_hides_growth_and_standstill(self):
        assert status(MOVING, lags=[0, *GROWING[1:]]) is Status.OK
        assert status([5] * 10, lags=[*GROWING[1:], 0]) is Status.OK

    def test_a_lag_as_large_as_the_allowed_one_is_enough(self):
        assert status([5] * 3, lags=[50, 7, 50], lag=50, allowed_lag=7) is Status.OK
        assert status([5] * 3, lags=[50, 8, 50], lag=50, allowed_lag=7) is Status.STALL

    def test_an_unknown_lag_is_not_zero(self):
        assert status([5] * 3, lags=[None, None, None]) is Status.STALL


class TestStall:
    def test_every_offset_the_same(self):
        assert status([5] * 10, lags=GROWING) is Status.STALL
        assert status([5] * 10, lags=GROWING[::-1]) is Status.STALL

    def test_one_that_moved_is_enough(self):
        assert status([4] + [5] * 9, lags=GROWING) is Status.WARN


class TestWarn:
    def test_a_lag_that_never_fell(self):
        assert status(MOVING, lags=GROWING) is Status.WARN
        assert status(MOVING, lags=[5] * 10) is Status.WARN

    def test_one_dip_hides_it(self):
        assert status(MOVING, lags=[100, 200, 199, *([300] * 7)]) is Status.OK

    def test_only_known_lags_are_compared_each_with_the_known_one_before(self):
        assert status([1, 2, 3], lags=[10, None, 9]) is Status.OK
        assert status([1, 2, 3], lags=[10, None, 10]) is Status.WARN

    def test_with_fewer_than_two_known_lags_nothing_fell(self):
        assert status([1, 2, 3], lags=[None, 10, None]) is Status.WARN
        assert status([1, 2, 3], lags=[None, None, None]) is Status.WARN


@pytest.mark.parametrize(
    ("offsets", "timestamps", "lags"), [([1], [], []), ([1, 2], [1, 2], [1]), ([], [1], []), ([], [], [None])]
)
def test_a_window_whose_parts_differ_in_length_is_refused_with_a_sentence(offsets, timestamps, lags):
    with pytest.raises(ValueError, match=r"offsets, timestamps and lags have one entry each for every commit"):
        evaluate(offsets=offsets, timestamps=timestamps, lags=lags, broker_offsets=[], current_lag=0, now=T)


def test_an_unknown_lag_now_is_nothing_to_judge():
    for unknown in (None, math.nan):
        assert status([5] * 10, lags=GROWING, lag=unknown, now=LAST + 500) is Status.OK


def test_places_that_are_still_empty_are_left_out():
    """As /v3 shows a window that is not full."""
    window = {"offsets": [None, None, 5, 5], "timestamps": [None, None, T, T + 60], "lags": [None, None, 5, 9]}
    assert evaluate(**window, broker_offsets=[14], current_lag=9, now=T + 70) is Status.STALL
    assert evaluate(**window, broker_offsets=[14], current_lag=9, now=T + 121) is Status.STOP
    empty = {key: [None] * 4 for key in window}
    assert evaluate(**empty, broker_offsets=[14], current_lag=9, now=T) is Status.OK


@pytest.mark.parametrize("offsets", [[1, None, 3], [None, 2, None], [1, 2, math.nan]])
def test_an_offset_that_is_missing_between_others_is_refused(offsets):
    with pytest.raises(ValueError, match="an offset may be missing"):
        status(offsets)


class TestArrays:
    @pytest.mark.parametrize("kind", [tuple, list, np.array])
    def test_any_sequence_does(self, kind):
        assert status(kind(MOVING), lags=kind(GROWING), ends=kind([10_000])) is Status.WARN
        assert status(kind([]), timestamps=kind([]), lags=kind([])) is Status.OK
        assert status(kind(MOVING), lags=kind([None] * 10)) is Status.WARN

    def test_in_an_array_of_floats_what_is_unknown_is_not_a_number(self):
        assert status([1, 2, 3], lags=np.array([10, np.nan, 9])) is Status.OK
        assert status([1, 2, 3], lags=np.array([10, np.nan, 10])) is Status.WARN
        assert status(MOVING, ends=np.array([np.nan]), now=LAST + 500) is Status.STOP
        assert status(MOVING, ends=np.array([np.nan, 900.0]), now=LAST + 500) is Status.OK

    def test_small_integers_do_not_overflow(self):
        times = np.array(EVERY_10_S, dtype=np.int32)
        assert status(MOVING, timestamps=times, now=np.int32(LAST + 90)) is Status.OK
        assert status(MOVING, timestamps=times, now=np.int32(LAST + 91)) is Status.STOP


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_time_that_is_none_is_refused(wrong):
    for times, now in (([wrong], T), ([T], wrong)):
        with pytest.raises(ValueError, match="seconds since the epoch"):
            evaluate(offsets=[1], timestamps=times, lags=[1], broker_offsets=[], current_lag=9, now=now)


def test_everything_goes_by_name():
    with pytest.raises(TypeError):
        evaluate([1], [1.0], [1], [], 1, 2.0)


def test_a_group_is_as_bad_as_its_worst_partition_and_never_worse_than_err():
    assert group_status([]) is Status.OK
    assert group_status([Status.OK, Status.OK]) is Status.OK
    assert group_status([Status.OK, Status.WARN]) is Status.WARN
    for bad in (Status.STOP, Status.STALL, Status.REWIND, Status.ERR):
        assert group_status([Status.WARN, bad, Status.OK]) is Status.ERR


def test_completeness_is_the_share_of_a_window_and_for_a_group_of_full_windows():
    assert [complete(n, 10) for n in (0, 3, 10)] == [0.0, 0.3, 1.0]
    assert group_complete([]) == 0.0
    assert group_complete([1.0, 0.9, 0.0, 1.0]) == 0.5


def transcribed(offsets, times_ms, lags, ends, lag, now_s, allowed):  # noqa: C901 (the rules in one piece, as they are written)
    """The rules word by word, with whole milliseconds and seconds."""
    if not offsets:
        return "OK"
    if lag <= allowed:
        return "OK"
    stopped = now_s * 1000 - times_ms[-1] > times_ms[-1] - times_ms[0]
    recently_at_end = False
    for end in ends:
        if end <= offsets[-1]:
            recently_at_end = True
    if stopped and not recently_at_end:
        return "STOP"
    for i in range(1, len(offsets)):
        if offsets[i] < offsets[i - 1]:
            if max(offsets[i:]) < offsets[i - 1]:
                return "REWIND"
            break
    for one in lags:
        if one is not None and one <= allowed:
            return "OK"
    if len(set(offsets)) == 1:
        return "STALL"
    before = None
    for one in lags:
        if one is not None:
            if before is not None and one < before:
                return "OK"
            before = one
    return "WARN"


COMMIT = st.tuples(st.integers(0, 12), st.integers(0, 5_000), st.none() | st.integers(0, 6))


@given(
    commits=st.lists(COMMIT, max_size=10),
    ends=st.lists(st.integers(0, 20), max_size=10),
    lag=st.integers(0, 6),
    now_ms=st.integers(0, 60_000),
    allowed=st.integers(0, 3),
)
@example(commits=[(5, 0, 6)], ends=[], lag=1, now_ms=999, allowed=0)
def test_it_is_the_transcription_of_the_rules(commits, ends, lag, now_ms, allowed):
    offsets = [offset for offset, _, _ in commits]
    times_ms = [T * 1000 + sum(step for _, step, _ in commits[: i + 1]) for i in range(len(commits))]
    lags = [one for _, _, one in commits]
    found = evaluate(
        offsets=offsets,
        timestamps=[ms / 1000 for ms in times_ms],
        lags=lags,
        broker_offsets=ends,
        current_lag=lag,
        now=T + now_ms / 1000,
        allowed_lag=allowed,
    )
    assert found == transcribed(offsets, times_ms, lags, ends, lag, T + now_ms // 1000, allowed)


@given(commits=st.lists(COMMIT, min_size=1, max_size=10), lag=st.integers(1, 6))
def test_a_status_is_one_of_a_partition(commits, lag):
    found = status([o for o, _, _ in commits], lags=[one for _, _, one in commits], lag=lag)
    assert found in {Status.OK, Status.WARN, Status.STOP, Status.STALL, Status.REWIND}

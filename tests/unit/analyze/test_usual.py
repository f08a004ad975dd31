"""What is usual for a group: learned while it keeps up, kept while it does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.analyze.usual import REMEMBERED, UsualRates, keeps_up, ordinary
from tests.support.troubles import story

WINDOW = 300.0


def learned(samples, *, step=30.0):
    """What is usual after these samples of (produced, keeps up), one a poll."""
    usual, answer = UsualRates(WINDOW), np.empty(0)
    usual.follow(np.array([-1]))
    for k, (produced, up) in enumerate(samples):
        answer = usual.add(step * k, np.array([float(produced)]), np.array([up]))
    return float(answer[0])


def test_it_is_known_after_half_a_window_of_keeping_up():
    assert np.isnan(learned([(600, True)] * 5))
    assert learned([(600, True)] * 6) == 600.0


def test_a_time_of_falling_behind_does_not_count_however_long():
    assert learned([(600, True)] * 20 + [(6000, False)] * 1000) == 600.0


def test_a_time_without_records_or_of_which_nothing_is_known_does_not_count():
    assert learned([(600, True)] * 20 + [(0, True)] * 500 + [(np.nan, True)] * 20) == 600.0


def test_it_follows_what_is_usual_now():
    hour = int(REMEMBERED * WINDOW / 30)
    after = [learned([(600, True)] * hour + [(1200, True)] * hour * hours) for hours in (1, 2, 4)]
    assert after == sorted(after)
    assert 900 < after[0] < 1050
    assert after[-1] == pytest.approx(1200, rel=0.02)


def test_a_pause_of_the_watch_counts_as_one_window_at_most():
    usual = UsualRates(WINDOW)
    usual.follow(np.array([-1]))
    for k in range(12):
        usual.add(30.0 * k, np.array([600.0]), np.array([True]))
    assert usual.add(1e6, np.array([6000.0]), np.array([True]))[0] < 6000


def test_pairs_that_move_keep_what_is_usual_for_them():
    usual = UsualRates(WINDOW)
    usual.follow(np.array([-1, -1]))
    for k in range(12):
        usual.add(30.0 * k, np.array([600.0, 60.0]), np.array([True, True]))
    usual.follow(np.array([1, -1, 0]))
    answer = usual.add(360.0, np.full(3, np.nan), np.zeros(3, dtype=bool))
    np.testing.assert_array_equal(answer, [60.0, np.nan, 600.0])


@given(
    lag=st.integers(0, 10**6),
    produced=st.floats(-1e-9, 1e6) | st.just(np.nan),
    interval=st.floats(0, 7200) | st.just(np.nan),
)
def test_without_lag_everything_is_ordinary_and_unknown_is_not(lag, produced, interval):
    excess = float(ordinary(np.array(float(lag)), np.array(produced), np.array(interval), WINDOW))
    if lag == 0:
        assert excess == 0
    elif np.isnan(produced):
        assert np.isnan(excess)
    else:
        assert excess > 0


def test_a_lag_that_does_not_change_is_kept_up_with_however_large():
    def up(lag, growth):
        return bool(keeps_up(np.array([lag]), np.array([600.0]), np.array([growth]), np.array([30.0]), WINDOW)[0])

    assert up(10**6, 20.0)
    assert not up(10**6, 100.0)
    assert up(500, 100.0)


def test_a_view_has_what_is_usual_and_how_it_was_measured():
    view = story(reads=lambda k, p: 10**9 if k < 20 else 10, polls=40)
    assert view.pairs.usual.tolist() == pytest.approx([3600.0], rel=0.02)
    assert (view.window_s, view.step_s) == (300.0, 30.0)

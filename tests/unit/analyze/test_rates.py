"""How fast groups read, when they will have read all, and since when they have not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.analyze.growth import GrowthWindow
from lagwatch.cycle import Memory, advance
from lagwatch.model.alerts import Condition, Rule, Severity, State
from lagwatch.model.snapshot import Snapshot
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic

Log = tuple[int, int]


def poll(k: int, logs: list[Log], commits: list[int | None], *, lso: list[int | None] | None = None) -> Snapshot:
    """Poll number k of thirty seconds each: the logs of orders (start, end), and what billing committed on them."""
    orders = topic(*logs)
    if lso is not None:
        orders["lso"] = lso
    return snapshot({"orders": orders}, {"billing": group({"orders": commits})}, at=T0 + 30 * k)


def last(*polls: Snapshot) -> View:
    memory = Memory()
    for seen in polls:
        view, _ = advance(memory, seen, (), seen.at)
    return view


def slope(values: list[int]) -> float:
    """Least squares over polls of thirty seconds, a minute."""
    return float(np.polyfit(np.arange(len(values)) / 2, values, 1)[0])


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1)), min_size=6, max_size=11),
    st.integers(0, 2**40),
)
@settings(max_examples=60)
def test_what_a_group_consumes_is_the_slope_of_its_commits(steps: list[tuple[int, float]], origin: int):
    """Of each poll: how many messages came, and which part of what is there the group then has read."""
    end = commit = origin
    ends, commits = [], []
    for produced, share in steps:
        end += produced
        commit += int((end - commit) * share)
        ends.append(end)
        commits.append(commit)
    view = last(*(poll(k, [(0, ends[k])], [commits[k]]) for k in range(len(steps))))
    relative = [commit - origin for commit in commits]
    assert view.consumed[0] == pytest.approx(max(slope(relative), 0.0), abs=1e-3)
    assert view.produced[0] == pytest.approx(slope([end - origin for end in ends]), abs=1e-3)


def test_a_row_that_is_younger_than_the_window_is_measured_over_its_own_samples():
    """The producer was ten times as fast before the group began."""
    polls = [poll(k, [(0, 10_000 * k)], [None]) for k in range(5)]
    polls += [poll(k, [(0, 40_000 + 1000 * (k - 4))], [30_000 + 500 * (k - 4)]) for k in range(5, 11)]
    view = last(*polls)
    assert (view.consumed[0], view.growth[0]) == pytest.approx((1000.0, 1000.0))


def test_a_commit_that_the_log_start_has_passed_consumes_nothing_and_not_what_is_deleted():
    view = last(*(poll(k, [(1000 * k, 50_000 + 1000 * k)], [10]) for k in range(12)))
    assert (view.growth.tolist(), view.consumed.tolist()) == (pytest.approx([0.0]), [0.0])


def test_a_commit_that_was_outside_of_the_log_is_unknown_until_that_is_a_window_ago():
    """Thrown back to the log start each time; it moves, but no difference of slopes says how fast."""
    polls = [poll(k, [(1000 * k, 50_000 + 1000 * k)], [1000 * (k - k % 2)]) for k in range(12)]
    assert np.isnan(last(*polls).consumed).all()
    polls += [poll(k, [(11_000, 50_000 + 1000 * k)], [12_000 + 300 * (k - 11)]) for k in range(12, 23)]
    assert last(*polls).consumed.tolist() == pytest.approx([600.0])


def test_a_share_group_consumes_what_the_broker_counts_off():
    def shared(k: int) -> Snapshot:
        seen = poll(k, [(0, 100_000 + 1000 * k)], [500])
        return replace(seen, commits=replace(seen.commits, reported_lag=np.array([20_000 + 400 * k])))

    assert last(*(shared(k) for k in range(12))).consumed.tolist() == pytest.approx([1200.0])


def test_what_cannot_be_read_now_is_unknown():
    polls = [poll(k, [(0, 1000 * k)], [500 * k]) for k in range(10)]
    unread = snapshot({"orders": topic((0, 10_000))}, {"billing": None}, at=T0 + 300)
    view = last(*polls, unread)
    assert np.isnan([view.pairs.consumed[0], view.groups.consumed[0], view.pairs.drain_s[0]]).all()
    assert np.isnan(view.pairs.behind_s[0])


def test_speeds_stay_exact_however_far_a_log_goes():
    ends = GrowthWindow()
    ends.follow(np.array([-1]))
    for k in range(400):
        ends.add(30.0 * k, np.array([10_000_000 * min(k, 380) + 7 * k]))
    assert ends.per_minute().tolist() == pytest.approx([14.0])


def test_a_backlog_is_drained_at_the_present_speeds():
    view = last(*(poll(k, [(0, 100_000 + 500 * k)], [1000 * k]) for k in range(12)))
    assert view.pairs.lag[0] == 100_000 - 500 * 11
    assert view.pairs.drain_s[0] == pytest.approx(60 * view.pairs.lag[0] / 1000)
    assert view.groups.drain_s[0] == view.pairs.drain_s[0]


def test_a_backlog_that_grows_or_stands_is_never_drained():
    grows = last(*(poll(k, [(0, 100_000 + 1000 * k)], [500 * k]) for k in range(12)))
    halted = last(*(poll(k, [(0, 90_000), (0, 90_000)], [5 * k, 80_000]) for k in range(12)))
    assert (grows.pairs.drain_s[0], halted.pairs.drain_s[0]) == (np.inf, np.inf)


def test_a_group_that_keeps_up_has_no_backlog_though_its_lag_is_never_0():
    view = last(*(poll(k, [(0, 100_000 + 1000 * k)], [99_700 + 1000 * k - 50 * (k % 3)]) for k in range(20)))
    assert (view.pairs.lag[0] > 0, view.pairs.behind_s[0], view.pairs.drain_s[0]) == (True, 0.0, 0.0)


def test_a_backlog_begins_when_the_group_falls_behind_what_comes_twice_between_two_commits():
    keeps_up = [poll(k, [(0, 100_000 + 1000 * k)], [99_700 + 1000 * k]) for k in range(20)]
    stands = [poll(k, [(0, 100_000 + 1000 * k)], [99_700 + 19_000]) for k in range(20, 30)]
    assert last(*keeps_up, *stands).pairs.behind_s[0] == 30 * 9


def test_it_is_not_said_that_a_group_has_no_backlog_while_a_partition_is_unknown():
    polls = [poll(k, [(0, 1000), (0, 1000)], [1000, 1000]) for k in range(8)]
    assert last(*polls).pairs.behind_s[0] == 0
    assert np.isnan(last(*polls, poll(8, [(0, 1000), (0, 1000)], [1000, None])).pairs.behind_s[0])


def test_a_group_that_commits_too_rarely_for_the_window_has_no_known_time_to_drain():
    polls = [poll(k, [(0, 500_000 + 1000 * k)], [1000 * (k - k % 20)]) for k in range(75)]
    assert np.isnan(last(*polls).pairs.drain_s[0])
    stopped = [poll(k, [(0, 500_000 + 1000 * k)], [60_000]) for k in range(75, 110)]
    assert last(*polls, *stopped).pairs.drain_s[0] == np.inf


def test_the_growth_of_the_slowest_partition_is_not_hidden_in_the_sum():
    view = last(*(poll(k, [(0, 90_000), (0, 90_000 + 200 * k)], [1000 * k, 5]) for k in range(12)))
    assert (view.pairs.growth[0], view.pairs.slowest_growth[0]) == pytest.approx((-1600.0, 400.0))


@pytest.mark.parametrize("commit, lso, expected", [
    (60, 80, (20, 20)),    # what can be read, and what the transaction holds back
    (80, 80, (0, 20)),
    (90, 80, (0, 10)),     # a reader of uncommitted messages is further than that
    (60, 100, (40, 0)),
    (60, None, (-1, -1)),
    (None, 80, (-1, -1)),
])  # fmt: skip
def test_lag_is_what_readers_of_committed_messages_can_read_and_what_is_held_back(commit, lso, expected):
    other = [poll(0, [(0, 100)], [50]), poll(1, [(0, 100)], [commit], lso=[lso])]
    pairs = last(*other).pairs
    assert (int(pairs.stable_lag[0]), int(pairs.open_lag[0])) == expected


def test_the_stable_lag_sums_the_partitions_where_it_is_known():
    pairs = last(poll(0, [(0, 100)] * 3, [90, 50, 0], lso=[95, None, 100])).pairs
    assert (pairs.stable_lag.tolist(), pairs.open_lag.tolist(), pairs.lag.tolist()) == ([105], [5], [160])


def test_rates_follow_their_rows_when_groups_and_topics_come_and_go():
    def many(k: int) -> Snapshot:
        names = {"orders": topic((0, 1000 * k), (0, 500 * k))} | ({"a-new-one": topic((0, 7))} if k > 8 else {})
        groups = {"billing": group({"orders": [800 * k, 500 * k]})}
        groups |= {"analytics": group({"orders": [0, 100 * k]})} if k < 10 else {}
        return snapshot(names, groups, at=T0 + 30 * k)

    view = last(*(many(k) for k in range(12)))
    assert view.consumed.tolist() == pytest.approx([1600.0, 1000.0])
    assert view.produced.tolist() == pytest.approx([np.nan, 2000.0, 1000.0], nan_ok=True)


def quiet(k: int, commits: list[int | None], *, opened: bool = True, members: int = 2) -> Snapshot:
    """Poll number k of a topic that ends at 100 after a transaction, which was seen open at the first poll."""
    orders = topic(*[(0, 100)] * len(commits))
    orders["lso"] = [90 if opened and k == 0 else 100] * len(commits)
    return snapshot({"orders": orders}, {"billing": group({"orders": commits}, members=members)}, at=T0 + 30 * k)


def test_a_lag_of_markers_is_recognised_and_makes_no_backlog():
    view = last(*(quiet(k, [99, 98, 100, 20]) for k in range(12)))
    assert view.residual.tolist() == [0, 1]
    assert (view.pairs.lag.tolist(), view.pairs.residual_lag.tolist()) == ([83], [3])
    caught_up = last(*(quiet(k, [99, 99]) for k in range(12)))
    assert (caught_up.pairs.behind_s.tolist(), caught_up.pairs.drain_s.tolist()) == ([0.0], [0.0])


def test_markers_are_nothing_that_anybody_waits_for():
    view = last(*(quiet(k, [99, 98, 100, 20]) for k in range(12)))
    assert view.time_lag_s.tolist() == [0.0, 0.0, 0.0, 330.0]
    assert view.time_lag_bound.tolist() == [False, False, False, True]
    caught_up = last(*(quiet(k, [99, 99]) for k in range(12)))
    assert (caught_up.pairs.time_lag_s.tolist(), caught_up.groups.time_lag_s.tolist()) == ([0.0], [0.0])


def test_nor_do_they_age_the_records_that_come_after_them():
    polls = [quiet(k, [99]) for k in range(14)]
    for k in (12, 13):
        longer = replace(polls[k].partitions, end=np.array([150]), lso=np.array([150]))
        polls[k] = replace(polls[k], partitions=longer)
    view = last(*polls)
    assert (view.lag.tolist(), view.residual.tolist()) == ([51], [])
    assert (view.time_lag_s.tolist(), view.time_lag_bound.tolist()) == ([pytest.approx(60, abs=30)], [False])


@pytest.mark.parametrize("fields", [{"opened": False}, {"members": 0}])
def test_a_little_lag_without_transactions_or_members_is_lag(fields):
    assert last(*(quiet(k, [99, 99], **fields) for k in range(12))).residual.tolist() == []


def test_a_little_lag_on_a_topic_that_moves_is_lag():
    moving = [
        replace(
            quiet(k, [99 + k]),
            partitions=replace(
                quiet(k, [99]).partitions, end=np.array([100 + k]), lso=np.array([90 + k if k == 0 else 100 + k])
            ),
        )
        for k in range(12)
    ]
    assert last(*moving).residual.tolist() == []
    assert last(*(quiet(k, [99]) for k in range(2))).residual.tolist() == []


@pytest.mark.parametrize("grain, value", [
    ("pair", "lag"), ("pair", "max_lag"), ("pair", "frozen_s"), ("partition", "lag"), ("partition", "frozen_s"), ("group", "lag"),
])  # fmt: skip
def test_rules_have_nothing_to_say_of_markers(grain, value):
    limit = Condition(value=value, above=0.0)
    rule = Rule(
        name="Mine", severity=Severity.WARNING, grain=grain, conditions=(limit,), for_s=120, keep_s=60, summary=""
    )

    def fires(commits: list[int | None]) -> bool:
        memory = Memory()
        verdicts = [advance(memory, quiet(k, commits), (rule,), T0 + 30 * k)[1] for k in range(16)]
        return any(alert.state is State.FIRING for alert in verdicts[-1].alerts)

    assert (fires([99, 98]), fires([79, 98])) == (False, True)


@st.composite
def stories(draw: st.DrawFn) -> list[Snapshot]:
    """Polls of whatever a cluster may do: unknown offsets, logs that are shorter, groups that go back or cannot be read."""
    offset = st.none() | st.integers(0, 60)
    polls = []
    for k in range(draw(st.integers(1, 14))):
        logs = [
            (None, None)
            if draw(st.integers(0, 9)) == 0
            else tuple(sorted((draw(st.integers(0, 40)), draw(st.integers(0, 60)))))
            for _ in range(2)
        ]
        orders = topic(*logs)
        orders["lso"] = [None if end is None else draw(st.none() | st.integers(start, end)) for start, end in logs]
        billing = None if draw(st.integers(0, 9)) == 0 else group({"orders": [draw(offset), draw(offset)]})
        polls.append(snapshot({"orders": orders}, {"billing": billing}, at=T0 + 30 * k))
    return polls


@settings(max_examples=60, deadline=None)
@given(stories())
def test_no_story_makes_a_number_that_cannot_be(polls):
    view = last(*polls)
    pairs, elapsed = view.pairs, polls[-1].at - polls[0].at
    for column in (view.consumed, view.produced, pairs.consumed, pairs.drain_s, pairs.behind_s, view.groups.drain_s):
        assert not (column < 0).any()
    assert not (pairs.behind_s > elapsed).any()
    dark = pairs.lag < 0
    assert np.isnan(pairs.drain_s[dark]).all()
    assert np.isnan(pairs.behind_s[dark]).all()
    assert (np.maximum(pairs.stable_lag, 0) + np.maximum(pairs.open_lag, 0) <= np.maximum(pairs.lag, 0)).all()
    assert (pairs.residual_lag <= np.maximum(pairs.lag, 0)).all()
    assert (pairs.lost <= pairs.lost_total).all()
    assert not (pairs.slowest_growth < pairs.growth / np.maximum(np.diff(pairs.first), 1) - 1e-6).any()


@given(st.integers(1, 400), st.integers(0, 390), st.integers(20_000, 10**6))
def test_after_the_time_to_drain_there_is_no_lag_left(reads, comes, lag):
    polls = [poll(k, [(0, lag + comes * k)], [reads * k]) for k in range(12)]
    view = last(*polls)
    seconds = view.pairs.drain_s[0]
    assert np.isinf(seconds) == (reads <= comes)
    if reads > comes:
        assert view.pairs.lag[0] - seconds / 30 * (reads - comes) == pytest.approx(0, abs=1e-3)

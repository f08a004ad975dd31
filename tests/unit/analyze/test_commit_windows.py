"""The windows that polls fill: what goes in, what leaves, what moves with its subject, and what is never changed afterwards."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.cycle import Memory, advance
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.model.snapshot import UNKNOWN
from tests.support.build import T0, group, snapshot, topic


class Watch:
    """Polls a small cluster every 30 s."""

    def __init__(self, **options):
        self.memory = Memory(windows=WindowOptions(**options))
        self.at = T0 - 30.0

    def poll(self, committed, end=1000, after=30.0, **more):
        """One poll of group g on topic t."""
        self.at += after
        topics = more.pop("topics", {"t": topic(*((0, e) for e in (end if isinstance(end, tuple) else (end,))))})
        groups = more.pop("groups", {"g": None if committed is None else group({"t": list(_many(committed))})})
        view, _ = advance(self.memory, snapshot(topics, groups, at=self.at, **more), (), self.at)
        self.burrow = view.burrow
        return view.burrow.windows

    def removed(self, group_name, topic_name=None):
        self.memory.windows.removed[group_name, topic_name] = self.at


def _many(committed):
    return committed if isinstance(committed, tuple) else (committed,)


def held(windows, row=0):
    """The window of a row as (offset, seconds since T0, lag), the oldest first."""
    rows = np.array([row])
    count = int(windows.counts()[row])
    columns = (windows.ordered(each, rows)[:, 0] for each in (windows.offsets, windows.times, windows.lags))
    entries = [(int(o), float(t - T0), int(lag)) for o, t, lag in zip(*columns, strict=True) if not np.isnan(t)]
    return entries[len(entries) - count :]


def test_the_first_sight_and_every_move_go_in_with_the_lag_of_that_moment():
    watch = Watch()
    watch.poll(900)
    watch.poll(950, end=1020)
    windows = watch.poll(950, end=1100)
    assert held(windows) == [(900, 0.0, 100), (950, 30.0, 70)]
    assert windows.lag(np.array([0])).tolist() == [150]
    assert [e.tolist() for e in windows.ends] == [[1000], [1020], [1100]]


def test_the_last_known_ends_of_a_partition_stay_while_it_cannot_be_read():
    watch = Watch(intervals=3)
    for end in (1000, 1010):
        watch.poll((900, 5), end=(end, 7))
    for _ in range(5):
        windows = watch.poll((900, 5), end=(None, 8))
    assert [ends.tolist() for ends in windows.ends] == [[UNKNOWN, 8], [1000, 8], [1010, 8]]
    assert windows.lag(np.array([0, 1])).tolist() == [110, 3]
    for end in (1020, 1030):
        windows = watch.poll((900, 5), end=(end, 8))
    assert [ends.tolist() for ends in windows.ends] == [[1010, 8], [1020, 8], [1030, 8]]


def test_a_full_window_lets_its_oldest_commit_go():
    watch = Watch(intervals=3)
    for i in range(5):
        windows = watch.poll(900 + i, end=1000 + i)
    assert held(windows) == [(902, 60.0, 100), (903, 90.0, 100), (904, 120.0, 100)]
    assert len(windows.ends) == 3


def test_a_commit_that_goes_back_is_a_commit():
    watch = Watch()
    watch.poll(900)
    assert held(watch.poll(100)) == [(900, 0.0, 100), (100, 30.0, 900)]


def test_a_commit_beyond_the_end_has_no_lag():
    assert held(Watch().poll(1005)) == [(1005, 0.0, 0)]


def test_the_lag_of_a_commit_is_unknown_while_the_end_is():
    watch = Watch()
    watch.poll(900)
    windows = watch.poll(910, end=None)
    assert held(windows) == [(900, 0.0, 100), (910, 30.0, UNKNOWN)]
    assert not windows.fresh[0]
    assert windows.lag(np.array([0])).tolist() == [90]


def test_a_group_that_cannot_be_read_keeps_its_windows():
    watch = Watch()
    watch.poll(900)
    windows = watch.poll(None)
    assert held(windows) == [(900, 0.0, 100)]
    assert windows.fresh.tolist() == [False]
    assert held(watch.poll(920)) == [(900, 0.0, 100), (920, 60.0, 80)]


def test_windows_follow_their_group_and_partition_wherever_these_go():
    watch = Watch()
    watch.poll((900, 800), end=(1000, 1000))
    topics = {"a": topic((0, 5)), "t": topic((0, 1000), (0, 1000), (0, 7))}
    groups = {"b": group({"a": [1]}), "g": group({"t": [900, 810, 7]})}
    windows = watch.poll(None, topics=topics, groups=groups)
    assert windows.partitions(np.arange(4)) == [("a", 0), ("t", 0), ("t", 1), ("t", 2)]
    assert [held(windows, row) for row in range(4)] == [
        [(1, 30.0, 4)], [(900, 0.0, 100)], [(800, 0.0, 200), (810, 30.0, 190)], [(7, 30.0, 0)],
    ]  # fmt: skip
    assert [ends.tolist() for ends in windows.ends] == [[UNKNOWN, 1000, 1000, UNKNOWN], [5, 1000, 1000, 7]]


def test_of_a_topic_that_was_made_anew_nothing_old_is_left():
    watch = Watch()
    facts = snapshot({"t": topic((0, 1000)), "u": topic((0, 9))}, {"g": group({"t": [900], "u": [5]})})
    one = replace(facts, topics=replace(facts.topics, ids=("id-1", "id-u")))
    other = replace(facts, at=T0 + 30, topics=replace(facts.topics, ids=("id-2", "id-u")))
    for each in (one, other):
        view, _ = advance(watch.memory, each, (), each.at)
    windows = view.burrow.windows
    assert held(windows, 0) == [(900, 30.0, 100)]
    assert held(windows, 1) == [(5, 0.0, 4)]
    assert [ends.tolist() for ends in windows.ends] == [[UNKNOWN, 9], [1000, 9]]


def test_commits_that_come_too_soon_take_the_place_of_the_newest_whose_time_stays():
    watch = Watch(min_distance_s=60)
    watch.poll(900)
    windows = watch.poll(910)
    assert held(windows) == [(910, 0.0, 90)]
    assert windows.newest(windows.observed, np.nan).tolist() == [T0 + 30]
    windows = watch.poll(920)
    assert held(windows) == [(910, 0.0, 90), (920, 60.0, 80)]
    assert windows.newest(windows.times, np.nan).tolist() == [T0 + 60]


def test_what_was_removed_comes_back_with_the_next_commit_that_moves():
    watch = Watch()
    watch.poll((900, 800), end=(1000, 1000))
    watch.removed("g")
    windows = watch.poll((900, 800), end=(1000, 1000))
    assert windows.counts().tolist() == [0, 0]
    windows = watch.poll((901, 800), end=(1000, 1000))
    assert held(windows) == [(901, 60.0, 99)]
    assert windows.counts().tolist() == [1, 0]
    assert watch.poll((902, 800), end=(1000, 1000)).counts().tolist() == [2, 0]
    assert watch.memory.windows.removed == {}


def test_one_topic_of_a_group_can_be_removed():
    watch = Watch()
    topics = {"t": topic((0, 1000)), "u": topic((0, 9))}
    groups = {"g": group({"t": [900], "u": [5]}), "h": group({"t": [900]})}
    watch.poll(None, topics=topics, groups=groups)
    watch.removed("g", "u")
    watch.removed("nobody")
    assert watch.poll(None, topics=topics, groups=groups).counts().tolist() == [1, 0, 1]


def test_windows_are_given_up_when_there_are_too_many_commits_and_begun_anew_when_there_are_not():
    watch = Watch(most_commits=1)
    assert watch.poll((900, 800), end=(1000, 1000)) is None
    assert "there are 2 commits, more than burrow.most_commits (1)" in watch.burrow.off
    assert watch.burrow.statuses.tolist() == []
    assert held(watch.poll(905)) == [(905, 30.0, 95)]
    assert watch.burrow.off == ""


@pytest.mark.parametrize("intervals", [1, 2, 7])
def test_any_number_of_intervals_is_a_window(intervals):
    watch = Watch(intervals=intervals)
    for i in range(10):
        windows = watch.poll(i)
    assert [offset for offset, _, _ in held(windows)] == list(range(10 - intervals, 10))


POLL = st.lists(st.integers(0, 3) | st.none(), min_size=3, max_size=3)


@given(polls=st.lists(POLL, min_size=1, max_size=25), intervals=st.integers(1, 4))
def test_a_window_is_the_last_moves_and_nothing_published_changes(polls, intervals):
    watch = Watch(intervals=intervals)
    expected = [[], [], []]
    published = []
    for i, commits in enumerate(polls):
        windows = watch.poll(tuple(commits), end=(9, 9, 9))
        for row, commit in enumerate(commits):
            before = expected[row][-1][0] if expected[row] else None
            if commit is not None and commit != before:
                expected[row].append((commit, 30.0 * i, 9 - commit))
        now = {name: entries[-intervals:] for name, entries in enumerate(expected) if entries}
        found = {p: held(windows, row) for row, (_, p) in enumerate(windows.partitions(np.arange(len(windows))))}
        assert found == now
        published.append((windows, found))
    for windows, found in published:
        assert {
            p: held(windows, row) for row, (_, p) in enumerate(windows.partitions(np.arange(len(windows))))
        } == found

"""The evaluator over windows that polls fill: the same rules for all rows at once, and what stands in for repeated commits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.cycle import Memory, advance
from lagwatch.judge.burrow import Status, evaluate
from lagwatch.judge.burrow_windows import group_statuses, of_commits, of_groups, statuses, undecided
from lagwatch.model.commit_windows import CommitWindows, WindowOptions
from lagwatch.model.snapshot import UNKNOWN, Assigned, Group, Member
from tests.support.build import T0, group, snapshot, topic

NOBODY = Group(name="g", state="Empty", member_count=0)
PARTITIONS = 2


def windows(rows, ends, at, *, facts=NOBODY, polled=None, **options):
    """
    Windows whose row i is that list of (offset, seconds since T0, lag), the oldest first, on partition i; unless told otherwise
    there was a whole window of polls since the newest.
    """
    made = WindowOptions(**options)
    size = made.intervals
    if polled is None:
        ends, polled = [ends[0]] * (size - len(ends)) + ends, [9_999.0] * size
    seen = np.array([len(row) for row in rows], dtype=np.int32)
    columns = [np.full((size, len(rows)), empty) for empty in (UNKNOWN, np.nan, UNKNOWN)]
    for r, row in enumerate(rows):
        for i, entry in enumerate(row):
            for column, value in zip(columns, entry, strict=True):
                column[i % size, r] = UNKNOWN if value is None else value
    offsets, times, lags = (tuple(column) for column in columns)
    times = tuple(column + T0 for column in times)
    return CommitWindows(
        at=T0 + at,
        options=made,
        groups=(facts,),
        topics=("t",),
        topic=np.zeros(len(rows), dtype=np.int32),
        partition=np.arange(len(rows), dtype=np.int32),
        group=np.zeros(len(rows), dtype=np.int32),
        row=np.arange(len(rows), dtype=np.int64),
        seen=seen,
        offsets=offsets,
        times=times,
        observed=times,
        lags=lags,
        fresh=np.ones(len(rows), dtype=np.bool_),
        ends=tuple(np.array(end, dtype=np.int64) for end in ends),
        polled=tuple(T0 + when for when in polled),
    )


def judged(made):
    return [list(Status)[number] for number in statuses(made, np.arange(len(made))).tolist()]


COMMIT = st.tuples(st.integers(0, 8), st.integers(0, 4_000), st.none() | st.integers(0, 5))
ROW = st.lists(COMMIT, max_size=7)
END = st.lists(st.just(UNKNOWN) | st.integers(0, 14), min_size=PARTITIONS, max_size=PARTITIONS)


@given(
    rows=st.lists(ROW, min_size=PARTITIONS, max_size=PARTITIONS),
    ends=st.lists(END, min_size=1, max_size=4),
    at_ms=st.integers(0, 30_000),
    allowed=st.integers(0, 3),
)
def test_where_nobody_can_commit_it_is_the_evaluator(rows, ends, at_ms, allowed):
    size = 4
    timed = [
        [(offset, sum(step for _, step, _ in row[: i + 1]) / 1000, lag) for i, (offset, _, lag) in enumerate(row)]
        for row in rows
    ]
    found = judged(windows(timed, ends, at_ms / 1000, intervals=size, allowed_lag=allowed))
    for p, row in enumerate(timed):
        known = [end[p] for end in ends if end[p] != UNKNOWN]
        if not row:
            assert found[p] is Status.NOTFOUND
            continue
        window = row[-size:]
        expected = Status.OK
        if known:
            expected = evaluate(
                offsets=[offset for offset, _, _ in window],
                timestamps=[T0 + when for _, when, _ in window],
                lags=[lag for _, _, lag in window],
                broker_offsets=known,
                current_lag=max(0, known[-1] - window[-1][0]),
                now=T0 + at_ms / 1000,
                allowed_lag=allowed,
            )
        # With nobody there, a partition that stands still is stopped, whatever the second.
        assert found[p] is (Status.STOP if expected is Status.STALL else expected)


MOVED = [(10 * i, 30.0 * i, 100) for i in range(4)]


def member(*partitions, topic_name="t"):
    return Member(id="m", assigned=(Assigned(topic_name, partitions),))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (NOBODY, Status.STOP),
        (Group(name="g", state="Stable", member_count=1, members=(member(0),)), Status.STALL),
        (Group(name="g", state="Stable", member_count=1, members=(member(1, 2),)), Status.STOP),
        (Group(name="g", state="Stable", member_count=1, members=(member(0, topic_name="u"),)), Status.STOP),
        (Group(name="g", state="Stable", member_count=1, assigned_known=False), Status.STALL),
        (Group(name="g", state=None, member_count=UNKNOWN), Status.STOP),
    ],
)
def test_a_silence_is_a_standstill_where_a_live_member_owns_the_partition_and_a_stop_elsewhere(facts, expected):
    assert judged(windows([MOVED], [[1000]], 90 + 91, facts=facts)) == [expected]
    assert judged(windows([MOVED], [[1000]], 90 + 90, facts=facts)) == [Status.WARN]


ALONE = [(5, 0.0, 100)]
OWNED = Group(name="g", state="Stable", member_count=1, members=(member(0),))
UNSEEN = Group(name="g", state=None, member_count=UNKNOWN)


RARE = [(5, 0.0, 100), (15, 30.0, 100)]


@pytest.mark.parametrize("row", [ALONE, RARE])
@pytest.mark.parametrize(("facts", "later"), [(OWNED, Status.STALL), (UNSEEN, Status.STOP), (NOBODY, Status.STOP)])
def test_how_often_a_group_commits_is_not_known_before_it_stood_still_for_a_window_of_polls(row, facts, later):
    last, ends = row[-1][1], [[1000]] * 10
    few = windows([row], ends[:9], last + 240, facts=facts, polled=[last + 30 * i for i in range(9)])
    moved_since = windows([row], ends, last + 240, facts=facts, polled=[last + 30 * i for i in range(-1, 9)])
    enough = windows([row], ends, last + 270, facts=facts, polled=[last + 30 * i for i in range(10)])
    assert [judged(each) for each in (few, moved_since, enough)] == [[Status.OK], [Status.OK], [later]]
    assert [undecided(each).tolist() for each in (few, moved_since, enough)] == [[True], [True], [False]]


def test_a_group_that_has_read_everything_or_has_no_commit_is_not_undecided():
    made = windows([[(1000, 0.0, 0)], []], [[1000, 1000]], 60, polled=[0])
    assert undecided(made).tolist() == [False, False]


def test_a_window_that_is_less_complete_than_asked_for_is_ok():
    assert judged(windows([MOVED], [[1000]], 500, minimum_complete=0.4)) == [Status.STOP]
    assert judged(windows([MOVED], [[1000]], 500, minimum_complete=0.41)) == [Status.OK]


def test_the_group_is_as_bad_as_its_worst_partition():
    made = windows([MOVED, []], [[1000, 1000]], 90)
    assert group_statuses(made, statuses(made, np.arange(2))).tolist() == [Status.WARN.number]
    stopped = windows([MOVED, []], [[1000, 1000]], 500)
    assert group_statuses(stopped, statuses(stopped, np.arange(2))).tolist() == [Status.ERR.number]
    empty = windows([[], []], [[1000, 1000]], 500)
    assert group_statuses(empty, statuses(empty, np.arange(2))).tolist() == [Status.OK.number]
    unread = replace(stopped, groups=(replace(NOBODY, known=False),))
    assert np.isnan(group_statuses(unread, statuses(unread, np.arange(2)))).all()


def views(committed, *, members, every=30.0, end=lambda i: 1000 + 10 * i):
    """What is seen after each poll of group g."""
    memory = Memory()
    for i, offset in enumerate(committed):
        at = T0 + every * i
        facts = snapshot({"t": topic((0, end(i)))}, {"g": group({"t": [offset]}, members=members)}, at=at)
        view, _ = advance(memory, facts, (), at)
        yield view


def polls(committed, **how):
    """The status of group g after each poll."""
    for view in views(committed, **how):
        yield list(Status)[view.burrow.statuses[0]]


def test_a_consumer_that_dies_is_stopped_when_it_was_silent_for_longer_than_its_window():
    seen = list(polls([900 + 10 * i for i in range(12)] + [1010] * 12, members=0))
    assert seen[:12] == [Status.OK, *([Status.WARN] * 11)]
    assert seen[12:] == [Status.WARN] * 9 + [Status.STOP] * 3


@pytest.mark.parametrize("members", [0, 1])
def test_a_consumer_that_commits_every_eighth_poll_is_not_called_stopped_after_a_start_between_two_commits(members):
    """It is a hundred behind, as it always is; the first commit of all was made six polls before it was seen."""
    committed = [900 + 80 * ((i + 6) // 8) for i in range(80)]
    assert set(polls(committed, members=members)) <= {Status.OK, Status.WARN}


def test_what_is_undecided_is_unknown_to_rules():
    undecided_for = 9
    for i, view in enumerate(views([900] * 12, members=0)):
        unknown = i < undecided_for
        assert np.isnan(of_commits(view)).tolist() == [unknown]
        values, may_be_worse = of_groups(view)
        assert values.tolist() == [(Status.OK if unknown else Status.ERR).number]
        assert may_be_worse.tolist() == [unknown]


def test_a_consumer_that_commits_every_fifth_poll_and_keeps_up_is_never_called_stopped_or_stalled():
    committed = [1000 + 10 * (5 * (i // 5)) for i in range(60)]
    assert set(polls(committed, members=1)) == {Status.OK}


def test_a_consumer_that_hangs_with_its_member_alive_is_stalled():
    seen = list(polls([900] * 12, members=1))
    assert seen == [Status.OK] * 9 + [Status.STALL] * 3


def test_it_is_worked_out_once_and_only_when_it_is_asked_for():
    asked = []
    memory = Memory()
    view, _ = advance(memory, snapshot({"t": topic((0, 9))}, {"g": group({"t": [5]})}), (), T0)

    def judge(made, rows):
        asked.append(len(rows))
        return statuses(made, rows)

    burrow = replace(view.burrow, judge=judge)
    assert asked == []
    assert burrow.statuses is burrow.statuses
    assert asked == [1]

"""What follows from a poll and those before it."""

import numpy as np
import pytest

from lagwatch.analyze.lag import lag
from lagwatch.cycle import Memory, advance
from tests.support.build import T0, group, snapshot, topic


def views(*polls):
    memory = Memory()
    return [advance(memory, seen, (), seen.at)[0] for seen in polls]


def orders(k, *commits, end=1_000_000, members=2, **fields):
    """Poll number k: billing's commits on the partitions of orders, which end at the same offset."""
    topics = {"orders": topic(*[(0, end)] * len(commits), **fields)}
    return snapshot(topics, {"billing": group({"orders": list(commits)}, members=members)}, at=T0 + 30 * k)


@pytest.mark.parametrize("committed, start, end, expected", [
    (90, 0, 100, 10), (105, 0, 100, 0), (5, 50, 100, 50), (-1, 0, 100, -1), (5, -1, 100, -1), (5, 0, -1, -1),
])  # fmt: skip
def test_lag_is_what_is_left_to_read_and_still_there(committed, start, end, expected):
    assert lag(np.array([committed]), np.array([start]), np.array([end])).tolist() == [expected]


def test_growth_is_unknown_until_four_samples_cover_half_of_the_window():
    growth = [
        float(view.pairs.growth[0])
        for view in views(
            *(orders(k, 900_000 - 500 * k, end=1_000_000) for k in range(1)),
            *(orders(k, 900_000, end=1_000_000 + 500 * k) for k in range(1, 8)),
        )
    ]
    assert np.isnan(growth[:5]).all()
    assert growth[5:] == pytest.approx([1000.0] * 3)


def test_a_group_that_went_back_does_not_grow():
    polls = [orders(k, 900_000, 900_000, end=1_000_000) for k in range(8)]
    polls += [orders(k, 100_000, 900_000, end=1_000_000) for k in range(8, 14)]
    assert views(*polls)[-1].pairs.growth.tolist() == pytest.approx([0.0])


def test_a_partition_that_joins_does_not_look_like_growth():
    polls = [orders(k, 900_000) for k in range(8)] + [orders(k, 900_000, 0) for k in range(8, 10)]
    view = views(*polls)[-1]
    assert view.pairs.lag.tolist() == [1_100_000]
    assert view.pairs.growth.tolist() == pytest.approx([0.0])


def test_a_log_that_is_shorter_than_before_has_no_history():
    polls = [orders(k, 900_000, end=1_000_000 + 1000 * k) for k in range(8)] + [orders(8, 900_000, end=990_000)]
    assert np.isnan(views(*polls)[-1].pairs.growth).all()


def test_a_commit_that_is_missing_of_a_sudden_is_unknown_for_a_while_and_then_gone():
    polls = [orders(k, 900_000, 900_000) for k in range(3)] + [orders(k, 900_000, None) for k in range(3, 40)]
    seen = views(*polls)
    assert (seen[3].pairs.lag.tolist(), seen[3].pairs.unknown.tolist()) == ([100_000], [1])
    assert seen[-1].pairs.unknown.tolist() == [0]


def test_a_group_that_cannot_be_read_keeps_its_pairs():
    unread = snapshot({"orders": topic((0, 1_000_000))}, {"billing": None}, at=T0 + 300)
    view = views(*(orders(k, 900_000) for k in range(3)), unread)[-1]
    assert (view.pairs.lag.tolist(), view.pairs.first.tolist()) == ([-1], [0, 0])
    assert view.groups.lag_sum.tolist() == [-1]


def test_the_interval_between_commits_is_learned_and_a_condition_waits_twice_as_long():
    """Commits every ten minutes, on a topic that takes in 1,000 messages a poll."""
    polls = [orders(k, 1_000_000 + 1000 * (k - k % 20), end=1_000_000 + 1000 * k) for k in range(70)]
    view = views(*polls)[-1]
    assert view.pairs.commit_interval_s.tolist() == [600.0]
    assert view.pairs.patience_s.tolist() == [1200.0]


def test_one_long_stop_is_no_habit():
    commits = [*range(20), *[19] * 100, *range(120, 125)]
    polls = [orders(k, 1_000_000 + 1000 * at, end=1_000_000 + 1000 * (k + 1)) for k, at in enumerate(commits)]
    assert views(*polls)[-1].pairs.commit_interval_s.tolist() == [30.0]


def test_a_dead_group_needs_no_patience_and_a_live_one_that_never_committed_does():
    def patience(members):
        polls = [orders(k, 1_000_000, end=1_000_000 + 1000 * k, members=members) for k in range(12)]
        return views(*polls)[-1].pairs.patience_s.tolist()

    assert (patience(0), patience(2)) == ([0.0], [3600.0])


def test_min_isr_counts_as_kafka_counts_it():
    topics = {
        "single": topic((0, 1), replicas=(1,), isr=(1,), min_insync_replicas="2"),
        "under": topic((0, 1), isr=(1,), min_insync_replicas="2"),
        "unsaid": topic((0, 1), isr=(1,)),
        "headless": topic((0, 1), leader=-1),
        "unknown": topic((0, 1), leader=None),
    }
    view = views(snapshot(topics, {}))[0]
    names = view.snapshot.topics.names
    assert [names[t] for t in np.flatnonzero(view.under_min_isr)] == ["under"]
    assert [names[t] for t in np.flatnonzero(~view.under_min_isr_known)] == ["headless", "unknown", "unsaid"]
    assert [names[t] for t in np.flatnonzero(view.offline)] == ["headless"]


def test_messages_that_were_deleted_unread_are_counted():
    def poll(k, start, commit):
        return snapshot({"orders": topic((start, 1_000_000))}, {"billing": group({"orders": [commit]})}, at=T0 + 30 * k)

    seen = views(poll(0, 0, 5000), poll(1, 6000, 5000), poll(2, 8000, 5000), poll(3, 8000, 900_000))
    assert [view.pairs.lost.tolist() for view in seen] == [[0.0], [1000.0], [3000.0], [3000.0]]

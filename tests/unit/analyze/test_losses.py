"""What was deleted unread, counted from offsets alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.analyze.history import History
from lagwatch.analyze.kept import keep, take_up
from lagwatch.analyze.view import view
from tests.support.build import T0, group, snapshot, topic

END = 1_000_000


def poll(k, start, commit, *, name="orders", end=END, readable=True, **config):
    document = group({name: [commit]}) if readable else None
    return snapshot(
        {name: topic((start, end), **config) | {"id": "o1"}}, {"billing": document}, at=T0 + 30 * k, cluster_id="abc"
    )


def total(*polls, history=None):
    history = history or History()
    return [view(history, facts).pairs.lost_total.tolist() for facts in polls][-1][0]


@pytest.mark.parametrize("dark", [{"commit": None}, {"commit": 100, "readable": False}, {"commit": 100, "start": None}])
def test_what_is_deleted_while_a_poll_does_not_see_it_is_counted_by_the_next_one_that_does(dark):
    assert total(poll(0, 0, 100), poll(1, **({"start": 500} | dark)), poll(2, 500, 100)) == 400


def test_a_commit_that_moves_and_stays_behind_the_log_start_has_lost_what_lies_between():
    assert total(poll(0, 0, 100), poll(1, 500, 200), poll(2, 500, 200), poll(3, 600, 200)) == 400


def test_what_was_read_once_and_is_wanted_again_is_not_lost_by_going_back_to_what_is_deleted():
    assert total(poll(0, 500, 900), poll(1, 500, 0), poll(2, 500, 0)) == 0


def test_a_restart_goes_on_counting_and_counts_what_was_deleted_meanwhile():
    before, after = History(), History()
    assert total(poll(0, 0, 100), poll(1, 300, 100), history=before) == 200
    take_up(keep(before), after, T0 + 300)
    assert total(poll(10, 500, 100), history=after) == 400


SLOW = [poll(k, 1000 * k, 1000 * k + 10) for k in range(8)]


def test_a_reader_that_deletion_throws_from_one_log_start_to_the_next_has_lost_what_it_skipped():
    assert total(*SLOW) == 7 * 990


@pytest.mark.parametrize(
    "fields",
    [
        {"retention_ms": "-1", "retention_bytes": "-1", "cleanup_policy": "delete"},
        {"name": "app-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition"},
    ],
)
def test_where_only_readers_delete_what_they_have_read_nothing_is_lost_or_about_to_be(fields):
    history = History()
    for k in range(40):  # Kafka Streams empties its repartition topics behind itself, and falls behind here
        read = 1000 * k
        seen = view(history, poll(k, max(read - 10, 0), read, end=2000 * k + 50_000, **fields))
    assert seen.pairs.lost_total.tolist() == [0]
    assert (seen.pairs.loss_in_s.tolist(), seen.pairs.retained_share.tolist()) == ([np.inf], [0])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5)), min_size=1, max_size=25))
def test_of_a_group_that_stands_still_all_that_passes_its_commit_is_lost_whatever_polls_see(commit, steps):
    history, start, first = History(), 0, 0
    for k, (deleted, luck) in enumerate(steps):
        start += deleted
        first = first if k else max(start, commit)
        seen = {0: (None, commit), 1: (start, None)}.get(luck if 0 < k < len(steps) - 1 else 9, (start, commit))
        facts = poll(k, *seen, readable=luck != 2 or k in (0, len(steps) - 1))
        lost = view(history, facts).pairs.lost_total[0]
        if k and luck == 3:
            kept, history = keep(history), History()
            take_up(kept, history, facts.at + 1)
    assert lost == max(start - first, 0)


def test_the_unread_share_of_what_is_retained_is_told_whether_anything_is_deleted_or_not():
    logs = [(100, 500), (0, 1000), (None, None), (0, 0)]
    facts = {f"t{i}": topic(log) for i, log in enumerate(logs)} | {"half-seen": topic((0, 10), (None, None))}
    commits = {"t0": [400], "t1": [1000], "t2": [5], "t3": [0], "half-seen": [10, 3]}
    shares = view(History(), snapshot(facts, {"billing": group(commits)})).pairs.unread_share
    np.testing.assert_array_equal(shares, [np.nan, 0.25, 0.0, np.nan, 0.0])

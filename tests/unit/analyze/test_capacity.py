"""How many partitions and members a topic needs, from measured peaks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.analyze.capacity import capacity_of
from lagwatch.analyze.peaks import BLOCK_S, BLOCKS, Heights
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic, view


def seen(steps: list[tuple[int, int]], *, members: int = 2, partitions: int = 4, **config: str) -> View:
    """Per poll: how many messages come and how many are read, altogether."""
    end = np.cumsum([come for come, _ in steps])
    commit = np.cumsum([read for _, read in steps])

    def poll(k: int) -> object:
        logs = [(0, 100_000 + int(end[k]) // partitions) for _ in range(partitions)]
        commits = [100_000 + int(commit[k]) // partitions] * partitions
        return snapshot(
            {"orders": topic(*logs, **config)}, {"billing": group({"orders": commits}, members=members)}, at=T0 + 30 * k
        )

    return view(*map(poll, range(len(steps))))


def test_what_is_needed_is_worked_out_from_the_peak_and_from_what_a_member_reads_while_it_is_behind():
    busy = [(4000, 4000)] * 15 + [(12_000, 6000)] * 30 + [(4000, 6000)] * 10
    found = capacity_of(seen(busy), "orders")
    (need,) = found.needs
    assert (found.peak, found.partitions) == (pytest.approx(24_000), 4)
    assert (need.member_peak, need.at_limit) == (pytest.approx(6000), True)
    assert (need.members_needed, need.partitions_needed, need.members_needed_now, need.members) == (4, 5, 2, 2)
    assert "24,000 / 6,000 = 4.00: 4 members at the peak; it has 2 now." in need.lines
    assert "4 x 1.25 = 5.00: 5 partitions; the topic has 4." in need.lines
    assert any("changes where keys go" in warning for warning in found.warnings)
    assert any("Measured over 27m" in warning for warning in found.warnings)


def test_a_group_that_always_keeps_up_gives_an_upper_bound():
    (need,) = capacity_of(seen([(4000, 4000)] * 20), "orders").needs
    assert (need.at_limit, need.members_needed) == (False, 2)
    assert need.lines[-1] == "As the group was never behind, these are upper bounds."


def test_a_topic_with_enough_partitions_needs_no_warning_about_keys():
    found = capacity_of(seen([(4000, 4000)] * 20, cleanup_policy="compact"), "orders")
    assert found.partitions_needed == 3
    assert not any("keys" in warning for warning in found.warnings)


def test_a_compacted_topic_has_a_warning_of_its_own():
    found = capacity_of(seen([(4000, 2000)] * 30, partitions=2, cleanup_policy="compact"), "orders")
    assert (found.partitions_needed, any("compacted" in warning for warning in found.warnings)) == (5, True)


def test_offsets_that_were_moved_while_nobody_read_are_no_reading():
    """The commit jumps by a million with no members; then they read 500 a poll."""
    polls = []
    for k in range(40):
        moved = 1_000_000 if k >= 10 else 0
        commit = moved + 500 * max(k - 12, 0)
        polls.append(
            snapshot(
                {"orders": topic((0, 2_000_000))},
                {"billing": group({"orders": [commit]}, members=0 if k < 12 else 1)},
                at=T0 + 30 * k,
            )
        )
    (need,) = capacity_of(view(*polls), "orders").needs
    assert need.member_peak == pytest.approx(1000)


def test_more_members_than_partitions_do_not_make_each_of_them_slow():
    (need,) = capacity_of(seen([(4000, 4000)] * 20, members=8), "orders").needs
    assert need.member_peak == pytest.approx(2000)


def test_before_anything_is_measured_that_is_said():
    found = capacity_of(seen([(4000, 4000)]), "orders")
    assert (found.peak, found.partitions_needed, found.needs[0].members_needed) == (None, None, None)
    assert "not known yet" in found.needs[0].lines[0]


def test_a_group_without_members_reads_nothing_that_could_be_measured():
    (need,) = capacity_of(seen([(4000, 4000)] * 20, members=0), "orders").needs
    assert (need.members, need.lines) == (0, ("It is not known what a member of billing reads: it has none.",))


def test_one_group_can_be_asked_for_and_an_unknown_topic_is_none():
    now = seen([(4000, 4000)] * 20)
    assert [need.group for need in capacity_of(now, "orders", "billing").needs] == ["billing"]
    assert capacity_of(now, "orders", "other").needs == ()
    assert capacity_of(now, "other") is None


@given(
    st.lists(st.tuples(st.floats(0, 3 * BLOCK_S), st.floats(0, 1e6) | st.just(float("nan"))), min_size=1, max_size=40)
)
def test_the_highest_of_the_last_day_is_remembered_and_what_is_older_is_not(steps):
    heights, at = Heights(), 1e9
    heights.follow(np.array([-1]))
    told: list[tuple[float, float]] = []
    for step, value in steps:
        at += step
        told.append((at, value))
        highest = float(heights.add(at, np.array([value]))[0])
        block = at // BLOCK_S
        known = [v for when, v in told if when // BLOCK_S > block - BLOCKS and not np.isnan(v)]
        assert highest == pytest.approx(max(known, default=np.nan), rel=1e-6, nan_ok=True)


def test_peaks_outlive_a_restart():
    before, after = Heights(), Heights()
    for one in (before, after):
        one.follow(np.array([-1, -1]))
    before.add(T0, np.array([5.0, np.nan]))
    after.take_up(before.kept())
    assert after.add(T0 + 30, np.array([1.0, 2.0])).tolist() == [5.0, 2.0]
    with pytest.raises(ValueError, match="highest"):
        after.take_up({**before.kept(), "highest": np.zeros((2, 2), dtype=np.float32)})
    assert replace(seen([(1, 1)] * 2)).peaks_s == 30

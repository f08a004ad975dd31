"""A page that may not be larger than a limit: whole things are left out, the finest first, and counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.config import default_rules
from lagwatch.monitor import Monitor
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.families import FAMILIES
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import series

LABELS = {family.name: set(family.labels) for family in FAMILIES}


def facts(*sizes: int):
    """Groups g0, g1, ... that have committed on so many partitions of one topic; where the number is odd one is unknown."""
    most = max(sizes, default=1)
    groups = {f"g{i}": group({"orders": [9] * size + [None] * (most - size)}) for i, size in enumerate(sizes)}
    return view(snapshot({"orders": topic(*[(0, 100)] * most)}, groups))


def page(seen, most: int | None) -> Board:
    board = Board(max_series=most, clock=lambda: T0)
    board.put(latest(seen))
    return board


def of_kafka(board: Board):
    return {
        (name, frozenset(labels)): value for (name, labels), value in series(board).items() if name.startswith("kafka_")
    }


def told(board: Board) -> float:
    return next(value for (name, _), value in series(board).items() if name == "lagwatch_series_suppressed")


def grain(name: str) -> int:
    labels = LABELS[name]
    ranks = ({"group", "partition"}, {"partition"}, {"group", "topic"}, {"topic"}, {"group"})
    return next((rank for rank, those in enumerate(ranks) if those <= labels), len(ranks))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 6), max_size=5), st.integers(0, 400))
def test_what_is_left_is_right_within_the_limit_and_what_is_gone_is_counted(sizes, most):
    seen = facts(*sizes)
    whole, cut = of_kafka(page(seen, None)), of_kafka(page(seen, most))
    assert cut.items() <= whole.items()
    assert told(page(seen, most)) == len(whole) - len(cut) == page(seen, most).series_suppressed("main")
    never = [key for key in whole if grain(key[0]) == 5]
    assert set(never) <= cut.keys()
    assert len(cut) <= max(most, len(never))
    gone = {grain(name) for name, _ in whole.keys() - cut.keys()}
    kept = {grain(name) for name, _ in cut}
    assert all(fine <= coarse for fine in gone for coarse in kept)


def per_partition(board: Board) -> set[str]:
    found = of_kafka(board)
    return {dict(labels)["group"] for name, labels in found if grain(name) == 0}


def test_of_groups_whole_ones_go_the_largest_first():
    seen = facts(2, 6, 1, 6)
    assert per_partition(page(seen, None)) == {"g0", "g1", "g2", "g3"}
    whole = len(of_kafka(page(seen, None)))
    assert per_partition(page(seen, whole)) == {"g0", "g1", "g2", "g3"}
    assert per_partition(page(seen, whole - 1)) == {"g0", "g2", "g3"}
    fewer = of_kafka(page(seen, whole - 1))
    groups = {dict(labels).get("group") for name, labels in fewer if name == "kafka_consumer_group_topic_lag"}
    assert groups == {"g0", "g1", "g2", "g3"}


def test_what_is_left_out_does_not_depend_on_what_a_poll_could_learn():
    seen = facts(3, 3, 2)
    limit = len(of_kafka(page(seen, None))) - 1
    first = per_partition(page(seen, limit))
    topics = {"orders": topic((0, None), (0, 100), (0, 100))}
    groups = {f"g{i}": group({"orders": [9] * n + [None] * (3 - n)}) for i, n in enumerate((3, 3, 2))}
    board = page(seen, limit)
    board.put(latest(view(snapshot(topics, groups)), at=T0 + 30))
    assert per_partition(board) == first


@pytest.mark.parametrize("most", [None, 10_000])
def test_without_need_nothing_is_left_out(most):
    board = page(facts(3, 2), most)
    assert told(board) == 0
    assert board.series_suppressed("main") == board.series_suppressed("another") == 0


def test_the_rule_fires_for_as_long_as_something_is_left_out():
    board = Board(max_series=1)
    told: list[tuple[str, str, float]] = []

    class Reader:
        """One poll a minute."""

        polls = 0

        def read(self):
            self.polls += 1
            groups = {"billing": group({"orders": [9]})}
            return snapshot({"orders": topic((0, 100))}, groups, at=T0 + 60 * self.polls)

        def close(self):
            """Nothing to give back."""

    def publish(seen, changes):
        told.extend((each.alert.rule, each.to.value, each.at - T0) for each in changes)
        board.put(seen)

    monitor = Monitor(
        "main",
        Reader(),
        default_rules(),
        interval_s=60,
        deadline_s=40,
        on_latest=publish,
        series_suppressed=lambda: board.series_suppressed("main") if len(told) < 2 else 0,
    )
    for _ in range(14):
        monitor.tick()
    found = [(to, at) for rule, to, at in told if rule == "SeriesLimitReached"]
    assert found == [("pending", 120), ("firing", 720), ("resolved", 780)]

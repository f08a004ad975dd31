"""Time lag on the metrics page."""

from lagwatch.publish.board import Board
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import of

PAIR, COMMIT = ("group", "topic"), ("group", "topic", "partition")


def page() -> Board:
    """Ten polls: billing is stuck on one partition, and a poll behind on another; search is unknown in the end."""
    polls = [
        snapshot(
            {"orders": topic((0, 10 * k), (0, 10 * k), (0, 10 * k)), "payments": topic((0, 10))},
            {
                "billing": group({"orders": [3, 10 * (k - 1), 10 * k]}),
                "search": None if k == 10 else group({"payments": [5]}),
            },
            at=T0 + 30 * k,
        )
        for k in range(1, 11)
    ]
    made = Board(granularity="partition", clock=lambda: T0)
    made.put(latest(view(*polls)))
    return made


def test_every_grain_has_the_time_lag_under_a_name_of_its_own():
    here = page()
    assert of(here, "kafka_consumer_group_lag_seconds", *COMMIT) == {
        ("billing", "orders", "0"): 270,
        ("billing", "orders", "1"): 28,
        ("billing", "orders", "2"): 0,
    }
    assert of(here, "kafka_consumer_group_topic_max_lag_seconds", *PAIR) == {("billing", "orders"): 270.0}
    assert of(here, "kafka_consumer_group_topic_typical_lag_seconds", *PAIR) == {("billing", "orders"): 28.5}
    assert of(here, "kafka_consumer_group_max_lag_seconds", "group") == {"billing": 270.0}


def test_a_lower_bound_is_told_and_what_is_unknown_is_absent():
    here = page()
    assert of(here, "kafka_consumer_group_topic_lag_seconds_is_lower_bound", *PAIR) == {("billing", "orders"): 1}
    assert of(here, "kafka_consumer_group_lag_seconds_is_lower_bound", "group") == {"billing": 1}

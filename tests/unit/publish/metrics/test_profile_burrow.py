"""What stands under the names of Burrow, for a few polls of a small cluster."""

import pytest

from lagwatch.cycle import Memory, advance
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES
from tests.support.build import T0, group, latest, snapshot, topic
from tests.support.metrics import parse_text
from tests.support.peers import BURROW

INTERVALS = 3


def facts(i, end=None):
    """Poll i: billing keeps up on partition 0 of orders and does not on partition 1, dead stands still."""
    ends = ((0, 100 + 10 * i), (0, 200 + 10 * i if end is None else end), (0, 7))
    groups = {
        "billing": group({"orders": [100 + 10 * i, 100 + i, None], "payments": [9]}),
        "dead": group({"orders": [50, None, None]}, members=0),
        "shared": group({"orders": [60, None, None]}, kind="share"),
        "idle": group({}),
    }
    return snapshot(
        {"orders": topic(*ends), "payments": topic((0, 9)), "unread": topic((3, 3))}, groups, at=T0 + 30 * i
    )


def published(polls=4, removed=(), last=None, **options):
    """Values by name and label values, after some polls."""
    memory, board = (
        Memory(windows=WindowOptions(intervals=INTERVALS, **options)),
        Board(profiles=PROFILES, clock=lambda: T0),
    )
    for i in range(polls):
        seen = last if last is not None and i == polls - 1 else facts(i)
        memory.windows.removed.update(dict.fromkeys(removed, T0 + 1e6))
        view, _ = advance(memory, seen, (), seen.at)
        board.put(latest(view))
    page = b"".join(board.profile_pieces("burrow", board.clusters(), gzip=False)).decode()
    found = {}
    for metric in parse_text(page):
        assert metric.type == "gauge"
        for sample in metric.samples:
            assert tuple(sample.labels) == BURROW[sample.name]
            found.setdefault(sample.name, {})[tuple(sample.labels.values())[1:]] = sample.value
    return found


@pytest.fixture(name="burrow", scope="module")
def _burrow():
    return published()


def test_ends_of_all_partitions_are_there(burrow):
    assert burrow["burrow_kafka_topic_partition_offset"] == {
        ("orders", "0"): 130, ("orders", "1"): 230, ("orders", "2"): 7, ("payments", "0"): 9, ("unread", "0"): 3,
    }  # fmt: skip


def test_a_group_has_its_lag_and_its_status(burrow):
    assert burrow["burrow_kafka_consumer_lag_total"] == {("billing",): 127, ("dead",): 80}
    assert burrow["burrow_kafka_consumer_status"] == {("billing",): 2, ("dead",): 3}


def test_every_partition_of_a_topic_on_which_a_group_committed_has_a_lag(burrow):
    assert burrow["burrow_kafka_consumer_partition_lag"] == {
        ("billing", "orders", "0"): 0, ("billing", "orders", "1"): 127, ("billing", "orders", "2"): 0,
        ("billing", "payments", "0"): 0,
        ("dead", "orders", "0"): 80, ("dead", "orders", "1"): 0, ("dead", "orders", "2"): 0,
    }  # fmt: skip


def test_commit_and_status_of_a_partition_are_there_only_when_its_window_is_full(burrow):
    assert burrow["burrow_kafka_consumer_current_offset"] == {
        ("billing", "orders", "0"): 130, ("billing", "orders", "1"): 103,
    }  # fmt: skip
    assert burrow["burrow_kafka_topic_partition_status"] == {
        ("billing", "orders", "0"): 1, ("billing", "orders", "1"): 2,
    }  # fmt: skip
    assert "burrow_kafka_topic_partition_status" not in published(polls=2)


def test_an_end_that_is_not_known_now_is_the_last_that_was():
    found = published(last=facts(3, end=-1))
    assert found["burrow_kafka_topic_partition_offset"]["orders", "1"] == 220
    assert found["burrow_kafka_consumer_partition_lag"]["billing", "orders", "1"] == 117


def test_the_lag_of_a_group_is_not_there_while_nothing_of_it_is_known():
    blind = snapshot({"orders": topic((None, None))}, {"billing": group({"orders": [5]})}, at=T0)
    found = published(polls=1, last=blind)
    assert found == {"burrow_kafka_consumer_status": {("billing",): 1}}


def test_what_was_removed_or_has_expired_is_not_there():
    assert set(published(removed=[("dead", None)])["burrow_kafka_consumer_status"]) == {("billing",)}
    assert set(published(expire_group_s=60.0)["burrow_kafka_consumer_status"]) == {("billing",)}


def test_without_windows_only_ends_are_there():
    assert set(published(most_commits=0)) == {"burrow_kafka_topic_partition_offset"}

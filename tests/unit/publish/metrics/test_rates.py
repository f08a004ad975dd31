"""Rates, backlogs and losses on the page."""

from dataclasses import replace

import numpy as np

from lagwatch.model.view import View
from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Format, Variant
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import families, of

PAIR = "kafka_consumer_group_topic_"


def board(seen: View) -> Board:
    made = Board(clock=lambda: T0)
    made.put(latest(seen))
    return made


def seen(**config: str) -> View:
    """Two groups on a topic of which one is at the end, and the other lost 40 messages."""

    def poll(k: int) -> object:
        orders = topic((60 * k, 1000 + 1000 * k), **config)
        return snapshot(
            {"orders": orders},
            {"billing": group({"orders": [20]}), "search": group({"orders": [1000 + 1000 * k]})},
            at=T0 + 30 * k,
        )

    return view(*(poll(k) for k in range(10)))


def test_speeds_are_messages_a_minute():
    page = board(seen())
    assert of(page, f"{PAIR}consumed_per_minute", "group") == {"search": 2000}
    assert of(page, "kafka_consumer_group_total_consumed_per_minute", "group") == {"search": 2000}
    assert of(page, "kafka_topic_produced_per_minute", "topic") == {"orders": 2000}


def test_what_a_topic_takes_in_is_absent_while_one_partition_is_unknown():
    def poll(k: int) -> object:
        return snapshot({"orders": topic((0, 100 * k), (0, None if k == 9 else 100 * k))}, {}, at=T0 + 30 * k)

    whole, part = (board(view(*map(poll, range(polls)))) for polls in (9, 10))
    assert of(whole, "kafka_topic_produced_per_minute", "topic") == {"orders": 400}
    assert of(part, "kafka_topic_produced_per_minute", "topic") == {}


def test_a_backlog_that_is_never_read_drains_in_infinite_time():
    page = board(replace(seen(), pairs=replace(seen().pairs, drain_s=np.array([np.inf, 0.0]))))
    assert of(page, f"{PAIR}drain_seconds", "group") == {"billing": float("inf"), "search": 0}
    assert b"} +Inf\n" in page.page(Variant(Format.TEXT))


def test_what_a_group_is_for_is_a_label():
    facts = snapshot({"orders": topic((0, 9))}, {"eu-mm2": group({}), "shop": group({"orders": [5]}, kind="streams")})
    page = board(view(facts))
    told = of(page, "kafka_consumer_group_info", "group", "kind", "rebalance_protocol")
    assert told == {("eu-mm2", "mirror_maker", ""): 1, ("shop", "streams", "cooperative"): 1}


def test_losses_are_a_counter_in_both_formats():
    page = board(seen())
    for form in Format:
        announced = {family.name: family.type for family in families(page, Variant(form))}
        assert announced["kafka_consumer_group_topic_lost_messages"] == "counter"
    assert of(page, f"{PAIR}lost_messages_total", "group") == {"billing": 9 * 60 - 20, "search": 0}


def test_the_stable_lag_is_told_where_transactions_were_seen():
    assert of(board(seen()), f"{PAIR}stable_lag", "group") == {}
    plain = snapshot({"orders": topic((0, 100))}, {"billing": group({"orders": [50]})})
    held = replace(plain, partitions=replace(plain.partitions, lso=np.array([80])))
    page = board(view(held))
    told = [of(page, f"{PAIR}{name}", "group") for name in ("stable_lag", "open_lag", "residual_lag")]
    assert told == [{"billing": 30}, {"billing": 20}, {"billing": 0}]
    assert of(page, "kafka_topic_transactional", "topic") == {"orders": 1}


def test_whether_a_topic_is_compacted_is_told_where_its_settings_are_known():
    said = [of(board(seen(**config)), "kafka_topic_compacted", "topic") for config in (
        {}, {"cleanup_policy": "delete"}, {"cleanup_policy": "compact"}, {"cleanup_policy": "compact,delete"},
    )]  # fmt: skip
    assert said == [{}, {"orders": 0}, {"orders": 1}, {"orders": 1}]

"""Rates, backlogs, losses and the balance of groups in the API's answers."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch.app.insights import Analyses
from lagwatch.model.details import Details, LogDir, LogDirs, Part, ReplicaSizes
from lagwatch.model.snapshot import Assigned, Member, Snapshot
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support.asgi import Client
from tests.support.build import T0, group, latest, snapshot, topic, view

AT = "/api/v1/clusters/main"
POLLS = 12


def poll(k: int) -> Snapshot:
    """orders: partition 1 takes in nine times as much; billing reads half of that. events: a compacted topic, left behind."""
    topics = {
        "orders": topic((0, 50_000 + 100 * k), (0, 50_000 + 900 * k), cleanup_policy="delete"),
        "events": topic((300 * k, 9_000 + 300 * k), cleanup_policy="compact"),
    }
    billing = group({"orders": [50_000 + 100 * k, 49_000 + 450 * k], "events": [100]})
    seen = snapshot(topics, {"billing": billing}, at=T0 + 30 * k)
    members = (
        Member(
            id="a-1", client_id="a", host="/10.0.0.1", assigned=(Assigned("events", (0,)), Assigned("orders", (0, 1)))
        ),
        Member(id="b-1", client_id="b", host="/10.0.0.2"),
    )
    facts = replace(seen.groups[0], members=members, member_count=2, assigned_known=True)
    lso = seen.partitions.lso.copy()
    lso[-1] -= 7
    return replace(seen, groups=(facts,), partitions=replace(seen.partitions, lso=lso))


@pytest.fixture(name="api", scope="module")
def _api() -> Client:
    now = T0 + 30 * POLLS
    board = Board(clock=lambda: now)
    board.put(latest(view(*map(poll, range(POLLS))), at=now))
    return Client(create_api(board, clock=lambda: now, insights=Analyses()))


def test_a_group_tells_what_it_reads_and_that_it_will_never_be_done(api):
    billing = api.json(f"{AT}/groups/billing")
    assert (billing["consumed_per_minute"], billing["drain_s"], billing["draining"]) == (1100.0, None, False)
    assert billing["residual_lag"] == 0


def test_a_group_on_a_topic_tells_its_speeds_and_its_backlog(api):
    events, orders = api.json(f"{AT}/groups/billing/topics")["items"]
    assert (orders["produced_per_minute"], orders["consumed_per_minute"]) == (2000.0, 1100.0)
    assert (orders["growth_per_minute"], orders["slowest_growth_per_minute"]) == (900.0, 900.0)
    assert (orders["commit_interval_s"], orders["behind_s"]) == (30.0, 330.0)
    assert orders["behind_since"] == "2026-02-25T06:13:20Z"
    assert (orders["stable_lag"], orders["open_lag"]) == (orders["lag"] - 7, 7)
    assert (orders["compacted"], orders["transactional"], orders["lost"]) == (False, True, 0)
    assert (events["compacted"], events["lost"], events["lost_lately"]) == (True, 3200, 3200)
    assert (events["unread_share"], events["loss_in_s"], events["loss_in_sight"]) == (1.0, 0.0, True)


def test_a_partition_tells_its_speeds_and_what_was_deleted_unread(api):
    events, first, second = api.json(f"{AT}/groups/billing/partitions")["items"]
    assert (events["consumed_per_minute"], events["deleted_unread"], events["frozen_s"]) == (0.0, 3200, 330.0)
    assert (first["produced_per_minute"], first["consumed_per_minute"], first["frozen_s"]) == (200.0, 200.0, 0.0)
    assert (second["stable_lag"], second["open_lag"], second["residual"]) == (second["lag"] - 7, 7, False)


def test_a_topic_tells_how_evenly_it_takes_messages_in(api):
    orders = api.json(f"{AT}/topics/orders")
    assert (orders["produced_per_minute"], orders["produced_skew"]) == (2000.0, 1.8)
    assert [p["produced_per_minute"] for p in api.json(f"{AT}/topics/orders/partitions")["items"]] == [200.0, 1800.0]


def test_the_balance_of_a_group_names_what_is_hot_and_who_is_idle(api):
    found = api.json(f"{AT}/groups/billing/balance")
    (hot,) = found["hot_partitions"]
    assert (hot["topic"], hot["partition"], hot["hot"]) == ("orders", 1, ["lag", "produced"])
    assert (hot["produced_share"], hot["owners"][0]["client_id"], hot["owners"][0]["host"]) == (0.9, "a", "/10.0.0.1")
    assert [member["member_id"] for member in found["idle_members"]] == ["b-1"]
    assert (found["members"][0]["lag_share"], found["surplus_members"], found["unowned"]) == (1.0, 0, [])
    topic_found = api.json(f"{AT}/topics/orders/balance")
    assert [(p["partition"], p["produced_share"]) for p in topic_found["hot_partitions"]] == [(1, 0.9)]


def test_capacity_is_answered_with_its_arithmetic(api):
    found = api.json(f"{AT}/topics/orders/capacity")
    assert (found["partitions"], found["peak_per_minute"], found["measured_s"]) == (2, 2000.0, 330.0)
    (need,) = found["groups"]
    assert (need["members_needed"], need["partitions_needed"], need["members"]) == (4, 5, 2)
    assert any("4 x 1.25" in line for line in need["lines"])
    assert api.json(f"{AT}/topics/orders/capacity", group="billing")["groups"] == found["groups"]


def test_a_group_tells_its_kind_and_how_it_rebalances(api):
    billing = api.json(f"{AT}/groups/billing")
    assert billing["kind"] == "consumer"
    assert billing["rebalances"] == {
        "protocol": None, "lately": 0, "total": 0, "unsettled_s": 0.0, "looping": False, "returned": [],
    }  # fmt: skip


def test_an_application_is_told_with_the_time_to_restore_at_the_configured_rate_or_that_of_the_request():
    facts = snapshot(
        {"orders": topic((0, 100)), "shop-totals-changelog": topic((0, 5))},
        {"shop": group({"orders": [90]}, kind="streams")},
    )
    sizes = ReplicaSizes(
        topics=("shop-totals-changelog",),
        **{name: np.array([0], dtype=np.int32) for name in ("topic", "partition", "directory", "future")},
        broker=np.array([1], dtype=np.int32),
        size=np.array([6_000_000_000]),
        offset_lag=np.array([0]),
    )
    dirs = Part(value=LogDirs(brokers=(1,), dirs=(LogDir(broker=1, path="/d"),), replicas=sizes), read_at=T0 - 60)
    board = Board(clock=lambda: T0)
    board.put(latest(view(replace(facts, details=Details(log_dirs=dirs)))))
    client = Client(create_api(board, clock=lambda: T0, insights=Analyses(restore_rate=200e6)))
    shop = client.json(f"{AT}/groups/shop/streams")
    assert (shop["input_lag"], shop["changelog_bytes"], shop["restore_s"]) == (10, 6_000_000_000, 30.0)
    assert [one["topic"] for one in shop["changelogs"]] == ["shop-totals-changelog"]
    assert client.json(f"{AT}/groups/shop/streams", restore_rate_bytes=1e9)["restore_s"] == 6.0
    assert client.get(f"{AT}/groups/shop/streams?restore_rate_bytes=0").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "groups/x/balance",
        "groups/billing/streams",
        "topics/x/balance",
        "topics/x/capacity",
        "topics/orders/capacity?group=x",
    ],
)
def test_what_is_not_there_is_not_found(api, path):
    assert api.get(f"{AT}/{path}").status_code == 404


def test_before_there_is_a_second_poll_speeds_are_null():
    board = Board(clock=lambda: T0)
    board.put(latest(view(poll(0))))
    early = Client(create_api(board, clock=lambda: T0))
    orders = early.json(f"{AT}/groups/billing/topics")["items"][1]
    unknown = (
        "produced_per_minute",
        "consumed_per_minute",
        "slowest_growth_per_minute",
        "drain_s",
        "draining",
        "behind_s",
    )
    assert [orders[name] for name in unknown] == [None] * len(unknown)


def test_the_page_of_a_group_tells_what_it_reads_and_when_it_will_have_read_all(api):
    page = api.get("/clusters/main/groups/billing").text
    for words in ("1,100 messages a minute", "never at this speed", "Read a minute"):
        assert words in page

"""Whatever a poll saw, and however little: what is not known is null in every answer, and every answer is strict JSON."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.cycle import Memory, advance
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support import world
from tests.support.asgi import Client
from tests.support.build import T0, group, latest, snapshot, topic

PATHS = [
    path.format(at="/api/v1/clusters/main")
    for path in (
        "/", "/readyz", "/api/v1/clusters", "/api/v1/alerts", "/api/v1/rules", "{at}", "{at}/poll", "{at}/gaps", "{at}/alerts",
        "{at}/brokers?sort=-leaders", "{at}/topics?sort=-messages", "{at}/topics/t0", "{at}/topics/t0/partitions?sort=-leader",
        "{at}/partitions?sort=messages", "{at}/groups?sort=-lag", "{at}/groups?sort=growth_per_minute",
        "{at}/groups/g0", "{at}/groups/g0/topics?sort=-growth_per_minute", "{at}/groups/g0/partitions?sort=-lag",
        "{at}/groups/g0/members?sort=-lag",
    )
]  # fmt: skip
MAY_BE_NEGATIVE = {"growth_per_minute", "slowest_growth_per_minute", "value", "values", "seen", "growth"}

offset = st.none() | st.integers(0, 2**40)
broker = st.integers(1, 4)


@st.composite
def topics(draw):
    """One topic as a poll may see it, with anything missing."""
    size = draw(st.integers(1, 3))
    starts = draw(st.lists(offset, min_size=size, max_size=size))
    ends = [draw(st.none() | st.integers(start or 0, 2**41)) for start in starts]
    return {
        "start": starts,
        "end": ends,
        "lso": [draw(st.none() | st.integers(0, end or 0)) for end in ends],
        "leader": draw(st.lists(st.none() | st.just(-1) | broker, min_size=size, max_size=size)),
        "replicas": [sorted(draw(st.sets(broker, min_size=1))) for _ in range(size)],
        "isr": [sorted(draw(st.sets(broker))) for _ in range(size)],
        "config": draw(st.just({}) | st.just({"min.insync.replicas": "2"})),
    }


@st.composite
def polls(draw):
    """Two polls of one cluster; what is known may come and go in between."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 2)))]
    seen = []
    for number in range(2):
        made = {name: draw(topics()) for name in names}
        groups = {}
        for name in ("g0", "g1"):
            commits = {t: [draw(offset) for _ in made[t]["end"]] for t in names if draw(st.booleans())}
            one = group(commits, members=draw(st.none() | st.integers(0, 3)), state=draw(st.none() | st.just("Stable")))
            groups[name] = draw(st.none() | st.just(one))
        seen.append(snapshot(made, groups, at=T0 + 30 * number, brokers=draw(st.sets(broker, min_size=1))))
    return seen


def negative_or_unknown(value, path=""):
    """The paths of numbers below zero where none can be."""
    if isinstance(value, dict):
        return [
            p
            for key, inner in value.items()
            if key not in MAY_BE_NEGATIVE
            for p in negative_or_unknown(inner, f"{path}.{key}")
        ]
    if isinstance(value, list):
        return [p for inner in value for p in negative_or_unknown(inner, f"{path}[]")]
    return [path] if isinstance(value, int | float) and value < 0 else []


@settings(max_examples=40, deadline=None, derandomize=True)
@given(polls())
def test_no_answer_has_a_minus_one_or_nan_for_what_is_not_known(seen):
    memory, board = Memory(), Board(clock=lambda: T0 + 40)
    for one in seen:
        view, verdict = advance(memory, one, world.RULES, one.at)
        board.put(latest(view, at=one.at, verdict=verdict, rules=world.RULES, gaps=one.gaps))
    api = Client(create_api(board, clock=lambda: T0 + 40))
    for path in PATHS:
        response = api.get(path)
        assert response.status_code == 200, (path, response.text)
        if path == "/":
            assert "nan" not in response.text
            assert ">-1<" not in response.text
        else:
            assert negative_or_unknown(api.json(path), path) == []


def test_a_group_that_cannot_be_read_any_more_keeps_its_topics_and_loses_every_number():
    orders = {"orders": topic((0, 500))}
    memory, board = Memory(), Board(clock=lambda: T0 + 40)
    for at, read in ((T0, group({"orders": [100]})), (T0 + 30, None)):
        view, verdict = advance(memory, snapshot(orders, {"billing": read}, at=at), (), at)
        board.put(latest(view, at=at, verdict=verdict))
    api = Client(create_api(board, clock=lambda: T0 + 40))
    billing = api.json("/api/v1/clusters/main/groups/billing")
    assert (billing["known"], billing["topics"], billing["partitions"], billing["lag"]) == (False, 1, None, None)
    (item,) = api.json("/api/v1/clusters/main/groups/billing/topics")["items"]
    assert (item["topic"], item["partitions"], item["lag"], item["growth_per_minute"]) == ("orders", None, None, None)


def test_a_group_that_falls_behind_is_seen_growing_and_firing():
    memory, board = Memory(), Board(clock=lambda: now)
    for number in range(20):
        now = T0 + 30 * number
        seen = snapshot(
            {"orders": topic((0, 60_000 + 2_000 * number))}, {"billing": group({"orders": [1_000 + number]})}, at=now
        )
        view, verdict = advance(memory, seen, world.RULES, now)
        board.put(latest(view, at=now, verdict=verdict, rules=world.RULES))
    api = Client(create_api(board, clock=lambda: now))
    billing = api.json("/api/v1/clusters/main/groups/billing")
    assert billing["growth_per_minute"] == pytest.approx(2 * 1_999)
    (alert,) = api.json("/api/v1/alerts", state="firing")["items"]
    assert (alert["rule"], alert["group"], alert["topic"]) == ("ConsumerLagGrowing", "billing", "orders")
    assert alert["value"] == billing["lag"] == 60_000 + 2_000 * 19 - 1_019
    assert alert["summary"] in api.get("/").text
    rule = api.json("/api/v1/rules", name="ConsumerLagGrowing")["items"][0]
    assert rule["alerts"]["firing"] == 1

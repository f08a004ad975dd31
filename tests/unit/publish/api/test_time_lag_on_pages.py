"""Time lag on the pages: of a group, of its topics and partitions, and in the list of groups."""

import pytest

from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support.asgi import Client
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.unit.publish.api.test_pages import Tags
from tests.unit.publish.api.test_subject_pages import words


@pytest.fixture(name="api", scope="module")
def _api():
    """Ten polls: billing is stuck on a partition, late is behind since the seventh poll, idle has read all."""
    polls = [
        snapshot(
            {"orders": topic((0, 10 * k), (0, 10 * k)), "payments": topic((0, 10))},
            {
                "billing": group({"orders": [3, 10 * k]}),
                "idle": group({"payments": [10]}),
                "late": group({"orders": [min(10 * k, 65), 10 * k]}),
                "search": None,
            },
            at=T0 + 30 * k,
        )
        for k in range(1, 11)
    ]
    board = Board(clock=lambda: T0)
    board.put(latest(view(*polls), at=T0 + 300))
    return Client(create_api(board, clock=lambda: T0 + 310))


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("billing", "Time lag at least 4m 30s Growth"),
        ("late", "Time lag 1m 44s Growth"),
        ("idle", "Time lag none Growth"),
        ("search", "Time lag unknown Growth"),
    ],
)
def test_the_page_of_a_group_says_how_old_the_next_record_is(api, group, said):
    assert said in words(api.get(f"/clusters/main/groups/{group}").text)


def test_the_topics_and_the_partitions_of_a_group_have_theirs(api):
    text = words(api.get("/clusters/main/groups/billing").text)
    assert "orders 97 ≥ 4m 30s 2" in text
    assert "orders/0 97 ≥ 4m 30s 3 100" in text
    assert "orders/1 0 none 100 100" in text


def test_the_list_of_groups_is_sorted_by_time_lag_where_that_is_asked(api):
    page = api.get("/clusters/main/groups").text
    assert "?sort=-time_lag_s&offset=0" in Tags(page).links()
    assert ">time lag</a>" in page
    text = words(api.get("/clusters/main/groups", params={"sort": "-time_lag_s"}).text)
    said = ("billing 97 ≥ 4m 30s", "late 35 1m 44s", "idle 0 none", "search unknown unknown")
    assert [text.index(each) for each in said] == sorted(text.index(each) for each in said)

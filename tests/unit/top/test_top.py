"""`lagwatch top`, driven by textual's own pilot, over the real API of the test world."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from textual.widgets import DataTable, Input, Static

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from lagwatch.top import Top
from lagwatch.top.detail import GroupScreen
from lagwatch.top.overview import Overview
from lagwatch.top.rows import in_order
from tests.support import world
from tests.support.build import group, latest, snapshot, topic, view


def run(scenario):
    asyncio.run(scenario())


@asynccontextmanager
async def started(board=None, *, every_s=3600.0, size=(140, 40), app=None):
    api = app or create_api(board or world.board(), clock=lambda: world.NOW, insights=Analyses())
    client = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://lagwatch.test")
    top = Top(client, every_s=every_s)
    async with client, top.run_test(size=size) as pilot:
        await settled(pilot)
        yield top, pilot


async def settled(pilot):
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot, *keys):
    await pilot.press(*keys)
    await settled(pilot)


def shown(top, name):
    table = top.screen.query_one(f"#{name}", DataTable)
    return [[cell.plain for cell in table.get_row_at(row)] for row in range(table.row_count)]


def said(top, name):
    return str(top.screen.query_one(f"#{name}", Static).render())


def test_it_shows_clusters_groups_and_alerts_and_unknown_is_no_number():
    async def scenario():
        async with started() as (top, _):
            assert "main fresh · 12 s ago · 3 brokers" in said(top, "clusters")
            assert "backup waiting · ? brokers" in said(top, "clusters")
            assert "No bootstrap address of cluster backup answered" in said(top, "clusters")
            groups = {row[1]: row for row in shown(top, "groups")}
            assert groups["billing"][:4] == ["main", "billing", "14,000", "+2"]
            assert groups["billing"][-2:] == ["2", "Stable"]
            assert groups["search"][2] == "?"
            assert groups["search"][-1] == "?"
            assert shown(top, "groups")[0][1] == "billing"
            assert ["warning", "firing", "ConsumerLagGrowing"] in [row[:3] for row in shown(top, "alerts")]
            assert "by lag" in said(top, "status")

    run(scenario)


def test_groups_are_sorted_by_what_is_asked_for():
    async def scenario():
        async with started() as (top, pilot):
            await press(pilot, "n")
            names = [row[1] for row in shown(top, "groups")]
            assert names[1:] == sorted(names[1:])
            await press(pilot, "g")
            growth = [row[3] for row in shown(top, "groups") if row[3] != "?"]
            assert growth == sorted(growth, key=float, reverse=True)
            assert "by growth" in said(top, "status")
            for key in ("t", "d", "l"):
                await press(pilot, key)
                assert "bad" not in top.screen.query_one("#status").classes

    run(scenario)


def test_the_filter_takes_a_pattern_and_escape_takes_it_away():
    async def scenario():
        async with started() as (top, pilot):
            await press(pilot, "slash", *"bill*", "enter")
            assert {row[1] for row in shown(top, "groups")} == {"billing", "billing-nightly"}
            assert "2 groups that match bill*" in said(top, "status")
            await press(pilot, "slash", "escape")
            assert len(shown(top, "groups")) > 5
            assert top.screen.query_one("#filter", Input).value == ""

    run(scenario)


def test_enter_shows_a_group_in_detail_with_why_it_lags_and_escape_leads_back():
    async def scenario():
        async with started() as (top, pilot):
            await press(pilot, "enter")
            assert isinstance(top.screen, GroupScreen)
            assert "billing · main · Stable · lag 14,000" in said(top, "head")
            assert said(top, "why").strip()
            assert shown(top, "partitions")[0][:2] == ["orders/0", "13,000"]
            assert shown(top, "partitions")[0][5:] == ["7,000", "20,000"]
            assert shown(top, "partitions")[0][4] == "billing-1"
            assert "static-2" in [row[0] for row in shown(top, "members")]
            await press(pilot, "l", "slash", "p")
            assert isinstance(top.screen, GroupScreen)
            await press(pilot, "escape")
            assert isinstance(top.screen, Overview)

    run(scenario)


def test_groups_with_odd_names_have_their_details_too():
    async def scenario():
        async with started() as (top, pilot):
            for name in ("größe ☃ %2F?#", "team/billing"):
                await press(pilot, "slash", "enter")
                top.screen.query_one("#filter", Input).value = name.replace("?", "*").replace("[", "*")
                await press(pilot, "slash", "enter")
                assert [row[1] for row in shown(top, "groups")] == [name]
                await press(pilot, "enter")
                assert name in said(top, "head")
                await press(pilot, "escape")

    run(scenario)


def test_the_cursor_stays_with_its_group_while_the_order_changes():
    def lagging(**lags):
        seen = view(snapshot({"t": topic((0, 1000))}, {name: group({"t": [1000 - lag]}) for name, lag in lags.items()}))
        return replace(latest(seen), cluster="c")

    async def scenario():
        board = Board(clock=lambda: world.NOW)
        board.put(lagging(a=300, b=200, c=100))
        async with started(board) as (top, pilot):
            await press(pilot, "down")
            board.put(lagging(a=50, b=200, c=100))
            top.screen.again()
            await settled(pilot)
            table = top.screen.query_one("#groups", DataTable)
            assert [row[1] for row in shown(top, "groups")] == ["b", "c", "a"]
            assert table.get_row_at(table.cursor_row)[1].plain == "b"

    run(scenario)


def test_one_cluster_can_be_looked_at_alone():
    async def scenario():
        other = replace(world.main(), cluster="other", verdict=None)
        async with started(world.board(other)) as (top, pilot):
            everybody = len(shown(top, "groups"))
            await press(pilot, "c", "c")
            assert "of main" in said(top, "status")
            assert {row[0] for row in shown(top, "groups")} == {"main"}
            assert everybody == 2 * len(shown(top, "groups"))
            await press(pilot, "c", "c")
            assert len(shown(top, "groups")) == everybody

    run(scenario)


def test_while_paused_nothing_moves_and_a_lagwatch_that_does_not_answer_is_named():
    calls = []

    async def refusing(scope, receive, send):
        calls.append(scope["path"])
        raise httpx.ConnectError("connection refused")

    async def scenario():
        async with started(app=refusing, every_s=0.05) as (top, pilot):
            assert "http://lagwatch.test does not answer: connection refused" in said(top, "status")
            assert "bad" in top.screen.query_one("#status").classes
            await press(pilot, "p")
            before = len(calls)
            await pilot.pause(0.3)
            assert len(calls) == before
            assert "paused" in said(top, "status")
            await press(pilot, "p")
            await pilot.pause(0.2)
            assert len(calls) > before

    run(scenario)


def test_a_refusal_says_what_the_api_says():
    from lagwatch.publish.api.auth import Gate, Role, Token

    gate = Gate((Token("ada", Role.VIEWER, lambda: "secret"),), read_requires_token=True)

    async def scenario():
        app = create_api(world.board(), clock=lambda: world.NOW, gate=gate)
        async with started(app=app) as (top, _):
            assert "token" in said(top, "status")
            assert "secret" not in said(top, "status")

    run(scenario)


def test_names_from_kafka_are_no_markup():
    async def scenario():
        nasty = "[red]x[/red][@click=app.quit]y"
        seen = view(snapshot({"t": topic((0, 9))}, {nasty: group({"t": [1]}, state="[b]s[/b]")}))
        board = Board(clock=lambda: world.NOW)
        board.put(replace(latest(seen), cluster="[blink]c"))
        async with started(board) as (top, pilot):
            assert shown(top, "groups")[0][:2] == ["[blink]c", nasty]
            assert shown(top, "groups")[0][-1] == "[b]s[/b]"
            assert "[blink]c" in said(top, "clusters")
            await press(pilot, "enter")
            assert nasty in said(top, "head")

    run(scenario)


@pytest.mark.parametrize("size", [(40, 10), (200, 60)])
def test_any_size_of_terminal_will_do(size):
    async def scenario():
        async with started(size=size) as (top, pilot):
            assert shown(top, "groups")
            await press(pilot, "a", "a", "enter", "escape")

    run(scenario)


def test_items_of_several_clusters_are_in_one_order_with_the_unknown_last():
    items = [{"lag": None}, {"lag": 3}, {"lag": 7}, {"lag": 0}]
    assert [item["lag"] for item in in_order(items, "-lag")] == [7, 3, 0, None]
    assert [item["lag"] for item in in_order(items, "lag")] == [0, 3, 7, None]


def test_an_answer_that_takes_longer_than_the_time_between_two_questions_is_waited_for():
    async def scenario():
        api = create_api(world.board(), clock=lambda: world.NOW, insights=Analyses())

        async def late(scope, receive, send):
            await asyncio.sleep(0.1)
            await api(scope, receive, send)

        client = httpx.AsyncClient(transport=httpx.ASGITransport(late), base_url="http://lagwatch.test")
        top = Top(client, every_s=0.05)
        async with client, top.run_test(size=(140, 40)) as pilot:
            await until(pilot, lambda: shown(top, "groups"))
            await pilot.press("enter")
            await until(pilot, lambda: "billing" in said(top, "head"))

    run(scenario)


async def until(pilot, holds):
    for _ in range(100):
        await pilot.pause(0.05)
        if holds():
            return
    raise AssertionError("it never came")


@pytest.mark.parametrize(
    "status, body", [(200, b"<html>"), (200, b"[]"), (200, b'{"status": "success"}'), (302, b""), (204, b"")]
)
def test_what_answers_and_is_no_lagwatch_is_said(status, body):
    async def other(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def scenario():
        async with started(app=other) as (top, _):
            assert "is a lagwatch there?" in said(top, "status")

    run(scenario)


def test_a_cluster_that_is_gone_is_no_longer_the_one_that_is_shown():
    async def scenario():
        other = replace(world.main(), cluster="other", verdict=None)
        answers = [create_api(board, clock=lambda: world.NOW) for board in (world.board(other), world.board())]

        async def app(scope, receive, send):
            await answers[0](scope, receive, send)

        async with started(app=app) as (top, pilot):
            while "of other" not in said(top, "status"):
                await press(pilot, "c")
            del answers[0]
            top.screen.again()
            await settled(pilot)
            assert "of all clusters" in said(top, "status")
            assert shown(top, "groups")
            await press(pilot, "c")

    run(scenario)


def test_names_from_kafka_do_not_reach_the_terminal_with_what_commands_it():
    async def scenario():
        nasty = "a\x1b[2Jb\nc\u202ed"
        seen = view(snapshot({"t": topic((0, 9))}, {nasty: group({"t": [1]})}))
        board = Board(clock=lambda: world.NOW)
        board.put(replace(latest(seen), cluster="c"))
        async with started(board) as (top, pilot):
            assert shown(top, "groups")[0][1] == "a\ufffd[2Jb\ufffdc\ufffdd"
            await press(pilot, "enter")
            assert "a\ufffd[2Jb\ufffdc\ufffdd" in said(top, "head")
            assert "\x1b" not in said(top, "why")

    run(scenario)


def test_eighty_columns_show_how_far_behind_a_group_is_whatever_it_is_called():
    async def scenario():
        long = "consumers-of-the-warehouse-" + "x" * 200
        seen = view(snapshot({"t": topic((0, 9000))}, {long: group({"t": [1]})}))
        board = Board(clock=lambda: world.NOW)
        board.put(replace(latest(seen), cluster="production-frankfurt"))
        async with started(board, size=(80, 24)) as (top, pilot):
            screen = "\n".join(row.text for row in top.screen._compositor.render_strips())
            for word in ("8,999", "Growth/min", "Time lag", "q Quit"):
                assert word in screen, screen
            await press(pilot, "enter")
            assert long in said(top, "head").replace("\n", "")

    run(scenario)


def test_a_lagwatch_that_hangs_is_named_with_what_is_wrong():
    async def hanging(scope, receive, send):
        raise httpx.ReadTimeout("")

    async def scenario():
        async with started(app=hanging) as (top, _):
            assert "http://lagwatch.test does not answer: ReadTimeout" in said(top, "status")

    run(scenario)

"""`lagwatch capacity` as a person meets it, asking a lagwatch that runs."""

import json

import pytest
from typer.testing import CliRunner

from lagwatch.app.insights import Analyses
from lagwatch.cli import build
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.served import served

NOW = T0 + 30 * 40


def capacity(*arguments):
    return CliRunner().invoke(build(), ["capacity", *arguments])


@pytest.fixture(scope="module", name="url")
def _url():
    """billing reads 1,000 messages a poll with one member; for a while 3,000 came."""

    def poll(k):
        end = 2000 * k if k < 20 else 40_000 + 500 * (k - 20)
        logs = [(0, end), (0, end)]
        commits = [min(1000 * k, end)] * 2
        return snapshot({"orders": topic(*logs)}, {"billing": group({"orders": commits})}, at=T0 + 30 * k)

    board = Board(clock=lambda: NOW)
    board.put(latest(view(*map(poll, range(40))), at=NOW))
    with served(create_api(board, clock=lambda: NOW, insights=Analyses())) as (host, port):
        yield f"http://{host}:{port}"


def test_the_arithmetic_is_shown_line_by_line_and_over_what_time_it_was_measured(url):
    done = capacity("orders", "--url", url)
    assert done.exit_code == 0, done.exception
    assert done.stdout.splitlines()[:7] == [
        "orders: 2 partitions; measured over 19m 30s, speeds over 5m each",
        "",
        "billing:",
        "  The topic took in 8,000 messages a minute at its peak (measured over 19m 30s).",
        "  One member read 4,000 messages a minute at its best (while it was behind, so that is what it can).",
        "  8,000 / 4,000 = 2.00: 2 members at the peak; it has 1 now.",
        "  2 x 1.25 = 2.50: 3 partitions; the topic has 2.",
    ]
    assert "Note: Adding partitions changes where keys go" in done.stdout


def test_a_group_that_reads_other_topics_is_not_taken_for_all_groups():
    from lagwatch.cli.capacity import text

    found = {"topic": "t", "partitions": 1, "measured_s": 60, "window_s": None, "groups": [], "warnings": []}
    assert "billing has not committed on it, so it is not known what a member reads." in list(text(found, "billing"))
    assert "No group has committed on it, so it is not known what a member reads." in list(text(found, None))


def test_json_is_what_the_api_says(url):
    found = json.loads(capacity("orders", "--group", "billing", "--url", url, "--json").stdout)
    assert (found["topic"], found["partitions_needed"], found["groups"][0]["members_needed"]) == ("orders", 3, 2)


@pytest.mark.parametrize("arguments, words", [
    (("order",), "did you mean 'orders'?"),
    (("orders", "--group", "biling"), "did you mean 'billing'?"),
    (("orders", "--for", "60s"), "--for: with --url"),
])  # fmt: skip
def test_what_cannot_be_answered_is_said(url, arguments, words):
    assert words in str(capacity(*arguments, "--url", url).exception)


@pytest.mark.parametrize("look_for", ["1s", "soon"])
def test_a_look_that_is_too_short_or_no_time_is_refused(look_for):
    done = capacity("orders", "--bootstrap", "localhost:1", "--for", look_for)
    assert "--for: " in str(done.exception)
    assert done.exception.exit_code == 2

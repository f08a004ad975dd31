"""`lagwatch why` as a person meets it, asking a lagwatch that runs."""

import json
import socket

import pytest
from typer.testing import CliRunner

from lagwatch.app.insights import Analyses
from lagwatch.cli import build
from lagwatch.cli.why import exit_code
from lagwatch.cli.why_text import text
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from tests.support import world
from tests.support.build import latest
from tests.support.served import served
from tests.support.troubles import story


def why(*arguments, **environ):
    return CliRunner().invoke(build(), ["why", *arguments], env=environ)


def board():
    """Cluster main has a group in trouble; another cluster waits for its first poll."""
    made = world.Board(clock=lambda: world.NOW)
    made.put(world.waiting())
    stopped = story(member_count=lambda k: 3 if k < 20 else 0, reads=lambda k, p: 1e9 if k < 20 else 0)
    made.put(latest(stopped))
    return made


@pytest.fixture(scope="module", name="url")
def _url():
    gate = Gate((Token("wall", Role.VIEWER, lambda: "s3cret"),), read_requires_token=True)
    with served(create_api(board(), clock=lambda: world.NOW, insights=Analyses(), gate=gate)) as (host, port):
        yield f"http://{host}:{port}"


def test_a_lagwatch_that_runs_is_asked_and_its_answer_is_text(url):
    done = why("billing", "--url", url, "--cluster", "main", LAGWATCH_TOKEN="s3cret")
    assert done.exit_code == 3, done
    lines = done.stdout.splitlines()
    assert lines[0] == "STOPPED (certainty 97%)"
    assert lines[1].startswith("  billing has had no members for 10m: nobody reads; 36,000 messages wait.")
    assert lines[2] == "  Evidence: members 0, members gone 10m, frozen 10m, lag 36,000, state Stable"
    assert lines[3].startswith("  Next: Start the consumers of billing")


def test_json_is_what_the_api_says(url):
    done = why("billing", "--url", url, "--cluster", "main", "--json", LAGWATCH_TOKEN="s3cret")
    found = json.loads(done.stdout)
    assert (found["cluster"], found["group"], found["findings"][0]["cause"]) == ("main", "billing", "stopped")


@pytest.mark.parametrize("arguments, code, words", [
    (("biling", "--cluster", "main"), 1, "There is no group 'biling' in cluster main; did you mean 'billing'?"),
    (("billing", "--cluster", "backup"), 1, "Nothing is known of cluster 'backup' yet"),
    (("billing",), 2, "--cluster: say which one is meant; there are: backup, main"),
    (("billing", "--for", "5s"), 2, "--for: with --url a lagwatch that runs is asked"),
    (("billing", "--bootstrap", "b:9092"), 2, "--bootstrap: with --url"),
])  # fmt: skip
def test_what_cannot_be_answered_is_said(url, arguments, code, words):
    done = why(*arguments, "--url", url, LAGWATCH_TOKEN="s3cret")
    assert done.exception.exit_code == code
    assert words in str(done.exception)


def test_without_the_token_it_says_that_one_is_needed(url):
    done = why("billing", "--url", url, "--cluster", "main", LAGWATCH_TOKEN="")
    assert "This needs a token" in str(done.exception)


def test_that_nobody_answers_is_said():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = why("billing", "--url", f"http://127.0.0.1:{port}")
    assert done.exception.exit_code == 1
    assert "does not answer" in str(done.exception)


@pytest.mark.parametrize("duration, words", [("soon", "is not a duration"), ("2s", "too short")])
def test_a_look_has_a_length_that_tells_something(duration, words):
    done = why("billing", "--bootstrap", "127.0.0.1:1", "--for", duration)
    assert done.exception.exit_code == 2
    assert words in str(done.exception)


def diagnosis(*causes, lag=10):
    findings = [
        {
            "cause": cause,
            "sentence": "Because.",
            "certainty": 0.5,
            "next_step": "Wait.",
            "topic": "orders",
            "partition": 3,
            "evidence": {"lag": 10.0, "usual": None},
        }
        for cause in causes
    ]
    return {"lag": lag, "sentence": "It keeps up.", "findings": findings, "not_known": ["the past."]}


@pytest.mark.parametrize("found, code", [
    (diagnosis(), 0), (diagnosis("slow", "flood"), 3), (diagnosis("unknown"), 4), (diagnosis(lag=None), 4),
])  # fmt: skip
def test_the_exit_code_says_whether_it_lags_and_a_cause_is_named(found, code):
    assert exit_code(found) == code


def test_several_findings_are_numbered_and_unknown_figures_are_left_out():
    assert text(diagnosis("slow", "too_few_members")).splitlines()[:6] == [
        "1. SLOW (certainty 50%, orders/3)",
        "  Because.",
        "  Evidence: lag 10",
        "  Next: Wait.",
        "",
        "2. TOO FEW MEMBERS (certainty 50%, orders/3)",
    ]
    assert text(diagnosis()) == "It keeps up.\nNot known: the past."

"""`lagwatch health` as a person meets it, asking a lagwatch that runs."""

import json

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from lagwatch.app.insights import Analyses
from lagwatch.cli import build
from lagwatch.errors import ConfigurationError, LagwatchError
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.served import served

NOW = T0 + 30 * 20


def health(*arguments):
    return CliRunner().invoke(build(), ["health", *arguments])


@pytest.fixture(scope="module", name="url")
def _url():
    def poll(k):
        logs = {"orders": topic((0, 1000 * k), (0, 3000 * k))}
        return snapshot(logs, {"billing": group({"orders": [1000 * k, 3000 * k]})}, at=T0 + 30 * k)

    board = Board(clock=lambda: NOW)
    board.put(latest(view(*map(poll, range(20))), at=NOW))
    with served(create_api(board, clock=lambda: NOW, insights=Analyses())) as (host, port):
        yield f"http://{host}:{port}"


def test_a_lagwatch_that_runs_is_asked_for_health_and_brokers(url):
    done = health("--url", url, "--json")
    assert done.exit_code == 0, done.exception
    told = json.loads(done.stdout)
    assert told["score"] is not None
    assert sum(each["produced_per_minute"] for each in told["brokers"]) == pytest.approx(8000)


def test_it_reads_as_what_one_poll_shows_does(url):
    done = health("--url", url)
    assert done.exit_code == 0, done.exception
    assert done.stdout.startswith("Health of ")
    assert "BROKER" in done.stdout


def test_options_of_a_poll_make_no_sense_then(url):
    done = health("--url", url, "--bootstrap", "h:1")
    assert isinstance(done.exception, ConfigurationError)
    assert "--bootstrap" in str(done.exception)


def test_what_is_another_release_says_so_and_no_password():
    app = FastAPI()

    @app.get("/api/v1/clusters")
    def _clusters():
        return {"items": [{"name": "main"}]}

    @app.get("/api/v1/clusters/main/health")
    def _health():
        return {"score": "high"}

    with served(app) as (host, port):
        done = health("--url", f"http://ada:hunter2@{host}:{port}")
    assert isinstance(done.exception, LagwatchError)
    assert "another release" in str(done.exception)
    assert "hunter2" not in str(done.exception)

"""How commands with --url reach a lagwatch that runs, and what they say of an address that leads nowhere."""

import socket

import pytest
from fastapi import FastAPI, Request
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.errors import ConfigurationError, LagwatchError
from tests.support.served import served


def run(*arguments, **environ):
    return CliRunner().invoke(build(), list(arguments), env=environ)


COMMANDS = (("top",), ("why", "billing"), ("capacity", "orders"), ("health",))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://host:port", "http://host:70000", "host:8484", "http://", "", "ftp://h", "http://xn--/"],
)
def test_what_is_no_address_is_an_error_in_the_options(command, url):
    done = run(*command, "--url", url)
    assert isinstance(done.exception, ConfigurationError)
    assert "--url" in str(done.exception)
    assert "http://HOST:PORT" in str(done.exception)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("url", ["http://ada:hunter2@host:port", "ftp://ada:hunter2@host"])
def test_a_password_in_a_wrong_address_is_not_repeated(command, url):
    assert "hunter2" not in str(run(*command, "--url", url).exception)


def test_a_password_in_an_address_is_used_and_never_shown():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = run("why", "billing", "--url", f"http://ada:hunter2@127.0.0.1:{port}")
    assert f"http://127.0.0.1:{port} does not answer" in str(done.exception)
    assert "hunter2" not in str(done.exception)

    app, seen = FastAPI(), []

    @app.get("/api/v1/clusters")
    def _clusters(request: Request):
        seen.append(request.headers["authorization"])
        return {"items": []}

    with served(app) as (host, port):
        run("why", "billing", "--url", f"http://ada:hunter2@{host}:{port}")
    assert seen[0].startswith("Basic ")


@pytest.mark.parametrize("token", ["sécret", "se\ncret"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_token_that_no_header_takes_is_named_without_being_shown(command, token):
    done = run(*command, "--url", "http://127.0.0.1:1", LAGWATCH_TOKEN=token)
    assert isinstance(done.exception, ConfigurationError)
    assert "LAGWATCH_TOKEN" in str(done.exception)
    assert "cret" not in str(done.exception)


@pytest.mark.parametrize("option", ["--bootstrap", "--config"])
def test_with_an_address_there_is_nothing_to_say_about_kafka(option):
    for command in COMMANDS:
        done = run(*command, "--url", "http://127.0.0.1:1", option, "x")
        assert f"{option}: with --url a lagwatch that runs is asked" in str(done.exception)


def test_what_answers_and_is_no_lagwatch_is_said():
    app = FastAPI()

    @app.get("/api/v1/clusters")
    def _clusters():
        return {"status": "success"}

    with served(app) as (host, port):
        done = run("why", "billing", "--url", f"http://{host}:{port}")
    assert isinstance(done.exception, LagwatchError)
    assert "is a lagwatch there?" in str(done.exception)


@pytest.mark.parametrize("where", [("--url", "http://127.0.0.1:1"), ("--bootstrap", "127.0.0.1:1")])
def test_top_without_a_terminal_draws_nothing(where):
    done = run("top", *where)
    assert "top needs a terminal" in str(done.exception)
    assert "\x1b" not in done.output

"""Scenarios as traces: the simulated clusters, replayed through the core and through the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import simulate
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.model.alerts import Rule, Transition
from lagwatch.model.trace import read_trace

Event = dict[str, object]


def lines_of(name: str, scenario: simulate.Scenario) -> list[str]:
    """The trace of a scenario, one snapshot a line."""
    return [json.dumps(snapshot) for snapshot in simulate.run(scenario, name)]


def transitions(lines: list[str], rules: tuple[Rule, ...] | None = None) -> list[Transition]:
    """What the core says about a trace."""
    memory = Memory()
    found: list[Transition] = []
    for snapshot in read_trace(lines):
        found += advance(memory, snapshot, default_rules() if rules is None else rules, snapshot.at)[1].transitions
    return found


@pytest.fixture
def backtest(tmp_path: Path) -> Callable[..., list[Event]]:
    """The lines that `lagwatch backtest` prints for a trace."""

    def run(lines: list[str], *options: str) -> list[Event]:
        trace = tmp_path / "trace.ndjson"
        trace.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        done = CliRunner().invoke(build(), ["backtest", str(trace), *options], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run

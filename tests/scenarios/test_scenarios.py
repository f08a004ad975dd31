"""
Every scenario is met in full: nothing missed or late, no false alarm, no flap, resolved in time.

simulate.py, cases.py and score.py are the project's facts and stay as they are; more.py has further scenarios of the same class.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import score
import simulate
from cases import SCENARIOS
from more import MORE

from tests.scenarios.conftest import lines_of, transitions

HERE = Path(__file__).parent
FAULTS = ("late", "missed", "false", "flaps", "unresolved")


def truth(name: str, scenario: simulate.Scenario) -> dict:
    return {
        "name": name,
        "start": simulate.START.isoformat(),
        "expect": scenario.expect,
        "tolerate": scenario.tolerate,
    }


def event(transition) -> dict:
    alert, subject = transition.alert, transition.alert.subject
    at = simulate.datetime.fromtimestamp(transition.at, simulate.timezone.utc).isoformat()
    parts = {"group": subject.group, "topic": subject.topic, "partition": subject.partition}
    return {"at": at, "rule": alert.rule, "to": transition.to.value, "cluster": subject.cluster, **parts}


def clean(name: str, scenario: simulate.Scenario, events: list[dict]) -> None:
    result = score.score(truth(name, scenario), events)
    assert {fault: result[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 0), result["notes"]
    assert result["found"] == result["expected"] == len(scenario.expect)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_is_met_by_the_command_line_and_by_the_core_alike(name, backtest):
    lines = lines_of(name, SCENARIOS[name])
    printed = backtest(lines)
    clean(name, SCENARIOS[name], printed)
    core = transitions(lines)
    assert [(each["rule"], each["to"], each["summary"]) for each in printed] == [
        (each.alert.rule, each.to.value, each.alert.summary) for each in core
    ]


@pytest.mark.parametrize("name", sorted(MORE))
def test_a_further_scenario_is_met(name):
    clean(name, MORE[name], [event(each) for each in transitions(lines_of(name, MORE[name]))])


def test_the_scorer_agrees_with_what_the_command_prints(tmp_path):
    simulate.write(tmp_path, "runaway", SCENARIOS["runaway"])
    trace, told = tmp_path / "runaway.ndjson", tmp_path / "runaway.out.ndjson"
    command = [sys.executable, "-m", "lagwatch", "backtest", "--output", "ndjson", "-"]
    done = subprocess.run(command, input=trace.read_text(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    told.write_text(done.stdout)
    scored = subprocess.run(
        [sys.executable, HERE / "score.py", tmp_path / "runaway.truth.json", told], capture_output=True, text=True
    )
    assert scored.returncode == 0, scored.stdout
    assert set(json.loads(done.stdout.splitlines()[0])) == {
        "at", "rule", "severity", "to", "cluster", "group", "topic", "value", "summary",
    }  # fmt: skip

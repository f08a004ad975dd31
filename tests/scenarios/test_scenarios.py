"""
Every scenario is met in full: nothing missed or late, no false alarm, no flap, resolved in time.

simulate.py, cases.py and score.py are the project's facts and stay as they are; more.py has further scenarios of the same class.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import score
import simulate
from cases import SCENARIOS
from more import MORE

from lagwatch.model.alerts import State
from tests.scenarios.conftest import lines_of, transitions

HERE = Path(__file__).parent
FAULTS = ("late", "missed", "false", "flaps", "unresolved")


WHY = {
    "runaway": "more slowly than it did: 6,000/min instead of the usual",
    "below_the_emergency": "more slowly than it did: 7,500/min instead of the usual",
    "offset_reset": "went back .* is catching up",
    "stalled": "stands still on all 4 partitions",
    "group_dies": "has had no members for",
    "poison_message": "partition 2 .* 3 others of the topic go on.* poison record",
    "gaps_in_the_data": "more slowly than it did",
    "retention_overtakes": "has had no members for",
    "hung_transaction": "an open transaction has held back the rest",
    "hot_partition": "partition 0 of 4 holds 100% of it",
    "hot_partition_runs_away": "partition 0 of 4 holds 100% of it",
    "slow_leak": "too few members .* 3 would keep up",
    "very_slow_leak": "more slowly than it did: 300/min instead of the usual 400/min",
    "slow_committer_dies": "has had no members for",
    "seek_to_the_beginning": "went back .* is catching up",
    "seek_back_and_too_slow": "more slowly than it did: 2,000/min instead of the usual 2,4",
    "big_lag_at_the_start": "is catching up",
    "big_lag_that_stays": "keeps its distance",
    "two_groups_one_ill": "more slowly than it did",
    "backfill": "is catching up",
    "two_poison_messages": "poison record",
}
"""What the alerts about groups say is the cause, where there is only one, by scenario."""


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


def says_why(name: str, found: list) -> None:
    causes = {each.alert.cause for each in found if each.to is State.FIRING and each.alert.subject.group is not None}
    assert all(re.search(WHY.get(name, "."), cause) for cause in causes), causes
    assert causes or name not in WHY


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_is_met_by_the_command_line_and_by_the_core_alike(name, backtest):
    lines = lines_of(name, SCENARIOS[name])
    printed = backtest(lines)
    clean(name, SCENARIOS[name], printed)
    core = transitions(lines)
    assert [(each["rule"], each["to"], each["summary"]) for each in printed] == [
        (each.alert.rule, each.to.value, each.alert.summary) for each in core
    ]
    says_why(name, core)


@pytest.mark.parametrize("name", sorted(MORE))
def test_a_further_scenario_is_met(name):
    found = transitions(lines_of(name, MORE[name]))
    clean(name, MORE[name], [event(each) for each in found])
    says_why(name, found)


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

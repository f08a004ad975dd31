"""`lagwatch backtest` as a person meets it."""

import json
import subprocess
import sys

import pytest

LINE = {
    "v": 1, "cluster": "main", "brokers": [1], "groups": {},
    "topics": {"orders": {"start": [0], "end": [9], "lso": [9], "leader": [1], "replicas": [[1]], "isr": [[1]]}},
}  # fmt: skip


def line(k, lag):
    billing = {"type": "classic", "state": "Stable", "members": 0, "committed": {"orders": [10**6 - lag]}}
    topics = {"orders": {**LINE["topics"]["orders"], "end": [10**6], "lso": [10**6]}}
    at = f"2026-03-02T00:{k // 2:02}:{k % 2 * 30:02}Z"
    return json.dumps({**LINE, "at": at, "topics": topics, "groups": {"billing": billing}})


def backtest(*arguments, text=""):
    done = subprocess.run(
        [sys.executable, "-m", "lagwatch", "backtest", *arguments], input=text, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def trace():
    return "".join(line(k, 200_000 if k > 3 else 0) + "\n" for k in range(16))


def test_every_change_is_one_line_of_json(trace):
    code, out, err = backtest("-", text=trace)
    assert (code, err) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert first == {
        "at": "2026-03-02T00:02:00Z", "rule": "ConsumerLagHigh", "severity": "critical", "to": "pending",
        "cluster": "main", "group": "billing", "topic": "orders", "value": 200000,
        "summary": "billing is 200,000 messages behind on orders",
    }  # fmt: skip
    assert (second["at"], second["to"]) == ("2026-03-02T00:07:00Z", "firing")


def test_the_rules_of_a_configuration_are_taken(tmp_path, trace):
    config = tmp_path / "lagwatch.yaml"
    config.write_text("rules: {ConsumerLagHigh: {enabled: false}}\n")
    assert backtest("-", "--config", str(config), text=trace) == (0, "", "")


def test_a_wrong_line_is_named_with_its_field_and_what_came_before_it_stands(tmp_path, trace):
    file = tmp_path / "trace.ndjson"
    file.write_text(trace + '{"v": 1, "at": 3}\n')
    code, out, err = backtest(str(file))
    assert (code, len(out.splitlines())) == (2, 2)
    assert err.startswith(f"lagwatch: {file}: line 17: brokers: missing")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{"])
def test_what_is_no_trace_ends_with_2_and_one_sentence(tmp_path, content):
    file = tmp_path / "trace.ndjson"
    file.write_bytes(content)
    code, out, err = backtest(str(file))
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_a_file_that_is_not_there_is_said(tmp_path):
    code, _, err = backtest(str(tmp_path / "none"))
    assert (code, err) == (2, f"lagwatch: {tmp_path / 'none'}: cannot be read (No such file or directory)\n")


def test_who_reads_only_the_first_line_hears_no_complaint(tmp_path):
    file = tmp_path / "trace.ndjson"
    file.write_text("".join(line(k, 200_000 if k % 2 else 0) + "\n" for k in range(1, 100)) * 1)
    command = f"{sys.executable} -m lagwatch backtest {file} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")

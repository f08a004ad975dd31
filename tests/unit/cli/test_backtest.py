"""`lagwatch backtest` as a person meets it."""

import gzip
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


def backtest(*arguments, text="", output="ndjson"):
    command = [sys.executable, "-m", "lagwatch", "backtest", "--output", output, *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
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
    file.write_text("".join(line(k, 200_000 if k % 2 else 0) + "\n" for k in range(1, 100)))
    command = f"{sys.executable} -m lagwatch backtest --output ndjson {file} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


QUIET = "".join(line(k, 0) + "\n" for k in range(4))
LATER = "rules: {ConsumerLagHigh: {for: 330s, severity: warning}}\n"
HIGHER = "rules: {ConsumerLagHigh: {thresholds: {lag: {above: 300000}}}}\n"


@pytest.fixture
def traces(tmp_path, trace):
    """A directory with traces in and below it, one of them compressed, and something that is none."""
    place = tmp_path / "traces"
    (place / "march" / "2").mkdir(parents=True)
    (place / "quiet.ndjson").write_text(QUIET)
    (place / "march" / "first.ndjson").write_text(trace)
    with gzip.open(place / "march" / "2" / "second.ndjson.gz", "wt") as file:
        file.write(trace)
    (place / "README.md").write_text("no trace")
    return place


def rows(text):
    """The cells of a table by the first of each line."""
    return {line.split()[0]: line.split() for line in text.splitlines() if line}


def test_a_directory_is_read_with_what_is_below_it_and_each_trace_is_a_history_of_its_own(traces):
    code, out, err = backtest(str(traces), output="both")
    found = [(change["trace"].rpartition("/")[2], change["to"]) for change in map(json.loads, out.splitlines())]
    assert code == 0
    assert found == [(name, to) for name in ("second.ndjson.gz", "first.ndjson") for to in ("pending", "firing")]
    assert rows(err)["ConsumerLagHigh"] == [
        *("ConsumerLagHigh", "2", "0", "10m", "1m", "0s", "1", "main:", "billing", "on", "orders", "(2)"),
    ]


def test_the_table_alone_goes_to_standard_output(traces):
    code, out, err = backtest(str(traces), output="table")
    assert (code, err) == (0, "")
    assert out.startswith("RULE")
    assert backtest(str(traces / "quiet.ndjson"), output="table") == (0, "no rule had an alert\n", "")


def test_a_bad_trace_is_named_and_does_not_stop_the_others(traces, tmp_path):
    (traces / "a.ndjson").write_text('{"v": 1, "at": 3}\n')
    cut = (traces / "march" / "2" / "second.ndjson.gz").read_bytes()[:-20]
    (traces / "b.ndjson.gz").write_bytes(cut)
    (tmp_path / "empty").mkdir()
    code, out, err = backtest(str(traces), str(tmp_path / "none"), str(tmp_path / "empty"))
    firing = [json.loads(change)["trace"] for change in out.splitlines() if '"firing"' in change]
    assert code == 2
    assert {name.rpartition("/")[2] for name in firing} >= {"first.ndjson", "second.ndjson.gz"}
    said = err.splitlines()
    assert any(sentence.startswith(f"lagwatch: {traces / 'a.ndjson'}: line 1: ") for sentence in said)
    assert any(sentence.startswith(f"lagwatch: {traces / 'b.ndjson.gz'}: not whole gzip data") for sentence in said)
    assert f"lagwatch: {tmp_path / 'none'}: cannot be read (No such file or directory)" in said
    assert any(sentence.startswith(f"lagwatch: {tmp_path / 'empty'}: no trace in it") for sentence in said)
    assert len(said) == 4


def compare(tmp_path, old, new, *arguments, output="ndjson"):
    for name, text in (("old.yaml", old), ("new.yaml", new)):
        (tmp_path / name).write_text(text)
    return backtest("--compare", str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"), *arguments, output=output)


def test_two_configurations_are_compared(tmp_path, traces):
    code, out, _ = compare(tmp_path, "", LATER, str(traces / "march" / "first.ndjson"))
    assert code == 0
    assert [json.loads(each) for each in out.splitlines()] == [
        {
            "change": ["later", "quieter"], "rule": "ConsumerLagHigh", "cluster": "main", "group": "billing",
            "topic": "orders",
            "old": {"severity": "critical", "fired_at": "2026-03-02T00:07:00Z", "resolved_at": None},
            "new": {"severity": "warning", "fired_at": "2026-03-02T00:07:30Z", "resolved_at": None},
            "later_s": 30.0, "longer_s": 0.0,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind"), [("", HIGHER, "only old"), (HIGHER, "", "only new")])
def test_what_fires_under_one_configuration_only_is_told(tmp_path, traces, old, new, kind):
    _, out, _ = compare(tmp_path, old, new, str(traces))
    found = [json.loads(each) for each in out.splitlines()]
    assert [each["change"] for each in found] == [[kind], [kind]]
    _, out, _ = compare(tmp_path, old, new, str(traces), output="table")
    counts = rows(out)["ConsumerLagHigh"][1:]
    assert counts == (["2", "0", "0", "2", "0"] if kind == "only old" else ["0", "2", "0", "0", "2"]) + ["0"] * 5


def test_a_configuration_differs_in_nothing_from_itself(tmp_path, traces):
    code, out, err = compare(tmp_path, LATER, LATER, str(traces), output="both")
    assert (code, out) == (0, "")
    assert err.endswith("nothing differs\n")


def test_a_wrong_configuration_is_said_before_anything_is_read(tmp_path, traces):
    code, out, err = compare(tmp_path, "", "rules: {ConsumerLagHigh: {fro: 6m}}", str(traces))
    assert (code, out) == (2, "")
    assert 'did you mean "for"?' in err
    code, _, err = backtest("--compare", "a", "b", "--config", "c", str(traces))
    assert code == 2
    assert "not both" in err

"""`lagwatch rules` as a person meets it."""

import json
import subprocess
import sys

CONFIG = """
clusters: [{name: main, bootstrap: a:1}, {name: test, bootstrap: b:1}]
rules:
  ConsumerLagHigh:
    overrides:
      - {group: "nightly-.*", enabled: false, why: runs at night}
      - {cluster: test, severity: warning, thresholds: {lag: {above: 5000000}}}
  PollSlow: {enabled: true}
  Mine:
    {grain: pair, severity: warning, for: 1m, summary: x, conditions: [{value: lag, above: 7, statistic: quantile, over: 10m}]}
"""


def rules(tmp_path, *arguments, config=CONFIG):
    file = tmp_path / "lagwatch.yaml"
    file.write_text(config)
    command = [sys.executable, "-m", "lagwatch", "rules", "--config", str(file), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_without_names_all_rules_are_listed_with_what_they_depend_on(tmp_path):
    code, out, err = rules(tmp_path)
    assert (code, err) == (0, "")
    lines = [line.split("  ") for line in out.splitlines()]
    of = [[cell.strip() for cell in line if cell.strip()] for line in lines if line[0] == "ConsumerLagHigh"]
    assert [(line[1], line[2], line[-1]) for line in of] == [
        ("group matches console-consumer-.* or topic matches __.*", "no", "excluded"),
        ("group matches nightly-.*", "no", "override 1 (group nightly-.*): runs at night"),
        ("cluster matches test", "yes", "override 2 (cluster test)"),
        ("all", "yes", "as shipped"),
    ]
    assert any(line.startswith("NotificationsStuck") for line in out.splitlines())


def test_for_given_names_it_is_said_what_holds_and_why(tmp_path):
    arguments = ("--cluster", "test", "--group", "billing", "--topic", "orders", "--json")
    code, out, _ = rules(tmp_path, *arguments)
    found = {line["rule"]: line for line in json.loads(out)}
    assert code == 0
    assert len(found) == len(json.loads(out))
    assert "PollSlow" not in found
    assert found["ConsumerLagHigh"] == {
        "rule": "ConsumerLagHigh", "where": "", "judged": True, "why": "override 2 (cluster test)", "severity": "warning",
        "grain": "pair", "match": "all", "conditions": [{"value": "lag", "above": 5000000.0, "clear": 80000.0}],
        "for_s": 300.0, "keep_s": 300.0, "follows_commits": True,
    }  # fmt: skip
    assert found["OffsetsRewound"]["why"] == "off as shipped"
    assert found["Mine"]["why"] == "a rule of your own"


def test_one_rule_can_be_asked_for(tmp_path):
    _, out, _ = rules(tmp_path, "PollSlow")
    assert out.splitlines()[1].split() == [
        *("PollSlow", "all", "yes", "warning", "poll_share", ">", "0.8", "10m", "5m"),
        *("the", "configuration", "changes", "enabled"),
    ]
    _, out, _ = rules(tmp_path, "Mine", "--group", "a")
    assert "quantile 0.5 of lag over 10m > 7" in out


def test_what_there_is_not_is_said_with_what_there_is(tmp_path):
    assert rules(tmp_path, "ConsumerLagHihg") == (
        2,
        "",
        'lagwatch: ConsumerLagHihg: not a rule, did you mean "ConsumerLagHigh"?\n',
    )
    code, _, err = rules(tmp_path, "--cluster", "eu")
    assert (code, err) == (2, "lagwatch: --cluster: eu: no such cluster is configured; there are: main, test\n")


def test_a_configuration_without_a_cluster_is_enough(tmp_path):
    code, out, _ = rules(tmp_path, "--group", "nightly-1", "ConsumerLagRunaway", config="rules: {}\n")
    assert (code, len(out.splitlines())) == (0, 5)

"""alerts/prometheus.yml: the same rules as lagwatch's own, and they do in Prometheus what their unit tests say."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from lagwatch.demo.programs import unpacked
from lagwatch.publish.metrics.families import FAMILIES

ALERTS = Path(__file__).parents[2] / "alerts"
THE_THREE = ("ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway")
SERIES = {"lag": "topic_lag:max", "growth": "topic_lag:growth_per_minute"}


@pytest.fixture(scope="module")
def promtool() -> str:
    return unpacked("promtool", "prometheus")


@pytest.fixture(scope="module")
def prometheus_rules() -> dict[str, dict]:
    document = yaml.safe_load((ALERTS / "prometheus.yml").read_text())
    return {rule["alert"]: rule for group in document["groups"] for rule in group["rules"] if "alert" in rule}


def own_rule(name: str) -> dict:
    rules = yaml.safe_load((ALERTS / "lagwatch.yaml").read_text())["rules"]
    return next(rule for rule in rules if rule["name"] == name)


def test_promtool_finds_nothing_to_complain_about(promtool):
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", ALERTS / "prometheus.yml"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Several runs: promtool evaluates groups in random order, and a rule that depended on it would pass only now and then.
@pytest.mark.parametrize("run", range(5))
def test_the_unit_tests_of_the_rules_pass(promtool, run):
    done = subprocess.run([promtool, "test", "rules", ALERTS / "prometheus.test.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", THE_THREE)
def test_a_rule_says_the_same_in_both_files(name, prometheus_rules):
    own, theirs = own_rule(name), prometheus_rules[name]
    assert (own["for"], own["keep"], own["severity"]) == (
        theirs["for"],
        theirs["keep_firing_for"],
        theirs["labels"]["severity"],
    )
    assert own["next_step"].split() == theirs["annotations"]["description"].split()
    # The height of a lag beside its hour before is known to lagwatch only: Prometheus may warn of a swing.
    for condition in (each for each in own["conditions"] if each["value"] != "height"):
        compared = re.findall(rf"{SERIES[condition['value']]}\s*(>=?)\s*(\d+)", theirs["expr"])
        wanted = {(">", str(condition["above"]))}
        if condition["clear"] != condition["above"]:
            wanted.add((">=", str(condition["clear"])))
        assert wanted == set(compared)


def test_every_metric_that_a_rule_reads_exists():
    text = (ALERTS / "prometheus.yml").read_text()
    read = set(re.findall(r"(?<![\w:])(?:kafka|lagwatch)_[a-z_]+(?=[{\[)\s])", re.sub(r"#.*", "", text)))
    known = {family.name for family in FAMILIES}
    labels = {"kafka_cluster"}
    assert read - labels, "the search found no metric"
    assert read - labels <= known

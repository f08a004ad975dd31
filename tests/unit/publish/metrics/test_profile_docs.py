"""docs/metric-profiles.md lists the series of every profile with their labels, and those that are not to be had."""

import re
from pathlib import Path

import pytest
import yaml

from lagwatch.publish.metrics.profiles import PROFILES
from tests.support.markdown import blocks
from tests.support.peers import NOT_TO_BE_HAD, SERIES
from tests.support.settings import settings

PAGE = Path(__file__).parents[4] / "docs" / "metric-profiles.md"
TEXT = PAGE.read_text()
TITLES = {
    "kafka_exporter": "kafka_exporter",
    "kminion": "kminion",
    "kafka_lag_exporter": "kafka-lag-exporter",
    "burrow": "Burrow",
}
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|([\w, ]*)\|", re.MULTILINE)


def section(profile: str) -> str:
    return TEXT.partition(f"\n## {TITLES[profile]}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("profile", SERIES)
def test_every_series_is_documented_with_its_labels(profile):
    found = {
        name: tuple(re.findall(r"\w+", labels))
        for names, labels in ROW.findall(section(profile))
        for name in re.findall(r"`(\w+)`", names)
    }
    assert found == SERIES[profile]


def test_as_many_exporters_show_internal_topics_as_there_are_profiles():
    assert len(PROFILES) == 4
    assert "All four exporters show Kafka's internal topics" in TEXT


@pytest.mark.parametrize("profile", SERIES)
def test_what_is_not_to_be_had_is_said(profile):
    missing = section(profile).partition("Not to be had: ")[2]
    assert all(f"`{name}`" in missing for name in NOT_TO_BE_HAD.get(profile, ()))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_page_is_named(profile):
    assert f"| `/metrics/{profile}` |" in TEXT


def test_the_job_of_the_example_is_one_that_prometheus_takes_and_the_setting_one_that_lagwatch_takes():
    setting, job = blocks(PAGE, "yaml")
    ((only,),) = yaml.safe_load(job).values()
    assert only["metrics_path"].removeprefix("/metrics/") in PROFILES
    assert set(settings(f"bootstrap: a:1\n{setting}").metrics.profiles) == PROFILES.keys()

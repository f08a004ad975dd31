"""The shipped Grafana dashboards keep the conventions that make them work in anyone's Grafana."""

import json
import re
from itertools import combinations
from pathlib import Path

import promql_parser
import pytest

from lagwatch.publish.metrics.families import FAMILIES
from tests.support.dashboards import DASHBOARDS, expressions, load, with_variables

METRICS = {family.name: family for family in FAMILIES}
NAMES = [path.name for path in DASHBOARDS]


@pytest.fixture(params=DASHBOARDS, ids=NAMES)
def dashboard(request) -> dict:
    return load(request.param)


def panels(dashboard: dict) -> list[dict]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def test_there_is_a_dashboard():
    assert NAMES


def test_every_expression_parses(dashboard):
    for expression in expressions(dashboard):
        promql_parser.parse(with_variables(expression))


def test_every_metric_and_label_that_an_expression_uses_exists(dashboard):
    for expression in expressions(dashboard):
        read = re.findall(r"((?:kafka|lagwatch)_\w+)\{([^}]*)\}", expression)
        assert read, expression
        for name, matchers in read:
            assert name in METRICS
            assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", matchers)) <= set(METRICS[name].labels)


def test_panels_have_a_title_a_description_a_unit_and_do_not_show_nothing_as_zero(dashboard):
    for panel in panels(dashboard):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"]
        assert defaults["unit"]
        assert defaults["noValue"] == "no data"


def test_every_data_source_is_the_variable(dashboard):
    text = json.dumps(dashboard)
    assert {"${datasource}"} == set(re.findall(r'"type": "prometheus", "uid": "([^"]*)"', text))
    assert "__inputs" not in text  # only the import dialogue resolves it, provisioning does not


def test_rates_follow_the_scrape_interval(dashboard):
    for expression in expressions(dashboard):
        assert not re.search(r"(?:rate|deriv|increase|delta)\([^\[]*\[\d", expression)


def test_two_instances_that_watch_the_same_cluster_are_folded_before_anything_is_added_up(dashboard):
    for expression in expressions(dashboard):
        for summed in re.findall(r"\bsum(?: by \([^)]*\) )?\((.{21})", expression):
            assert summed == "max by (kafka_cluster", expression
        assert len(re.findall(r"\bsum\b", expression)) == len(re.findall(r"\bsum(?: by \([^)]*\) )?\(", expression))


def test_messages_are_counted_a_minute_as_everywhere(dashboard):
    (panel,) = (panel for panel in panels(dashboard) if panel["title"] == "Produced and committed")
    assert "Messages a minute" in panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"] == "short"
    assert all(target["expr"].startswith("60 * ") for target in panel["targets"])


def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    for one, other in combinations([panel["gridPos"] for panel in dashboard["panels"]], 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


def test_the_lines_in_the_lag_panels_are_the_thresholds_of_the_rules(dashboard):
    steps = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for panel in panels(dashboard)
    }
    assert steps["Lag of the 20 groups furthest behind"] == [None, 10_000, 100_000]
    assert steps["Growth of lag"] == [None, 5_000]


def test_the_uid_is_the_file_name_and_no_instance_is_baked_in(dashboard):
    assert dashboard["uid"] in {Path(name).stem for name in NAMES}
    assert dashboard["id"] is None


def test_where_an_age_of_polls_is_shown_a_cluster_that_was_never_read_is_not_left_out(dashboard):
    shown = [expression for expression in expressions(dashboard) if "lagwatch_last_successful_poll_age" in expression]
    assert shown
    for expression in shown:
        assert re.search(r"or time\(\) - lagwatch_watched_since_timestamp_seconds\b", expression)

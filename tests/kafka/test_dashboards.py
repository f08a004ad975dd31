"""Every expression of the shipped dashboards and alert rules finds data in a real Prometheus that scraped a real lagwatch."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.kafka.support import commit, create_topic, member, produce, read, unique, wait_until
from tests.support.dashboards import DASHBOARDS, expressions, load, with_variables
from tests.support.prometheus import answers, scraping, targets
from tests.support.service import serving

pytestmark = pytest.mark.timeout(240)
ALERTS = Path(__file__).parents[2] / "alerts"

NEEDS_TROUBLE = ("lagwatch_alert{", "lagwatch_poll_gaps", "lagwatch_poll_failures_total")
"""What has no series while nothing is wrong; everything else must have data."""


@pytest.fixture(scope="module")
def prometheus(cluster, tmp_path_factory) -> Iterator[str]:
    """The address of a Prometheus that has scraped a lagwatch on the real cluster for some polls."""
    topic, group = (
        create_topic(cluster.bootstrap, unique("dashboard-orders"), partitions=2),
        unique("dashboard-billing"),
    )
    produce(cluster.bootstrap, topic, {0: 50, 1: 20})
    commit(cluster.bootstrap, group, {(topic, 0): 10, (topic, 1): 20})
    home = tmp_path_factory.mktemp("prometheus")
    with ExitStack() as stack:
        live = stack.enter_context(member(cluster.bootstrap, group, [topic]))
        read(live, 30)
        watched = stack.enter_context(
            serving(
                home, "--bootstrap", cluster.bootstrap, "--interval", "1s", environ={"LAGWATCH_GROWTH_WINDOW": "10s"}
            )
        )
        config = {
            "global": {"scrape_interval": "1s"},
            "rule_files": [str(ALERTS / "prometheus.yml")],
            "scrape_configs": [
                {"job_name": "lagwatch", "static_configs": [{"targets": [watched.url.removeprefix("http://")]}]}
            ],
        }
        url = stack.enter_context(scraping(home, config))
        settled = f'count_over_time(kafka_consumer_group_topic_lag_growth_per_minute{{group="{group}"}}[5m]) >= 4'
        wait_until(lambda: answers(url, settled), "four scrapes with the growth of the group", 90)
        yield url


def every_expression() -> list[str]:
    return sorted({with_variables(expression) for path in DASHBOARDS for expression in expressions(load(path))})


@pytest.mark.parametrize("expression", every_expression())
def test_an_expression_of_a_dashboard_has_data(prometheus, expression):
    found = answers(prometheus, expression)
    assert found or any(name in expression for name in NEEDS_TROUBLE), expression


def test_prometheus_took_every_series_of_the_page(prometheus):
    (up,) = answers(prometheus, 'up{job="lagwatch"}')
    assert up["value"][1] == "1"
    (target,) = targets(prometheus)
    assert (target["health"], target["lastError"]) == ("up", "")


def test_the_alert_rules_are_loaded_and_healthy(prometheus):
    def rules() -> list[dict]:
        groups = httpx.get(f"{prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"]
        found = [rule for group in groups for rule in group["rules"]]
        return [rule for rule in found if rule["health"] != "unknown"]

    healthy = wait_until(lambda: (found := rules()) and len(found) >= 7 and found, "all rules evaluated", 60)
    assert {"ok"} == {rule["health"] for rule in healthy}

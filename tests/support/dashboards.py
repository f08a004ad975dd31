"""The shipped Grafana dashboards, their expressions, and what Grafana puts in for the variables."""

import json
from collections.abc import Iterator
from pathlib import Path

DASHBOARDS = sorted((Path(__file__).parents[2] / "dashboards").glob("*.json"))


def load(path: Path) -> dict:
    return json.loads(path.read_text())


def expressions(dashboard: dict) -> Iterator[str]:
    """Every PromQL expression of the panels and of the annotations."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["expr"]


def with_variables(expression: str, *, rate_interval: str = "5m") -> str:
    """The expression with every variable set to All, as Grafana sends it."""
    for name in ("kafka_cluster", "group", "topic"):
        expression = expression.replace(f"${name}", ".+")
    return expression.replace("$__rate_interval", rate_interval)

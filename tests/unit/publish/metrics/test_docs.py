"""docs/metrics.md, the table in the code, and the page say the same."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import promql_parser

from lagwatch.model.alerts import Alert, Severity, State, Subject, Verdict
from lagwatch.model.details import Details, Features, LogDir, Transaction
from lagwatch.model.kept import StoreHealth
from lagwatch.model.snapshot import Broker, Gap, PollStats
from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Format, Granularity, Variant
from lagwatch.publish.metrics.families import FAMILIES, GROUPS, as_markdown
from lagwatch.publish.notices.base import Counts
from tests.support import details as build
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import families

PAGE = Path(__file__).parents[4] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (gauge|counter) \| (.*?) \| (.+) \|$", re.MULTILINE)

Row = tuple[str, str, frozenset[str], str]


def slow_facts() -> Details:
    dirs = [LogDir(broker=b, path="/data", total_bytes=100, usable_bytes=60) for b in (1, 2, 3)]
    ongoing = [Transaction(transactional_id="payer", producer_id=1, state="Ongoing", started_at=T0 - 60)]
    return replace(
        build.details(
            topic_config={"orders": {}},
            dirs=build.log_dirs(dirs),
            voters=build.quorum(0, 0, 0),
            ongoing=ongoing,
            elr={},
        ),
        reassignments=build.part(()),
        features=build.part(Features(finalized={"metadata.version": 30}, releases={1: "4.3 or later"})),
    )


def everything() -> Board:
    """A board on which every family has a series."""
    topics = {"orders": topic((0, 100), min_insync_replicas="2", cleanup_policy="delete")}
    facts = replace(
        snapshot(topics, {"billing": group({"orders": [90]})}),
        brokers=(Broker(id=1, host="kafka-1", port=9092, rack="a"),),
        controller=1,
        cluster_id="Q1",
        stats=PollStats(requests={"Metadata": 1}),
        details=slow_facts(),
    )
    facts = replace(facts, groups=(replace(facts.groups[0], protocol_type="consumer", protocol="range"),))
    seen = view(facts)
    five = np.array([5.0])
    rates = {"growth": five, "consumed": five, "drain_s": five}
    pairs = replace(seen.pairs, **rates, slowest_growth=five, commit_interval_s=five, behind_s=five)
    skewed = replace(
        seen.health,
        brokers=replace(seen.health.brokers, produced=np.array([1.0, 2.0, 3.0])),
        single_rack=0,
        produce_skew=0.5,
    )
    seen = replace(seen, health=skewed)
    topics_seen = replace(seen.topics, produced=five, produced_skew=five, transactional=np.array([True]))
    seen = replace(seen, pairs=pairs, groups=replace(seen.groups, **rates), topics=topics_seen, produced=five)
    subject = Subject(cluster="main", group="billing", topic="orders", partition=0)
    alert = Alert(rule="R", severity=Severity.WARNING, subject=subject, state=State.FIRING, since=T0)
    one = latest(seen, verdict=Verdict(at=T0, alerts=(alert,)), gaps=(Gap(part="offsets", reason="DEADLINE"),))
    health = replace(
        one.health,
        watched_since=T0,
        duration_s=0.2,
        failures_by_kind={"ClusterUnreachable": 1},
        gaps_by_reason={("offsets", "DEADLINE"): 1},
        requests_by_api={"Metadata": 1},
    )
    counts = Counts(sent=1, failed_by_reason={"refused": 1}, pending=1, oldest_pending_at=T0, last_sent_at=T0)
    board = Board(
        notices=lambda: {"webhook": counts},
        suppressed=lambda: {"main": {"silenced": 1}},
        store=StoreHealth,
        clock=lambda: T0,
    )
    board.put(replace(one, health=health))
    return board


def documented() -> set[Row]:
    rows = ROW.findall(PAGE.read_text())
    assert len(rows) == len({name for name, *_ in rows}), "a metric is documented twice"
    return {(name, kind, frozenset(re.findall(r"`(\w+)`", labels)), text) for name, kind, labels, text in rows}


def test_what_is_rendered_is_what_is_documented():
    rendered = {
        (sample.name, family.type, frozenset(sample.labels), family.documentation)
        for family in families(everything())
        for sample in family.samples
    }
    assert rendered == documented()


def test_openmetrics_announces_the_same_types_and_help_texts_and_the_unit_that_the_name_ends_with():
    announced = {family.name: family for family in families(everything(), Variant(Format.OPENMETRICS))}
    for family in FAMILIES:
        found = announced[family.name.removesuffix("_total")]
        assert (found.type, found.documentation, found.unit) == (family.kind, family.help, family.unit)


def test_the_documentation_holds_the_table_of_the_code():
    assert as_markdown() in PAGE.read_text()


def test_the_documentation_names_every_granularity():
    assert all(f"| `{granularity}`" in PAGE.read_text() for granularity in Granularity)


def test_every_query_in_the_documentation_is_valid_and_uses_metrics_that_exist():
    section = PAGE.read_text().partition("## Questions")[2].partition("## Families")[0]
    queries = re.findall(r"^\|[^|]+\| `(.+)` \|$", section, re.MULTILINE)
    assert len(queries) > 5
    for query in queries:
        promql_parser.parse(query)
        used = set(re.findall(r"\b(?:kafka|lagwatch)_\w+", query)) - {"kafka_cluster"}
        assert used
        assert used <= {family.name for family in FAMILIES}, query


def test_names_and_sections_follow_the_conventions():
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names))
    assert len(FAMILIES) == sum(len(section) for section in GROUPS.values())
    for family in FAMILIES:
        assert (family.kind == "counter") == family.name.endswith("_total"), family.name
        assert not family.name.endswith(("_sum", "_count", "_bucket", "_created")), family.name
        assert family.name.startswith(("kafka_", "lagwatch_")), family.name
        assert not {"cluster", "instance", "job", "env", "service"} & set(family.labels), family.name

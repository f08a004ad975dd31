"""The pages for those who come from another monitor: what they name of lagwatch is there, and nothing of the other is forgotten."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from lagwatch.app.burrow import setup
from lagwatch.cli import build
from lagwatch.config import default_rules
from lagwatch.config.schema import CLUSTER_KEYS, ROOT, Kind, Node
from lagwatch.cycle import Memory, advance
from lagwatch.judge.burrow import Status
from lagwatch.publish.api import create_api
from lagwatch.publish.api.burrow import admin
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.families import FAMILIES
from lagwatch.publish.metrics.profiles import PROFILES
from tests.support.asgi import Client
from tests.support.build import T0, group, latest, snapshot, topic
from tests.support.markdown import blocks, commands, curl
from tests.support.peers import SERIES
from tests.support.settings import settings

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {
    "burrow": DOCS / "migrate-from-burrow.md",
    "kminion": DOCS / "migrate-from-kminion.md",
    "kafka_exporter": DOCS / "migrate-from-kafka-exporter.md",
    "kafka_lag_exporter": DOCS / "migrate-from-kafka-lag-exporter.md",
}
HEADINGS = ["Step by step", "Settings", "Endpoints", "Metrics", "Alerts", "What differs, and why"]
COMMANDS = typer.main.get_command(build()).commands
RULES = {rule.name for rule in default_rules()}
METRICS = {family.name for family in FAMILIES}

# What can be configured there, as their own documentation and code have it.
THEIRS = {
    "burrow": """
        cluster.NAME: class-name servers offset-refresh topic-refresh groups-reaper-refresh
        client-profile.NAME: client-id kafka-version dial-timeout read-timeout
        tls.NAME: certfile keyfile cafile noverify
        sasl.NAME: mechanism username password handshake-first
        iam.NAME: region role-arn profile
        consumer.NAME: class-name cluster servers group-allowlist group-denylist offsets-topic start-latest backfill-earliest
            zookeeper-path zookeeper-timeout
        storage.NAME: intervals min-distance expire-group workers queue-depth group-allowlist group-denylist
        evaluator.NAME: expire-cache minimum-complete allowed-lag
        httpserver.NAME: address timeout tls
        general: pidfile stdout-logfile access-control-allow-origin env-var-prefix
        logging: level filename
        zookeeper: servers root-path
        notifier.NAME: class-name interval send-interval threshold group-allowlist group-denylist extras template-open
            template-close send-close send-once url-open url-close method-open server port from to
    """,
    "kminion": """
        kafka: brokers clientId rackId retryInitConnection
        kafka.tls: enabled caFilepath certFilepath keyFilepath ca cert key passphrase insecureSkipTlsVerify
        kafka.sasl: mechanism username password gssapi
        kafka.sasl.oauth: tokenEndpoint clientId clientSecret scope
        minion.consumerGroups: enabled scrapeMode granularity allowedGroups ignoredGroups
        minion.topics: enabled granularity allowedTopics ignoredTopics infoMetric.configKeys
        minion: logDirs.enabled endToEnd
        exporter: namespace host port
        logger: level
    """,
    "kafka_exporter": """
        --kafka: server version labels allow-auto-topic-creation
        --sasl: enabled username password mechanism aws-region oauthbearer-token-url service-name keytab-path realm
        --tls: enabled server-name ca-file cert-file key-file insecure-skip-tls-verify
        --server.tls: enabled mutual-auth-enabled
        --topic: filter exclude workers
        --group: filter exclude
        --use: consumelag.zookeeper
        --zookeeper: server
        --refresh: metadata
        --offset: show-all
        --concurrent: enable
        --log: enable-sarama
        --web: listen-address telemetry-path
    """,
    "kafka_lag_exporter": """
        : poll-interval client-group-id kafka-client-timeout kafka-retries metric-whitelist sinks
        lookup-table: memory.size redis
        reporters: prometheus.port graphite influxdb
        watchers: strimzi
        clusters: name bootstrap-brokers group-whitelist group-blacklist topic-whitelist topic-blacklist consumer-properties
            admin-client-properties labels
    """,
}


def keys(text):
    """The keys of THEIRS, each in full."""
    found, prefix = set(), ""
    for line in text.strip().splitlines():
        head, colon, rest = line.strip().partition(": ") if ": " in line else ("", "", line)
        prefix = head.removeprefix(":").strip() if colon else prefix
        found |= {f"{prefix}.{key}" if prefix else key for key in rest.split()}
    return found


def rows(page):
    """What stands in the first and the second column of every row of every table."""
    for line in page.read_text().splitlines():
        cells = re.match(r"^\| (.*?) \| (.*?)\| ?(.*?) ?\|$", line)
        if cells and not line.startswith("|---") and cells[2].strip() != "lagwatch":
            yield cells[1], cells[2].strip()


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


def is_setting(name):
    node, first = Node(Kind.SECTION, ROOT.model), True
    for key in name.split("."):
        if node.kind in (Kind.SECTIONS, Kind.NAMED):
            node = Node(Kind.SECTION, node.model)
        node = node.child(key) or (CLUSTER_KEYS.get(key) if first else None)
        first = False
        if node is None:
            return False
    return True


def addresses():
    """Every method and path of the application, of the one below /v3, and those that Burrow has beside it."""
    app = create_api(Board())
    (below,) = [route.app for route in app.routes if getattr(route, "path", "") == "/v3"]
    for prefix, paths in (("", app.openapi()["paths"]), ("/v3", below.openapi()["paths"])):
        yield from ((method.upper(), prefix + path) for path, item in paths.items() for method in item)
    yield from (("GET", route.path) for route in admin.routes)


ADDRESSES = set(addresses())


def is_there(name):
    """Whether lagwatch has something of that name: an address, a rule, a metric, a setting."""
    if "/" in name:
        method, _, path = name.rpartition(" ")
        return (method or "GET", path) in ADDRESSES
    return name in RULES or name in METRICS or is_setting(name)


def every_name():
    return [
        pytest.param(name, id=f"{peer}-{name}")
        for peer, page in PAGES.items()
        for _, ours in rows(page)
        for name in quoted(ours)
    ]


@pytest.mark.parametrize("name", every_name())
def test_what_a_table_names_of_lagwatch_is_there(name):
    assert is_there(name)


def test_a_name_that_is_not_there_would_be_seen():
    for name in (
        "clusters.bootstrp",
        "GET /v3/nothing",
        "NoRule",
        "kafka_no_metric",
        "receivers.webhook.uri",
        "web.port.x",
    ):
        assert not is_there(name)
    assert len(every_name()) > 200


@pytest.mark.parametrize("peer", PAGES)
def test_every_setting_of_the_other_has_its_row(peer):
    said = {name for theirs, _ in rows(PAGES[peer]) for name in quoted(theirs)}
    assert not keys(THEIRS[peer]) - said
    assert len(keys(THEIRS[peer])) > 15


@pytest.mark.parametrize("peer", PAGES)
def test_every_metric_of_the_other_has_its_row_and_its_page(peer):
    said = {name for theirs, _ in rows(PAGES[peer]) for name in quoted(theirs)}
    assert not set(SERIES[peer]) - said
    assert {family.name for family in PROFILES[peer].families} == set(SERIES[peer])
    assert f"profiles: [{peer}]" in PAGES[peer].read_text()


@pytest.mark.parametrize("peer", PAGES)
def test_a_page_has_all_its_parts_and_no_link_leads_nowhere(peer):
    text = PAGES[peer].read_text()
    assert sorted(re.findall(r"^## (.*)$", text, re.MULTILINE)) == sorted(HEADINGS)
    for target in re.findall(r"\]\((.*?)\)", text):
        assert (DOCS / target).is_file(), target
    for name in re.findall(r"`lagwatch ([a-z]+)", text):
        assert name in COMMANDS
    for name in re.findall(r"`(/metrics/[a-z_]+)`", text):
        assert name.removeprefix("/metrics/") in PROFILES


@pytest.mark.parametrize("peer", PAGES)
def test_every_configuration_of_a_page_is_right(peer):
    for example in blocks(PAGES[peer], "yaml"):
        settings(example)


@pytest.mark.parametrize("peer", PAGES)
def test_internal_topics_are_shown_as_the_other_shows_them(peer):
    first = settings(blocks(PAGES[peer], "yaml")[0])
    assert [cluster.internal_topics for cluster in first.clusters] == [True]


@pytest.fixture(name="api", scope="module")
def _api():
    memory, board = Memory(), Board(profiles=PROFILES, clock=lambda: T0)
    view, _ = advance(memory, snapshot({"orders": topic((0, 9))}, {"billing": group({"orders": [5]})}), (), T0)
    for name in ("local", "main"):
        board.put(latest(replace(view, snapshot=replace(view.snapshot, cluster=name))))
    return Client(create_api(board, clock=lambda: T0, burrow=setup(settings("bootstrap: a:1"), lambda *_: None)))


@pytest.mark.parametrize("peer", PAGES)
def test_what_a_page_asks_of_lagwatch_is_answered(peer, api):
    asked = [words for words in commands(PAGES[peer]) if "127.0.0.1:8484" in words[-1]]
    assert asked
    for words in asked:
        assert curl(words, api, {}).status_code == 200, words


def test_the_example_of_the_evaluator_gives_what_it_says():
    (example,) = blocks(PAGES["burrow"], "python")
    code, _, said = example.rpartition("  # ")
    imports, _, call = code.strip().rpartition("\n\n")
    names = {}
    exec(imports, names)
    assert eval(call, names) == Status[said.strip().strip("'")]


def test_the_readme_leads_to_the_pages():
    readme = (DOCS.parent / "README.md").read_text()
    for page in PAGES.values():
        assert f"docs/{page.name}" in readme

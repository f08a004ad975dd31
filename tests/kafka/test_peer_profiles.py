"""
The pages under other exporters' names say what the Apache tools and librdkafka say of the same cluster: every series of them,
none more, with these labels and these values.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from lagwatch import __version__
from tests.kafka.peers import Series, World, described, kafka_exporter, kafka_lag_exporter, kminion, page, series
from tests.kafka.support import client, commit, create_topic, member, produce, read, unique, wait_until
from tests.support.peers import SERIES
from tests.support.service import serving

pytestmark = pytest.mark.timeout(120)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory) -> Iterator[World]:
    bootstrap, mark = cluster.bootstrap, unique("peers")
    topics = {
        "orders": create_topic(bootstrap, f"{mark}-orders", partitions=4),
        "payments": create_topic(bootstrap, f"{mark}-payments", partitions=2),
        "single": create_topic(bootstrap, f"{mark}-single"),
        "unread": create_topic(bootstrap, f"{mark}-unread", config={"cleanup.policy": "compact"}),
    }
    orders, payments, single = topics["orders"], topics["payments"], topics["single"]
    produce(bootstrap, orders, {0: 100, 1: 250, 2: 30})
    produce(bootstrap, payments, {0: 40, 1: 41})
    produce(bootstrap, single, {0: 12})
    admin = AdminClient(client(bootstrap))
    admin.delete_records([TopicPartition(orders, 1, 20)])[TopicPartition(orders, 1)].result()
    groups = {kind: f"{mark}-{kind}" for kind in ("classic", "consumer", "empty")}
    commit(bootstrap, groups["empty"], {(orders, 0): 100, (orders, 1): 33, (payments, 1): 5})
    with ExitStack() as stack:
        read(stack.enter_context(member(bootstrap, groups["classic"], [orders, payments])), 150)
        read(stack.enter_context(member(bootstrap, groups["consumer"], [single], protocol="consumer")), 5)
        stack.enter_context(idle_member(bootstrap, groups["consumer"], single))
        pages = scraped(bootstrap, mark, tmp_path_factory.mktemp("peers"))
        yield described(cluster, mark, topics, groups, pages)


@contextmanager
def idle_member(bootstrap: str, group: str, topic: str) -> Iterator[None]:
    """One member more than the topic has partitions."""
    consumer = Consumer(client(bootstrap, group_id=group, group_protocol="consumer"))
    consumer.subscribe([topic])
    admin = AdminClient(client(bootstrap))

    def joined() -> bool:
        consumer.poll(0.1)
        return len(admin.describe_consumer_groups([group])[group].result().members) == 2

    try:
        wait_until(joined, f"two members of {group}", every_s=0)
        yield
    finally:
        consumer.close()


def scraped(bootstrap: str, mark: str, home: Path) -> dict[str, Series]:
    """The pages of a lagwatch that watches only what has this mark."""
    environ = {
        "LAGWATCH_METRICS__PROFILES": ",".join(SERIES),
        "LAGWATCH_TOPICS__INCLUDE": f"{mark}.*",
        "LAGWATCH_GROUPS__INCLUDE": f"{mark}.*",
        "LAGWATCH_INTERVAL": "2s",  # with 1s there is no time for slow facts
    }
    with serving(home, "--bootstrap", bootstrap, environ=environ) as service:
        whole = "kminion_kafka_topic_log_dir_size_total_bytes{"
        service.wait_for(lambda: whole in service.get("/metrics/kminion").text, "a poll with slow facts")
        return {name: series(name, service.get(f"/metrics/{name}").text) for name in SERIES}


def test_kafka_exporter_is_told_as_the_tools_tell_it(world):
    page = dict(world.pages["kafka_exporter"])
    assert page.pop("kafka_exporter_build_info") == {(__version__,): 1}
    assert page == kafka_exporter(world)


def test_kminion_is_told_as_the_tools_tell_it(world):
    page = dict(world.pages["kminion"])
    assert page.pop("kminion_kafka_requests_sent_total")[()] > 0
    assert page.pop("kminion_kafka_broker_log_dir_size_total_bytes").keys() == {
        (str(node), *address) for node, address in world.brokers.items()
    }
    (up,) = page["kminion_exporter_up"].values()
    page["kminion_exporter_up"] = {(): up}
    ((version, *cluster),) = page["kminion_kafka_cluster_info"]
    assert re.fullmatch(r"v4\.\d+", version)
    page["kminion_kafka_cluster_info"] = {tuple(cluster): 1}
    assert page == kminion(world)


def test_kafka_lag_exporter_is_told_as_the_tools_tell_it(world):
    page = dict(world.pages["kafka_lag_exporter"])
    assert 0 < page.pop("kafka_consumergroup_poll_time_ms")["default",] < 10_000
    seconds = page.pop("kafka_consumergroup_group_lag_seconds")
    largest = page.pop("kafka_consumergroup_group_max_lag_seconds")
    expected = kafka_lag_exporter(world)
    assert seconds.keys() == expected["kafka_consumergroup_group_lag"].keys()
    assert largest.keys() == expected["kafka_consumergroup_group_max_lag"].keys()
    for at, lag in expected["kafka_consumergroup_group_lag"].items():
        assert seconds[at] == 0 if lag == 0 else not seconds[at] < 0
    assert page.keys() == expected.keys()
    for name, values in expected.items():
        assert page[name] == pytest.approx(values, nan_ok=True), name


def test_what_the_comparison_rests_on_is_there(world):
    """Commits that are missing, logs that begin later than 0, an idle member: else the tests above would show less."""
    assert any(row["CURRENT-OFFSET"] == "-" for row in world.commits)
    assert world.marks[world.topics["orders"], 1] == (20, 250)
    assert {row["#PARTITIONS"] for row in world.members} >= {"0", "1"}
    assert {row["STATE"] for row in world.states} == {"Stable", "Empty"}


STAND_IN = """\
#!{python}
import http.server, pathlib, sys

page = pathlib.Path(__file__).with_suffix(".page").read_bytes()
(address,) = [each.partition("=")[2] for each in sys.argv if each.startswith("--web.listen-address=")]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

http.server.HTTPServer(("127.0.0.1", int(address.rpartition(":")[2])), Handler).serve_forever()
"""


def compared(home: Path, world: World, text: str) -> tuple[int, dict]:
    """What comes out if a kafka_exporter publishes this page: the exit code, and the result."""
    path = home / "kafka_exporter"
    path.write_text(STAND_IN.format(python=sys.executable))
    path.chmod(0o755)
    path.with_suffix(".page").write_text(text)
    command = [sys.executable, "-m", "benchmarks.compare_peer", "--json", "--bootstrap", world.bootstrap]
    filters = ["--topics", f"{world.mark}-.*", "--groups", f"{world.mark}-.*"]
    done = subprocess.run(
        [*command, *filters, "--peer", f"kafka_exporter={path}"], capture_output=True, text=True, timeout=100, cwd=ROOT
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, json.loads(done.stdout)["kafka_exporter"]


@pytest.mark.slow
def test_an_exporter_that_says_what_the_tools_say_agrees_in_every_series(world, tmp_path):
    theirs = kafka_exporter(world)
    own = '# TYPE go_goroutines gauge\ngo_goroutines 9\nkafka_exporter_build_info{version="1.9.0"} 1\n'
    code, result = compared(tmp_path, world, page("kafka_exporter", theirs) + own)
    count = sum(map(len, theirs.values()))
    assert (code, result["differences"]) == (0, [])
    assert (result["theirs"], result["ours"], result["agreeing"]) == (count, count, count)
    assert sum(result["left_out"].values()) == 2


@pytest.mark.slow
def test_an_exporter_that_differs_is_told_series_by_series(world, tmp_path):
    theirs = kafka_exporter(world)
    group, topic = world.groups["empty"], world.topics["orders"]
    theirs["kafka_consumergroup_lag"][group, topic, "0"] = 7
    del theirs["kafka_consumergroup_members"][group,]
    del theirs["kafka_brokers"]
    changed = page("kafka_exporter", theirs) + 'kafka_topic_partition_isr{topic="a"} 1\n'
    code, result = compared(tmp_path, world, changed)
    assert code == 1
    told = {
        (each["kind"], each["name"]): (each["labels"], each["theirs"], each["ours"]) for each in result["differences"]
    }
    assert told == {
        ("name", "kafka_brokers"): ({}, None, len(world.brokers)),
        ("name", "kafka_topic_partition_isr"): ({"topic": "a"}, 1, None),
        ("labels", "kafka_consumergroup_members"): ({"consumergroup": group}, None, 0),
        ("value", "kafka_consumergroup_lag"): ({"consumergroup": group, "topic": topic, "partition": "0"}, 7, 0),
    }

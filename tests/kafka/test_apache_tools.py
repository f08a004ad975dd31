"""`lagwatch groups` and `lagwatch topics` show what the Apache tools show of the same cluster, number by number."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from lagwatch.demo import tools
from lagwatch.model.words import plural
from tests.kafka.support import (
    commit,
    create_topic,
    member,
    produce,
    read,
    share_member,
    share_read,
    unique,
    wait_until,
)

pytestmark = pytest.mark.timeout(240)


def lagwatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lagwatch", *arguments], capture_output=True, text=True, timeout=60)


def lagwatch_json(*arguments: str) -> dict:
    done = lagwatch(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def columns(printed: str) -> list[dict[str, str]]:
    """The rows of the tables that an Apache tool prints, by the words of their header."""
    header: list[str] = []
    rows = []
    for line in printed.splitlines():
        words = line.replace("COORDINATOR (ID)", "COORDINATOR").split()
        if not words:
            header = []
        elif not header:
            header = words
        else:
            rows.append(dict(zip(header, re.sub(r"(\S+)\s+\((\d+)\)", r"\2", line).split(), strict=False)))
    return rows


def number(text: str) -> int | None:
    return None if text == "-" else int(text)


@dataclass(frozen=True)
class World:
    """A still cluster: members live and do not read, so that two tools that look one after the other see the same."""

    bootstrap: str
    cluster: object
    orders: str
    payments: str
    classic: str
    consumer: str
    empty: str
    share: str


@pytest.fixture(scope="module")
def world(cluster) -> Iterator[World]:
    bootstrap = cluster.bootstrap
    orders = create_topic(bootstrap, unique("tools-orders"), partitions=4, config={"min.insync.replicas": "2"})
    payments = create_topic(bootstrap, unique("tools-payments"), partitions=3)
    produce(bootstrap, orders, {0: 100, 1: 250, 2: 30})
    produce(bootstrap, payments, {0: 40, 1: 41, 2: 42})
    found = World(
        bootstrap,
        cluster,
        orders,
        payments,
        *(unique(f"tools-{kind}") for kind in ("classic", "consumer", "empty", "share")),
    )
    commit(bootstrap, found.empty, {(orders, 0): 100, (orders, 1): 7, (payments, 2): 0})
    with ExitStack() as stack:
        classic = stack.enter_context(member(bootstrap, found.classic, [orders, payments]))
        read(classic, 150)
        consumer = stack.enter_context(member(bootstrap, found.consumer, [orders], protocol="consumer"))
        read(consumer, 200)
        share = stack.enter_context(share_member(bootstrap, found.share, [payments]))
        share_read(share, 123)
        yield found


@pytest.mark.parametrize("kind", ["classic", "consumer", "empty"])
def test_groups_show_what_kafka_consumer_groups_describes(world, kind):
    group = getattr(world, kind)
    theirs = columns(world.cluster.tool(tools.GROUPS, "--describe", "--group", group))
    ours = lagwatch_json("groups", group, "--bootstrap", world.bootstrap)
    expected = {
        (row["TOPIC"], int(row["PARTITION"])): (
            *(number(row[name]) for name in ("CURRENT-OFFSET", "LOG-END-OFFSET", "LAG")),
            *(row[name] for name in ("CONSUMER-ID", "HOST", "CLIENT-ID")),
        )
        for row in theirs
    }
    shown = {}
    for part in ours["partition_details"]:
        owner = part["owners"][0] if part["owners"] else {"member_id": "-", "host": "-", "client_id": "-"}
        numbers = (part["committed_offset"], part["log_end_offset"], part["lag"])
        shown[part["topic"], part["partition"]] = (*numbers, owner["member_id"], owner["host"], owner["client_id"])
    assert expected == shown
    assert len(expected) >= 3
    assert sum(facts[2] or 0 for facts in expected.values()) == ours["lag"]


@pytest.mark.parametrize("kind", ["classic", "consumer", "empty"])
def test_groups_show_the_state_that_kafka_consumer_groups_shows(world, kind):
    group = getattr(world, kind)
    (theirs,) = columns(world.cluster.tool(tools.GROUPS, "--describe", "--state", "--group", group))
    ours = lagwatch_json("groups", group, "--bootstrap", world.bootstrap)
    assert (theirs["STATE"], int(theirs["#MEMBERS"]), int(theirs["COORDINATOR"])) == (
        ours["state"],
        ours["members"],
        ours["coordinator"],
    )
    assert (theirs["ASSIGNMENT-STRATEGY"]) == (ours["protocol"] or "-")


@pytest.mark.parametrize("kind", ["classic", "consumer"])
def test_groups_show_the_members_that_kafka_consumer_groups_shows(world, kind):
    group = getattr(world, kind)
    printed = world.cluster.tool(tools.GROUPS, "--describe", "--members", "--verbose", "--group", group)
    expected = {
        (row["CONSUMER-ID"], row["HOST"], row["CLIENT-ID"], int(row["#PARTITIONS"]), row["CURRENT-ASSIGNMENT"])
        for row in columns(printed)
    }
    lines = columns(lagwatch("groups", group, "--members", "--bootstrap", world.bootstrap).stdout.split("\n", 2)[2])
    assert expected == {
        (row["CONSUMER-ID"], row["HOST"], row["CLIENT-ID"], int(row["#PARTITIONS"]), row["ASSIGNMENT"]) for row in lines
    }
    assert len(expected) == 1


def test_groups_show_share_groups_as_kafka_share_groups_does(world):
    theirs = columns(world.cluster.tool(tools.SHARE_GROUPS, "--describe", "--group", world.share))
    ours = lagwatch_json("groups", world.share, "--bootstrap", world.bootstrap)
    expected = {
        (row["TOPIC"], int(row["PARTITION"])): (number(row["START-OFFSET"]), number(row["LAG"])) for row in theirs
    }
    assert expected == {
        (part["topic"], part["partition"]): (part["committed_offset"], part["lag"])
        for part in ours["partition_details"]
    }
    assert (ours["type"], len(expected)) == ("share", 3)


def test_every_group_that_the_apache_tools_list_is_shown(world):
    listed = (
        world.cluster.tool(tools.GROUPS, "--list").split() + world.cluster.tool(tools.SHARE_GROUPS, "--list").split()
    )
    shown = {detail["name"] for detail in lagwatch_json("groups", "--bootstrap", world.bootstrap)}
    assert {world.classic, world.consumer, world.empty, world.share} <= set(listed)
    assert set(listed) == shown


def test_topics_show_what_kafka_topics_describes(world):
    printed = world.cluster.tool(tools.TOPICS, "--describe", "--topic", world.orders)
    head = dict(re.findall(r"(\w+): (\S+)", printed.splitlines()[0]))
    ours = lagwatch_json("topics", world.orders, "--bootstrap", world.bootstrap)
    assert (head["TopicId"], int(head["PartitionCount"]), int(head["ReplicationFactor"])) == (
        ours["id"],
        ours["partitions"],
        ours["replication_factor"],
    )
    assert "min.insync.replicas=2" in head["Configs"]
    assert ours["config"]["min.insync.replicas"] == "2"
    expected = {
        int(row["Partition"]): (
            int(row["Leader"]),
            *([int(broker) for broker in row[name].split(",")] for name in ("Replicas", "Isr")),
        )
        for row in (dict(re.findall(r"(\w+): (\S+)", line)) for line in printed.splitlines()[1:])
    }
    assert expected == {
        part["partition"]: (part["leader"], part["replicas"], part["in_sync_replicas"])
        for part in ours["partition_details"]
    }
    assert len(expected) == 4


def test_the_table_for_people_has_the_columns_of_the_apache_tool_and_the_same_numbers(world):
    header = columns(world.cluster.tool(tools.GROUPS, "--describe", "--group", world.empty))
    printed = lagwatch("groups", world.empty, "--bootstrap", world.bootstrap).stdout
    ours = columns(printed.split("\n", 2)[2])
    assert [row.items() <= mine.items() for row, mine in zip(header, ours, strict=True)] == [True] * 3


def test_a_snapshot_is_read_back_with_the_same_facts(world):
    from lagwatch.model.trace import decode, encode

    done = lagwatch("snapshot", "--bootstrap", world.bootstrap)
    document = json.loads(done.stdout)
    assert (document["v"], document["cluster"]) == (1, "default")
    assert document["groups"][world.empty]["committed"][world.orders] == [100, 7, None, None]
    assert document["topics"][world.orders]["end"] == [100, 250, 30, 0]
    assert document == encode(decode(document))


def test_a_recording_has_one_snapshot_an_interval_and_can_be_replayed(world, tmp_path):
    trace = tmp_path / "trace.ndjson"
    arguments = ("record", str(trace), "--bootstrap", world.bootstrap, "--interval", "1s", "--count")
    assert lagwatch(*arguments, "2").returncode == 0
    assert lagwatch(*arguments, "1").returncode == 0
    times = [json.loads(line)["at"] for line in trace.read_text().splitlines()]
    assert (3, sorted(times)) == (len(times), times)
    done = lagwatch("backtest", str(trace))
    assert (done.returncode, done.stderr) == (0, "no rule had an alert\n")


def test_a_recorder_that_is_told_to_stop_leaves_whole_lines(world, tmp_path):
    trace = tmp_path / "trace.ndjson"
    command = [
        sys.executable,
        "-m",
        "lagwatch",
        "record",
        str(trace),
        "--bootstrap",
        world.bootstrap,
        "--interval",
        "1s",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: trace.exists() and trace.stat().st_size, "a first snapshot")
    process.terminate()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    lines = trace.read_text().splitlines()
    assert f"{plural(len(lines), 'snapshot')} appended" in said
    assert all(json.loads(line)["v"] == 1 for line in lines)


def test_a_name_that_is_not_there_is_said_with_the_one_that_was_perhaps_meant(world):
    done = lagwatch("groups", world.classic[:-1], "--bootstrap", world.bootstrap)
    assert done.returncode == 1
    assert f"did you mean {world.classic}?" in done.stderr

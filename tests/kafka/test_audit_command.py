"""`lagwatch audit` finds what is wrong on a real Kafka, and the commands that it gives mend it."""

import json
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from confluent_kafka import Consumer
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.demo import KafkaCluster, programs, tools, unsecured_token
from lagwatch.demo.jars import jars
from lagwatch.errors import LagwatchError
from tests.kafka.collecting import only, reading
from tests.kafka.support import (
    client,
    commit,
    create_topic,
    delete_topic,
    produce,
    unique,
    wait_until,
)

CLASSES = {
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-log-dirs.sh": "org.apache.kafka.tools.LogDirsCommand",
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs a command as a person would: in a shell, with the Apache tools on the path."""
    folder = tmp_path_factory.mktemp("bin")
    for name, java_class in CLASSES.items():
        script = folder / name
        jvm = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m"
        script.write_text(f"#!/bin/sh\nexec '{programs.java()}' {jvm} -cp '{jars()}/*' {java_class} \"$@\"\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    here = tmp_path_factory.mktemp("shell")

    def run(command: str) -> str:
        environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["/bin/sh", "-ec", command], cwd=here, env=environ, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


def audit(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(build(), ["audit", *arguments])
    if isinstance(done.exception, LagwatchError):
        return done.exception.exit_code, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def findings(bootstrap: str, *arguments: str) -> list[dict]:
    where = arguments or ("--bootstrap", bootstrap)
    code, printed = audit(*where, "--format", "json", "--fail-on", "never")
    assert code == 0, printed
    return json.loads(printed)["findings"]


def about(bootstrap: str, *subjects: str) -> dict[str, list[str]]:
    """The rules that speak of each subject."""
    found: dict[str, list[str]] = {subject: [] for subject in subjects}
    for each in findings(bootstrap):
        if each["subject"] in found:
            found[each["subject"]].append(each["rule"])
    return found


def mended(bootstrap: str, shell, expected: dict[str, list[str]]) -> None:
    """The rules speak of the topics as expected; once their commands have run, none does any more."""
    assert about(bootstrap, *expected) == expected
    commands = [each["command"] for each in findings(bootstrap) if each["subject"] in expected]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(shell, commands))
    nothing: dict[str, list[str]] = {topic: [] for topic in expected}
    wait_until(lambda: about(bootstrap, *expected) == nothing, "all of it is mended", every_s=0.5)


def test_a_topic_that_is_set_badly_is_found_and_its_commands_mend_it(cluster, shell):
    bootstrap = cluster.bootstrap
    lone = create_topic(bootstrap, unique("audit-lone"), 2, replicas=1)
    full = create_topic(bootstrap, unique("audit-full"), 1, config={"min.insync.replicas": "3"})
    mended(bootstrap, shell, {lone: ["topic-single-replica"], full: ["topic-min-insync-all"]})


@pytest.mark.slow
def test_each_bad_setting_of_a_topic_is_found_and_its_command_mends_it(cluster, shell):
    bootstrap = cluster.bootstrap
    full = create_topic(
        bootstrap,
        unique("audit-full"),
        1,
        config={
            "min.insync.replicas": "3",
            "unclean.leader.election.enable": "true",
            "retention.ms": "-1",
            "max.message.bytes": "5000000",
            "leader.replication.throttled.replicas": "*",
        },
    )
    changes = create_topic(
        bootstrap,
        unique("audit-changes"),
        1,
        config={
            "cleanup.policy": "compact",
            "min.cleanable.dirty.ratio": "0.99",
            "delete.retention.ms": "60000",
            "min.insync.replicas": "1",
        },
    )
    expected = {
        full: [
            "topic-min-insync-all",
            "topic-unclean-election",
            "topic-throttle-left",
            "topic-record-size",
            "topic-retention-none",
        ],
        changes: [
            "topic-min-insync-one",
            "topic-compaction-dirty-ratio",
            "topic-tombstones-short",
            "topic-compaction-unbounded",
        ],
    }
    found = {topic: sorted(rules) for topic, rules in about(bootstrap, full, changes).items()}
    assert found == {topic: sorted(rules) for topic, rules in expected.items()}
    mended(bootstrap, shell, about(bootstrap, full, changes))


def test_the_exit_code_says_whether_something_reaches_the_level(cluster, tmp_path):
    bad = create_topic(cluster.bootstrap, unique("audit-bad"), 1, config={"min.insync.replicas": "3"})
    assert audit("--bootstrap", cluster.bootstrap, "--fail-on", "error")[0] == 1
    assert audit("--bootstrap", cluster.bootstrap, "--fail-on", "never")[0] == 0
    settings = tmp_path / "lagwatch.yaml"
    settings.write_text(
        f"bootstrap: '{cluster.bootstrap}'\naudit: {{suppress: [{{rule: '.*', subject: '.*', why: a test}}]}}\n"
    )
    code, printed = audit("--config", str(settings), "--all")
    assert code == 0
    assert f"suppressed: {bad}: min.insync.replicas leaves no room (a test)" in printed
    code, said = audit("--bootstrap", "127.0.0.1:1")
    assert (code, "cannot be reached" in said) == (1, True)
    assert audit("--bootstrap", cluster.bootstrap, "--format", "html")[0] == 2


def test_what_this_user_may_not_see_is_unknown_and_fails_the_audit(secure_cluster, tmp_path):
    create_topic(secure_cluster.bootstrap, unique("audit-hidden"), 1)
    secure_cluster.tool(
        *(tools.ACLS, "--add", "--allow-principal", "User:audit-reader", "--operation", "Describe", "--topic", "*"),
        *("--cluster",),
    )
    token = unsecured_token("audit-reader", now=time.time())  # somebody whom no other test gives rights
    settings = tmp_path / "reader.yaml"
    settings.write_text(
        f"bootstrap: '{secure_cluster.listener('SASL_PLAINTEXT')}'\n"
        f"connection: {{sasl: {{mechanism: OAUTHBEARER, token: '{token}'}}}}\n"
    )

    def unseen() -> dict[str, dict]:
        return {each["subject"]: each for each in findings("", "--config", str(settings)) if each["level"] == "unknown"}

    hidden = wait_until(lambda: {"settings of topics"} <= unseen().keys() and unseen(), "what is hidden is told")
    assert "TOPIC_AUTHORIZATION_FAILED" in hidden["settings of topics"]["message"]
    assert "DescribeConfigs" in hidden["settings of topics"]["command"]
    assert any(subject.startswith("settings of brokers") for subject in hidden)
    assert audit("--config", str(settings), "--fail-on", "warning")[0] == 1


@pytest.fixture(scope="module")
def well_set(request):
    """Three nodes that are set as the audit would have them."""
    with KafkaCluster(nodes=3, settings={"min.insync.replicas": "2"}) as started:
        yield started


def rules(bootstrap: str) -> list[str]:
    # How full the disk of this computer is, is nobody's fault here.
    return sorted({each["rule"] for each in findings(bootstrap)} - {"broker-log-dir-full"})


@contextmanager
def reading_together(bootstrap: str, group: str, topic: str, *members: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Live members of a group; what is given polls each of them once, which they need to share partitions out."""
    with ExitStack() as stack:
        readers = []
        for settings in members:
            reader = Consumer(client(bootstrap, group_id=group, auto_offset_reset="earliest", **settings))
            stack.callback(reader.close)
            reader.subscribe([topic])
            readers.append(reader)

        def poll() -> None:
            for reader in readers:
                reader.poll(0.1)

        yield poll


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("own_nodes")
def test_a_well_set_cluster_with_well_behaved_members_gives_nothing_and_each_fault_is_mended(well_set, shell):
    bootstrap, group = well_set.bootstrap, unique("audited")
    topic = create_topic(bootstrap, unique("audited"), 2)
    produce(bootstrap, topic, {0: 5, 1: 5})
    assert rules(bootstrap) == []
    names = [{"client_id": f"audited-{number}", "group_instance_id": f"audited-{number}"} for number in range(2)]
    members = [{**name, "group_protocol": "consumer", "client_rack": "rack-1"} for name in names]
    with reading_together(bootstrap, group, topic, *members) as poll:

        def nothing() -> bool:
            poll()
            return rules(bootstrap) == [] and len(assigned(bootstrap, group)) == 2

        wait_until(nothing, "nothing is found", timeout_s=60)
        bad = "min.insync.replicas=1,message.max.bytes=5000000,unclean.leader.election.enable=true"
        alter = f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type brokers --entity-default"
        shell(f"{alter} --add-config {bad}")
        faults = ["broker-min-insync-one", "broker-record-size", "broker-unclean-election"]
        wait_until(lambda: rules(bootstrap) == faults, "the brokers' faults are found")
        for command in {each["command"] for each in findings(bootstrap) if each["rule"] in faults}:
            shell(command)
        wait_until(nothing, "the brokers' faults are mended", timeout_s=60)


def assigned(bootstrap: str, group: str) -> list[str]:
    """The members of the group that have partitions."""
    with reading(bootstrap, groups=only(group)) as reader:
        return [each.id for found in reader.read().groups for each in found.members if each.assigned]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("own_nodes")
def test_groups_that_are_set_the_old_way_are_told_what_to_change(well_set):
    bootstrap, group = well_set.bootstrap, unique("old-way")
    topic = create_topic(bootstrap, unique("old-way"), 1)
    produce(bootstrap, topic, {0: 5})
    old = {"partition_assignment_strategy": "range", "enable_auto_commit": "false"}
    with reading_together(bootstrap, group, topic, old, old) as poll:
        expected = {
            "client-unnamed",
            "group-classic-protocol",
            "group-dynamic-members",
            "group-eager-assignor",
            "group-no-commits",
            "group-too-many-members",
        }

        def seen() -> bool:
            poll()
            return set(about(bootstrap, group)[group]) == expected

        wait_until(seen, "every rule about the group speaks", timeout_s=60)
    commit(bootstrap, group, {(topic, 0): 1})
    assert about(bootstrap, group)[group] == ["group-offsets-expire"]
    delete_topic(bootstrap, topic)

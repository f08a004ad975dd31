"""`lagwatch offsets` moves a group's offsets to where kafka-consumer-groups.sh would, says so before, and can undo it."""

import json
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.collect import ReaderOptions
from lagwatch.collect.oauth import BearerTokens
from lagwatch.demo import tools, unsecured_token
from lagwatch.errors import AccessDenied, LagwatchError
from lagwatch.offsets.act import Hand
from lagwatch.offsets.plan import Move
from lagwatch.offsets.seen import Partition
from lagwatch.store import Store, in_directory
from tests.kafka.collecting import commits, only, reading
from tests.kafka.support import (
    client,
    commit,
    create_topic,
    delete_topic,
    member,
    produce,
    share_member,
    share_read,
    unique,
    wait_until,
)

T0_MS = 1_790_000_000_000
"""When the first record of each partition was made; one more each second."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def offsets(cluster, tmp_path, monkeypatch):
    """Runs `lagwatch offsets` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, bootstrap: str = cluster.bootstrap) -> Done:
        asked = ["offsets", *arguments, *([] if "--config" in arguments else ["--bootstrap", bootstrap])]
        done = CliRunner().invoke(build(), asked)
        if isinstance(done.exception, LagwatchError):
            return Done(done.exception.exit_code, done.stdout, f"{done.stderr}{done.exception}")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


def committed(bootstrap: str, group: str) -> dict[tuple[str, int], int]:
    with reading(bootstrap, groups=only(group)) as reader:
        return commits(reader.read(), group)


@dataclass(frozen=True)
class World:
    bootstrap: str
    topic: str
    group: str


@pytest.fixture(scope="module")
def world(cluster) -> World:
    """A topic whose log begins at 10, 0 and 0 and ends at 100, 50 and 0, and a group on two of its partitions."""
    bootstrap, topic, group = cluster.bootstrap, create_topic(cluster.bootstrap, unique("moved"), 3), unique("mover")
    producer = Producer(client(bootstrap))
    for partition, count in ((0, 100), (1, 50)):
        for number in range(count):
            producer.produce(topic, b"x", partition=partition, timestamp=T0_MS + number * 1000)
    assert not producer.flush(30)
    admin = AdminClient(client(bootstrap))
    for future in admin.delete_records([TopicPartition(topic, 0, 10)]).values():
        future.result(30)
    commit(bootstrap, group, {(topic, 0): 40, (topic, 1): 30})
    return World(bootstrap, topic, group)


TARGETS = {
    "earliest": (["--to-earliest"], ["--to-earliest"], ""),
    "latest": (["--to-latest"], ["--to-latest"], ""),
    "offset beyond the end": (["--to-offset", "1000"], ["--to-offset", "1000"], ""),
    "shift back beyond the start": (["--shift-by", "-35"], ["--shift-by", "-35"], ":0,1"),
    "timestamp": (["--to-timestamp", "1790000045"], ["--to-datetime", "2026-09-21T14:14:05.000"], ""),
    "timestamp after the last": (["--to-timestamp", "1795514400123"], ["--to-datetime", "2026-11-24T10:00:00.123"], ""),
}


def test_every_target_is_where_the_apache_tool_would_go(world, offsets, cluster, tmp_path):
    def apache(flags: list[str], scope: str) -> dict[int, int]:
        printed = cluster.tool(
            tools.GROUPS, "--reset-offsets", "--dry-run", "--group", world.group, "--topic", world.topic + scope, *flags
        )
        return {int(p): int(to) for p, to in re.findall(rf"{world.topic}\s+(\d+)\s+(\d+)", printed)}

    with ThreadPoolExecutor(3) as pool:
        expected = dict(zip(TARGETS, pool.map(lambda each: apache(each[1], each[2]), TARGETS.values()), strict=True))
    planned = {}
    for name, (flags, _, scope) in TARGETS.items():
        file = tmp_path / f"{name}.json"
        done = offsets("plan", world.group, "--topic", world.topic + scope, *flags, "--out", str(file))
        assert done.code == 0, done
        planned[name] = {row["partition"]: row["to"] for row in json.loads(file.read_text())["partitions"]}
    assert planned == expected
    assert expected["timestamp"] == {0: 45, 1: 45, 2: 0}
    assert expected["shift back beyond the start"] == {0: 10, 1: 0}


def test_a_plan_shows_what_is_skipped_and_what_is_read_again(world, offsets):
    done = offsets("plan", world.group, "--topic", f"{world.topic}:0,1", "--to-offset", "35")
    rows = [line.split()[1:8] for line in done.out.splitlines()[1:3]]
    assert rows == [["0", "40", "35", "0", "5", "10", "100"], ["1", "30", "35", "5", "0", "0", "50"]]
    assert "2 of 2 partitions move; 5 messages are skipped and 5 are read again" in done.out
    (file,) = Path().glob("offsets-*-plan.json")
    assert f"lagwatch offsets apply {file}" in done.out


def test_a_plan_that_moves_nothing_writes_nothing(world, offsets, tmp_path):
    done = offsets("plan", world.group, "--all-topics", "--shift-by", "0")
    assert (done.code, "0 of 2 partitions move" in done.out, list(tmp_path.iterdir())) == (0, True, [])


def test_what_cannot_be_planned_is_said_and_nothing_is_written(world, offsets, tmp_path):
    shift = offsets("plan", world.group, "--topic", world.topic, "--shift-by", "1")
    assert (shift.code, "2          -     unknown" in shift.out) == (1, True)
    assert f"no plan was written: {world.topic}/2: nothing is committed that could be shifted." in shift.err
    nobody = offsets("plan", "nobody-at-all", "--topic", world.topic, "--to-latest")
    assert (nobody.code, 'there is no group "nobody-at-all"' in nobody.err) == (1, True)
    nowhere = offsets("plan", world.group, "--topic", "nothing-here", "--topic", f"{world.topic}:7", "--to-latest")
    assert nowhere.code == 1
    assert 'no topic "nothing-here"' in nowhere.err
    assert f"{world.topic} has 3 partitions and no 7" in nowhere.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_clear_is_a_usage_error(world, offsets):
    for flags, complaint in (
        (["--to-latest"], "say which partitions"),
        (["--to-latest", "--all-topics", "--topic", "x"], "say which partitions"),
        (["--all-topics"], "say where to"),
        (["--all-topics", "--to-latest", "--shift-by", "1"], "say where to"),
        (["--all-topics", "--to-timestamp", "2026-11-24T10:00:00"], "say in which time zone"),
        (["--topic", "a:b", "--to-latest"], "not a list of partitions"),
    ):
        done = offsets("plan", world.group, *flags)
        assert (done.code, complaint in done.err) == (2, True), done


def plan_apply(offsets, group: str, *flags: str, name: str = "plan") -> Done:
    assert offsets("plan", group, *flags, "--out", f"{name}.json").code == 0
    return offsets("apply", f"{name}.json", "--backup", f"{name}.backup.json")


def test_applied_it_is_read_again_and_undone_it_is_as_before_even_where_nothing_was_committed(world, offsets):
    group, first = unique("applied"), {(world.topic, 0): 40, (world.topic, 1): 30}
    commit(world.bootstrap, group, first)
    done = plan_apply(offsets, group, "--topic", world.topic, "--to-latest")
    assert done.code == 0, done
    assert re.search(r"1 +30 +50 +moved", done.out)
    assert "3 of 3 partitions moved." in done.out
    assert "in no audit log" in done.err
    assert committed(world.bootstrap, group) == {(world.topic, 0): 100, (world.topic, 1): 50, (world.topic, 2): 0}
    undone = offsets("undo", "plan.backup.json", "--backup", "undo.json")
    assert (undone.code, "3 of 3 partitions moved." in undone.out) == (0, True), undone
    assert committed(world.bootstrap, group) == first
    again = offsets("undo", "plan.backup.json")
    assert (again.code, "Nothing was changed." in again.out) == (0, True)
    redone = offsets("undo", "undo.json", "--backup", "redo.json")
    assert redone.code == 0, redone
    assert committed(world.bootstrap, group)[world.topic, 0] == 100


ENDED = """
import os, signal
from lagwatch.cli import main
from lagwatch.offsets import act, speak
act.AT_ONCE, commit = 1, speak.commit

async def dying(*asked):
    answer = await commit(*asked)
    os.kill(os.getpid(), signal.SIGNAL)
    return answer

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where the tests run in the background of a shell
speak.commit = dying
main()
"""
"""A lagwatch that gets a signal after the first of several requests that move offsets."""


@pytest.mark.parametrize("how, code", [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 3)])
def test_ended_in_the_middle_its_backup_gives_back_what_moved_and_leaves_the_rest(world, offsets, tmp_path, how, code):
    group, first = unique("ended"), {(world.topic, 0): 40, (world.topic, 1): 30}
    commit(world.bootstrap, group, first)
    assert offsets("plan", group, "--topic", world.topic, "--to-latest", "--out", "plan.json").code == 0
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            ENDED.replace("SIGNAL", how.name),
            "offsets",
            "apply",
            "plan.json",
            "--bootstrap",
            world.bootstrap,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done
    (backup,) = tmp_path.glob("*-backup.json")
    assert f"kept in {backup.name}" in done.stderr
    assert committed(world.bootstrap, group) == first | {(world.topic, 0): 100}
    again = offsets("apply", "plan.json")
    assert (again.code, "is 100 now and was 40" in again.err) == (1, True)
    undone = offsets("undo", backup.name)
    assert (undone.code, "1 of 1 partitions moved." in undone.out) == (0, True), undone
    assert committed(world.bootstrap, group) == first


def test_undone_a_commit_is_where_it_was_even_if_that_is_before_the_log_start(world, offsets):
    group, first = unique("outside"), {(world.topic, 0): 3, (world.topic, 1): 30}
    commit(world.bootstrap, group, first)
    assert plan_apply(offsets, group, "--all-topics", "--to-latest").code == 0
    looked = offsets("undo", "plan.backup.json", "--dry-run")
    assert (looked.code, "outside of the log" in looked.out) == (0, True), looked
    assert offsets("undo", "plan.backup.json").code == 0
    assert committed(world.bootstrap, group) == first


def test_a_dry_run_checks_everything_and_changes_nothing(world, offsets, tmp_path):
    assert offsets("plan", world.group, "--all-topics", "--to-earliest", "--out", "plan.json").code == 0
    done = offsets("apply", "plan.json", "--dry-run")
    assert (done.code, "This was a dry run: nothing was changed." in done.out) == (0, True)
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]
    assert committed(world.bootstrap, world.group) == {(world.topic, 0): 40, (world.topic, 1): 30}


def test_what_has_changed_since_the_plan_or_the_backup_is_not_overwritten(world, offsets, tmp_path):
    group = unique("changed")
    commit(world.bootstrap, group, {(world.topic, 0): 40})
    assert offsets("plan", group, "--all-topics", "--to-earliest", "--out", "plan.json").code == 0
    commit(world.bootstrap, group, {(world.topic, 0): 41})
    done = offsets("apply", "plan.json", "--backup", "no.json")
    assert done.code == 1
    assert f"nothing was changed: {world.topic}/0: its committed offset is 41 now and was 40" in done.err
    assert not (tmp_path / "no.json").exists()
    commit(world.bootstrap, group, {(world.topic, 0): 40})
    assert offsets("apply", "plan.json", "--backup", "backup.json").code == 0
    commit(world.bootstrap, group, {(world.topic, 0): 77})
    refused = offsets("undo", "backup.json")
    assert (refused.code, "is 77 now and was 10" in refused.err) == (1, True)
    meant = offsets("undo", "backup.json", "--although-changed")
    assert (meant.code, committed(world.bootstrap, group)) == (0, {(world.topic, 0): 40}), meant


def test_a_topic_that_was_made_anew_and_another_cluster_are_refused(world, offsets):
    topic, group = create_topic(world.bootstrap, unique("anew")), unique("anew")
    produce(world.bootstrap, topic, {0: 5})
    commit(world.bootstrap, group, {(topic, 0): 1})
    assert offsets("plan", group, "--topic", topic, "--to-latest", "--out", "plan.json").code == 0
    text = Path("plan.json").read_text()
    foreign = json.loads(text) | {"cluster_id": "another"}
    Path("foreign.json").write_text(json.dumps(foreign))
    elsewhere = offsets("apply", "foreign.json")
    assert (elsewhere.code, "and this is another one" in elsewhere.err) == (1, True)
    delete_topic(world.bootstrap, topic)
    create_topic(world.bootstrap, topic)
    done = offsets("apply", "plan.json")
    assert (done.code, "deleted and made anew since" in done.err) == (1, True)


def test_a_group_that_is_to_come_begins_where_it_is_told_to(world, offsets):
    group = unique("to-come")
    flags = ["--topic", f"{world.topic}:0", "--to-timestamp", "1790000050", "--new-group"]
    assert plan_apply(offsets, group, *flags).code == 0
    assert committed(world.bootstrap, group) == {(world.topic, 0): 50}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_group_with_members_is_refused_by_us_with_their_names_and_by_kafka_itself(world, offsets, protocol):
    group = unique(f"used-{protocol}")
    commit(world.bootstrap, group, {(world.topic, 0): 40})
    with member(world.bootstrap, group, [world.topic], protocol=protocol, client_id="busy-reader"):
        plan = offsets("plan", group, "--all-topics", "--to-latest", "--out", "plan.json")
        assert (plan.code, "note: the group is in use: busy-reader (127.0.0.1)" in plan.err) == (0, True), plan
        done = offsets("apply", "plan.json")
        assert done.code == 1
        assert f'nothing was changed: group "{group}" has 1 active member: busy-reader (127.0.0.1)' in done.err
        # It may have come between the check and the act.
        where = Partition(world.topic, 0)
        with closing(Hand(ReaderOptions(cluster="c", bootstrap=tuple(world.bootstrap.split(","))), group)) as hand:
            moved = hand.move([Move(partition=where, before=40, after=50)])
            removed = hand.move([Move(partition=where, before=40, after=None)])
        assert moved == {where: "UNKNOWN_MEMBER_ID: the group has active members; stop them first"}
        assert removed[where].split(":")[0] in ("GROUP_SUBSCRIBED_TO_TOPIC", "NON_EMPTY_GROUP")
        assert committed(world.bootstrap, group) == {(world.topic, 0): 40}

    def gone() -> bool:
        return offsets("apply", "plan.json", "--backup", "backup.json").code == 0

    wait_until(gone, "the group is free, and the plan still holds", timeout_s=20)
    assert committed(world.bootstrap, group) == {(world.topic, 0): 100}


@pytest.mark.slow
def test_a_share_group_is_refused_with_the_tool_for_it(world, offsets):
    group = unique("shared")
    with share_member(world.bootstrap, group, [world.topic]) as reader:
        share_read(reader, 10)
    done = offsets("plan", group, "--topic", world.topic, "--to-latest")
    assert (done.code, "is a share group" in done.err, "kafka-share-groups.sh" in done.err) == (1, True, True)


def test_every_act_is_in_the_audit_log_also_while_a_lagwatch_runs_on_the_store(world, offsets, tmp_path):
    group = unique("logged")
    commit(world.bootstrap, group, {(world.topic, 0): 40})
    Path("lagwatch.yaml").write_text(
        f"bootstrap: {world.bootstrap.split(',')[0]}\nstore: {{data_dir: {tmp_path / 'data'}}}\n"
    )
    store = Store(in_directory(tmp_path / "data"))
    store.open()
    with closing(store):
        plan = offsets(
            "plan", group, "--all-topics", "--to-earliest", "--out", "plan.json", "--config", "lagwatch.yaml"
        )
        assert plan.code == 0, plan
        assert store.audit() == []
        done = offsets("apply", "plan.json", "--backup", "backup.json", "--config", "lagwatch.yaml")
        assert (done.code, f"in the audit log of {tmp_path / 'data' / 'lagwatch.db'}" in done.err) == (0, True), done
        assert offsets("undo", "backup.json", "--config", "lagwatch.yaml").code == 0
        log = [entry for _, entry in store.audit()][::-1]
    assert [entry.action for entry in log] == [
        "offsets.apply",
        "offsets.apply.done",
        "offsets.undo",
        "offsets.undo.done",
    ]
    assert {entry.subject for entry in log} == {group}
    assert "@" in log[0].actor
    assert log[0].details["moves"] == {f"{world.topic}/0": "40 -> 10"}
    assert log[1].details["results"] == {f"{world.topic}/0": "moved"}
    assert log[2].details["moves"] == {f"{world.topic}/0": "10 -> 40"}


def test_nothing_is_done_that_cannot_be_logged(world, offsets, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lagwatch.db").write_text("no database " * 200)
    Path("lagwatch.yaml").write_text(
        f"bootstrap: {world.bootstrap.split(',')[0]}\nstore: {{data_dir: {tmp_path / 'data'}}}\n"
    )
    group = unique("unlogged")
    commit(world.bootstrap, group, {(world.topic, 0): 40})
    assert offsets("plan", group, "--all-topics", "--to-latest", "--out", "plan.json").code == 0
    done = offsets("apply", "plan.json", "--config", "lagwatch.yaml")
    assert (done.code, "is no SQLite database" in done.err) == (1, True)
    assert committed(world.bootstrap, group) == {(world.topic, 0): 40}


@pytest.fixture
def mover(secure_cluster):
    """May see everything on the secured cluster; an ACL of a test may let her do more. Gives her connection as a settings file."""

    def allow(*resource: str) -> None:
        secure_cluster.tool(tools.ACLS, "--add", "--allow-principal", "User:offsets-mover", *resource)

    allow("--operation", "Describe", "--cluster")
    allow("--operation", "Describe", "--topic", "*", "--group", "*")
    Path("mover.yaml").write_text(
        f"bootstrap: '{secure_cluster.listener('SASL_PLAINTEXT')}'\n"
        f"connection: {{sasl: {{mechanism: OAUTHBEARER, token: '{unsecured_token('offsets-mover', now=time.time())}'}}}}\n"
    )
    return allow


def test_what_acls_forbid_is_a_sentence_and_what_they_allow_is_done_partition_by_partition(
    offsets, secure_cluster, mover
):
    plain, group = secure_cluster.bootstrap, unique("guarded")
    ours, theirs = (create_topic(plain, unique(name), 1) for name in ("ours", "theirs"))
    for topic in (ours, theirs):
        produce(plain, topic, {0: 5})
    commit(plain, group, {(ours, 0): 1, (theirs, 0): 1})
    plan = offsets("plan", group, "--all-topics", "--to-latest", "--out", "plan.json", "--config", "mover.yaml")
    assert plan.code == 0, plan
    denied = offsets("apply", "plan.json", "--backup", "1.json", "--config", "mover.yaml")
    assert denied.code == 1
    assert "failed: GROUP_AUTHORIZATION_FAILED: this user may not do that to the group; moving takes READ" in denied.out
    assert "0 of 2 partitions moved." in denied.out
    mover("--operation", "Read", "--group", group)
    mover("--operation", "Read", "--topic", ours)
    wait_until(
        lambda: offsets("apply", "plan.json", "--backup", unique("2") + ".json", "--config", "mover.yaml").code == 3,
        "done in part",
    )
    assert committed(plain, group) == {(ours, 0): 5, (theirs, 0): 1}
    (backup, *_) = sorted(Path().glob("2-*.json"))
    undo = offsets("undo", str(backup), "--config", "mover.yaml")
    assert undo.code == 0, undo
    assert committed(plain, group) == {(ours, 0): 1, (theirs, 0): 1}


def test_a_group_that_this_user_may_not_see_is_denied_and_not_taken_for_gone(offsets, secure_cluster, tmp_path):
    options = ReaderOptions(
        cluster="guarded",
        bootstrap=(secure_cluster.listener("SASL_PLAINTEXT"),),
        client={
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_provider": BearerTokens(lambda: unsecured_token("offsets-stranger", now=time.time())),
        },
    )
    secure_cluster.tool(
        tools.ACLS, "--add", "--allow-principal", "User:offsets-stranger", "--operation", "Describe", "--topic", "*"
    )
    create_topic(secure_cluster.bootstrap, unique("visible"), 1)
    with closing(Hand(options, "secret")) as hand, pytest.raises(AccessDenied) as denied:
        wait_until(lambda: hand.look() and False, "a denial", timeout_s=5)
    assert "GROUP_AUTHORIZATION_FAILED" in str(denied.value) or "shows us no topic and no group" in str(denied.value)


@pytest.mark.slow
def test_while_the_coordinator_is_away_the_act_waits_for_the_next_one(private_cluster, offsets):
    bootstrap, group = private_cluster.bootstrap, unique("moving")
    topic = create_topic(bootstrap, unique("moving"), 3)
    produce(bootstrap, topic, {0: 5, 1: 5, 2: 5})
    commit(bootstrap, group, {(topic, partition): 1 for partition in range(3)})
    assert offsets("plan", group, "--all-topics", "--to-latest", "--out", "plan.json", bootstrap=bootstrap).code == 0
    with reading(bootstrap, groups=only(group)) as reader:
        (home,) = [each.coordinator for each in reader.read().groups if each.name == group]
    private_cluster.node(home).kill()
    try:
        wait_until(
            lambda: offsets("apply", "plan.json", "--backup", unique("b"), bootstrap=bootstrap).code == 0,
            "the act is done by the next coordinator",
            timeout_s=60,
        )
        assert committed(bootstrap, group) == {(topic, partition): 5 for partition in range(3)}
    finally:
        private_cluster.node(home).start()

"""The cluster that the demo and these tests run on: its nodes do what they are told, and nothing outlives its owner."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from lagwatch.demo import KafkaCluster, unsecured_token
from lagwatch.demo.tools import GROUPS, SHARE_GROUPS, TOPICS
from lagwatch.errors import DemoError
from tests.kafka.support import (
    USERS,
    client,
    commit,
    create_topic,
    member,
    produce,
    read,
    share_member,
    share_read,
    transaction,
    unique,
    wait_until,
)


def brokers(bootstrap: str, **settings: object) -> set[int]:
    admin = AdminClient(client(bootstrap, **settings))
    admin.poll(0)  # serves the OAUTHBEARER callback
    return set(admin.list_topics(timeout=10).brokers)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class TestCluster:
    def test_all_nodes_serve_when_it_is_up(self, cluster):
        assert len(brokers(cluster.bootstrap)) >= 1
        if isinstance(cluster, KafkaCluster):
            assert {1, 2, 3} == brokers(cluster.bootstrap)

    def test_apache_tools_see_topics_and_groups(self, cluster):
        topic, group = create_topic(cluster.bootstrap, unique("topic"), partitions=2), unique("group")
        produce(cluster.bootstrap, topic, {0: 10, 1: 5})
        commit(cluster.bootstrap, group, {(topic, 0): 4, (topic, 1): 5})
        assert topic in cluster.tool(TOPICS, "--list").split()
        described = cluster.tool(GROUPS, "--describe", "--group", group).split("\n")
        rows = [line.split()[1:6] for line in described if line.startswith(group)]
        assert [[topic, "0", "4", "10", "6"], [topic, "1", "5", "5", "0"]] == sorted(rows)

    def test_a_tool_that_fails_says_why(self, cluster):
        with pytest.raises(DemoError, match=r"nowhere.*does not exist"):
            cluster.tool(TOPICS, "--describe", "--topic", "nowhere")

    @pytest.mark.parametrize("protocol", ["classic", "consumer"])
    def test_members_of_both_consumer_protocols_read_and_commit(self, cluster, protocol):
        topic, group = create_topic(cluster.bootstrap, unique("topic")), unique(protocol)
        produce(cluster.bootstrap, topic, {0: 10})
        with member(cluster.bootstrap, group, [topic], protocol=protocol) as consumer:
            read(consumer, 10)
            described = cluster.tool(GROUPS, "--describe", "--group", group, "--state")
            assert "Stable" in described
        (row,) = [line for line in cluster.tool(GROUPS, "--describe", "--group", group).splitlines() if topic in line]
        assert [topic, "0", "10", "10", "0"] == row.split()[1:6]

    def test_a_share_group_reads_from_the_start(self, cluster):
        topic, group = create_topic(cluster.bootstrap, unique("topic")), unique("share")
        produce(cluster.bootstrap, topic, {0: 10})
        with share_member(cluster.bootstrap, group, [topic]) as consumer:
            share_read(consumer, 10)
            assert "Stable" in cluster.tool(SHARE_GROUPS, "--describe", "--group", group, "--state")

    def test_an_open_transaction_hides_its_records_from_read_committed(self, cluster):
        topic = create_topic(cluster.bootstrap, unique("topic"))
        produce(cluster.bootstrap, topic, {0: 3})
        with member(cluster.bootstrap, unique("group"), [topic], isolation_level="read_committed") as consumer:
            with transaction(cluster.bootstrap, topic, {0: 4}):
                read(consumer, 3)
                assert consumer.poll(1) is None
            read(consumer, 4)


class TestNodes:
    def test_a_killed_node_leaves_the_cluster_and_comes_back_on_its_port(self, private_cluster):
        node = private_cluster.node(2)
        before = private_cluster.bootstrap
        node.kill()
        assert node.pid is None
        wait_until(lambda: brokers(before) == {1, 3}, "two brokers")
        node.start()
        assert before == private_cluster.bootstrap
        wait_until(lambda: brokers(before) == {1, 2, 3}, "three brokers")

    def test_a_stopped_node_gives_its_leadership_away_first(self, private_cluster):
        topic = create_topic(private_cluster.bootstrap, unique("topic"), partitions=3)
        private_cluster.node(3).stop()
        partitions = (
            AdminClient(client(private_cluster.bootstrap)).list_topics(topic, timeout=10).topics[topic].partitions
        )
        assert {each.leader for each in partitions.values()} <= {1, 2}
        private_cluster.node(3).start()

    def test_a_restarted_node_is_another_process(self, private_cluster):
        before = private_cluster.node(1).pid
        private_cluster.node(1).restart()
        assert private_cluster.node(1).pid not in {None, before}

    def test_a_paused_node_accepts_connections_and_answers_nothing(self, private_cluster):
        node = private_cluster.node(2)
        port = int(private_cluster.bootstrap.split(",")[1].rpartition(":")[2])
        node.pause()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.settimeout(1)
            connection.sendall(bytes.fromhex("0000000e 0012 0000 00000001 0004 74657374"))  # ApiVersions v0
            with pytest.raises(TimeoutError):
                connection.recv(1)
            node.resume()
            connection.settimeout(20)
            assert connection.recv(4)

    def test_a_running_node_is_not_started_twice(self, private_cluster):
        with pytest.raises(DemoError, match="node 1 runs already"):
            private_cluster.node(1).start()

    def test_a_paused_node_can_be_stopped(self, private_cluster):
        node = private_cluster.node(3)
        node.pause()
        node.stop()
        assert node.pid is None
        node.start()


class TestSecuredListeners:
    def test_every_listener_and_mechanism_lets_a_client_with_the_right_credentials_in(self, secure_cluster):
        certificates = secure_cluster.certificates
        tls = {"ssl_ca_location": str(certificates.authority)}
        identity = {
            "ssl_certificate_location": str(certificates.client),
            "ssl_key_location": str(certificates.client_key),
        }
        password = {"sasl_username": "alice", "sasl_password": USERS["alice"]}
        now = time.time()
        token = {"oauth_cb": lambda _config: (unsecured_token("alice", now=now), now + 3600)}
        ways = [
            ("SSL", {"security_protocol": "SSL", **tls}),
            ("MTLS", {"security_protocol": "SSL", **tls, **identity}),
            *(
                (protocol, {"security_protocol": protocol, "sasl_mechanism": mechanism, **tls, **credentials})
                for protocol in ("SASL_PLAINTEXT", "SASL_SSL")
                for mechanism, credentials in (
                    ("PLAIN", password),
                    ("SCRAM-SHA-256", password),
                    ("SCRAM-SHA-512", password),
                    ("OAUTHBEARER", token),
                )
            ),
        ]
        for listener, settings in ways:
            assert {1} == brokers(secure_cluster.listener(listener), **settings), (listener, settings)

    def test_without_an_acl_a_user_sees_no_topic(self, secure_cluster):
        topic = create_topic(secure_cluster.bootstrap, unique("topic"))
        settings = client(
            secure_cluster.listener("SASL_PLAINTEXT"),
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            sasl_username="bob",
            sasl_password=USERS["bob"],
        )
        seen = AdminClient(settings).list_topics(timeout=10).topics
        assert topic not in seen

    def test_an_unknown_listener_is_named_with_those_that_exist(self, secure_cluster):
        with pytest.raises(DemoError, match=r"no listener TLS.*PLAINTEXT.*SASL_SSL"):
            secure_cluster.listener("TLS")


@pytest.mark.usefixtures("own_nodes")
class TestNothingIsLeft:
    def test_a_temporary_cluster_removes_its_directory_and_its_processes(self):
        cluster = KafkaCluster(nodes=1)
        cluster.start()
        processes, directory = [node.pid for node in cluster.nodes], cluster.directory
        cluster.stop()
        assert not directory.exists()
        assert not any(alive(pid) for pid in processes)
        cluster.stop()  # a second stop does nothing

    def test_a_given_directory_keeps_its_records_over_a_restart(self, tmp_path):
        with KafkaCluster(nodes=1, directory=tmp_path) as cluster:
            topic = create_topic(cluster.bootstrap, "kept")
            produce(cluster.bootstrap, topic, {0: 7})
        with KafkaCluster(nodes=1, directory=tmp_path) as cluster:
            commit(cluster.bootstrap, "reader", {(topic, 0): 2})
            (row,) = [
                line for line in cluster.tool(GROUPS, "--describe", "--group", "reader").splitlines() if topic in line
            ]
        assert [topic, "0", "2", "7", "5"] == row.split()[1:6]

    def test_a_node_that_cannot_start_is_explained_and_its_log_is_kept(self):
        cluster = KafkaCluster(nodes=1, settings={"authorizer.class.name": "no.such.Authorizer"})
        with pytest.raises(DemoError, match="Kafka node 1 ended with 1 while starting") as caught:
            cluster.start()
        log = cluster.directory / "node-1.log"
        assert str(log) in str(caught.value)
        assert "no.such.Authorizer" in str(caught.value)
        assert "no.such.Authorizer" in log.read_text(encoding="utf-8")
        assert not (cluster.directory / "node-1").exists()
        shutil.rmtree(cluster.directory)

    def test_a_setting_that_is_no_setting_is_explained(self):
        cluster = KafkaCluster(nodes=1, settings={"num.io.threads": "none"})
        with pytest.raises(DemoError, match=r"Invalid value none for configuration num\.io\.threads"):
            cluster.start()
        shutil.rmtree(cluster.directory)

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_nodes_end_when_their_owner_is_killed(self, how, tmp_path):
        script = tmp_path / "owner.py"
        script.write_text(
            "import time\n"
            "from lagwatch.demo import KafkaCluster\n"
            "cluster = KafkaCluster(nodes=1)\n"
            "cluster.start()\n"
            "cluster.node(1).pause()\n"
            "print(cluster.node(1).pid, cluster.directory, flush=True)\n"
            "time.sleep(600)\n",
            encoding="utf-8",
        )
        with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as owner:
            pid, directory = owner.stdout.readline().split()
            assert alive(int(pid))
            os.kill(owner.pid, how)
        wait_until(lambda: not alive(int(pid)), "the end of the node")
        wait_until(lambda: not (Path(directory) / "node-1").exists(), "the removal of its data")
        shutil.rmtree(directory)

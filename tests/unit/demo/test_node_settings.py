"""How a node of the small cluster is configured, and where it listens."""

import socket

import pytest

from lagwatch.demo.node import free_ports
from lagwatch.demo.security import Security, unsecured_token
from lagwatch.demo.settings import node_settings, properties

PORTS = {"CONTROLLER": (1, 2, 3), "PLAINTEXT": (4, 5, 6), "SASL_SSL": (7, 8, 9)}


def test_each_node_listens_on_its_own_ports_and_knows_all_voters():
    settings = node_settings(2, PORTS, "/data", {})
    assert settings["node.id"] == "2"
    assert settings["listeners"] == "CONTROLLER://127.0.0.1:2,PLAINTEXT://127.0.0.1:5,SASL_SSL://127.0.0.1:8"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:1,2@127.0.0.1:2,3@127.0.0.1:3"
    assert settings["listener.security.protocol.map"] == "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"


@pytest.mark.parametrize(("nodes", "copies", "in_sync"), [(1, "1", "1"), (2, "2", "2"), (3, "3", "2"), (5, "3", "2")])
def test_internal_topics_have_as_many_copies_as_there_are_nodes_three_at_most(nodes, copies, in_sync):
    ports = {"CONTROLLER": tuple(range(nodes)), "PLAINTEXT": tuple(range(nodes))}
    settings = node_settings(1, ports, "/data", {})
    assert (
        copies == settings["offsets.topic.replication.factor"] == settings["transaction.state.log.replication.factor"]
    )
    assert in_sync == settings["transaction.state.log.min.isr"] == settings["share.coordinator.state.topic.min.isr"]


def test_topics_are_not_created_by_asking_for_them_and_overrides_win():
    assert node_settings(1, PORTS, "/data", {})["auto.create.topics.enable"] == "false"
    assert (
        node_settings(1, PORTS, "/data", {"auto.create.topics.enable": "true"})["auto.create.topics.enable"] == "true"
    )


def test_a_backslash_is_escaped_in_a_properties_file():
    assert properties({"log.dirs": "C:\\data"}) == "log.dirs=C:\\\\data\n"


def test_passwords_are_not_in_the_repr():
    assert "hunter2" not in repr(Security(users={"alice": "hunter2"}))


def test_scram_credentials_are_made_for_both_hashes_when_a_node_is_formatted():
    assert Security(users={"alice": "hunter2"}).format_arguments() == [
        "--add-scram",
        "SCRAM-SHA-256=[name=alice,password=hunter2]",
        "--add-scram",
        "SCRAM-SHA-512=[name=alice,password=hunter2]",
    ]


def test_an_unsecured_token_is_a_web_token_without_a_signature():
    header, claims, signature = unsecured_token("alice", now=1000.5, lifetime_s=60).split(".")
    assert (header, signature) == ("eyJhbGciOiAibm9uZSJ9", "")
    assert claims == "eyJzdWIiOiAiYWxpY2UiLCAiaWF0IjogMTAwMCwgImV4cCI6IDEwNjB9"


def test_free_ports_are_distinct_bindable_and_outside_the_ranges_of_outgoing_connections():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert max(ports) < 32_768
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))

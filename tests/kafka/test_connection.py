"""One section of TLS and SASL lets both client libraries in, and keeps out who may not."""

import gc
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from lagwatch.config.connection import ConnectionSettings
from lagwatch.demo import unsecured_token
from tests.kafka.support import USERS
from tests.support.identity import CLIENT, Identity, identity
from tests.support.settings import settings

SILENT = logging.getLogger("tests.librdkafka.connection")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


def connection(sections: dict[str, Any]) -> ConnectionSettings:
    return (
        settings(f"bootstrap: localhost:1\nconnection: {sections}".replace("True", "true").replace("False", "false"))
        .clusters[0]
        .connection
    )


def sees_with_kafka_python(bootstrap: str, found: ConnectionSettings, timeout_s: float = 10) -> int:
    given = {"bootstrap_servers": bootstrap, "bootstrap_timeout_ms": timeout_s * 1000, **found.kafka_python()}
    client = KafkaAdminClient(**given)
    try:
        return len(client.describe_cluster()["brokers"])
    finally:
        client.close()


def sees_with_librdkafka(bootstrap: str, found: ConnectionSettings, timeout_s: float = 10) -> int:
    given = {"bootstrap.servers": bootstrap, "logger": SILENT, **found.librdkafka()}
    return len(AdminClient(given).list_topics(timeout=timeout_s).brokers)


def ways(cluster) -> dict[str, tuple[str, dict[str, Any]]]:
    tls = {"enabled": True, "ca_file": str(cluster.certificates.authority)}
    mutual = tls | {"cert_file": str(cluster.certificates.client), "key_file": str(cluster.certificates.client_key)}
    password = {"username": "alice", "password": USERS["alice"]}
    token = {"token": unsecured_token("alice", now=time.time())}
    mechanisms = {"PLAIN": password, "SCRAM-SHA-256": password, "SCRAM-SHA-512": password, "OAUTHBEARER": token}
    found = {"TLS": ("SSL", {"tls": tls}), "mTLS": ("MTLS", {"tls": mutual})}
    for mechanism, credentials in mechanisms.items():
        sasl = {"mechanism": mechanism} | credentials
        found[mechanism] = ("SASL_PLAINTEXT", {"sasl": sasl})
        found[f"{mechanism} over TLS"] = ("SASL_SSL", {"tls": tls, "sasl": sasl})
    return found


@pytest.mark.parametrize("client", [sees_with_kafka_python, sees_with_librdkafka])
def test_every_way_in_is_open_to_both_libraries(secure_cluster, client):
    for name, (listener, sections) in ways(secure_cluster).items():
        assert client(secure_cluster.listener(listener), connection(sections)) == 1, name


@contextmanager
def refused() -> Iterator[None]:
    """kafka-python gives up; the sockets of its failed connections are left to the garbage collector."""
    with pytest.raises(KafkaError):
        yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_a_host_that_the_certificate_does_not_name_is_refused_unless_that_is_wanted(secure_cluster):
    # Another way to write 127.0.0.1, which is what the broker's certificate names.
    elsewhere = secure_cluster.listener("SSL").replace("127.0.0.1", "127.1")
    strict = {"enabled": True, "ca_file": str(secure_cluster.certificates.authority)}
    relaxed = connection({"tls": strict | {"verify_hostname": False}})
    with refused():
        sees_with_kafka_python(elsewhere, connection({"tls": strict}), timeout_s=2)
    assert sees_with_kafka_python(elsewhere, relaxed) == 1
    with pytest.raises(KafkaException):
        sees_with_librdkafka(elsewhere, connection({"tls": strict}), timeout_s=2)
    assert sees_with_librdkafka(elsewhere, relaxed) == 1


def test_a_broker_of_an_authority_that_the_system_does_not_know_is_refused(secure_cluster):
    found = connection({"tls": {"enabled": True}})
    with refused():
        sees_with_kafka_python(secure_cluster.listener("SSL"), found, timeout_s=2)
    with pytest.raises(KafkaException):
        sees_with_librdkafka(secure_cluster.listener("SSL"), found, timeout_s=2)


def oidc(server: Identity, secret: str = CLIENT[1]) -> dict[str, Any]:
    endpoint = {"token_endpoint": server.url, "client_id": CLIENT[0], "client_secret": secret}
    return {"sasl": {"mechanism": "OAUTHBEARER", "oidc": endpoint}}


def test_tokens_of_an_endpoint_let_both_libraries_in_and_are_fetched_once_for_each(secure_cluster):
    bootstrap = secure_cluster.listener("SASL_PLAINTEXT")
    with identity() as server:
        found = connection(oidc(server))
        assert sees_with_kafka_python(bootstrap, found) == 1
        assert len(server.forms) == 1
        assert sees_with_librdkafka(bootstrap, found) == 1
        assert len(server.forms) == 2


def test_a_consumer_gets_its_token_without_being_polled_first(secure_cluster):
    with identity() as server:
        given = {"bootstrap.servers": secure_cluster.listener("SASL_PLAINTEXT"), "group.id": "none"}
        consumer = Consumer(given | connection(oidc(server)).librdkafka())
        try:
            assert len(consumer.list_topics(timeout=10).brokers) == 1
        finally:
            consumer.close()


def test_a_token_that_cannot_be_fetched_closes_the_connection_and_not_the_process(secure_cluster):
    with identity() as server:
        found = connection(oidc(server, secret="wrong"))
        with refused():
            sees_with_kafka_python(secure_cluster.listener("SASL_PLAINTEXT"), found, timeout_s=2)
        # The failure is remembered: the endpoint is not asked for every connection.
        assert len(server.forms) <= 3

"""Who lagwatch is to a cluster, what it may see there, and what it says where it may not."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from lagwatch.collect import DetailOptions
from lagwatch.collect.details.options import NO_DETAILS
from lagwatch.collect.oauth import BearerTokens
from lagwatch.demo import unsecured_token
from lagwatch.errors import AccessDenied, AuthenticationFailed, ClusterUnreachable, CollectError
from lagwatch.model.snapshot import DETAIL_PARTS
from tests.kafka.collecting import commits, groups, offsets, only, reading, reasons, timed
from tests.kafka.support import USERS, client, commit, create_topic, member, produce, unique, wait_until

CLUSTER = (ResourceType.BROKER, "kafka-cluster")


@pytest.fixture(scope="module")
def admin(secure_cluster):
    return AdminClient(client(secure_cluster.bootstrap))


@pytest.fixture(scope="module")
def topic(secure_cluster):
    name = create_topic(secure_cluster.bootstrap, unique("secured"), 2)
    produce(secure_cluster.bootstrap, name, {0: 10, 1: 5})
    return name


@pytest.fixture(scope="module")
def group(secure_cluster, topic):
    name = unique("secured")
    commit(secure_cluster.bootstrap, name, {(topic, 0): 4})
    return name


def grant(admin, who: str, operation: AclOperation, kind: ResourceType, name: str) -> None:
    binding = AclBinding(
        kind, name, ResourcePatternType.LITERAL, f"User:{who}", "*", operation, AclPermissionType.ALLOW
    )
    for made in admin.create_acls([binding]).values():
        made.result()


def token(who: str) -> Mapping[str, Any]:
    """Any name may come with a token, so each test is somebody whom nobody has given rights yet."""
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": BearerTokens(lambda: unsecured_token(who, now=time.time())),
    }


def password(mechanism: str, user: str = "alice", secret: str = USERS["alice"]) -> Mapping[str, Any]:
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": user,
        "sasl_plain_password": secret,
    }


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_wrong_password_is_told_as_such_at_once_and_never_shown(secure_cluster, mechanism):
    wrong = password(mechanism, secret="hush-hush")
    with reading(secure_cluster.listener("SASL_PLAINTEXT"), deadline_s=8, client=wrong) as reader:
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(AuthenticationFailed) as caught:
                timed(reader, 8)
            assert time.monotonic() - started < 4
            said = str(caught.value)
            assert "refused who we are" in said
            assert secure_cluster.listener("SASL_PLAINTEXT") in said
            assert "Check the tls and sasl settings" in said
            assert "hush-hush" not in said


@pytest.mark.parametrize("user", ["", "nobody"])
def test_a_user_that_does_not_exist_is_told_as_such(secure_cluster, user):
    with (
        reading(secure_cluster.listener("SASL_PLAINTEXT"), deadline_s=6, client=password("PLAIN", user)) as reader,
        pytest.raises(AuthenticationFailed, match="SASL_AUTHENTICATION_FAILED"),
    ):
        timed(reader, 6)


TLS = "SSL"


@pytest.mark.parametrize(
    ("listener", "protocol", "error"),
    [
        ("PLAINTEXT", "SSL", AuthenticationFailed),
        ("SASL_PLAINTEXT", "PLAINTEXT", ClusterUnreachable),
        ("SSL", "PLAINTEXT", CollectError),
        ("SSL", "SSL", AuthenticationFailed),
    ],
    ids=[
        "TLS where there is none",
        "no SASL where it is asked for",
        "no TLS where it is asked for",
        "a foreign authority",
    ],
)
def test_settings_that_do_not_fit_the_listener_are_an_error_that_says_what_to_look_at(
    secure_cluster, listener, protocol, error
):
    with reading(secure_cluster.listener(listener), deadline_s=6, client={"security_protocol": protocol}) as reader:
        with pytest.raises(error) as caught:
            timed(reader, 6)
        assert secure_cluster.listener(listener) in str(caught.value)
        assert "tls" in str(caught.value).lower()
        if listener == protocol == TLS:
            assert "certificate" in str(caught.value)


def test_a_certificate_file_that_is_not_there_is_named(secure_cluster):
    settings = {"security_protocol": "SSL", "ssl_cafile": "/nowhere/ca.pem"}
    with (
        reading(secure_cluster.listener("SSL"), deadline_s=6, client=settings) as reader,
        pytest.raises(AuthenticationFailed, match="No such file"),
    ):
        timed(reader, 6)


def test_facts_over_tls_and_sasl_are_those_of_the_plain_listener(secure_cluster, admin, topic, group):
    who = unique("reader")
    for operation, kind, name in (
        (AclOperation.DESCRIBE, *CLUSTER),
        (AclOperation.DESCRIBE, ResourceType.GROUP, group),
        (AclOperation.DESCRIBE, ResourceType.TOPIC, topic),
        (AclOperation.DESCRIBE_CONFIGS, ResourceType.TOPIC, topic),
    ):
        grant(admin, who, operation, kind, name)
    settings = token(who) | {"security_protocol": "SASL_SSL", "ssl_cafile": str(secure_cluster.certificates.authority)}
    watched = {"groups": only(group), "topics": only(topic)}
    with (
        reading(secure_cluster.listener("SASL_SSL"), client=settings, **watched) as secured,
        reading(secure_cluster.bootstrap, **watched) as plain,
    ):
        told, truth = secured.read(), plain.read()
    assert told.gaps == truth.gaps == ()
    assert commits(told, group) == commits(truth, group) == {(topic, 0): 4}
    assert offsets(told, "end", topic) == offsets(truth, "end", topic) == [10, 5]
    assert told.topics.config == truth.topics.config
    assert told.controller == truth.controller == 1


def test_somebody_without_any_right_is_denied_and_let_in_once_it_is_granted(secure_cluster, admin, topic):
    who = unique("nobody")
    with reading(
        secure_cluster.listener("SASL_PLAINTEXT"), deadline_s=8, client=token(who), details=NO_DETAILS
    ) as reader:
        with pytest.raises(AccessDenied, match="Grant lagwatch's principal DESCRIBE"):
            timed(reader, 8)
        grant(admin, who, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
        snapshot = wait_until(lambda: _read_if_let_in(reader), "a first snapshot")
        assert snapshot.topics.names == (topic,)
        # What is still missing is said: groups that we may not see, settings that we may not read.
        assert reasons(snapshot) == {
            ("group_list", "CLUSTER_AUTHORIZATION_FAILED"): 1,
            ("topic_config", "TOPIC_AUTHORIZATION_FAILED"): 1,
        }
        hints = {gap.part: gap.hint for gap in snapshot.gaps}
        assert "DescribeConfigs --topic" in hints["topic_config"]
        assert "--cluster" in hints["group_list"]


def _read_if_let_in(reader):
    try:
        return timed(reader, 8)
    except AccessDenied:
        return None


def test_groups_that_are_listed_and_may_not_be_described_are_unknown_with_the_right_that_is_missing(
    secure_cluster, admin, topic, group
):
    who = unique("lister")
    grant(admin, who, AclOperation.DESCRIBE, *CLUSTER)
    grant(admin, who, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
    grant(admin, who, AclOperation.DESCRIBE_CONFIGS, ResourceType.TOPIC, topic)
    with reading(
        secure_cluster.listener("SASL_PLAINTEXT"), client=token(who), groups=only(group), topics=only(topic)
    ) as reader:
        snapshot = reader.read()
        assert not groups(snapshot)[group].known
        assert reasons(snapshot) == {("committed_offsets", "GROUP_AUTHORIZATION_FAILED"): 1}
        (gap,) = snapshot.gaps
        assert (gap.first, gap.broker) == (group, 1)
        assert "--operation Describe --group" in gap.hint
        assert len(snapshot.commits) == 0
        grant(admin, who, AclOperation.DESCRIBE, ResourceType.GROUP, group)
        wait_until(lambda: commits(reader.read(), group) == {(topic, 0): 4}, "the commits")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_topic_that_a_group_consumes_and_that_is_hidden_from_us_is_not_passed_over(
    secure_cluster, admin, topic, protocol
):
    who, name = unique("half-blind"), unique("secured")
    hidden = create_topic(secure_cluster.bootstrap, unique("hidden"), 1)
    for operation, kind, of in (
        (AclOperation.DESCRIBE, *CLUSTER),
        (AclOperation.DESCRIBE, ResourceType.GROUP, name),
        (AclOperation.DESCRIBE, ResourceType.TOPIC, topic),
        (AclOperation.DESCRIBE_CONFIGS, ResourceType.TOPIC, topic),
    ):
        grant(admin, who, operation, kind, of)
    with (
        member(secure_cluster.bootstrap, name, [topic, hidden], protocol=protocol) as consumer,
        reading(secure_cluster.listener("SASL_PLAINTEXT"), client=token(who), groups=only(name)) as reader,
    ):
        consumer.commit(offsets=[TopicPartition(topic, 0, 1), TopicPartition(hidden, 0, 0)], asynchronous=False)
        snapshot = reader.read()
        if protocol == "classic":
            assert reasons(snapshot) == {("topics", "TOPIC_AUTHORIZATION_FAILED"): 1}
            assert snapshot.gaps[0].first == hidden
        else:  # the coordinator refuses to describe such a group at all
            assert reasons(snapshot) == {("group_description", "TOPIC_AUTHORIZATION_FAILED"): 1}
            assert snapshot.gaps[0].first == name
        assert "Describe --topic" in snapshot.gaps[0].hint
        assert commits(snapshot, name) == {(topic, 0): 1}


def test_a_tls_listener_that_hangs_does_not_keep_a_poll_from_ending(secure_cluster):
    settings = {"security_protocol": "SSL", "ssl_cafile": str(secure_cluster.certificates.authority)}
    secure_cluster.node(1).pause()
    try:
        with reading(secure_cluster.listener("SSL"), deadline_s=3, client=settings) as reader:
            for _ in range(2):
                with pytest.raises(ClusterUnreachable):
                    timed(reader, 3)
    finally:
        secure_cluster.node(1).resume()


def test_each_slow_part_says_which_right_it_lacks_and_is_read_once_it_has_it(secure_cluster, admin, topic):
    who = unique("details")
    grant(admin, who, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)

    def read():
        options = {"client": token(who), "topics": only(topic), "details": DetailOptions(at_once=True)}
        with reading(secure_cluster.listener("SASL_PLAINTEXT"), **options) as reader:
            return reader.read()

    denied = read()
    assert reasons(denied) == {
        ("broker_config", "CLUSTER_AUTHORIZATION_FAILED"): 1,
        ("group_list", "CLUSTER_AUTHORIZATION_FAILED"): 1,
        ("log_dirs", "CLUSTER_AUTHORIZATION_FAILED"): 1,
        ("quorum", "CLUSTER_AUTHORIZATION_FAILED"): 1,
        ("reassignments", "CLUSTER_AUTHORIZATION_FAILED"): 1,
        ("topic_config", "TOPIC_AUTHORIZATION_FAILED"): 1,
    }
    hints = {gap.part: gap.hint for gap in denied.gaps}
    assert "--operation DescribeConfigs --cluster" in hints["broker_config"]
    assert "--operation Describe --cluster" in hints["log_dirs"]
    assert denied.details.features is not None
    for operation in (AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS):
        grant(admin, who, operation, *CLUSTER)
    grant(admin, who, AclOperation.DESCRIBE_CONFIGS, ResourceType.TOPIC, topic)

    def allowed():
        seen = read()
        return None if {gap.part for gap in seen.gaps} & {*DETAIL_PARTS, "topic_config"} else seen

    seen = wait_until(allowed, "a poll without gaps in slow facts")
    assert seen.details.log_dirs.value.brokers == (1,)
    assert seen.details.quorum.value.leader == 1
    assert "log.dirs" in seen.details.broker_config.value[1]
    secrets = [name for name in seen.details.broker_config.value[1] if "password" in name or "jaas" in name]
    assert secrets == []

"""Every error of kafka-python has a place in our errors."""

import inspect
import ssl

import kafka.errors
import pytest

from lagwatch.collect.errors import (
    MOVED_COORDINATOR,
    MOVED_LEADER,
    NO_SUCH_GROUP,
    Kind,
    NoAnswer,
    cluster_error,
    error_name,
    hint,
    is_mapped,
    no_answer,
)
from lagwatch.collect.gaps import Gaps
from lagwatch.errors import AccessDenied, AuthenticationFailed, ClusterUnreachable, ProtocolMismatch
from lagwatch.model.snapshot import PARTS

ABSTRACT = {"KafkaError", "RetriableError", "InvalidMetadataError", "BrokerResponseError", "AuthorizationError"}
CLASSES = [
    found
    for _, found in inspect.getmembers(kafka.errors, inspect.isclass)
    if issubclass(found, kafka.errors.KafkaError) and found.__name__ not in ABSTRACT
]
BROKER = [found for found in CLASSES if issubclass(found, kafka.errors.BrokerResponseError) and found.errno is not None]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_no_error_of_kafka_python_is_unmapped(error):
    assert is_mapped(error), f"{error.__name__} is new: give it a reason in collect/errors.py"
    answer = no_answer(error({}) if error is kafka.errors.LogTruncationError else error())
    assert answer.reason.isupper()
    assert answer.detail
    assert isinstance(answer.kind, Kind)


@pytest.mark.parametrize("error", BROKER, ids=lambda error: error.__name__)
def test_what_a_broker_sends_is_called_by_its_kafka_name(error):
    name = error_name(error.errno)
    assert name == name.upper()
    if error.errno not in (-1, 0, 6, 10, 17, 39):  # what kafka-python calls differently
        assert name == error.message


def test_names_that_kafka_python_does_not_know_are_kafkas_too():
    assert error_name(6) == "NOT_LEADER_OR_FOLLOWER"
    assert error_name(-1) == "UNKNOWN_SERVER_ERROR"
    assert error_name(133) == "SHARE_SESSION_LIMIT_REACHED"
    assert error_name(999) == "UNKNOWN_ERROR_999"


def test_codes_that_are_asked_again_are_the_right_ones():
    leader = {"NOT_LEADER_OR_FOLLOWER", "LEADER_NOT_AVAILABLE", "UNKNOWN_TOPIC_OR_PARTITION", "OFFSET_NOT_AVAILABLE"}
    assert leader <= {error_name(code) for code in MOVED_LEADER}
    assert {error_name(code) for code in MOVED_COORDINATOR} == {
        "NOT_COORDINATOR",
        "COORDINATOR_NOT_AVAILABLE",
        "COORDINATOR_LOAD_IN_PROGRESS",
    }
    assert error_name(NO_SUCH_GROUP) == "GROUP_ID_NOT_FOUND"


def test_an_error_of_ours_passes_as_it_is():
    with pytest.raises(AuthenticationFailed, match="the token endpoint says no"):
        no_answer(AuthenticationFailed("the token endpoint says no"))


def test_tls_errors_are_told_in_words():
    refused = ssl.SSLCertVerificationError("x")
    refused.verify_message = "certificate has expired"
    assert no_answer(refused).detail == "its certificate was refused: certificate has expired"
    assert no_answer(FileNotFoundError(2, "No such file or directory", "/ca.pem")).kind is Kind.AUTHENTICATION
    assert "TLS" in no_answer(kafka.errors.InvalidReceiveError("Invalid frame length: 352518912")).detail


def said(*answers):
    return {f"h{n}:9092": answer for n, answer in enumerate(answers)}


UNREACHABLE = NoAnswer("CONNECTION_FAILED", "connection refused")
REFUSED = NoAnswer("SASL_AUTHENTICATION_FAILED", "Invalid username or password", Kind.AUTHENTICATION)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((UNREACHABLE,), ClusterUnreachable),
        ((UNREACHABLE, REFUSED), AuthenticationFailed),
        ((NoAnswer("CLUSTER_AUTHORIZATION_FAILED", "no", Kind.ACCESS), UNREACHABLE), AccessDenied),
        ((NoAnswer("UNSUPPORTED_VERSION", "old", Kind.PROTOCOL), UNREACHABLE), ProtocolMismatch),
        ((), ClusterUnreachable),
    ],
)
def test_the_most_telling_answer_decides_what_is_wrong_with_a_cluster(answers, error):
    told = cluster_error("main", said(*answers))
    assert type(told) is error
    assert '"main"' in str(told)
    for address, answer in said(*answers).items():
        assert f"{address}: {answer.detail}" in str(told)
    assert str(told).endswith(".")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("reason", ["TOPIC_AUTHORIZATION_FAILED", "REQUEST_TIMED_OUT", "CONNECTION_FAILED", "DEADLINE"])
def test_common_reasons_come_with_advice(part, reason):
    assert hint(part, reason)


def test_gaps_are_counted_by_part_reason_and_broker():
    gaps = Gaps()
    gaps.add("offsets", "DEADLINE", "orders/0", broker=2, count=3)
    gaps.add("offsets", "DEADLINE", "orders/9", broker=2)
    gaps.add("offsets", "DEADLINE", "orders/1", broker=1)
    gaps.add("topics", "INVALID_TOPIC_EXCEPTION", "x", count=0)
    assert [(gap.broker, gap.count, gap.first) for gap in gaps.all()] == [(1, 1, "orders/1"), (2, 4, "orders/0")]
    assert all(gap.hint for gap in gaps.all())

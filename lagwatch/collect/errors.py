"""
The one place where kafka-python's and the network's errors become ours: a reason for a Gap, or a CollectError.

A part of a poll that fails gives `NoAnswer`, whose `reason` is Kafka's own error name, or one in the same spelling:

    REQUEST_TIMED_OUT     connected, and no answer in time
    CONNECTION_FAILED     no connection: refused, lost, or not there in time
    DEADLINE              the poll's deadline came before there was an answer
    TLS_FAILED            the TLS handshake failed, or our own certificate files cannot be used
    ANSWER_TOO_LARGE      an answer beyond the frame limit, or bytes that are no Kafka frame at all
    BAD_ANSWER            an answer that does not follow the protocol
    CLIENT_ERROR          something else went wrong on our side

If no broker at all can be asked, `cluster_error` makes one of lagwatch.errors of what each address said.
"""

import ssl
from collections.abc import Mapping
from enum import Enum

import kafka.errors as kafka

from lagwatch.errors import (
    AccessDenied,
    AuthenticationFailed,
    ClusterUnreachable,
    CollectError,
    LagwatchError,
    ProtocolMismatch,
)


class Kind(Enum):
    """What an error says about the cluster as a whole, the most telling first."""

    AUTHENTICATION = AuthenticationFailed
    ACCESS = AccessDenied
    PROTOCOL = ProtocolMismatch
    UNREACHABLE = ClusterUnreachable


class NoAnswer(Exception):
    """
    One request, or all of one broker's, got nothing that can be used.

    `reason` as a Gap wants it, `detail` for people, `lasting` whether asking again within this poll is pointless.
    """

    def __init__(self, reason: str, detail: str, kind: Kind = Kind.UNREACHABLE, *, lasting: bool = True) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.kind = kind
        self.lasting = lasting

    def __str__(self) -> str:
        return self.detail if self.reason in _OURS else f"{self.detail} ({self.reason})"


_OURS = frozenset(
    {
        "REQUEST_TIMED_OUT",
        "CONNECTION_FAILED",
        "DEADLINE",
        "TLS_FAILED",
        "ANSWER_TOO_LARGE",
        "BAD_ANSWER",
        "CLIENT_ERROR",
    }
)
"""Reasons that say nothing to people that the detail does not say better."""

_NAMES = {
    -1: "UNKNOWN_SERVER_ERROR",
    6: "NOT_LEADER_OR_FOLLOWER",
    10: "MESSAGE_TOO_LARGE",
    17: "INVALID_TOPIC_EXCEPTION",
    39: "INVALID_REPLICA_ASSIGNMENT",
    128: "INVALID_REGULAR_EXPRESSION",
    129: "REBOOTSTRAP_REQUIRED",
    130: "STREAMS_INVALID_TOPOLOGY",
    131: "STREAMS_INVALID_TOPOLOGY_EPOCH",
    132: "STREAMS_TOPOLOGY_FENCED",
    133: "SHARE_SESSION_LIMIT_REACHED",
}
"""Kafka's names (`org.apache.kafka.common.protocol.Errors`) where kafka-python's differ or are missing."""

MOVED_LEADER = frozenset({3, 5, 6, 9, 13, 56, 72, 74, 75, 76, 78, 100, 103})
"""Codes after which fresh metadata may name another leader, or the same one may know by then."""

MOVED_COORDINATOR = frozenset({14, 15, 16})
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR."""

NO_SUCH_GROUP = 69
"""GROUP_ID_NOT_FOUND."""

_REASONS: Mapping[type[Exception], tuple[str, Kind]] = {
    kafka.SaslAuthenticationFailedError: ("SASL_AUTHENTICATION_FAILED", Kind.AUTHENTICATION),
    kafka.UnsupportedSaslMechanismError: ("UNSUPPORTED_SASL_MECHANISM", Kind.AUTHENTICATION),
    kafka.IllegalSaslStateError: ("ILLEGAL_SASL_STATE", Kind.AUTHENTICATION),
    kafka.UnacceptableCredentialError: ("UNACCEPTABLE_CREDENTIAL", Kind.AUTHENTICATION),
    kafka.UnsupportedVersionError: ("UNSUPPORTED_VERSION", Kind.PROTOCOL),
    kafka.UnrecognizedBrokerVersion: ("UNSUPPORTED_VERSION", Kind.PROTOCOL),
    kafka.InvalidReceiveError: ("ANSWER_TOO_LARGE", Kind.PROTOCOL),
    kafka.KafkaProtocolError: ("BAD_ANSWER", Kind.PROTOCOL),
    kafka.KafkaTimeoutError: ("REQUEST_TIMED_OUT", Kind.UNREACHABLE),
    kafka.RequestTimedOutError: ("REQUEST_TIMED_OUT", Kind.UNREACHABLE),
    kafka.KafkaConnectionError: ("CONNECTION_FAILED", Kind.UNREACHABLE),
    kafka.NodeNotReadyError: ("CONNECTION_FAILED", Kind.UNREACHABLE),
    kafka.UnknownBrokerIdError: ("CONNECTION_FAILED", Kind.UNREACHABLE),
    kafka.Cancelled: ("CONNECTION_FAILED", Kind.UNREACHABLE),
    kafka.TooManyInFlightRequests: ("CONNECTION_FAILED", Kind.UNREACHABLE),
    kafka.MetadataEmptyBrokerList: ("BROKER_NOT_AVAILABLE", Kind.UNREACHABLE),
    ssl.SSLError: ("TLS_FAILED", Kind.AUTHENTICATION),
    OSError: ("TLS_FAILED", Kind.AUTHENTICATION),  # files of certificates: kafka-python wraps what sockets raise
}
"""By class, subclasses included. Other errors that a broker sends have their own names; the rest is CLIENT_ERROR."""

_CLIENT_SIDE = (
    kafka.CommitFailedError,
    kafka.IllegalArgumentError,
    kafka.IllegalStateError,
    kafka.KafkaConfigurationError,
    kafka.LogTruncationError,
    kafka.NoOffsetForPartitionError,
    kafka.QuotaViolationError,
    kafka.StaleMetadata,
    kafka.TransactionAbortedError,
    kafka.UnsupportedCodecError,
)
"""Errors of kafka-python's consumer and producer, which lagwatch does not use, and of its configuration: CLIENT_ERROR."""


def error_name(code: int) -> str:
    """Kafka's name of an error code."""
    if code in _NAMES:
        return _NAMES[code]
    known = kafka.kafka_errors.get(code)
    return str(known.message) if known is not None else f"UNKNOWN_ERROR_{code}"


def is_mapped(error: type[Exception]) -> bool:
    """Whether this class of errors has a place of its own here (held by a test over all of kafka-python's classes)."""
    return issubclass(error, (*_REASONS, *_CLIENT_SIDE, kafka.BrokerResponseError))


def no_answer(error: BaseException, *, lasting: bool = True) -> NoAnswer:
    """What the failure of a request means. A LagwatchError is raised as it is: somebody said it better already."""
    if isinstance(error, LagwatchError) and not isinstance(error, ProtocolMismatch):
        raise error
    if isinstance(error, NoAnswer):
        return error
    if isinstance(error, ProtocolMismatch):
        return NoAnswer("BAD_ANSWER", str(error), Kind.PROTOCOL)
    reason, kind = _reason(error)
    return NoAnswer(reason, _detail(error), kind, lasting=lasting)


def refused(code: int, detail: str) -> NoAnswer:
    """A request that was answered with this error code, and nothing else."""
    denied = issubclass(kafka.kafka_errors.get(code, kafka.UnknownError), kafka.AuthorizationError)
    return NoAnswer(error_name(code), detail, Kind.ACCESS if denied else Kind.PROTOCOL)


def _reason(error: BaseException) -> tuple[str, Kind]:
    for known in type(error).__mro__:
        if known in _REASONS:
            return _REASONS[known]
    if isinstance(error, kafka.BrokerResponseError):
        return error_name(error.errno), Kind.ACCESS if isinstance(error, kafka.AuthorizationError) else Kind.PROTOCOL
    return "CLIENT_ERROR", Kind.PROTOCOL


def _detail(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate was refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"
    if isinstance(error, kafka.NodeNotReadyError):
        return "no connection, and the next attempt is not due yet"
    if isinstance(error, kafka.InvalidReceiveError) and _speaks_tls(error):
        return "it answers in TLS"
    if isinstance(error, kafka.KafkaError):
        said = "; ".join(str(part) for part in error.args if part)
        return said.removeprefix("SaslAuthenticationFailedError: ") or type(error).__name__.removesuffix("Error")
    return f"{type(error).__name__}: {error}"


def _speaks_tls(error: kafka.InvalidReceiveError) -> bool:
    """Whether the frame length that was not one is the start of a TLS alert or handshake record."""
    length = str(error).rpartition(" ")[2]
    return length.isdecimal() and int(length) >> 16 in (0x1503, 0x1603)


_ADVICE = {
    Kind.AUTHENTICATION: "Check the tls and sasl settings of this cluster's connection, and that the listener expects them.",
    Kind.ACCESS: "Grant lagwatch's principal DESCRIBE on the cluster, and on the topics and groups to watch.",
    Kind.PROTOCOL: "lagwatch needs Kafka 2.5 or later, and a listener for clients (not for controllers) whose protocol "
    "(PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL) is the one that is configured.",
    Kind.UNREACHABLE: "Check that the addresses are right, that the brokers run, that this host may connect to them, and "
    "that the listener expects the tls and sasl settings of this connection.",
}

_SUMMARY = {
    Kind.AUTHENTICATION: "refused who we are",
    Kind.ACCESS: "refused what we ask",
    Kind.PROTOCOL: "gave no answer that lagwatch understands",
    Kind.UNREACHABLE: "cannot be reached",
}


def cluster_error(cluster: str, said: Mapping[str, NoAnswer]) -> CollectError:
    """
    The error of a poll for which no broker could be asked; `said` tells what each address (host:port) answered.

    The most telling answer decides: credentials that one broker refused matter more than another one that is down.
    """
    kind = next((kind for kind in Kind if any(answer.kind is kind for answer in said.values())), Kind.UNREACHABLE)
    told = "; ".join(f"{address}: {answer}" for address, answer in said.items())
    failure: type[CollectError] = kind.value
    return failure(f'Kafka cluster "{cluster}" {_SUMMARY[kind]} ({told or "no address"}). {_ADVICE[kind]}')


def nothing_visible(cluster: str) -> AccessDenied:
    """The error of a cluster that shows us no topic and no group, and says that we may not list them."""
    return AccessDenied(
        f'Kafka cluster "{cluster}" knows us and shows us no topic and no group. {_ADVICE[Kind.ACCESS]}'
    )


def brokers_unreachable(cluster: str, brokers: Mapping[str, str]) -> ClusterUnreachable:
    """The error of a cluster that tells its brokers' addresses, none of which answers; `brokers` has the reason for each."""
    told = "; ".join(f"{address}: {reason}" for address, reason in brokers.items())
    return ClusterUnreachable(
        f'Kafka cluster "{cluster}" names its brokers, and none of them answers ({told}). Check that the brokers\' '
        "advertised.listeners are addresses that can be reached from here, and that they run."
    )


_GRANT = "kafka-acls.sh --add --allow-principal User:<ours>"
_HINTS: Mapping[str, str] = {
    "GROUP_AUTHORIZATION_FAILED": f"grant DESCRIBE on the group: {_GRANT} --operation Describe --group <group>",
    "TOPIC_AUTHORIZATION_FAILED": f"grant DESCRIBE on the topic: {_GRANT} --operation Describe --topic <topic>",
    "CLUSTER_AUTHORIZATION_FAILED": f"grant DESCRIBE on the cluster: {_GRANT} --operation Describe --cluster",
    "SASL_AUTHENTICATION_FAILED": "check the sasl settings of this cluster's connection",
    "TLS_FAILED": "check the tls settings of this cluster's connection, and the broker's certificate",
    "REQUEST_TIMED_OUT": "the broker is connected and does not answer: look at its load, its log and its disks",
    "THROTTLING_QUOTA_EXCEEDED": "the broker throttles this client: raise the quota of lagwatch's principal or client id",
    "CONNECTION_FAILED": "the broker cannot be reached: is it up, and is its advertised listener reachable from here",
    "DEADLINE": "the poll's deadline came first: give the cluster a longer deadline, or watch less of it",
    "MISSING_FROM_LIST": "no broker lists the group, and none says that it is gone: its coordinator is moving",
    "NOT_COORDINATOR": "the coordinator is moving; the next poll asks the new one",
    "COORDINATOR_NOT_AVAILABLE": "the coordinator is moving, or a partition of __consumer_offsets has no leader",
    "COORDINATOR_LOAD_IN_PROGRESS": "the coordinator is loading its groups; the next poll asks again",
    "LEADER_NOT_AVAILABLE": "the partition has no leader: look for offline brokers or log directories",
    "NOT_LEADER_OR_FOLLOWER": "leadership is moving; the next poll asks the new leader",
    "UNKNOWN_TOPIC_OR_PARTITION": "the topic was deleted while it was read, or its leader does not know of it yet",
    "KAFKA_STORAGE_ERROR": "the broker cannot read this partition's log directory: look at its disks",
    "BAD_ANSWER": "the broker's answer does not follow Kafka's protocol; please report it with the broker's version",
    "ANSWER_TOO_LARGE": "the answer is larger than 200 MB; the next poll asks for less at a time",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED": f"grant DESCRIBE on the transactional id: {_GRANT} --operation Describe "
    "--transactional-id <id>",
    "TOO_MANY": "there is more of it than one poll reads; what was read is told",
    "UNSUPPORTED_VERSION": "the broker lacks a request that this needs; see which Kafka versions lagwatch supports",
}
_CONFIG_HINT = f"grant DESCRIBE_CONFIGS on the %s: {_GRANT} --operation DescribeConfigs --%s"
_READ_HINT = f"so that producers can be named, grant READ on the topic: {_GRANT} --operation Read --topic <topic>"
_DENIED_HINTS: Mapping[tuple[str, str], str] = {
    ("topic_config", "TOPIC_AUTHORIZATION_FAILED"): _CONFIG_HINT % ("topic", "topic <topic>"),
    ("broker_config", "CLUSTER_AUTHORIZATION_FAILED"): _CONFIG_HINT % ("cluster", "cluster"),
    ("transactions", "TOPIC_AUTHORIZATION_FAILED"): _READ_HINT,
    ("record_times", "TOPIC_AUTHORIZATION_FAILED"): "so that time lag is exact, grant READ on the topic: "
    f"{_GRANT} --operation Read --topic <topic>",
}


def hint(part: str, reason: str) -> str:
    """What to do about a gap; empty where there is no general advice."""
    return _DENIED_HINTS.get((part, reason)) or _HINTS.get(reason, "")

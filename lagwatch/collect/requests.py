"""The requests that lagwatch sends, the versions of each that it speaks, and how their small answers are decoded."""

import struct
from dataclasses import dataclass
from typing import Any

from kafka.protocol.admin import (
    DescribeClusterRequest,
    DescribeClusterResponse,
    DescribeConfigsRequest,
    DescribeConfigsResponse,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeProducersRequest,
    DescribeProducersResponse,
    DescribeQuorumRequest,
    DescribeQuorumResponse,
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    ListGroupsRequest,
    ListGroupsResponse,
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    ListTransactionsRequest,
    ListTransactionsResponse,
)
from kafka.protocol.api_key import ApiKey
from kafka.protocol.consumer import (
    ListOffsetsRequest,
    ListOffsetsResponse,
    OffsetFetchRequest,
    OffsetFetchResponse,
)
from kafka.protocol.metadata import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    MetadataRequest,
    MetadataResponse,
)

from lagwatch.collect import messages
from lagwatch.collect.client import Versions
from lagwatch.collect.errors import Kind, NoAnswer
from lagwatch.collect.wire import Request


@dataclass(frozen=True, slots=True)
class Api:
    """One of Kafka's APIs; lagwatch speaks all versions from `oldest` to `newest`. wire.py explains the other fields."""

    request: Any
    response: Any
    oldest: int
    newest: int
    throttled: bool = True
    aside: bool = False
    plain: bool = False

    @property
    def name(self) -> str:
        """Kafka's name: Metadata, ListGroups, ..."""
        return str(ApiKey(self.request.API_KEY).name)

    def spoken_by(self, versions: Versions) -> bool:
        """Whether a broker with these versions can be asked."""
        oldest, newest = versions.get(self.request.API_KEY, (0, -1))
        return max(oldest, self.oldest) <= min(newest, self.newest)

    def version(self, versions: Versions) -> int:
        """The newest version that both sides speak; raises NoAnswer if there is none."""
        if not self.spoken_by(versions):
            oldest, newest = versions.get(self.request.API_KEY, (0, -1))
            theirs = f"versions {oldest} to {newest}" if newest >= 0 else "none of it"
            detail = f"lagwatch speaks {self.name} versions {self.oldest} to {self.newest}, the broker {theirs}"
            raise NoAnswer("UNSUPPORTED_VERSION", detail, Kind.PROTOCOL)
        return min(self.newest, versions[self.request.API_KEY][1])

    def encode(self, version: int, **fields: Any) -> Request:
        """A request with these fields, named as in kafka-python."""
        return self.raw(version, bytes(self.request(**fields).encode(version=version)))

    def raw(self, version: int, body: bytes) -> Request:
        """A request whose body is encoded already."""
        flexible = self.request.flexible_version_q(version)
        return Request(
            self.name,
            self.request.API_KEY,
            version,
            body,
            flexible=flexible,
            throttled=self.throttled,
            aside=self.aside,
            plain_answer=self.plain,
        )

    def decode(self, version: int, body: "memoryview | bytes") -> Any:
        """kafka-python's object of an answer; raises NoAnswer if the bytes do not follow the protocol."""
        try:
            return self.response[version].decode(memoryview(body))
        except (ValueError, IndexError, TypeError, struct.error) as error:
            detail = f"its {self.name} v{version} answer of {len(body)} bytes does not follow the protocol: {error!r}"
            raise NoAnswer("BAD_ANSWER", detail, Kind.PROTOCOL) from error


METADATA = Api(MetadataRequest, MetadataResponse, 9, 12)
FIND_COORDINATOR = Api(FindCoordinatorRequest, FindCoordinatorResponse, 1, 4)
LIST_GROUPS = Api(ListGroupsRequest, ListGroupsResponse, 1, 5)
OFFSET_FETCH = Api(OffsetFetchRequest, OffsetFetchResponse, 7, 8)
LIST_OFFSETS = Api(ListOffsetsRequest, ListOffsetsResponse, 5, 5)
DESCRIBE_GROUPS = Api(DescribeGroupsRequest, DescribeGroupsResponse, 3, 6)
DESCRIBE_CONFIGS = Api(DescribeConfigsRequest, DescribeConfigsResponse, 1, 4)
DESCRIBE_QUORUM = Api(DescribeQuorumRequest, DescribeQuorumResponse, 0, 1, throttled=False, aside=True)
DESCRIBE_CLUSTER = Api(DescribeClusterRequest, DescribeClusterResponse, 0, 1)
CONSUMER_GROUP_DESCRIBE = Api(messages.ConsumerGroupDescribeRequest, messages.ConsumerGroupDescribeResponse, 0, 1)
SHARE_GROUP_DESCRIBE = Api(messages.ShareGroupDescribeRequest, messages.ShareGroupDescribeResponse, 1, 1)
STREAMS_GROUP_DESCRIBE = Api(messages.StreamsGroupDescribeRequest, messages.StreamsGroupDescribeResponse, 0, 0)
SHARE_GROUP_OFFSETS = Api(
    messages.DescribeShareGroupOffsetsRequest, messages.DescribeShareGroupOffsetsResponse, 0, 1, aside=True
)

# Slow facts (collect/details).
API_VERSIONS = Api(ApiVersionsRequest, ApiVersionsResponse, 3, 4, throttled=False, plain=True)
DESCRIBE_LOG_DIRS = Api(DescribeLogDirsRequest, DescribeLogDirsResponse, 2, 5)
DESCRIBE_PRODUCERS = Api(DescribeProducersRequest, DescribeProducersResponse, 0, 0)
DESCRIBE_TOPIC_PARTITIONS = Api(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, 0, 0)
DESCRIBE_TRANSACTIONS = Api(DescribeTransactionsRequest, DescribeTransactionsResponse, 0, 0)
LIST_TRANSACTIONS = Api(ListTransactionsRequest, ListTransactionsResponse, 0, 2)
LIST_REASSIGNMENTS = Api(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, 0, 0, aside=True)

"""
Brokers on loopback that speak Kafka's protocol and hold what a test puts into them: for what a real cluster does rarely.

Messages are read and written by kafka-python's own classes. The tests against the real Kafka hold what is answered here.
"""

import socket
import struct
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from kafka.protocol.admin import DescribeClusterRequest as DescribeCluster
from kafka.protocol.admin import (
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
from kafka.protocol.consumer import ListOffsetsRequest, ListOffsetsResponse, OffsetFetchRequest, OffsetFetchResponse
from kafka.protocol.metadata import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    MetadataRequest,
    MetadataResponse,
)

from lagwatch.collect.messages import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsResponse,
    ShareGroupDescribeRequest,
    ShareGroupDescribeResponse,
)

Hook = Callable[[int, Any], Any]

SILENCE = object()
"""What a hook returns for a request that gets no answer."""

HANG_UP = object()
"""What a hook returns for a request after which the connection is closed."""


_LARGEST = 10_000_000


@dataclass
class Topic:
    """Partitions by number: leader, log start, last stable and end offset."""

    leaders: list[int]
    start: int = 0
    lso: int = 90
    end: int = 100


@dataclass
class Group:
    """A group as its coordinator has it."""

    coordinator: int = 1
    type: str = "classic"
    state: str = "Empty"
    commits: dict[tuple[str, int], int] = field(default_factory=dict)


class WireCluster:
    """
    `brokers` listening brokers, numbered from 1. A context manager.

    `hooks` replaces what is answered to an API, by its name: it gets the broker's number and the request, and gives an
    answer, SILENCE, HANG_UP, bytes (sent as they are, as the answer's body) or None (the usual answer). `versions` cuts the
    versions of APIs. `requests` counts what was asked.
    """

    def __init__(self, brokers: int = 3) -> None:
        self.topics: dict[str, Topic] = {}
        self.groups: dict[str, Group] = {}
        self.unlisted: set[str] = set()
        self.homes: dict[str, int] = {}
        self.hooks: dict[str, Hook] = {}
        self.versions: dict[str, int] = {}
        self.requests: Counter[str] = Counter()
        self.asked: list[tuple[int, Any]] = []
        self._listeners = {number: socket.create_server(("127.0.0.1", 0)) for number in range(1, brokers + 1)}
        self.addresses = {n: f"127.0.0.1:{listener.getsockname()[1]}" for n, listener in self._listeners.items()}
        self._connections: dict[int, list[socket.socket]] = {number: [] for number in self._listeners}
        self._lock = threading.Lock()

    @property
    def bootstrap(self) -> tuple[str, ...]:
        return tuple(self.addresses.values())

    def __enter__(self) -> Self:
        for number, listener in self._listeners.items():
            threading.Thread(target=self._accept, args=(number, listener), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._listeners:
            self.stop(number)

    def stop(self, number: int) -> None:
        """The broker is gone: refuses connections, closes those there are."""
        with suppress(OSError):
            self._listeners[number].shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts, as close alone does not
        self._listeners[number].close()
        with self._lock:
            for connection in self._connections[number]:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, number: int, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections[number].append(connection)
            threading.Thread(target=self._serve, args=(number, connection), daemon=True).start()

    def _serve(self, number: int, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as received:
                while head := received.read(4):
                    size = struct.unpack(">i", head)[0]
                    if size > _LARGEST:
                        return
                    answer = self._answer(number, received.read(size))
                    if answer is HANG_UP:
                        return
                    if answer is SILENCE:
                        while received.read(4096):  # answers come in order, so none comes any more
                            pass
                        return
                    connection.sendall(answer)
        except OSError:
            return

    def _answer(self, number: int, frame: bytes) -> Any:
        if len(frame) < 10:
            return HANG_UP
        key, version, correlation, length = struct.unpack_from(">hhih", frame)
        if key not in ApiKey.__members__.values() or ApiKey(key).name not in API:
            return HANG_UP  # not Kafka's protocol: TLS, for one
        name = ApiKey(key).name
        request_class, response_class, usual = API[name]
        flexible = request_class.flexible_version_q(version)
        request = request_class[version].decode(frame[10 + length + flexible :])
        with self._lock:
            self.requests[name] += 1
            self.asked.append((number, request))
        answer = self.hooks.get(name, lambda *_: None)(number, request)
        if answer is None:
            answer = usual(self, number, request)
        if answer is SILENCE or answer is HANG_UP:
            return answer
        body = answer if isinstance(answer, bytes) else bytes(answer.encode(version=version))
        tags = b"\0" if response_class.flexible_version_q(version) and name != "ApiVersions" else b""
        return struct.pack(">ii", 4 + len(tags) + len(body), correlation) + tags + body


def _api_versions(cluster: WireCluster, _number: int, _request: Any) -> Any:
    kind = ApiVersionsResponse.ApiVersion
    keys = [
        kind(
            api_key=request.API_KEY,
            min_version=0,
            max_version=cluster.versions.get(name, request.max_version),
        )
        for name, (request, _, _) in API.items()
        if cluster.versions.get(name, 0) >= 0
    ]
    return ApiVersionsResponse(error_code=0, api_keys=keys, throttle_time_ms=0)


def _metadata(cluster: WireCluster, number: int, _request: Any) -> Any:
    broker, topic = MetadataResponse.MetadataResponseBroker, MetadataResponse.MetadataResponseTopic
    partition = topic.MetadataResponsePartition
    return MetadataResponse(
        throttle_time_ms=0,
        brokers=[
            broker(node_id=n, host="127.0.0.1", port=int(address.split(":")[1]), rack=None)
            for n, address in sorted(cluster.addresses.items())
        ],
        cluster_id="wire",
        controller_id=number,
        topics=[
            topic(
                error_code=0,
                name=name,
                is_internal=False,
                partitions=[
                    partition(
                        error_code=0,
                        partition_index=p,
                        leader_id=leader,
                        leader_epoch=0,
                        replica_nodes=[leader],
                        isr_nodes=[leader],
                        offline_replicas=[],
                    )
                    for p, leader in enumerate(facts.leaders)
                ],
            )
            for name, facts in cluster.topics.items()
        ],
    )


def _list_groups(cluster: WireCluster, number: int, _request: Any) -> Any:
    kind = ListGroupsResponse.ListedGroup
    return ListGroupsResponse(
        throttle_time_ms=0,
        error_code=0,
        groups=[
            kind(group_id=name, protocol_type="consumer", group_state=group.state, group_type=group.type)
            for name, group in cluster.groups.items()
            if group.coordinator == number and name not in cluster.unlisted
        ],
    )


def _offset_fetch(cluster: WireCluster, number: int, request: Any) -> Any:
    def code(name: str) -> int:
        return 16 if name in cluster.groups and cluster.groups[name].coordinator != number else 0

    def topics(kind: Any, record: Any, name: str) -> list[Any]:
        if name not in cluster.groups or code(name):
            return []
        commits = cluster.groups[name].commits
        return [
            kind(
                name=topic,
                partitions=[
                    record(partition_index=p, committed_offset=o, committed_leader_epoch=0, metadata="", error_code=0)
                    for (t, p), o in commits.items()
                    if t == topic
                ],
            )
            for topic in {t: None for t, _ in commits}
        ]

    if request.version < 8:
        kind = OffsetFetchResponse.OffsetFetchResponseTopic
        found = topics(kind, kind.OffsetFetchResponsePartition, request.group_id)
        return OffsetFetchResponse(throttle_time_ms=0, topics=found, error_code=code(request.group_id))
    group = OffsetFetchResponse.OffsetFetchResponseGroup
    many = group.OffsetFetchResponseTopics
    names = [asked.group_id for asked in request.groups]
    return OffsetFetchResponse(
        throttle_time_ms=0,
        groups=[
            group(group_id=n, topics=topics(many, many.OffsetFetchResponsePartitions, n), error_code=code(n))
            for n in names
        ],
    )


def _described(cluster: WireCluster, number: int, name: str, kind: str) -> tuple[int, str]:
    """Error code and state of a group described as this type."""
    group = cluster.groups.get(name)
    if group is not None and group.coordinator != number:
        return 16, ""
    if group is None or group.type != kind:
        return 69, "Dead"
    return 0, group.state


def _describe_groups(cluster: WireCluster, number: int, request: Any) -> Any:
    kind = DescribeGroupsResponse.DescribedGroup
    groups = []
    for name in request.groups:
        code, state = _described(cluster, number, name, "classic")
        code = 0 if code == 69 and request.version < 6 else code
        groups.append(
            kind(
                error_code=code,
                group_id=name,
                group_state=state,
                protocol_type="consumer",
                protocol_data="",
                members=[],
            )
        )
    return DescribeGroupsResponse(throttle_time_ms=0, groups=groups)


def _consumer_group_describe(cluster: WireCluster, number: int, request: Any) -> Any:
    kind = ConsumerGroupDescribeResponse.DescribedGroup
    groups = []
    for name in request.group_ids:
        code, state = _described(cluster, number, name, "consumer")
        groups.append(
            kind(
                error_code=code,
                error_message=None,
                group_id=name,
                group_state=state,
                group_epoch=1,
                assignment_epoch=1,
                assignor_name="uniform",
                members=[],
                authorized_operations=0,
            )
        )
    return ConsumerGroupDescribeResponse(throttle_time_ms=0, groups=groups)


def _find_coordinator(cluster: WireCluster, _number: int, request: Any) -> Any:
    def home(name: str) -> int:
        known = cluster.groups[name].coordinator if name in cluster.groups else 1
        return cluster.homes.get(name, known)

    if request.version < 4:
        found = FindCoordinatorResponse(
            error_code=0, error_message=None, node_id=home(request.key), host="127.0.0.1", port=1
        )
        found.throttle_time_ms = 0
        return found
    kind = FindCoordinatorResponse.Coordinator
    coordinators = [
        kind(key=key, node_id=home(key), host="127.0.0.1", port=1, error_code=0, error_message=None)
        for key in request.coordinator_keys
    ]
    return FindCoordinatorResponse(throttle_time_ms=0, coordinators=coordinators)


def _list_offsets(cluster: WireCluster, number: int, request: Any) -> Any:
    kind = ListOffsetsResponse.ListOffsetsTopicResponse
    record = kind.ListOffsetsPartitionResponse

    def answer(name: str, partition: int, timestamp: int) -> Any:
        topic = cluster.topics.get(name)
        code = 3 if topic is None else 6 if topic.leaders[partition] != number else 0
        offset = -1
        if topic is not None and code == 0:
            offset = topic.start if timestamp == -2 else topic.lso if request.isolation_level else topic.end
        return record(partition_index=partition, error_code=code, timestamp=-1, offset=offset, leader_epoch=0)

    return ListOffsetsResponse(
        throttle_time_ms=0,
        topics=[
            kind(name=t.name, partitions=[answer(t.name, p.partition_index, p.timestamp) for p in t.partitions])
            for t in request.topics
        ],
    )


def _share_group_describe(cluster: WireCluster, number: int, request: Any) -> Any:
    kind = ShareGroupDescribeResponse.DescribedGroup
    groups = []
    for name in request.group_ids:
        code, state = _described(cluster, number, name, "share")
        groups.append(
            kind(
                error_code=code,
                error_message=None,
                group_id=name,
                group_state=state,
                group_epoch=1,
                assignment_epoch=1,
                assignor_name="simple",
                members=[],
                authorized_operations=0,
            )
        )
    return ShareGroupDescribeResponse(throttle_time_ms=0, groups=groups)


def _share_group_offsets(cluster: WireCluster, _number: int, request: Any) -> Any:
    kind = DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup
    topic = kind.DescribeShareGroupOffsetsResponseTopic
    record = topic.DescribeShareGroupOffsetsResponsePartition

    def topics(name: str) -> list[Any]:
        return [
            topic(
                topic_name=of,
                topic_id=uuid.UUID(int=1),
                partitions=[
                    record(
                        partition_index=p,
                        start_offset=offset,
                        leader_epoch=0,
                        lag=100 - offset,
                        error_code=0,
                        error_message=None,
                    )
                ],
            )
            for (of, p), offset in cluster.groups[name].commits.items()
        ]

    return DescribeShareGroupOffsetsResponse(
        throttle_time_ms=0,
        groups=[
            kind(group_id=g.group_id, topics=topics(g.group_id), error_code=0, error_message=None)
            for g in request.groups
        ],
    )


def _describe_quorum(_cluster: WireCluster, _number: int, _request: Any) -> Any:
    topic = DescribeQuorumResponse.TopicData
    partition = topic.PartitionData(
        partition_index=0, error_code=0, leader_id=3, leader_epoch=1, high_watermark=9, current_voters=[], observers=[]
    )
    return DescribeQuorumResponse(error_code=0, topics=[topic(topic_name="__cluster_metadata", partitions=[partition])])


def _describe_configs(_cluster: WireCluster, _number: int, request: Any) -> Any:
    kind = DescribeConfigsResponse.DescribeConfigsResult
    value = kind.DescribeConfigsResourceResult
    configs = [value(name="min.insync.replicas", value="2", read_only=False, config_source=5, is_sensitive=False)]
    return DescribeConfigsResponse(
        throttle_time_ms=0,
        results=[
            kind(error_code=0, error_message=None, resource_type=2, resource_name=r.resource_name, configs=configs)
            for r in request.resources
        ],
    )


def _describe_cluster(cluster: WireCluster, _number: int, _request: Any) -> Any:
    return DescribeClusterResponse(
        throttle_time_ms=0,
        error_code=0,
        error_message=None,
        cluster_id="wire",
        controller_id=1,
        brokers=[],
        authorized_operations={8},
    )


def _describe_log_dirs(cluster: WireCluster, number: int, _request: Any) -> Any:
    directory = DescribeLogDirsResponse.DescribeLogDirsResult
    topic = directory.DescribeLogDirsTopic
    replica = topic.DescribeLogDirsPartition
    topics = [
        topic(
            name=name,
            partitions=[
                replica(partition_index=p, partition_size=1000 * number + p, offset_lag=0, is_future_key=False)
                for p, leader in enumerate(facts.leaders)
                if leader == number
            ],
        )
        for name, facts in cluster.topics.items()
    ]
    found = directory(error_code=0, log_dir="/data", topics=topics, total_bytes=10_000, usable_bytes=4_000)
    return DescribeLogDirsResponse(throttle_time_ms=0, error_code=0, results=[found])


def _list_transactions(_cluster: WireCluster, _number: int, _request: Any) -> Any:
    return ListTransactionsResponse(throttle_time_ms=0, error_code=0, unknown_state_filters=[], transaction_states=[])


def _describe_transactions(_cluster: WireCluster, _number: int, _request: Any) -> Any:
    return DescribeTransactionsResponse(throttle_time_ms=0, transaction_states=[])


def _describe_producers(_cluster: WireCluster, _number: int, request: Any) -> Any:
    kind = DescribeProducersResponse.TopicResponse
    partition = kind.PartitionResponse
    return DescribeProducersResponse(
        throttle_time_ms=0,
        topics=[
            kind(
                name=topic.name,
                partitions=[
                    partition(partition_index=p, error_code=0, error_message=None, active_producers=[])
                    for p in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ],
    )


def _list_reassignments(_cluster: WireCluster, _number: int, _request: Any) -> Any:
    return ListPartitionReassignmentsResponse(throttle_time_ms=0, error_code=0, error_message=None, topics=[])


def _describe_topic_partitions(_cluster: WireCluster, _number: int, _request: Any) -> Any:
    return DescribeTopicPartitionsResponse(throttle_time_ms=0, topics=[], next_cursor=None)


API: dict[str, tuple[Any, Any, Callable[[WireCluster, int, Any], Any]]] = {
    "ApiVersions": (ApiVersionsRequest, ApiVersionsResponse, _api_versions),
    "Metadata": (MetadataRequest, MetadataResponse, _metadata),
    "ListGroups": (ListGroupsRequest, ListGroupsResponse, _list_groups),
    "OffsetFetch": (OffsetFetchRequest, OffsetFetchResponse, _offset_fetch),
    "DescribeGroups": (DescribeGroupsRequest, DescribeGroupsResponse, _describe_groups),
    "ConsumerGroupDescribe": (ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, _consumer_group_describe),
    "ShareGroupDescribe": (ShareGroupDescribeRequest, ShareGroupDescribeResponse, _share_group_describe),
    "DescribeShareGroupOffsets": (
        DescribeShareGroupOffsetsRequest,
        DescribeShareGroupOffsetsResponse,
        _share_group_offsets,
    ),
    "DescribeQuorum": (DescribeQuorumRequest, DescribeQuorumResponse, _describe_quorum),
    "FindCoordinator": (FindCoordinatorRequest, FindCoordinatorResponse, _find_coordinator),
    "ListOffsets": (ListOffsetsRequest, ListOffsetsResponse, _list_offsets),
    "DescribeConfigs": (DescribeConfigsRequest, DescribeConfigsResponse, _describe_configs),
    "DescribeCluster": (DescribeCluster, DescribeClusterResponse, _describe_cluster),
    "DescribeLogDirs": (DescribeLogDirsRequest, DescribeLogDirsResponse, _describe_log_dirs),
    "ListTransactions": (ListTransactionsRequest, ListTransactionsResponse, _list_transactions),
    "DescribeTransactions": (DescribeTransactionsRequest, DescribeTransactionsResponse, _describe_transactions),
    "DescribeProducers": (DescribeProducersRequest, DescribeProducersResponse, _describe_producers),
    "ListPartitionReassignments": (
        ListPartitionReassignmentsRequest,
        ListPartitionReassignmentsResponse,
        _list_reassignments,
    ),
    "DescribeTopicPartitions": (
        DescribeTopicPartitionsRequest,
        DescribeTopicPartitionsResponse,
        _describe_topic_partitions,
    ),
}

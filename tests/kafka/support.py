"""What tests do to a real Kafka: topics, records, commits, members of every protocol, transactions, and waiting."""

import logging
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    ShareConsumer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec
from kafka.protocol.metadata import MetadataRequest, MetadataResponse

Answer = TypeVar("Answer")

USERS = {"alice": "alice-secret", "bob": "bob-secret", "carol": "carol-secret"}
"""Name and password of the users of the `secure_cluster` fixture."""

_SILENT = logging.getLogger("tests.librdkafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

# While a coordinator appears or moves, commits fail for single partitions inside a successful call.
_TRANSIENT = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError._WAIT_COORD,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._TRANSPORT,
    KafkaError.REQUEST_TIMED_OUT,
}


def unique(prefix: str) -> str:
    """A name that no other test and no earlier run has used."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def wait_until(check: Callable[[], Answer], what: str, timeout_s: float = 30, every_s: float = 0.2) -> Answer:
    """Ask `check` until its answer is truthy and return it; fails naming `what` and the last answer."""
    deadline = time.monotonic() + timeout_s
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what} (last answer: {answer!r})"
        time.sleep(every_s)
    return answer


def client(bootstrap: str, **settings: Any) -> dict[str, Any]:
    """librdkafka settings with dots written as underscores: `client(b, linger_ms=0)`; its log lines go nowhere."""
    named = {name if name.endswith("_cb") else name.replace("_", "."): value for name, value in settings.items()}
    return {"bootstrap.servers": bootstrap, "logger": _SILENT, **named}


def create_topic(
    bootstrap: str, name: str, partitions: int = 1, replicas: int = -1, config: Mapping[str, str] | None = None
) -> str:
    """
    Create a topic, wait until every broker that is up knows a leader of every partition, return its name.

    Brokers hear of a topic one after the other, and what is tested asks any of them. `replicas` -1 is the cluster's default.
    """
    admin = AdminClient(client(bootstrap))
    topic = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=dict(config or {}))
    admin.create_topics([topic], operation_timeout=30)[name].result()

    def known() -> bool:
        brokers = admin.list_topics(name, timeout=10).brokers.values()
        return all(_leaders(broker.host, broker.port, name) == partitions for broker in brokers)

    wait_until(known, f"leaders of all partitions of {name} at every broker")
    return name


def _leaders(host: str, port: int, topic: str) -> int:
    """How many partitions of a topic have a leader, as this one broker knows it: librdkafka asks the one it likes."""
    version = 7
    asked = MetadataRequest(topics=[MetadataRequest.MetadataRequestTopic(name=topic)], allow_auto_topic_creation=False)
    request = struct.pack(">hhih", MetadataRequest.API_KEY, version, 1, -1) + bytes(asked.encode(version=version))
    with socket.create_connection((host, port), timeout=10) as connection, connection.makefile("rb") as received:
        connection.sendall(struct.pack(">i", len(request)) + request)
        size, _correlation = struct.unpack(">ii", received.read(8))
        answer = MetadataResponse[version].decode(received.read(size - 4))
    return sum(partition.leader_id >= 0 for each in answer.topics for partition in each.partitions)


def delete_topic(bootstrap: str, name: str) -> None:
    admin = AdminClient(client(bootstrap))
    admin.delete_topics([name], operation_timeout=30)[name].result()


def produce(bootstrap: str, topic: str, counts: Mapping[int, int], value: bytes = b"x" * 20) -> None:
    """Append records: partition to how many. Done, acknowledged by all in-sync replicas, when this returns."""
    producer = Producer(client(bootstrap, linger_ms=5))
    _append(producer, topic, counts, value)


def _append(producer: Producer, topic: str, counts: Mapping[int, int], value: bytes) -> None:
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            failed.append(error)

    for partition, count in counts.items():
        for _ in range(count):
            while True:
                try:
                    producer.produce(topic, value, partition=partition, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.1)
    left = producer.flush(30)
    assert not left, f"{left} records of {topic} were not acknowledged"
    assert not failed, failed


def commit(
    bootstrap: str, group: str, offsets: Mapping[tuple[str, int], int], timeout_s: float = 60, **settings: Any
) -> None:
    """Commit offsets for a group without members; partitions whose coordinator is not ready yet are tried again."""
    consumer = Consumer(client(bootstrap, group_id=group, enable_auto_commit=False, **settings))
    left = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
    deadline = time.monotonic() + timeout_s
    try:
        while left:
            assert time.monotonic() < deadline, f"{group} could not commit {left} within {timeout_s:.0f} s"
            try:
                answers = consumer.commit(offsets=left, asynchronous=False)
            except KafkaException as error:
                if error.args[0].code() not in _TRANSIENT:
                    raise
                time.sleep(0.2)
                continue
            fatal = [each for each in answers if each.error and each.error.code() not in _TRANSIENT]
            assert not fatal, f"{group}: {fatal}"
            left = [TopicPartition(each.topic, each.partition, each.offset) for each in answers if each.error]
            if left:
                time.sleep(0.2)
    finally:
        consumer.close()


@contextmanager
def member(
    bootstrap: str, group: str, topics: Sequence[str], *, protocol: str = "classic", **settings: Any
) -> Iterator[Consumer]:
    """
    A live member of a group that has its partitions. It reads only when the test polls it, and commits only when told.

    protocol  "classic" or "consumer" (KIP-848); `isolation_level="read_committed"` and other settings as keywords
    """
    defaults = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "group_protocol": protocol}
    consumer = Consumer(client(bootstrap, group_id=group, **{**defaults, **settings}))
    assigned: list[TopicPartition] = []
    read_early = []
    consumer.subscribe(list(topics), on_assign=lambda _consumer, partitions: assigned.extend(partitions))

    def has_partitions() -> bool:
        message = consumer.poll(0.1)
        if message is not None and not message.error():
            read_early.append(message)
        return bool(assigned)

    try:
        wait_until(has_partitions, f"partitions for a member of {group}", every_s=0)
        for message in read_early:  # nothing is lost to the test that was read while we waited
            consumer.seek(TopicPartition(message.topic(), message.partition(), message.offset()))
        yield consumer
    finally:
        consumer.close()


def read(consumer: Consumer, count: int, timeout_s: float = 30) -> None:
    """Read `count` records and commit after them."""
    deadline = time.monotonic() + timeout_s
    done = 0
    while done < count:
        assert time.monotonic() < deadline, f"read {done} of {count} records within {timeout_s:.0f} s"
        for message in consumer.consume(min(500, count - done), timeout=1):
            assert message.error() is None, message.error()
            done += 1
    wait_until(lambda: _committed(consumer), "the commit of what was read")


def _committed(consumer: Consumer) -> bool:
    try:
        answers = consumer.commit(asynchronous=False)
    except KafkaException as error:
        if error.args[0].code() not in _TRANSIENT:
            raise
        return False
    return all(each.error is None for each in answers)


@contextmanager
def share_member(bootstrap: str, group: str, topics: Sequence[str], **settings: Any) -> Iterator[ShareConsumer]:
    """A live member of a share group that starts at the earliest record; it acquires records when the test polls it."""
    setting = ConfigEntry("share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.GROUP, group, incremental_configs=[setting])
    admin = AdminClient(client(bootstrap))
    for future in admin.incremental_alter_configs([resource]).values():
        future.result()
    with ShareConsumer(client(bootstrap, group_id=group, **settings)) as consumer:
        consumer.subscribe(list(topics))
        yield consumer


def share_read(consumer: ShareConsumer, count: int, timeout_s: float = 60) -> None:
    """Acquire and accept at least `count` records."""
    deadline = time.monotonic() + timeout_s
    done = 0
    while done < count:
        assert time.monotonic() < deadline, f"acquired {done} of {count} records within {timeout_s:.0f} s"
        done += sum(message.error() is None for message in consumer.poll(1.0))
        failed = {str(where): error for where, error in consumer.commit_sync(10.0).items() if error is not None}
        assert not failed, failed


@contextmanager
def transaction(
    bootstrap: str, topic: str, counts: Mapping[int, int], *, end: str = "commit", value: bytes = b"x" * 20
) -> Iterator[Producer]:
    """
    Records inside a transaction that is open for the length of the `with` and ends with "commit" or "abort".

    While it is open the last stable offset stays before its first record. When the `with` is left, its markers are in
    the log: Kafka answers the producer before it writes them.
    """
    producer = Producer(client(bootstrap, transactional_id=unique("tests-transaction"), transaction_timeout_ms=60_000))
    producer.init_transactions(30)
    producer.begin_transaction()
    _append(producer, topic, counts, value)
    try:
        yield producer
    finally:
        (producer.commit_transaction if end == "commit" else producer.abort_transaction)(30)
        wait_until(lambda: _all_stable(bootstrap, topic, counts), "the markers of the transaction")


def _all_stable(bootstrap: str, topic: str, partitions: Iterable[int]) -> bool:
    """Whether no transaction is open: the last stable offset is the high watermark."""
    admin = AdminClient(client(bootstrap))
    latest = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in partitions}
    ends = [
        {
            at.partition: future.result().offset
            for at, future in admin.list_offsets(latest, isolation_level=level).items()
        }
        for level in IsolationLevel
    ]
    return ends[0] == ends[1]

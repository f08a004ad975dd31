"""A small cluster that holds still, with everything on it in which exporters could differ."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.processes import BenchmarkError
from lagwatch.demo.cluster import KafkaCluster

TOPICS = {"orders": 4, "payments": 2, "unread": 1}
"""Partitions of each topic."""

PREPARE_S = 60.0


@contextmanager
def still_cluster(progress: Callable[[str], None]) -> Iterator[str]:
    """The bootstrap addresses of three nodes with topics, a group with a member, and one without; gone afterwards."""
    with KafkaCluster(3, progress=progress) as cluster, ExitStack() as stack:
        bootstrap = cluster.bootstrap
        admin = AdminClient(_client(bootstrap))
        for future in admin.create_topics([NewTopic(name, size) for name, size in TOPICS.items()]).values():
            future.result()
        _produce(bootstrap, {("orders", 0): 100, ("orders", 1): 250, ("orders", 2): 30, ("payments", 1): 41})
        for future in admin.delete_records([TopicPartition("orders", 1, 20)]).values():
            future.result()
        _commit(bootstrap, "nobody-left", {("orders", 0): 100, ("orders", 1): 33, ("payments", 1): 5})
        stack.callback(_member(bootstrap, "alive", ["orders", "payments"], 150).close)
        yield bootstrap


def _client(bootstrap: str) -> dict[str, str | int | bool]:
    """What every client needs; they say nothing when the nodes go."""
    return {"bootstrap.servers": bootstrap, "log_level": 0}


def _produce(bootstrap: str, counts: dict[tuple[str, int], int]) -> None:
    producer = Producer(_client(bootstrap))
    for (topic, partition), count in counts.items():
        for _ in range(count):
            producer.produce(topic, b"x" * 20, partition=partition)
    if producer.flush(PREPARE_S):
        raise BenchmarkError("The records of the comparison were not taken in; look at the nodes' logs.")


def _commit(bootstrap: str, group: str, offsets: dict[tuple[str, int], int]) -> None:
    consumer = Consumer(_client(bootstrap) | {"group.id": group, "enable.auto.commit": False})
    asked = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
    try:
        _until(lambda: _committed(consumer, asked), f"commits of {group}")
    finally:
        consumer.close()


def _committed(consumer: Consumer, offsets: list[TopicPartition] | None = None) -> bool:
    """Whether all is committed; while the coordinator appears it is refused, as a whole or for single partitions."""
    try:
        answers = consumer.commit(asynchronous=False, **({"offsets": offsets} if offsets else {}))
    except KafkaException:
        return False
    return all(answer.error is None for answer in answers)


def _member(bootstrap: str, group: str, topics: list[str], count: int) -> Consumer:
    """A member that has read and committed so many records, and reads no more."""
    settings = {"group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer(_client(bootstrap) | settings)
    consumer.subscribe(topics)
    read = 0

    def enough() -> bool:
        nonlocal read
        read += sum(message.error() is None for message in consumer.consume(count - read, timeout=1))
        return read >= count

    _until(enough, f"records for {group}")
    _until(lambda: _committed(consumer), f"commits of {group}")
    return consumer


def _until(done: Callable[[], bool], what: str) -> None:
    end = monotonic() + PREPARE_S
    while not done():
        if monotonic() > end:
            raise BenchmarkError(f"No {what} within {PREPARE_S:.0f} s; look at the nodes' logs.")
        sleep(0.2)

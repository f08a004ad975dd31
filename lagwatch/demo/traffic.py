"""
Traffic with real producers and consumers: groups that keep up, fall behind, stop, and speak every protocol of Kafka 4.

| group                   | protocol          | reads      | what is to be seen                                                |
|-------------------------|-------------------|------------|-------------------------------------------------------------------|
| billing-healthy         | classic           | orders     | two members that keep up                                          |
| search-kip848           | consumer, KIP-848 | orders     | keeps up, on the new rebalance protocol                           |
| mail-share              | share, KIP-932    | orders     | a queue: members share the records of one partition               |
| ledger-read-committed   | classic           | payments   | reads what transactions committed, skips what they aborted        |
| clickstream-slow        | classic           | clicks     | reads a third of what arrives: its lag grows by 24,000 a minute    |
| reports-stopped         | classic           | page-views | read a little and left: 123,000 messages wait, and more come       |
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, ShareConsumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lagwatch.demo.programs import Progress, silent
from lagwatch.errors import DemoError

_CLIENTS = logging.getLogger("lagwatch.demo.clients")
_CLIENTS.addHandler(logging.NullHandler())
_CLIENTS.propagate = False  # librdkafka's own lines would tear the table apart

_TICK_S = 0.5
_READERS = {"auto.offset.reset": "earliest", "auto.commit.interval.ms": 1_000, "fetch.min.bytes": 2_000}
"""Half a second between batches, and answers that wait for more than one record: the brokers' CPU is what the demo costs."""


@dataclass(frozen=True)
class Topic:
    """A topic of the demo: its partitions, the records it starts with, and how many come every second."""

    name: str
    partitions: int
    backlog: int
    per_second: int


TOPICS = (
    Topic("orders", 6, 0, 40),
    Topic("clicks", 6, 15_000, 600),
    Topic("page-views", 6, 125_000, 20),
    Topic("payments", 3, 0, 20),
)
"""All topics; `payments` is written in transactions, one a second, of which every tenth is aborted."""

_CONFIG = {"retention.bytes": str(64 * 1024 * 1024), "segment.bytes": str(16 * 1024 * 1024)}
"""An evening's demo does not fill the disk."""


class Traffic:
    """
    Producers and consumers in threads of this process, some 700 records a second in all.

    `start` returns when the backlog is written and everybody runs; `stop` when all have left their groups, or after
    `timeout_s`. A client that fails tries again until the end; `troubles` has the last error of each that does.
    """

    def __init__(self, bootstrap: str, progress: Progress = silent) -> None:
        self._client = {"bootstrap.servers": bootstrap, "logger": _CLIENTS}
        self._progress = progress
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.troubles: dict[str, str] = {}

    def start(self) -> None:
        """Create the topics, write their backlog, start everybody. Raises DemoError if the cluster refuses."""
        self._progress(f"Creating topics {', '.join(topic.name for topic in TOPICS)}")
        try:
            self._create_topics()
            self._write_backlog()
        except KafkaException as error:
            raise DemoError(f"The demo's traffic cannot start: {error.args[0].str()}.") from error
        self._progress("Starting producers and consumers")
        for name, run in self._cast().items():
            thread = threading.Thread(target=self._again_and_again, args=(name, run), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float = 8) -> None:
        """Let everybody leave; whoever has not after `timeout_s` ends with the process."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _cast(self) -> Mapping[str, Callable[[], None]]:
        consume = self._consume
        return {
            "producer": self._produce,
            "transactional producer": self._produce_transactions,
            "billing-healthy 1": lambda: consume("billing-healthy", ["orders"]),
            "billing-healthy 2": lambda: consume("billing-healthy", ["orders"]),
            "search-kip848": lambda: consume("search-kip848", ["orders"], {"group.protocol": "consumer"}),
            "mail-share": lambda: self._share("mail-share", ["orders"]),
            "ledger-read-committed": lambda: consume(
                "ledger-read-committed", ["payments"], {"isolation.level": "read_committed"}
            ),
            "clickstream-slow": lambda: consume("clickstream-slow", ["clicks"], per_second=200),
            "reports-stopped": lambda: consume("reports-stopped", ["page-views"], leave_after=2_000),
        }

    def _again_and_again(self, name: str, run: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                run()
                return
            except KafkaException as error:
                self.troubles[name] = str(error)
                self._stopping.wait(2)

    def _create_topics(self) -> None:
        admin = AdminClient(self._client)
        replicas = min(3, len(admin.list_topics(timeout=10).brokers))
        new = [NewTopic(topic.name, topic.partitions, replicas, config=_CONFIG) for topic in TOPICS]
        for created in admin.create_topics(new, operation_timeout=30).values():
            created.result()

    def _write_backlog(self) -> None:
        producer = Producer({**self._client, "linger.ms": 50, "compression.type": "lz4"})
        for topic in TOPICS:
            for start in range(0, topic.backlog, 5_000):
                for number in range(start, min(start + 5_000, topic.backlog)):
                    _send(producer, topic, number)
                producer.poll(0)
                self._progress(f"Writing a backlog into {topic.name}: {start + 5_000:,} of {topic.backlog:,} records")
                if self._stopping.is_set():
                    return
        if producer.flush(30):
            raise DemoError("Kafka did not take the demo's backlog within 30 s; see the logs of its nodes.")

    def _produce(self) -> None:
        """Every topic but `payments` gets its records a second, evenly."""
        producer = Producer({**self._client, "linger.ms": 100, "compression.type": "lz4"})
        topics = [topic for topic in TOPICS if topic.name != "payments"]
        sent = dict.fromkeys(topics, 0)
        began = time.monotonic()
        while not self._stopping.wait(_TICK_S):
            for topic in topics:
                due = int((time.monotonic() - began) * topic.per_second)
                for number in range(sent[topic], due):
                    _send(producer, topic, number)
                sent[topic] = due
            producer.poll(0)
        producer.flush(3)

    def _produce_transactions(self) -> None:
        payments = next(topic for topic in TOPICS if topic.name == "payments")
        producer = Producer({**self._client, "transactional.id": "payments-1", "transaction.timeout.ms": 30_000})
        producer.init_transactions(20)
        transactions = 0
        while not self._stopping.wait(1):
            producer.begin_transaction()
            for number in range(payments.per_second):
                _send(producer, payments, number)
            transactions += 1
            end = producer.abort_transaction if transactions % 10 == 0 else producer.commit_transaction
            end(10)

    def _consume(
        self,
        group: str,
        topics: Sequence[str],
        settings: Mapping[str, Any] | None = None,
        *,
        per_second: int | None = None,
        leave_after: int | None = None,
    ) -> None:
        """A member of `group` that reads as fast as it can or `per_second`, until the end or for `leave_after` records."""
        consumer = Consumer({**self._client, **_READERS, "group.id": group, **(settings or {})})
        batch = 500 if per_second is None else max(1, int(per_second * _TICK_S))
        read = 0
        try:
            consumer.subscribe(list(topics), on_assign=_begin_at_the_beginning)
            while not self._stopping.is_set() and (leave_after is None or read < leave_after):
                began = time.monotonic()
                read += sum(message.error() is None for message in consumer.consume(batch, timeout=_TICK_S))
                if per_second is not None:
                    self._stopping.wait(max(0.0, began + _TICK_S - time.monotonic()))
        finally:
            consumer.close()  # commits what was read and leaves the group

    def _share(self, group: str, topics: Sequence[str]) -> None:
        with ShareConsumer({**self._client, "group.id": group}) as consumer:
            consumer.subscribe(list(topics))
            while not self._stopping.is_set():
                consumer.poll(_TICK_S)  # accepts what the last poll brought


def _begin_at_the_beginning(consumer: Consumer, partitions: list[TopicPartition]) -> None:
    """
    Commit offset 0 wherever the group has not committed.

    A consumer that lags reads one partition after the other; without this, those that it has not come to would have no
    committed offset, and thus no lag.
    """
    fresh = [where for where in consumer.committed(partitions, timeout=10) if where.offset < 0]
    if fresh:
        begin = [TopicPartition(where.topic, where.partition, 0) for where in fresh]
        consumer.commit(offsets=begin, asynchronous=False)


def _send(producer: Producer, topic: Topic, number: int) -> None:
    value = b'{"%s": %d}' % (topic.name.encode(), number)
    while True:
        try:
            producer.produce(topic.name, value, partition=number % topic.partitions)
            return
        except BufferError:  # the client's queue is full: wait for some of it to arrive
            producer.poll(0.1)

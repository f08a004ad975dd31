"""
Groups in trouble, side by side on a real cluster: each on a topic of its own, all driven by one thread.

A reader is a live member of its group that takes at most so many records a second, and commits twice a second unless it is told
otherwise; a writer appends so many records a second to each partition. What becomes of them is told by the story of a group.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.kafka.support import client

TICK_S = 0.1
EVERYTHING = 5000.0


class Reader:
    """A member of a group. `capacity` (records a second) and `commit_every_s` may be changed at any time, as may `asleep`."""

    def __init__(
        self, bootstrap: str, group: str, topics: Sequence[str], *, capacity: float = EVERYTHING, **settings: Any
    ) -> None:
        self.capacity = capacity
        self.commit_every_s = 0.5
        self.asleep = False
        self.behind_by = 0
        self._due = self._budget = 0.0
        # Small fetches, so that one that takes little at a time takes it from all of its partitions.
        defaults = {
            "auto_offset_reset": "earliest",
            "enable_auto_commit": False,
            "queued_min_messages": 20,
            "fetch_message_max_bytes": 2000,
            "fetch_queue_backoff_ms": 10,
            "fetch_wait_max_ms": 50,
        }
        self.consumer = Consumer(client(bootstrap, group_id=group, **{**defaults, **settings}))
        self.consumer.subscribe(list(topics))

    def tick(self, now: float, passed: float) -> None:
        if self.asleep:
            return
        self._budget = min(self._budget + self.capacity * passed, max(self.capacity, 1.0))
        count = min(int(self._budget), 1000)
        if count > 0:
            self._budget -= len(self.consumer.consume(count, timeout=0))
        if now >= self._due:
            self._due = now + self.commit_every_s
            self._commit()

    def _commit(self) -> None:
        try:
            if not self.behind_by:
                self.consumer.commit(asynchronous=True)
                return
            at = [each for each in self.consumer.position(self.consumer.assignment()) if each.offset >= 0]
            late = [TopicPartition(each.topic, each.partition, max(0, each.offset - self.behind_by)) for each in at]
            if late:
                self.consumer.commit(offsets=late, asynchronous=True)
        except KafkaException:
            pass  # there is nothing to commit yet

    def stick(self, topic: str, partition: int) -> None:
        """From now on it takes nothing of a partition, as one that fails on a record and tries it again."""
        self.consumer.pause([TopicPartition(topic, partition)])

    def close(self) -> None:
        self.consumer.close()


class Playground:
    """
    Topics, writers and readers on one cluster. `start` sets them going; `at` tells what happens after so many seconds.

    An error of the thread that drives them is raised by `stop`.
    """

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.rates: dict[tuple[str, int], float] = {}
        self.readers: list[Reader] = []
        self._owed: dict[tuple[str, int], float] = {}
        self._events: list[tuple[float, Callable[[], object]]] = []
        self._producer = Producer(client(bootstrap, linger_ms=20))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playground", daemon=True)
        self._error: BaseException | None = None
        self._topics: list[str] = []
        self._restless: list[threading.Thread] = []

    def topics(self, partitions: Mapping[str, int]) -> None:
        """Create them all at once."""
        admin = AdminClient(client(self.bootstrap))
        made = admin.create_topics(
            [NewTopic(name, count, 1) for name, count in partitions.items()], operation_timeout=30
        )
        for future in made.values():
            future.result()
        self._topics += partitions

    def writes(self, topic: str, rates: Mapping[int, float]) -> None:
        """From now on, so many records a second are appended to each partition."""
        self.rates |= {(topic, partition): rate for partition, rate in rates.items()}

    def heap(self, topic: str, partition: int, count: int) -> None:
        """Append many records now."""
        for _ in range(count):
            while True:
                try:
                    self._producer.produce(topic, b"x" * 20, partition=partition)
                    break
                except BufferError:
                    self._producer.poll(0.1)

    def reads(self, group: str, *topics: str, members: int = 1, **settings: Any) -> list[Reader]:
        """Members of a group."""
        added = [Reader(self.bootstrap, group, topics, **settings) for _ in range(members)]
        self.readers += added
        return added

    def comes_and_goes(self, group: str, topic: str, every_s: float) -> None:
        """Another member, which joins and leaves for as long as there is anything to see."""
        thread = threading.Thread(target=self._come_and_go, args=(group, topic, every_s), daemon=True)
        self._restless.append(thread)
        thread.start()

    def _come_and_go(self, group: str, topic: str, every_s: float) -> None:
        while not self._stop.is_set():
            consumer = Consumer(client(self.bootstrap, group_id=group, client_id="restless", enable_auto_commit=False))
            consumer.subscribe([topic])
            until = time.monotonic() + every_s
            while time.monotonic() < until and not self._stop.is_set():
                consumer.poll(0.2)
            consumer.close()
            self._stop.wait(every_s)

    def leaves(self, reader: Reader) -> None:
        self.readers.remove(reader)
        reader.close()

    def at(self, seconds: float, event: Callable[[], object]) -> None:
        self._events.append((seconds, event))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in (self._thread, *self._restless):
            thread.join(30)
        with ExitStack() as stack:
            for reader in self.readers:
                closing = threading.Thread(target=reader.close)
                closing.start()
                stack.callback(closing.join, 15)
        AdminClient(client(self.bootstrap)).delete_topics(self._topics)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._drive()
        except BaseException as error:  # noqa: BLE001 (stop() raises it)
            self._error = error

    def _drive(self) -> None:
        begun = before = time.monotonic()
        while not self._stop.wait(TICK_S):
            now = time.monotonic()
            passed, before = now - before, now
            for event in [event for event in self._events if event[0] <= now - begun]:
                self._events.remove(event)
                event[1]()
            for place, rate in self.rates.items():
                owed = self._owed.get(place, 0.0) + rate * passed
                self.heap(*place, int(owed))
                self._owed[place] = owed - int(owed)
            self._producer.poll(0)
            for reader in list(self.readers):
                reader.tick(now, passed)

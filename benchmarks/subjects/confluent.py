"""The same facts by confluent-kafka's AdminClient, as its documentation says: futures issued together, then awaited."""

import json
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from benchmarks.shape import Shape
from benchmarks.subjects import Facts, Subject

TIMEOUT_S = 60.0
STATISTICS_MS = 1_000
"""Seldom, so that the statistics cost a poll nothing that shows."""


class Confluent(Subject):
    """
    `list_consumer_group_offsets` takes one group a call, and `list_offsets` one isolation level.

    That call can end the process with SIGSEGV while a coordinator moves (librdkafka 2.16.0), which is one reason why every
    subject has its own process.
    """

    def __init__(self, bootstrap: str, shape: Shape) -> None:
        del shape
        self._sent = 0
        self._admin = AdminClient(
            {"bootstrap.servers": bootstrap, "statistics.interval.ms": STATISTICS_MS, "stats_cb": self._statistics}
        )

    def poll(self) -> Facts:
        metadata = self._admin.list_topics(timeout=TIMEOUT_S)
        partitions = [
            TopicPartition(t.topic, p) for t in metadata.topics.values() for p in t.partitions if _ours(t.topic)
        ]
        listed = self._admin.list_consumer_groups(request_timeout=TIMEOUT_S).result()
        if listed.errors:
            raise RuntimeError(f"list_consumer_groups answered {listed.errors[0]}.")
        groups = [group.group_id for group in listed.valid]
        described = _results(self._admin.describe_consumer_groups(groups, request_timeout=TIMEOUT_S).values())
        fetched = [
            self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=TIMEOUT_S)
            for group in groups
        ]
        commits = sum(len(answer.topic_partitions) for answer in _results(f for one in fetched for f in one.values()))
        offsets = min(
            len(self._offsets(partitions, spec, isolation))
            for spec, isolation in (
                (OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED),
                (OffsetSpec.latest(), IsolationLevel.READ_COMMITTED),
                (OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED),
            )
        )
        members = sum(len(group.members) for group in described)
        return Facts(
            partitions=len(partitions), offsets=offsets, groups=len(described), commits=commits, members=members
        )

    def requests(self) -> int:
        """As of the statistics that come next."""
        end = time.monotonic() + 1.2 * STATISTICS_MS / 1000
        while time.monotonic() < end:
            self._admin.poll(0.05)
        return self._sent

    def close(self) -> None:
        """Nothing: the client closes with the process."""

    def _offsets(self, partitions: list[TopicPartition], spec: OffsetSpec, isolation: IsolationLevel) -> list[Any]:
        wanted = dict.fromkeys(partitions, spec)
        return _results(self._admin.list_offsets(wanted, isolation_level=isolation, request_timeout=TIMEOUT_S).values())

    def _statistics(self, text: str) -> None:
        self._sent = sum(broker["tx"] for broker in json.loads(text)["brokers"].values())


def _ours(topic: str) -> bool:
    return not topic.startswith("__")


def _results(futures: Iterable[Future[Any]]) -> list[Any]:
    return [future.result() for future in futures]

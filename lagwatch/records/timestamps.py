"""The timestamps of single records: one is fetched from each partition, from a given offset on."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaError, KafkaException, Message, TopicPartition

from lagwatch.errors import RecordsError
from lagwatch.records.read import NO_RECORD, NO_TIMESTAMP, TIMED_OUT, Read, Record

_POLL_S = 0.2
_SETTINGS: Mapping[str, Any] = {
    "group.id": "lagwatch",  # needed, and never joined; nothing is committed
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",  # where retention took the record, the next one is the first that is still there
    "isolation.level": "read_uncommitted",  # an open transaction holds nothing up
    "allow.auto.create.topics": False,
    # One batch a partition is all that is wanted of an answer.
    "fetch.message.max.bytes": 1024,
    "fetch.wait.max.ms": 100,
    "queued.min.messages": 1,
    "queued.max.messages.kbytes": 1024,
}
_SILENT = logging.getLogger(f"{__name__}.librdkafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class Timestamps:
    """
    Reads timestamps from one cluster, on one thread. It is in no group, commits nothing, and needs READ on the topics.

    `client` holds librdkafka's settings, with secrets; RecordsError is raised if it refuses them. A context manager.
    """

    def __init__(self, bootstrap: Iterable[str], client: Mapping[str, Any]) -> None:
        settings = {**client, **_SETTINGS, "bootstrap.servers": ",".join(bootstrap), "logger": _SILENT}
        try:
            self._consumer = Consumer(settings)
        except KafkaException as error:
            reason = error.args[0].str()
            raise RecordsError(f"the Kafka client that reads single records refuses its settings: {reason}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._consumer.close()

    def read(self, records: Iterable[Record], within_s: float) -> Read:
        """
        The timestamp of the first record at or after each of these offsets, as far as they come within this time.

        Raises nothing that Kafka or the network causes: what did not come is in `missing`.
        """
        until = time.monotonic() + within_s
        found, turns = Read(), list(_turns(records))
        for number, turn in enumerate(turns):
            # A partition that does not answer takes its turn's share of the time, and nothing of the next turns'.
            self._read_one_each(turn, time.monotonic() + (until - time.monotonic()) / (len(turns) - number), found)
        return found

    def _read_one_each(self, turn: dict[tuple[str, int], Record], until: float, found: Read) -> None:
        left = dict(turn)
        try:
            while self._consumer.consume(100, timeout=0):
                pass  # what came of the turn before too late would be taken for what this one asks for
            self._consumer.assign([TopicPartition(*record) for record in left.values()])
            while left and time.monotonic() < until:
                for message in self._consumer.consume(len(left), timeout=_POLL_S):
                    record = left.pop((message.topic(), message.partition()), None)
                    if record is not None:
                        _take(message, record, found)
            self._consumer.unassign()
        except KafkaException as failure:
            found.missing.update(dict.fromkeys(left.values(), _name(failure.args[0])))
            return
        found.missing.update(dict.fromkeys(left.values(), TIMED_OUT))


def _turns(records: Iterable[Record]) -> Iterator[dict[tuple[str, int], Record]]:
    """The records in turns of at most one a partition: a consumer reads a partition at one place only."""
    waiting: list[dict[tuple[str, int], Record]] = []
    for record in records:
        turn = next((each for each in waiting if record[:2] not in each), None)
        if turn is None:
            waiting.append(turn := {})
        turn[record[:2]] = record
    yield from waiting


def _take(message: Message, record: Record, found: Read) -> None:
    error = message.error()
    if error is not None:
        found.missing[record] = NO_RECORD if error.code() == KafkaError._PARTITION_EOF else _name(error)  # noqa: SLF001
        return
    kind, milliseconds = message.timestamp()
    if message.offset() < record[2]:
        found.missing[record] = NO_RECORD  # the log has lost its end: what was read is the first record of what is left
    elif kind == TIMESTAMP_NOT_AVAILABLE:
        found.missing[record] = NO_TIMESTAMP
    else:
        found.at[record] = milliseconds / 1000.0


def _name(error: KafkaError) -> str:
    """Kafka's name of an error; librdkafka has names of its own for what it says itself."""
    return str(error.name()).removeprefix("_")

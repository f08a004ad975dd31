"""
DescribeLogDirs answers from bytes straight into columns. Pure.

Format: DescribeLogDirsResponse v2 to v5 of Apache Kafka (`common/message/DescribeLogDirsResponse.json`). A replica is 22 bytes
wide: partition int32, size int64, offset lag int64, whether it is a future replica (bool), and no tagged fields.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagwatch.collect.errors import error_name
from lagwatch.collect.parse import skip_tags, uvarint
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.details import LogDir, LogDirs, ReplicaSizes

_WIDTH = 22
_REPLICA = np.dtype([("partition", ">i4"), ("size", ">i8"), ("lag", ">i8"), ("future", "u1"), ("tags", "u1")])


@dataclass(slots=True, eq=False)
class DirsOfBroker:
    """
    One broker's answer. Parallel, one entry a (directory, topic): `count` of its replicas, its topic (place in `topics`), its
    directory (place in `dirs`); `records` are all replicas, one behind the other.
    """

    error: int = 0
    dirs: list[LogDir] = field(default_factory=list)
    topics: list[bytes] = field(default_factory=list)
    count: "array[int]" = field(default_factory=lambda: array("q"))
    topic: "array[int]" = field(default_factory=lambda: array("q"))
    directory: "array[int]" = field(default_factory=lambda: array("q"))
    records: list[bytes] = field(default_factory=list)


def decode_log_dirs(body: bytes, version: int, broker: int) -> DirsOfBroker:
    """The answer of a broker; raises ProtocolMismatch if the bytes are anything else."""
    found = DirsOfBroker()
    try:
        position = 4
        if version >= 3:
            found.error, position = _int(body, position, 2), position + 2
        dirs, position = uvarint(body, position)
        places: dict[bytes, int] = {}
        for _ in range(dirs - 1):
            position = _directory(body, position, version, broker, found, places)
        position = skip_tags(body, position)
    except (IndexError, ValueError) as error:
        raise _mismatch(body) from error
    if position != len(body):
        raise _mismatch(body)
    return found


def _directory(
    body: bytes, position: int, version: int, broker: int, found: DirsOfBroker, places: dict[bytes, int]
) -> int:
    """Reads one directory; the position behind it."""
    code = _int(body, position, 2)
    length, position = uvarint(body, position + 2)
    end = position + length - 1
    path = body[position:end].decode()
    topics, position = uvarint(body, end)
    for _ in range(topics - 1):
        length, position = uvarint(body, position)
        end = position + length - 1
        name = body[position:end]
        place = places.get(name)
        if place is None:
            place = places[name] = len(found.topics)
            found.topics.append(name)
        count, position = uvarint(body, end)
        end = position + (count - 1) * _WIDTH
        records = body[position:end]
        if count < 1 or len(records) != end - position or records[_WIDTH - 1 :: _WIDTH].strip(b"\0"):
            raise ValueError("replicas are not what they should be")
        found.count.append(count - 1)
        found.topic.append(place)
        found.directory.append(len(found.dirs))
        found.records.append(records)
        position = skip_tags(body, end)
    told, position = _space(body, position, version)
    found.dirs.append(LogDir(broker=broker, path=path, error=error_name(code) if code else "", **told))
    return skip_tags(body, position)


def _space(body: bytes, position: int, version: int) -> tuple[dict[str, Any], int]:
    """What newer brokers tell of a directory beside its replicas, and the position behind it."""
    told: dict[str, Any] = {}
    if version >= 4:
        told = {"total_bytes": _int(body, position, 8), "usable_bytes": _int(body, position + 8, 8)}
        position += 16
    if version >= 5:
        told["cordoned"] = bool(body[position])
        position += 1
    return told, position


def joined(answers: Mapping[int, DirsOfBroker]) -> LogDirs:
    """The answers of all brokers as one table; topics are sorted by name."""
    names = sorted({name for answer in answers.values() for name in answer.topics})
    place = {name: number for number, name in enumerate(names)}
    dirs: list[LogDir] = []
    columns: list[tuple[NDArray[Any], ...]] = []
    for broker, answer in sorted(answers.items()):
        records = np.frombuffer(b"".join(answer.records), _REPLICA)
        of = np.array([place[name] for name in answer.topics], np.int32)
        count = np.asarray(answer.count, np.int64)
        columns.append(
            (
                np.repeat(of[np.asarray(answer.topic, np.int64)], count),
                records["partition"].astype(np.int32),
                np.full(len(records), broker, np.int32),
                np.repeat(np.asarray(answer.directory, np.int32) + len(dirs), count).astype(np.int32),
                records["size"].astype(np.int64),
                records["lag"].astype(np.int64),
                records["future"].astype(np.int32),
            )
        )
        dirs += answer.dirs
    topic, partition, brokers, directory, size, lag, future = (
        np.concatenate(parts) for parts in zip(*columns, strict=True)
    )
    return LogDirs(
        brokers=tuple(sorted(answers)),
        dirs=tuple(dirs),
        replicas=ReplicaSizes(
            topics=tuple(name.decode() for name in names),
            topic=topic,
            partition=partition,
            broker=brokers,
            directory=directory,
            size=size,
            offset_lag=lag,
            future=future,
        ),
    )


def _int(body: bytes, start: int, width: int) -> int:
    taken = body[start : start + width]
    if len(taken) != width:
        raise IndexError(start)
    return int.from_bytes(taken, "big", signed=True)


def _mismatch(body: bytes) -> ProtocolMismatch:
    return ProtocolMismatch(
        f"The broker's DescribeLogDirs answer of {len(body)} bytes does not follow the format that was asked for; nothing of "
        "it is used."
    )

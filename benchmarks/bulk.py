"""
The few large messages as columns instead of objects: OffsetCommit v7, its answer, and Produce's records.

Version 7 is the last with lengths of fixed size (https://kafka.apache.org/protocol#The_Messages_OffsetCommit), so a partition
is a fixed record and a whole topic one numpy array. All integers are big-endian.
"""

import struct
import time
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
from kafka.record.memory_records import MemoryRecordsBuilder
from numpy.typing import NDArray

from benchmarks.members import Membership
from benchmarks.wire import CLIENT_ID

OFFSET_COMMIT, COMMIT_VERSION = 8, 7

# Partition, offset, leader epoch (none), metadata: an empty string.
_COMMIT = np.dtype([("partition", ">i4"), ("offset", ">i8"), ("epoch", ">i4"), ("metadata", ">i2")])
_COMMITTED = np.dtype([("partition", ">i4"), ("error", ">i2")])


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def commit_frame(group: str, who: Membership, offsets: Mapping[str, NDArray[np.int64]]) -> bytes:
    """OffsetCommit of a topic's offsets on its first partitions, one each."""
    instance = struct.pack(">h", -1) if who.instance is None else _string(who.instance)
    sender = struct.pack(">i", who.generation) + _string(who.member) + instance
    header = struct.pack(">hhi", OFFSET_COMMIT, COMMIT_VERSION, 0) + _string(CLIENT_ID)
    body = b"".join(_string(topic) + _rows(of_topic) for topic, of_topic in offsets.items())
    payload = header + _string(group) + sender + struct.pack(">i", len(offsets)) + body
    return struct.pack(">i", len(payload)) + payload


def _rows(offsets: NDArray[np.int64]) -> bytes:
    rows = np.zeros(len(offsets), _COMMIT)
    rows["partition"], rows["offset"], rows["epoch"] = np.arange(len(offsets)), offsets, -1
    return struct.pack(">i", len(offsets)) + rows.tobytes()


def commit_errors(body: bytes | bytearray) -> set[int]:
    """Every error code in an answer to `commit_frame`: errors come per partition, inside an answer that succeeded."""
    return {int(code) for errors in _answered(body) for code in np.unique(errors) if code}


def _answered(body: bytes | bytearray) -> Iterator[np.ndarray]:
    # Correlation id and throttle time come first.
    (topics,) = struct.unpack_from(">i", body, 8)
    at = 12
    for _ in range(topics):
        (length,) = struct.unpack_from(">h", body, at)
        at += 2 + length
        (count,) = struct.unpack_from(">i", body, at)
        at += 4
        yield np.frombuffer(body, _COMMITTED, count, at)["error"]
        at += count * _COMMITTED.itemsize


@cache
def batch(records: int) -> bytes:
    """One compressed batch of small records; the broker gives them their offsets."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=1, batch_size=1 << 24)
    now = int(time.time() * 1000)
    for i in range(records):
        builder.append(timestamp=now, key=None, value=b"%d" % i)
    builder.close()
    return bytes(builder.buffer())

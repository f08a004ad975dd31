"""
OffsetFetch and ListOffsets answers as runs of records: where in the bytes the records of each topic lie. Pure.

Formats: OffsetFetchResponse v6 to v9 and ListOffsetsResponse v4 to v5 of Apache Kafka (`common/message/*.json`).
A record of an OffsetFetch answer is 20 bytes wide as long as it carries no metadata, no error and no tagged field:
partition int32, committed offset int64, leader epoch int32, metadata compact string, error int16, tags. A record of a
ListOffsets answer is always 26 bytes wide: partition int32, error int16, timestamp int64, offset int64, leader epoch int32.
"""

from array import array
from dataclasses import dataclass, field

from lagwatch.errors import ProtocolMismatch

COMMIT_WIDTH = 20
OFFSET_WIDTH = 26


@dataclass(slots=True, eq=False)
class Runs:
    """
    Records that lie one behind the other, same width, same topic; for commits also the same group.

    Parallel, one entry a run: `start` (byte position), `count` (records), `topic` and `group` (places in `topics` and
    `groups`). `group_errors` has Kafka's error code of each group. `error` has the code of a run's records (always 0 for
    offsets, whose codes are in the records). `metadata` lists the stretches of bytes that hold commit metadata.
    """

    start: "array[int]" = field(default_factory=lambda: array("q"))
    count: "array[int]" = field(default_factory=lambda: array("q"))
    topic: "array[int]" = field(default_factory=lambda: array("q"))
    group: "array[int]" = field(default_factory=lambda: array("q"))
    error: "array[int]" = field(default_factory=lambda: array("q"))
    topics: list[bytes] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    group_errors: list[int] = field(default_factory=list)
    metadata: list[tuple[int, int]] = field(default_factory=list)

    def add(self, start: int, count: int, topic: int, group: int = 0, error: int = 0) -> None:
        """One more run."""
        self.start.append(start)
        self.count.append(count)
        self.topic.append(topic)
        self.group.append(group)
        self.error.append(error)


def offset_runs(body: bytes) -> Runs:
    """The runs of a ListOffsets v4 or v5 answer; raises ProtocolMismatch if the bytes are anything else."""
    runs = Runs()
    try:
        position = _offset_topics(body, runs)
    except (IndexError, ValueError) as error:
        raise _mismatch("ListOffsets", body) from error
    if position != len(body):
        raise _mismatch("ListOffsets", body)
    return runs


def commit_runs(body: bytes, *, group: str | None = None) -> Runs:
    """
    The runs of an OffsetFetch answer: v8 and v9 with many groups, or v6 and v7 with one, whose name is then `group`.

    Raises ProtocolMismatch if the bytes are anything else.
    """
    runs = Runs()
    try:
        position = _commit_groups(body, runs) if group is None else _commit_group(body, 4, group, runs, {})
        position = skip_tags(body, position)
    except (IndexError, ValueError) as error:
        raise _mismatch("OffsetFetch", body) from error
    if position != len(body):
        raise _mismatch("OffsetFetch", body)
    return runs


def _offset_topics(body: bytes, runs: Runs) -> int:
    topics = _int(body, 4, 8)
    position = 8
    for index in range(topics):
        end = position + 2 + _int(body, position, position + 2)
        runs.topics.append(_taken(body, position + 2, end))
        count = _int(body, end, end + 4)
        if count < 0:
            raise ValueError(count)
        runs.add(end + 4, count, index)
        position = end + 4 + OFFSET_WIDTH * count
        if position > len(body):
            raise IndexError(position)
    return position


def _commit_groups(body: bytes, runs: Runs) -> int:
    count, position = uvarint(body, 4)
    topics: dict[bytes, int] = {}
    for _ in range(count - 1):
        length, position = uvarint(body, position)
        end = position + length - 1
        position = _commit_group(body, end, _taken(body, position, end).decode(), runs, topics)
        position = skip_tags(body, position)
    return position


def _commit_group(body: bytes, position: int, name: str, runs: Runs, topics: dict[bytes, int]) -> int:
    """Reads the topics of one group and its error; the position behind them."""
    group = len(runs.groups)
    runs.groups.append(name)
    count, position = uvarint(body, position)
    for _ in range(count - 1):
        # This loop runs once a (group, topic): 50,000 times in a large cluster. It is spelled out because of that.
        length = body[position]
        position += 1
        if length >= 0x80:
            length, position = uvarint(body, position - 1)
        end = position + length - 1
        key = body[position:end]
        topic = topics.get(key)
        if topic is None:
            topic = topics[_taken(body, position, end)] = len(runs.topics)
            runs.topics.append(key)
        records, position = uvarint(body, end)
        position = _commit_records(body, position, records - 1, topic, group, runs)
        if body[position]:
            position = skip_tags(body, position)
        else:
            position += 1
    runs.group_errors.append(_int(body, position, position + 2))
    return position + 2


def _commit_records(body: bytes, position: int, count: int, topic: int, group: int, runs: Runs) -> int:
    """
    Reads the records of one (group, topic); the position behind them.

    The records are 20 bytes wide if, read as such, every one has null or empty metadata (length byte 0 or 1), no error and
    no tags: the first one is then really that wide, so the second starts where we look, and so on.
    """
    end = position + COMMIT_WIDTH * count
    if (
        end <= len(body)
        and not body[position + 16 : end : COMMIT_WIDTH].strip(b"\0\1")
        and not body[position + 17 : end : COMMIT_WIDTH].strip(b"\0")
        and not body[position + 18 : end : COMMIT_WIDTH].strip(b"\0")
        and not body[position + 19 : end : COMMIT_WIDTH].strip(b"\0")
    ):
        if count > 0:
            runs.add(position, count, topic, group)
            return end
        return position
    for _ in range(count):
        length, behind = uvarint(body, position + 16)
        if length > 1:
            runs.metadata.append((behind, behind + length - 1))
            behind += length - 1
        runs.add(position, 1, topic, group, _int(body, behind, behind + 2))
        position = skip_tags(body, behind + 2)
    return position


def uvarint(body: bytes | memoryview, position: int) -> tuple[int, int]:
    """An unsigned varint, and the position behind it; raises IndexError or ValueError."""
    value = shift = 0
    while True:
        byte = body[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 28:
            raise ValueError("a length of more than 5 bytes")


def skip_tags(body: bytes | memoryview, position: int) -> int:
    """The position behind tagged fields, which lagwatch has no use for; raises IndexError or ValueError."""
    count, position = uvarint(body, position)
    for _ in range(count):
        _, position = uvarint(body, position)
        size, position = uvarint(body, position)
        position += size
    return position


def _int(body: bytes, start: int, end: int) -> int:
    return int.from_bytes(_taken(body, start, end), "big", signed=True)


def _taken(body: bytes, start: int, end: int) -> bytes:
    """A slice that is as long as it was asked to be: Python's own shortens silently at the end."""
    if not start <= end <= len(body):
        raise IndexError(end)
    return body[start:end]


def _mismatch(api: str, body: bytes) -> ProtocolMismatch:
    return ProtocolMismatch(
        f"The broker's {api} answer of {len(body)} bytes does not follow the format that was asked for; nothing of it is used."
    )

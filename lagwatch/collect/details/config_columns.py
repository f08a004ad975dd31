"""
DescribeConfigs answers as mappings. Pure.

Format: DescribeConfigsResponse v4 of Apache Kafka (`common/message/DescribeConfigsResponse.json`). Most topics have the very
same settings: what follows a topic's name is then the same bytes as for a topic before, and is read once.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lagwatch.collect.parse import skip_tags, uvarint
from lagwatch.errors import ProtocolMismatch

TOPIC_SOURCE = 1
"""DYNAMIC_TOPIC_CONFIG: a setting that is the topic's own (`org.apache.kafka.clients.admin.ConfigEntry.ConfigSource`)."""

_REMEMBERED = 64


class Config(NamedTuple):
    """The settings of a topic or broker as Kafka spells them, without sensitive ones and those without a value; its `own`."""

    values: Mapping[str, str]
    own: frozenset[str]


class Described(NamedTuple):
    """One topic or broker: its name, Kafka's error code, and its settings if that is 0."""

    name: str
    error: int
    config: Config


NOTHING = Config({}, frozenset())


def configs_of(answer: Any) -> list[Described]:
    """The same from kafka-python's object of an answer of any version."""
    return [
        Described(
            result.resource_name,
            result.error_code,
            Config(
                {c.name: c.value for c in result.configs if c.value is not None and not c.is_sensitive},
                frozenset(c.name for c in result.configs if c.config_source == TOPIC_SOURCE),
            ),
        )
        for result in answer.results
    ]


def decode_configs(body: bytes) -> list[Described]:
    """The results of a v4 answer; raises ProtocolMismatch if the bytes are anything else."""
    try:
        found, position = _results(body)
    except (IndexError, ValueError) as error:
        raise _mismatch(body) from error
    if position != len(body):
        raise _mismatch(body)
    return found


def _results(body: bytes) -> tuple[list[Described], int]:
    count, position = uvarint(body, 4)
    found: list[Described] = []
    blocks: dict[bytes, Config] = {}
    for _ in range(count - 1):
        code = int.from_bytes(body[position : position + 2], "big", signed=True)
        position = _skipped(body, position + 2)
        name, position = _text(body, position + 1)
        config = NOTHING
        for block, known in blocks.items():
            if body.startswith(block, position):
                config, position = known, position + len(block)
                break
        else:
            start = position
            config, position = _config(body, position)
            if len(blocks) < _REMEMBERED:
                blocks[body[start:position]] = config
        position = skip_tags(body, position)
        found.append(Described(name or "", code, config))
    return found, skip_tags(body, position)


def _config(body: bytes, position: int) -> tuple[Config, int]:
    values: dict[str, str] = {}
    own: set[str] = set()
    count, position = uvarint(body, position)
    for _ in range(count - 1):
        name, position = _text(body, position)
        value, position = _text(body, position)
        source, sensitive = body[position + 1], body[position + 2]
        position = _behind(body, position + 3)
        if name is not None and value is not None and not sensitive:
            values[name] = value
        if name is not None and source == TOPIC_SOURCE:
            own.add(name)
    return Config(values, frozenset(own)), position


def _behind(body: bytes, position: int) -> int:
    """The position behind synonyms, type, documentation and tags of a setting."""
    synonyms, position = uvarint(body, position)
    for _ in range(synonyms - 1):
        position = _skipped(body, _skipped(body, position)) + 1
        position = skip_tags(body, position)
    return skip_tags(body, _skipped(body, position + 1))


def _text(body: bytes, position: int) -> tuple[str | None, int]:
    length, position = uvarint(body, position)
    if length == 0:
        return None, position
    end = position + length - 1
    if end > len(body):
        raise IndexError(end)
    return body[position:end].decode(), end


def _skipped(body: bytes, position: int) -> int:
    length, position = uvarint(body, position)
    return position + max(length - 1, 0)


def _mismatch(body: bytes) -> ProtocolMismatch:
    return ProtocolMismatch(
        f"The broker's DescribeConfigs answer of {len(body)} bytes does not follow the format that was asked for; nothing of "
        "it is used."
    )

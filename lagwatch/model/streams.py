"""A Kafka Streams application as its group and its topics show it. Pure."""

from dataclasses import dataclass

RESTORE_RATE = 100_000_000.0
"""Bytes a second at which a store is assumed to be restored from its changelog, unless somebody knows better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsTopic:
    """A topic of an application: its lag in messages, its size in bytes on one replica each; None where unknown."""

    topic: str
    partitions: int
    lag: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """
    An application (the group's name is its application.id): the topics that it reads, and those it made for itself.

    `input_lag` is the lag on topics of others, None if that of one is not known. `restore_s` is how long the stores take to be
    rebuilt from the changelogs at `restore_rate` bytes a second, one behind the other: members that restore at the same time
    share the work. None where sizes are unknown; `sizes_at` is when these were read, seconds since the epoch.
    """

    group: str
    inputs: tuple[StreamsTopic, ...]
    repartitions: tuple[StreamsTopic, ...]
    changelogs: tuple[StreamsTopic, ...]
    input_lag: int | None
    changelog_bytes: int | None
    restore_s: float | None
    restore_rate: float
    sizes_at: float | None

"""What the rules of an audit ask a view for. Pure."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from lagwatch.model.commands import bootstrap
from lagwatch.model.details import Details
from lagwatch.model.snapshot import Broker, Float64, Int64, Snapshot
from lagwatch.model.view import View

GOOD_REPLICATION = 3
"""With fewer replicas, one broker in maintenance and one fault make partitions unavailable, or lose data."""

LONG_MAX = 2**63 - 1
"""What Kafka calls "never" in milliseconds and messages."""

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Facts:
    """One view, in the words of the rules; what it does not know is None, and no rule speaks of it."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.snapshot: Snapshot = view.snapshot
        self.details: Details = view.snapshot.details or Details()
        self._worst: dict[int, Mapping[str, tuple[float, str]]] = {}

    @property
    def brokers(self) -> tuple[Broker, ...]:
        """The brokers that are up."""
        return self.snapshot.brokers

    @cached_property
    def known_brokers(self) -> tuple[int, ...]:
        """All brokers: those that are up, and those that hold replicas."""
        return tuple(
            sorted({broker.id for broker in self.brokers} | set(self.snapshot.partitions.replicas.brokers.tolist()))
        )

    @property
    def replication(self) -> int:
        """How many replicas partitions should have here."""
        return min(GOOD_REPLICATION, len(self.known_brokers))

    @cached_property
    def broker_settings(self) -> Mapping[int, Mapping[str, str]]:
        """The settings of each broker that told them."""
        part = self.details.broker_config
        return {} if part is None else part.value

    def brokers_with(self, name: str) -> Iterator[tuple[int, str]]:
        """Each broker with its value of a setting."""
        for broker, settings in sorted(self.broker_settings.items()):
            if (value := settings.get(name)) is not None:
                yield broker, value

    def broker_number(self, name: str) -> int | None:
        """The smallest value of a number that brokers have; None if none tells."""
        values = [number for _, value in self.brokers_with(name) if (number := whole_number(value)) is not None]
        return min(values, default=None)

    @cached_property
    def topics(self) -> Mapping[str, Mapping[str, str]]:
        """The settings of each topic that told them."""
        names, config = self.snapshot.topics.names, self.snapshot.topics.config
        part = self.details.topic_config
        told = {} if part is None else part.value
        return {
            name: told.get(name) or known for name, known in zip(names, config, strict=True) if told.get(name) or known
        }

    def topic_number(self, topic: str, name: str) -> int | None:
        """A number among the settings of a topic; None if it is not known."""
        value = self.topics.get(topic, {}).get(name)
        return None if value is None else whole_number(value)

    def is_own(self, topic: str, name: str) -> bool:
        """
        Whether the topic must be told of a setting: it is its own and not the brokers' default, or that is not known, or the
        brokers' settings are not, so that no rule speaks of their defaults.
        """
        part = self.details.topic_overrides
        return not self.broker_settings or part is None or topic not in part.value or name in part.value[topic]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The row of each topic."""
        return {name: place for place, name in enumerate(self.snapshot.topics.names)}

    def is_internal(self, topic: str) -> bool:
        """Whether it is one of Kafka's own topics."""
        return bool(self.snapshot.topics.internal[self.places[topic]])

    @cached_property
    def users_topics(self) -> tuple[str, ...]:
        """All topics but Kafka's own."""
        internal = self.snapshot.topics.internal
        return tuple(name for name, own in zip(self.snapshot.topics.names, internal, strict=True) if not own)

    def rows(self, topic: str) -> range:
        """The partition rows of a topic."""
        first, place = self.snapshot.topics.first, self.places[topic]
        return range(int(first[place]), int(first[place + 1]))

    @cached_property
    def replica_counts(self) -> Int64:
        """How many replicas each partition row has."""
        return self.snapshot.partitions.replicas.counts

    def replicas(self, topic: str) -> int | None:
        """The replicas of the topic's partition with the fewest; None if that is not known."""
        rows = self.rows(topic)
        counts = self.replica_counts[rows.start : rows.stop]
        return int(counts.min()) if len(counts) and counts.min() > 0 else None

    @cached_property
    def racks(self) -> Mapping[int, str]:
        """The rack of each broker that has one."""
        return {broker.id: broker.rack for broker in self.brokers if broker.rack}

    @cached_property
    def replicas_held(self) -> dict[int, int]:
        """How many replicas each broker that is up holds."""
        held = dict.fromkeys((broker.id for broker in self.brokers), 0)
        for broker, count in zip(
            *np.unique(self.snapshot.partitions.replicas.brokers, return_counts=True), strict=True
        ):
            if int(broker) in held:
                held[int(broker)] = int(count)
        return held

    def worst_pairs(self, column: Float64) -> Mapping[str, tuple[float, str]]:
        """Of each topic the largest known value of a column of pairs, and whose that is; nothing if the column is not filled."""
        if id(column) not in self._worst:
            self._worst[id(column)] = dict(self._worst_of(column))
        return self._worst[id(column)]

    def _worst_of(self, column: Float64) -> Iterator[tuple[str, tuple[float, str]]]:
        pairs = self.view.pairs
        if len(column) != len(pairs):
            return
        rows = np.flatnonzero(np.isfinite(column) & (column > 0))
        for row in rows[np.argsort(column[rows], kind="stable")]:  # the largest comes last, and stays
            name = self.snapshot.topics.names[int(pairs.topic[row])]
            yield name, (float(column[row]), self.snapshot.groups[int(pairs.group[row])].name)

    def feature(self, name: str) -> int | None:
        """The level of a finalized feature of the cluster; None if features are not known, 0 if this one is not there."""
        part = self.details.features
        return None if part is None else part.value.finalized.get(name, 0)

    @property
    def bootstrap(self) -> str:
        """Addresses for the commands: of up to three brokers, as they advertise themselves."""
        return bootstrap(self.brokers)


def whole_number(text: str) -> int | None:
    """The text as a whole number; None if it is none."""
    try:
        return int(text)
    except ValueError:
        return None

"""What a metric family is, and the labels that families of Kafka share. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Granularity(StrEnum):
    """The finest grain that is published of Kafka."""

    PARTITION = "partition"
    TOPIC = "topic"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family: its name as it is in a sample line, its type (gauge or counter), label names and help text."""

    name: str
    labels: tuple[str, ...]
    help: str
    kind: str = "gauge"

    @property
    def unit(self) -> str:
        """The unit in the name (seconds, bytes), "" if it has none."""
        last = self.name.removesuffix("_total").rpartition("_")[2]
        return last if last in ("seconds", "bytes") else ""

    def published_at(self, granularity: Granularity) -> bool:
        """Whether the setting keeps it: `topic` leaves out what has a label partition, `group` also what has a label topic."""
        if not self.name.startswith("kafka_"):
            return True
        if "partition" in self.labels:
            return granularity is Granularity.PARTITION
        return granularity is not Granularity.GROUP or "topic" not in self.labels


CLUSTER = ("kafka_cluster",)
GROUP = (*CLUSTER, "group")
PAIR = (*GROUP, "topic")
COMMIT = (*PAIR, "partition")
TOPIC = (*CLUSTER, "topic")
PARTITION = (*TOPIC, "partition")

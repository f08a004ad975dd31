"""What comes of reading single records. Pure."""

from dataclasses import dataclass, field

Record = tuple[str, int, int]
"""Topic, partition, offset."""

NO_RECORD = "NO_RECORD"
"""Behind the offset there is nothing but transaction markers, or what compaction has left."""

NO_TIMESTAMP = "NO_TIMESTAMP"
TIMED_OUT = "REQUEST_TIMED_OUT"


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: timestamps (seconds since the epoch) of records, and of the others why not, by Kafka's or our own name."""

    at: dict[Record, float] = field(default_factory=dict)
    missing: dict[Record, str] = field(default_factory=dict)

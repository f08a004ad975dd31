"""kafka-python in, Snapshot out: the facts of one poll of one cluster. The only room that speaks to Kafka to read them."""

from lagwatch.collect.details import DetailOptions
from lagwatch.collect.reader import Reader, ReaderOptions

__all__ = ["DetailOptions", "Reader", "ReaderOptions"]

"""The page at `/metrics`: Kafka's families rendered and compressed once per poll, lagwatch's own at each scrape."""

from lagwatch.publish.metrics.families import Granularity
from lagwatch.publish.metrics.negotiation import Format, Variant, negotiate

__all__ = ["Format", "Granularity", "Variant", "negotiate"]

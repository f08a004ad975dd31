"""Consumer-lag and cluster-health monitor for Apache Kafka."""

__version__ = "0.1.0"

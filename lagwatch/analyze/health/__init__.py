"""How well a cluster is, from one poll: brokers, partitions, quorum, disks; a score, and what one more failure would do. Pure."""

from lagwatch.analyze.health.failures import failures
from lagwatch.analyze.health.whole import HealthHistory

__all__ = ["HealthHistory", "failures"]

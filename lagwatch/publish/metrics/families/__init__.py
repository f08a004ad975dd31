"""
Every metric family that lagwatch publishes of Kafka and of itself: the single source of names, types, labels and help. Pure.

docs/metrics.md carries the same table; a test holds both, and the rendered page, together. `GROUPS` cuts the table into
the sections of the documentation. Names keep to the conventions of Prometheus: base units, `_total` only on counters, no
sum beside its parts under one name.
"""

from lagwatch.publish.metrics.families import cluster, groups, health, own, rates, time
from lagwatch.publish.metrics.families.base import Family, Granularity

__all__ = [
    "FAMILIES",
    "GROUPS",
    "Family",
    "Granularity",
    "as_markdown",
    "cluster",
    "groups",
    "health",
    "own",
    "rates",
    "time",
]

GROUPS: dict[str, tuple[Family, ...]] = {
    "Consumer groups, per partition": (groups.GROUP_LAG, groups.COMMITTED_OFFSET),
    "Consumer groups, per topic": (
        groups.TOPIC_LAG,
        groups.TOPIC_MAX_LAG,
        groups.TOPIC_LAG_GROWTH,
        groups.TOPIC_UNKNOWN,
    ),
    "Consumer groups": (
        groups.TOTAL_LAG,
        groups.MAX_LAG,
        groups.TOTAL_LAG_GROWTH,
        groups.GROUP_UNKNOWN,
        groups.GROUP_KNOWN,
        groups.GROUP_MEMBERS,
        groups.GROUP_STATE,
        groups.GROUP_INFO,
    ),
    "Rates, backlogs and losses": (
        *(rates.TOTAL_CONSUMED, rates.TOTAL_DRAIN, rates.TOPIC_CONSUMED, rates.TOPIC_SLOWEST_GROWTH),
        *(rates.REBALANCES, rates.UNSETTLED, rates.RETURNED),
        *(rates.COMMIT_INTERVAL, rates.DRAIN, rates.BACKLOG_AGE),
        *(rates.STABLE_LAG, rates.OPEN_LAG, rates.RESIDUAL_LAG),
        *(rates.UNREAD, rates.RETENTION_DEADLINE, rates.LOST),
        *(rates.PRODUCED, rates.PRODUCED_SKEW, rates.COMPACTED, rates.TRANSACTIONAL),
    ),
    "Time lag": (
        *(time.GROUP_LAG_SECONDS, time.TOPIC_MAX_LAG_SECONDS, time.TOPIC_TYPICAL_LAG_SECONDS),
        *(time.TOPIC_LAG_SECONDS_BOUND, time.MAX_LAG_SECONDS, time.LAG_SECONDS_BOUND),
    ),
    "Partitions": (
        cluster.LOG_START,
        cluster.LOG_END,
        cluster.LAST_STABLE,
        cluster.LEADER,
        cluster.REPLICAS,
        cluster.IN_SYNC,
    ),
    "Topics": (
        cluster.TOPIC_PARTITIONS,
        cluster.TOPIC_UNDER_REPLICATED,
        cluster.TOPIC_OFFLINE,
        cluster.TOPIC_UNDER_MIN_ISR,
    ),
    "Clusters": (
        *(
            cluster.CLUSTER_INFO,
            cluster.BROKERS,
            cluster.BROKER_INFO,
            cluster.CONTROLLER,
            cluster.CLUSTER_TOPICS,
            cluster.CLUSTER_PARTITIONS,
            cluster.CLUSTER_GROUPS,
        ),
        *(cluster.UNDER_REPLICATED, cluster.OFFLINE, cluster.UNDER_MIN_ISR),
    ),
    "Brokers": (
        *(health.LEADERS, health.MISPLACED, health.REPLICAS, health.OUT_OF_SYNC, health.PRODUCED),
        *(health.LOG_BYTES, health.DIRS, health.FAILED_DIRS, health.DIR_BYTES, health.DIR_FREE),
        *(health.WOULD_GO_OFFLINE, health.WOULD_REFUSE, health.LAST_COPIES, health.RELEASE),
    ),
    "Cluster health": (
        *(health.SCORE, health.POINTS_LOST, health.AT_MIN_ISR, health.UNRECOVERABLE),
        *(health.SINGLE_COPY, health.SINGLE_RACK, health.UNCLEAN, health.REASSIGNING),
        *(health.OPEN_TRANSACTIONS, health.OLDEST_TRANSACTION, health.HUNG_TRANSACTIONS),
        *(health.IMBALANCE, health.LEADER_SKEW, health.PRODUCE_SKEW, health.SIZE_SKEW),
        *(health.VOTERS, health.CAUGHT_UP, health.QUORUM_LAG, health.FEATURE),
        *(health.TOPIC_BYTES, health.READ_AT),
    ),
    "Alerts": (own.ALERT, own.ALERTS),
    "Notifications": (
        *(
            own.NOTIFICATIONS,
            own.NOTIFICATIONS_FAILED,
            own.NOTIFICATIONS_RETRIED,
            own.NOTIFICATIONS_PENDING,
            own.NOTIFICATION_OLDEST,
        ),
        *(own.NOTIFICATION_LAST_SENT, own.NOTIFICATION_DEAD_LETTERS, own.NOTIFICATION_TEMPLATE_ERRORS, own.RECEIVER_UP),
        own.ALERTS_SUPPRESSED,
    ),
    "The store": (own.STORE_OK, own.STORE_PENDING, own.STORE_DROPPED),
    "lagwatch itself": (
        *(
            own.LAST_POLL_SUCCESSFUL,
            own.LAST_POLL,
            own.LAST_GOOD_POLL,
            own.POLL_AGE,
            own.WATCHED_SINCE,
            own.POLL_DURATION,
            own.POLL_INTERVAL,
            own.POLL_DEADLINE,
        ),
        *(
            own.POLL_REQUESTS,
            own.POLL_RETRIES,
            own.POLL_RECEIVED,
            own.POLL_GAPS,
            own.POLLS,
            own.POLL_FAILURES,
            own.GAPS,
            own.REQUESTS,
            own.SERIES,
            own.SERIES_SUPPRESSED,
            own.BUILD_INFO,
        ),
    ),
}
"""The families by section, in the order of the page."""

FAMILIES: tuple[Family, ...] = tuple(family for group in GROUPS.values() for family in group)
"""All families, in the order of the page."""


def as_markdown() -> str:
    """The tables of docs/metrics.md: one a section, one row a family."""
    lines: list[str] = []
    for title, families in GROUPS.items():
        lines += [f"### {title}", "", "| Name | Type | Labels | Help |", "|---|---|---|---|"]
        lines += [f"| `{f.name}` | {f.kind} | {', '.join(f'`{x}`' for x in f.labels)} | {f.help} |" for f in families]
        lines.append("")
    return "\n".join(lines)

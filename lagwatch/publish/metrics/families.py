"""
Every metric family that lagwatch publishes of Kafka and of itself: the single source of names, types, labels and help. Pure.

docs/metrics.md carries the same table; a test holds both, and the rendered page, together. `GROUPS` cuts the table into
the sections of the documentation. Names keep to the conventions of Prometheus: base units, `_total` only on counters, no
sum beside its parts under one name.
"""

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


_CLUSTER = ("kafka_cluster",)
_GROUP = (*_CLUSTER, "group")
_PAIR = (*_GROUP, "topic")
_COMMIT = (*_PAIR, "partition")
_TOPIC = (*_CLUSTER, "topic")
_PARTITION = (*_TOPIC, "partition")

GROUP_LAG = Family(
    "kafka_consumer_group_lag", _COMMIT, "Messages that the group has not yet committed on the partition."
)
COMMITTED_OFFSET = Family(
    "kafka_consumer_group_committed_offset",
    _COMMIT,
    "Committed offset of the group on the partition (share groups: the share-partition start offset).",
)
TOPIC_LAG = Family(
    "kafka_consumer_group_topic_lag",
    _PAIR,
    "Lag of the group on the topic, summed over the partitions whose lag is known.",
)
TOPIC_MAX_LAG = Family(
    "kafka_consumer_group_topic_max_lag", _PAIR, "Largest known lag of the group on one partition of the topic."
)
TOPIC_LAG_GROWTH = Family(
    "kafka_consumer_group_topic_lag_growth_per_minute",
    _PAIR,
    "Growth of the lag of the group on the topic, in messages per minute (slope over 5 minutes).",
)
TOPIC_UNKNOWN = Family(
    "kafka_consumer_group_topic_unknown_partitions",
    _PAIR,
    "Partitions of the topic that the group has committed on and whose lag is unknown; above 0 the lag is a lower bound.",
)
TOTAL_LAG = Family(
    "kafka_consumer_group_total_lag", _GROUP, "Lag of the group, summed over all partitions whose lag is known."
)
MAX_LAG = Family("kafka_consumer_group_max_lag", _GROUP, "Largest known lag of the group on one partition.")
TOTAL_LAG_GROWTH = Family(
    "kafka_consumer_group_total_lag_growth_per_minute",
    _GROUP,
    "Growth of the lag of the group over all its topics, in messages per minute (slope over 5 minutes).",
)
GROUP_UNKNOWN = Family(
    "kafka_consumer_group_unknown_partitions",
    _GROUP,
    "Partitions that the group has committed on and whose lag is unknown; above 0 the lag is a lower bound.",
)
GROUP_KNOWN = Family(
    "kafka_consumer_group_known",
    _GROUP,
    "1 if the committed offsets of the group could be read, 0 if the group exists and they could not.",
)
GROUP_MEMBERS = Family("kafka_consumer_group_members", _GROUP, "Live members of the group.")
GROUP_STATE = Family(
    "kafka_consumer_group_state",
    (*_GROUP, "state", "type"),
    "Always 1; the labels carry the state and the type of the group as Kafka reports them.",
)
LOG_START = Family("kafka_partition_log_start_offset", _PARTITION, "Log start offset: the oldest offset still stored.")
LOG_END = Family("kafka_partition_log_end_offset", _PARTITION, "Log end offset as consumers see it (high watermark).")
LAST_STABLE = Family(
    "kafka_partition_last_stable_offset",
    _PARTITION,
    "Last stable offset: where read_committed consumers have to stop.",
)
LEADER = Family("kafka_partition_leader", _PARTITION, "Broker id of the leader; -1 if the partition has none.")
REPLICAS = Family("kafka_partition_replicas", _PARTITION, "Replicas of the partition.")
IN_SYNC = Family("kafka_partition_in_sync_replicas", _PARTITION, "In-sync replicas of the partition.")
TOPIC_PARTITIONS = Family("kafka_topic_partitions", _TOPIC, "Partitions of the topic.")
TOPIC_UNDER_REPLICATED = Family(
    "kafka_topic_under_replicated_partitions",
    _TOPIC,
    "Partitions of the topic with fewer in-sync replicas than replicas.",
)
TOPIC_OFFLINE = Family("kafka_topic_offline_partitions", _TOPIC, "Partitions of the topic without a leader.")
TOPIC_UNDER_MIN_ISR = Family(
    "kafka_topic_under_min_isr_partitions",
    _TOPIC,
    "Partitions of the topic with fewer in-sync replicas than min.insync.replicas; absent where that setting is unknown.",
)
CLUSTER_INFO = Family(
    "kafka_cluster_info", (*_CLUSTER, "cluster_id"), "Always 1; the label carries Kafka's own id of the cluster."
)
BROKERS = Family("kafka_cluster_brokers", _CLUSTER, "Brokers that are up.")
BROKER_INFO = Family(
    "kafka_broker_info",
    (*_CLUSTER, "broker", "host", "port", "rack"),
    "Always 1, one series for each broker that is up.",
)
CONTROLLER = Family("kafka_cluster_controller_id", _CLUSTER, "Broker id of the active controller.")
CLUSTER_TOPICS = Family("kafka_cluster_topics", _CLUSTER, "Topics that are watched.")
CLUSTER_PARTITIONS = Family("kafka_cluster_partitions", _CLUSTER, "Partitions of the watched topics.")
CLUSTER_GROUPS = Family("kafka_cluster_consumer_groups", _CLUSTER, "Groups that are watched, of every type.")
UNDER_REPLICATED = Family(
    "kafka_cluster_under_replicated_partitions", _CLUSTER, "Partitions with fewer in-sync replicas than replicas."
)
OFFLINE = Family("kafka_cluster_offline_partitions", _CLUSTER, "Partitions without a leader.")
UNDER_MIN_ISR = Family(
    "kafka_cluster_under_min_isr_partitions",
    _CLUSTER,
    "Partitions with fewer in-sync replicas than min.insync.replicas; absent while that setting of any topic is unknown.",
)
ALERT = Family(
    "lagwatch_alert",
    (*_CLUSTER, "rule", "severity", "state", "group", "topic", "partition"),
    "Always 1, one series for each alert that is pending, firing or unknown; labels that the alert's subject lacks are absent.",
)
ALERTS = Family(
    "lagwatch_alerts",
    (*_CLUSTER, "severity", "state"),
    "Alerts by severity and state (pending, firing, unknown).",
)
LAST_POLL_SUCCESSFUL = Family(
    "lagwatch_last_poll_successful", _CLUSTER, "1 if the last poll gave a snapshot, 0 if it failed."
)
LAST_POLL = Family("lagwatch_last_poll_timestamp_seconds", _CLUSTER, "When the last poll ended, good or not.")
LAST_GOOD_POLL = Family(
    "lagwatch_last_successful_poll_timestamp_seconds", _CLUSTER, "When the last poll that gave a snapshot ended."
)
POLL_AGE = Family(
    "lagwatch_last_successful_poll_age_seconds",
    _CLUSTER,
    "Seconds between the end of the last poll that gave a snapshot and this scrape.",
)
POLL_DURATION = Family("lagwatch_poll_duration_seconds", _CLUSTER, "How long the last poll took.")
POLL_INTERVAL = Family("lagwatch_poll_interval_seconds", _CLUSTER, "Configured time between two polls.")
POLL_DEADLINE = Family("lagwatch_poll_deadline_seconds", _CLUSTER, "Time after which a poll is cut off.")
POLL_REQUESTS = Family(
    "lagwatch_poll_requests", (*_CLUSTER, "api"), "Kafka requests of the last successful poll by API."
)
POLL_RETRIES = Family("lagwatch_poll_retries", _CLUSTER, "Requests of the last successful poll that were asked again.")
POLL_RECEIVED = Family(
    "lagwatch_poll_received_bytes", _CLUSTER, "Bytes that the last successful poll received from Kafka."
)
POLL_GAPS = Family(
    "lagwatch_poll_gaps",
    (*_CLUSTER, "part", "reason"),
    "Subjects that the last successful poll could not learn about, by missing part and reason.",
)
POLLS = Family("lagwatch_polls_total", _CLUSTER, "Polls since the start, good or not.", "counter")
POLL_FAILURES = Family(
    "lagwatch_poll_failures_total",
    (*_CLUSTER, "kind"),
    "Polls since the start that gave no snapshot, by kind of error.",
    "counter",
)
GAPS = Family(
    "lagwatch_gaps_total",
    (*_CLUSTER, "part", "reason"),
    "Subjects that polls could not learn about since the start, by missing part and reason.",
    "counter",
)
REQUESTS = Family(
    "lagwatch_kafka_requests_total", (*_CLUSTER, "api"), "Kafka requests since the start by API.", "counter"
)
SERIES = Family("lagwatch_series", _CLUSTER, "Series on this page of the cluster and its alerts.")
NOTIFICATIONS = Family(
    "lagwatch_notifications_total", ("receiver",), "Messages that the receiver accepted since the start.", "counter"
)
NOTIFICATIONS_FAILED = Family(
    "lagwatch_notifications_failed_total",
    ("receiver", "reason"),
    "Messages that never reached the receiver since the start, by reason.",
    "counter",
)
NOTIFICATIONS_RETRIED = Family(
    "lagwatch_notifications_retried_total", ("receiver",), "Tries after the first to send a message.", "counter"
)
NOTIFICATIONS_PENDING = Family(
    "lagwatch_notifications_pending", ("receiver",), "Messages that wait to be sent to the receiver."
)
NOTIFICATION_OLDEST = Family(
    "lagwatch_notification_oldest_pending_timestamp_seconds",
    ("receiver",),
    "Since when the oldest of them waits; absent while none does.",
)
NOTIFICATION_LAST_SENT = Family(
    "lagwatch_notification_last_sent_timestamp_seconds",
    ("receiver",),
    "When the receiver accepted a message last; absent until it did.",
)
NOTIFICATION_DEAD_LETTERS = Family(
    "lagwatch_notification_dead_letters",
    ("receiver",),
    "Messages that were refused or given up and that can be sent again by hand.",
)
NOTIFICATION_TEMPLATE_ERRORS = Family(
    "lagwatch_notification_template_errors_total",
    ("receiver",),
    "Messages that went out in lagwatch's own words because a template failed.",
    "counter",
)
RECEIVER_UP = Family(
    "lagwatch_receiver_up", ("receiver",), "0 while the receiver takes no message at all, 1 otherwise."
)
ALERTS_SUPPRESSED = Family(
    "lagwatch_alerts_suppressed",
    ("kafka_cluster", "reason"),
    "Alerts that fire and are not told (inhibited, silenced, maintenance) or not repeated (acknowledged).",
)
STORE_OK = Family("lagwatch_store_ok", (), "1 if the store can be written, 0 while what is to be kept waits in memory.")
STORE_PENDING = Family("lagwatch_store_pending_writes", (), "Changes that wait in memory to be written to the store.")
STORE_DROPPED = Family(
    "lagwatch_store_dropped_total",
    ("kind",),
    "Changes since the start that could not be kept (alert_state, history, message, told).",
    "counter",
)
BUILD_INFO = Family(
    "lagwatch_build_info", ("version", "python", "kafka_python", "numpy"), "Always 1; the labels carry versions."
)

GROUPS: dict[str, tuple[Family, ...]] = {
    "Consumer groups, per partition": (GROUP_LAG, COMMITTED_OFFSET),
    "Consumer groups, per topic": (TOPIC_LAG, TOPIC_MAX_LAG, TOPIC_LAG_GROWTH, TOPIC_UNKNOWN),
    "Consumer groups": (TOTAL_LAG, MAX_LAG, TOTAL_LAG_GROWTH, GROUP_UNKNOWN, GROUP_KNOWN, GROUP_MEMBERS, GROUP_STATE),
    "Partitions": (LOG_START, LOG_END, LAST_STABLE, LEADER, REPLICAS, IN_SYNC),
    "Topics": (TOPIC_PARTITIONS, TOPIC_UNDER_REPLICATED, TOPIC_OFFLINE, TOPIC_UNDER_MIN_ISR),
    "Clusters": (
        *(CLUSTER_INFO, BROKERS, BROKER_INFO, CONTROLLER, CLUSTER_TOPICS, CLUSTER_PARTITIONS, CLUSTER_GROUPS),
        *(UNDER_REPLICATED, OFFLINE, UNDER_MIN_ISR),
    ),
    "Alerts": (ALERT, ALERTS),
    "Notifications": (
        *(NOTIFICATIONS, NOTIFICATIONS_FAILED, NOTIFICATIONS_RETRIED, NOTIFICATIONS_PENDING, NOTIFICATION_OLDEST),
        *(NOTIFICATION_LAST_SENT, NOTIFICATION_DEAD_LETTERS, NOTIFICATION_TEMPLATE_ERRORS, RECEIVER_UP),
        ALERTS_SUPPRESSED,
    ),
    "The store": (STORE_OK, STORE_PENDING, STORE_DROPPED),
    "lagwatch itself": (
        *(LAST_POLL_SUCCESSFUL, LAST_POLL, LAST_GOOD_POLL, POLL_AGE, POLL_DURATION, POLL_INTERVAL, POLL_DEADLINE),
        *(
            POLL_REQUESTS,
            POLL_RETRIES,
            POLL_RECEIVED,
            POLL_GAPS,
            POLLS,
            POLL_FAILURES,
            GAPS,
            REQUESTS,
            SERIES,
            BUILD_INFO,
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

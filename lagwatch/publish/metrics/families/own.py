"""The families of alerts, notices, the store, and lagwatch itself. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

ALERT = Family(
    "lagwatch_alert",
    (*base.CLUSTER, "rule", "severity", "state", "group", "topic", "partition"),
    "Always 1, one series for each alert that is pending, firing or unknown; labels that the alert's subject lacks are absent.",
)
ALERTS = Family(
    "lagwatch_alerts",
    (*base.CLUSTER, "severity", "state"),
    "Alerts by severity and state (pending, firing, unknown).",
)
LAST_POLL_SUCCESSFUL = Family(
    "lagwatch_last_poll_successful", base.CLUSTER, "1 if the last poll gave a snapshot, 0 if it failed."
)
LAST_POLL = Family("lagwatch_last_poll_timestamp_seconds", base.CLUSTER, "When the last poll ended, good or not.")
LAST_GOOD_POLL = Family(
    "lagwatch_last_successful_poll_timestamp_seconds", base.CLUSTER, "When the last poll that gave a snapshot ended."
)
POLL_AGE = Family(
    "lagwatch_last_successful_poll_age_seconds",
    base.CLUSTER,
    "Seconds between the end of the last poll that gave a snapshot and this scrape.",
)
WATCHED_SINCE = Family(
    "lagwatch_watched_since_timestamp_seconds",
    base.CLUSTER,
    "Since when this lagwatch watches the cluster; also there while no poll has ever given a snapshot.",
)
POLL_DURATION = Family("lagwatch_poll_duration_seconds", base.CLUSTER, "How long the last poll took.")
POLL_INTERVAL = Family("lagwatch_poll_interval_seconds", base.CLUSTER, "Configured time between two polls.")
POLL_DEADLINE = Family("lagwatch_poll_deadline_seconds", base.CLUSTER, "Time after which a poll is cut off.")
POLL_REQUESTS = Family(
    "lagwatch_poll_requests", (*base.CLUSTER, "api"), "Kafka requests of the last successful poll by API."
)
POLL_RETRIES = Family(
    "lagwatch_poll_retries", base.CLUSTER, "Requests of the last successful poll that were asked again."
)
POLL_RECEIVED = Family(
    "lagwatch_poll_received_bytes", base.CLUSTER, "Bytes that the last successful poll received from Kafka."
)
POLL_GAPS = Family(
    "lagwatch_poll_gaps",
    (*base.CLUSTER, "part", "reason"),
    "Subjects that the last successful poll could not learn about, by missing part and reason.",
)
POLLS = Family("lagwatch_polls_total", base.CLUSTER, "Polls since the start, good or not.", "counter")
POLL_FAILURES = Family(
    "lagwatch_poll_failures_total",
    (*base.CLUSTER, "kind"),
    "Polls since the start that gave no snapshot, by kind of error.",
    "counter",
)
GAPS = Family(
    "lagwatch_gaps_total",
    (*base.CLUSTER, "part", "reason"),
    "Subjects that polls could not learn about since the start, by missing part and reason.",
    "counter",
)
REQUESTS = Family(
    "lagwatch_kafka_requests_total", (*base.CLUSTER, "api"), "Kafka requests since the start by API.", "counter"
)
SERIES = Family("lagwatch_series", base.CLUSTER, "Series on this page of the cluster and its alerts.")
SERIES_SUPPRESSED = Family(
    "lagwatch_series_suppressed", base.CLUSTER, "Series of the cluster that metrics.max_series keeps off this page."
)
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

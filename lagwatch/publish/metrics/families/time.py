"""The families of time lag. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

GROUP_LAG_SECONDS = Family(
    "kafka_consumer_group_lag_seconds",
    base.COMMIT,
    "Time since the next record that the group will read on the partition was appended, in whole seconds; 0 without lag.",
)
TOPIC_MAX_LAG_SECONDS = Family(
    "kafka_consumer_group_topic_max_lag_seconds",
    base.PAIR,
    "Time since the next record that the group will read was appended, on the partition of the topic where that is longest.",
)
TOPIC_TYPICAL_LAG_SECONDS = Family(
    "kafka_consumer_group_topic_typical_lag_seconds",
    base.PAIR,
    "The same on the median partition of the topic.",
)
TOPIC_LAG_SECONDS_BOUND = Family(
    "kafka_consumer_group_topic_lag_seconds_is_lower_bound",
    base.PAIR,
    "1 where the longest of these times is a lower bound: the record is older than what is known of the log.",
)
MAX_LAG_SECONDS = Family(
    "kafka_consumer_group_max_lag_seconds",
    base.GROUP,
    "Time since the next record that the group will read was appended, on its topic and partition where that is longest.",
)
LAG_SECONDS_BOUND = Family(
    "kafka_consumer_group_lag_seconds_is_lower_bound",
    base.GROUP,
    "1 where that time is a lower bound: the record is older than what is known of the log.",
)

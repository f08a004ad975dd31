"""The families of consumer groups. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

GROUP_LAG = Family(
    "kafka_consumer_group_lag", base.COMMIT, "Messages that the group has not yet committed on the partition."
)
COMMITTED_OFFSET = Family(
    "kafka_consumer_group_committed_offset",
    base.COMMIT,
    "Committed offset of the group on the partition (share groups: the share-partition start offset).",
)
TOPIC_LAG = Family(
    "kafka_consumer_group_topic_lag",
    base.PAIR,
    "Lag of the group on the topic, summed over the partitions whose lag is known.",
)
TOPIC_MAX_LAG = Family(
    "kafka_consumer_group_topic_max_lag", base.PAIR, "Largest known lag of the group on one partition of the topic."
)
TOPIC_LAG_GROWTH = Family(
    "kafka_consumer_group_topic_lag_growth_per_minute",
    base.PAIR,
    "Growth of the lag of the group on the topic, in messages per minute (slope over 5 minutes).",
)
TOPIC_UNKNOWN = Family(
    "kafka_consumer_group_topic_unknown_partitions",
    base.PAIR,
    "Partitions of the topic that the group has committed on and whose lag is unknown; above 0 the lag is a lower bound.",
)
TOTAL_LAG = Family(
    "kafka_consumer_group_total_lag", base.GROUP, "Lag of the group, summed over all partitions whose lag is known."
)
MAX_LAG = Family("kafka_consumer_group_max_lag", base.GROUP, "Largest known lag of the group on one partition.")
TOTAL_LAG_GROWTH = Family(
    "kafka_consumer_group_total_lag_growth_per_minute",
    base.GROUP,
    "Growth of the lag of the group over all its topics, in messages per minute (slope over 5 minutes).",
)
GROUP_UNKNOWN = Family(
    "kafka_consumer_group_unknown_partitions",
    base.GROUP,
    "Partitions that the group has committed on and whose lag is unknown; above 0 the lag is a lower bound.",
)
GROUP_KNOWN = Family(
    "kafka_consumer_group_known",
    base.GROUP,
    "1 if the committed offsets of the group could be read, 0 if the group exists and they could not.",
)
GROUP_MEMBERS = Family("kafka_consumer_group_members", base.GROUP, "Live members of the group.")
GROUP_INFO = Family(
    "kafka_consumer_group_info",
    (*base.GROUP, "kind", "protocol_type", "assignor", "rebalance_protocol"),
    "Always 1; the labels carry what the group is for (consumer, share, streams, connect_workers, connect_sink, mirror_maker, "
    "schema_registry), its protocol type, its assignor, and whether it rebalances eagerly or cooperatively.",
)
GROUP_STATE = Family(
    "kafka_consumer_group_state",
    (*base.GROUP, "state", "type"),
    "Always 1; the labels carry the state and the type of the group as Kafka reports them.",
)

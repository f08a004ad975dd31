"""The families of brokers, topics and partitions. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

LOG_START = Family(
    "kafka_partition_log_start_offset", base.PARTITION, "Log start offset: the oldest offset still stored."
)
LOG_END = Family(
    "kafka_partition_log_end_offset", base.PARTITION, "Log end offset as consumers see it (high watermark)."
)
LAST_STABLE = Family(
    "kafka_partition_last_stable_offset",
    base.PARTITION,
    "Last stable offset: where read_committed consumers have to stop.",
)
LEADER = Family("kafka_partition_leader", base.PARTITION, "Broker id of the leader; -1 if the partition has none.")
REPLICAS = Family("kafka_partition_replicas", base.PARTITION, "Replicas of the partition.")
IN_SYNC = Family("kafka_partition_in_sync_replicas", base.PARTITION, "In-sync replicas of the partition.")
TOPIC_PARTITIONS = Family("kafka_topic_partitions", base.TOPIC, "Partitions of the topic.")
TOPIC_UNDER_REPLICATED = Family(
    "kafka_topic_under_replicated_partitions",
    base.TOPIC,
    "Partitions of the topic with fewer in-sync replicas than replicas.",
)
TOPIC_OFFLINE = Family("kafka_topic_offline_partitions", base.TOPIC, "Partitions of the topic without a leader.")
TOPIC_UNDER_MIN_ISR = Family(
    "kafka_topic_under_min_isr_partitions",
    base.TOPIC,
    "Partitions of the topic with fewer in-sync replicas than min.insync.replicas; absent where that setting is unknown.",
)
CLUSTER_INFO = Family(
    "kafka_cluster_info", (*base.CLUSTER, "cluster_id"), "Always 1; the label carries Kafka's own id of the cluster."
)
BROKERS = Family("kafka_cluster_brokers", base.CLUSTER, "Brokers that are up.")
BROKER_INFO = Family(
    "kafka_broker_info",
    (*base.CLUSTER, "broker", "host", "port", "rack"),
    "Always 1, one series for each broker that is up.",
)
CONTROLLER = Family("kafka_cluster_controller_id", base.CLUSTER, "Broker id of the active controller.")
CLUSTER_TOPICS = Family("kafka_cluster_topics", base.CLUSTER, "Topics that are watched.")
CLUSTER_PARTITIONS = Family("kafka_cluster_partitions", base.CLUSTER, "Partitions of the watched topics.")
CLUSTER_GROUPS = Family("kafka_cluster_consumer_groups", base.CLUSTER, "Groups that are watched, of every type.")
UNDER_REPLICATED = Family(
    "kafka_cluster_under_replicated_partitions", base.CLUSTER, "Partitions with fewer in-sync replicas than replicas."
)
OFFLINE = Family("kafka_cluster_offline_partitions", base.CLUSTER, "Partitions without a leader.")
UNDER_MIN_ISR = Family(
    "kafka_cluster_under_min_isr_partitions",
    base.CLUSTER,
    "Partitions with fewer in-sync replicas than min.insync.replicas; absent while that setting of any topic is unknown.",
)

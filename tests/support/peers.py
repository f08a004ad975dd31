"""
The series of the exporters whose names lagwatch can take, as their own documentation and code have them: names, types and labels.

Written down from what they publish, not from what lagwatch does.
"""

KAFKA_EXPORTER = {
    "kafka_brokers": (),
    "kafka_broker_info": ("id", "address"),
    "kafka_topic_partitions": ("topic",),
    "kafka_topic_partition_current_offset": ("topic", "partition"),
    "kafka_topic_partition_oldest_offset": ("topic", "partition"),
    "kafka_topic_partition_leader": ("topic", "partition"),
    "kafka_topic_partition_replicas": ("topic", "partition"),
    "kafka_topic_partition_in_sync_replica": ("topic", "partition"),
    "kafka_topic_partition_leader_is_preferred": ("topic", "partition"),
    "kafka_topic_partition_under_replicated_partition": ("topic", "partition"),
    "kafka_consumergroup_current_offset": ("consumergroup", "topic", "partition"),
    "kafka_consumergroup_lag": ("consumergroup", "topic", "partition"),
    "kafka_consumergroup_current_offset_sum": ("consumergroup", "topic"),
    "kafka_consumergroup_lag_sum": ("consumergroup", "topic"),
    "kafka_consumergroup_members": ("consumergroup",),
    "kafka_exporter_build_info": ("version",),
}
KMINION = {
    "kminion_exporter_up": ("version",),
    "kminion_kafka_cluster_info": ("cluster_version", "broker_count", "controller_id", "cluster_id"),
    "kminion_kafka_broker_info": ("broker_id", "address", "port", "rack_id", "is_controller"),
    "kminion_kafka_broker_log_dir_size_total_bytes": ("broker_id", "address", "port", "rack_id"),
    "kminion_kafka_topic_log_dir_size_total_bytes": ("topic_name",),
    "kminion_kafka_topic_info": ("topic_name", "partition_count", "replication_factor", "cleanup_policy"),
    "kminion_kafka_topic_partition_low_water_mark": ("topic_name", "partition_id"),
    "kminion_kafka_topic_partition_high_water_mark": ("topic_name", "partition_id"),
    "kminion_kafka_topic_low_water_mark_sum": ("topic_name",),
    "kminion_kafka_topic_high_water_mark_sum": ("topic_name",),
    "kminion_kafka_consumer_group_info": ("group_id", "protocol", "protocol_type", "state", "coordinator_id"),
    "kminion_kafka_consumer_group_members": ("group_id",),
    "kminion_kafka_consumer_group_empty_members": ("group_id",),
    "kminion_kafka_consumer_group_topic_members": ("group_id", "topic_name"),
    "kminion_kafka_consumer_group_topic_assigned_partitions": ("group_id", "topic_name"),
    "kminion_kafka_consumer_group_topic_offset_sum": ("group_id", "topic_name"),
    "kminion_kafka_consumer_group_topic_partition_lag": ("group_id", "topic_name", "partition_id"),
    "kminion_kafka_consumer_group_topic_lag": ("group_id", "topic_name"),
    "kminion_kafka_requests_sent_total": (),
}
_MEMBER = ("cluster_name", "group", "topic", "partition", "member_host", "consumer_id", "client_id")
KAFKA_LAG_EXPORTER = {
    "kafka_partition_latest_offset": ("cluster_name", "topic", "partition"),
    "kafka_partition_earliest_offset": ("cluster_name", "topic", "partition"),
    "kafka_consumergroup_group_offset": _MEMBER,
    "kafka_consumergroup_group_lag": _MEMBER,
    "kafka_consumergroup_group_lag_seconds": _MEMBER,
    "kafka_consumergroup_group_max_lag": ("cluster_name", "group"),
    "kafka_consumergroup_group_max_lag_seconds": ("cluster_name", "group"),
    "kafka_consumergroup_group_sum_lag": ("cluster_name", "group"),
    "kafka_consumergroup_group_topic_sum_lag": ("cluster_name", "group", "topic"),
    "kafka_consumergroup_poll_time_ms": ("cluster_name",),
}
_COMMITTED = ("cluster", "consumer_group", "topic", "partition")
BURROW = {
    "burrow_kafka_consumer_lag_total": ("cluster", "consumer_group"),
    "burrow_kafka_consumer_status": ("cluster", "consumer_group"),
    "burrow_kafka_consumer_partition_lag": _COMMITTED,
    "burrow_kafka_consumer_current_offset": _COMMITTED,
    "burrow_kafka_topic_partition_status": _COMMITTED,
    "burrow_kafka_topic_partition_offset": ("cluster", "topic", "partition"),
}
SERIES = {
    "kafka_exporter": KAFKA_EXPORTER,
    "kminion": KMINION,
    "kafka_lag_exporter": KAFKA_LAG_EXPORTER,
    "burrow": BURROW,
}
"""By profile: the labels of each name."""

COUNTERS = {"kminion_kafka_requests_sent_total"}
"""Everything else is a gauge."""

NOT_TO_BE_HAD = {
    "kafka_exporter": ("kafka_consumergroupzookeeper_lag_zookeeper",),
    "kminion": (
        "kminion_exporter_offset_consumer_records_consumed_total",
        "kminion_kafka_consumer_group_offset_commits_total",
        "kminion_kafka_sent_bytes",
        "kminion_kafka_requests_received_total",
        "kminion_kafka_received_bytes",
        "kminion_log_messages_total",
        "kminion_end_to_end_*",
    ),
    "kafka_lag_exporter": (),
}
"""Series of theirs that lagwatch has no counterpart for; the documentation says so for each."""

"""The families of cluster health: brokers, their log directories, the quorum, transactions, the score. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

_BROKER = (*base.CLUSTER, "broker")
_DIRECTORY = (*_BROKER, "log_dir")


def _broker(name: str, told: str, *labels: str) -> Family:
    return Family(f"kafka_broker_{name}", (*_BROKER, *labels), told)


def _cluster(name: str, told: str, *labels: str) -> Family:
    return Family(f"kafka_cluster_{name}", (*base.CLUSTER, *labels), told)


LEADERS = _broker("leaders", "Partitions that the broker leads.")
MISPLACED = _broker("misplaced_leaders", "Partitions whose preferred leader the broker is and that it does not lead.")
REPLICAS = _broker("replicas", "Replicas that are placed on the broker.")
OUT_OF_SYNC = _broker("out_of_sync_replicas", "Replicas on the broker that are not in sync.")
PRODUCED = _broker("produced_per_minute", "Messages per minute to the partitions the broker leads, as far as known.")
LOG_BYTES = _broker("log_bytes", "Size of everything in the log directories of the broker.")
DIRS = _broker("log_dirs", "Log directories of the broker.")
FAILED_DIRS = _broker("failed_log_dirs", "Log directories of the broker that have failed.")
WOULD_GO_OFFLINE = _broker(
    "failure_offline_partitions", "Partitions that would have no leader if the broker failed now."
)
WOULD_REFUSE = _broker(
    "failure_refusing_partitions", "Partitions that would refuse writes with acks=all if the broker failed now."
)
LAST_COPIES = _broker(
    "last_copy_partitions", "Partitions of which no other broker has all committed records: lost with its disks."
)
RELEASE = _broker(
    "release_info", "Always 1; the label carries the release that the broker's requests point to.", "release"
)
DIR_BYTES = Family("kafka_broker_log_dir_volume_bytes", _DIRECTORY, "Size of the volume that the log directory is on.")
DIR_FREE = Family(
    "kafka_broker_log_dir_free_bytes", _DIRECTORY, "Usable bytes of the volume that the log directory is on."
)

TOPIC_BYTES = Family("kafka_topic_log_bytes", base.TOPIC, "Size of all replicas of the topic's partitions on disk.")

SCORE = _cluster(
    "health_score",
    "Health from 0 to 100; absent where not even the state of the partitions is known (cluster-health.md).",
)
POINTS_LOST = _cluster(
    "health_points_lost", "Points that a part of the health score costs; absent where that is not known.", "part"
)
AT_MIN_ISR = _cluster(
    "at_min_isr_partitions",
    "Partitions with as many in-sync replicas as min.insync.replicas asks for, and not one more.",
)
UNRECOVERABLE = _cluster(
    "unrecoverable_partitions", "Partitions without a leader that have neither an in-sync nor an eligible replica left."
)
SINGLE_COPY = _cluster("single_copy_partitions", "Partitions with one replica.")
SINGLE_RACK = _cluster("single_rack_partitions", "Partitions with two or more replicas, all of them in one rack.")
UNCLEAN = _cluster("unclean_election_topics", "Topics that allow unclean leader elections.")
REASSIGNING = _cluster("reassigning_partitions", "Partitions that are being moved to other brokers.")
OPEN_TRANSACTIONS = _cluster("open_transactions", "Transactions that are open, as coordinators know.")
OLDEST_TRANSACTION = _cluster("oldest_transaction_seconds", "Age of the oldest open transaction; absent if none is.")
HUNG_TRANSACTIONS = _cluster(
    "hung_transactions", "Producers whose open transaction holds a partition and will be ended by no coordinator."
)
IMBALANCE = _cluster("misplaced_leaders_ratio", "Share of partitions that are not led by their preferred leader.")
LEADER_SKEW = _cluster("leader_skew_ratio", "By what share the broker with most leaders is above the mean.")
PRODUCE_SKEW = _cluster("produce_skew_ratio", "By what share the broker that takes in most messages is above the mean.")
SIZE_SKEW = _cluster("log_size_skew_ratio", "By what share the broker that stores most is above the mean.")
VOTERS = _cluster("quorum_voters", "Voters of the metadata quorum.")
CAUGHT_UP = _cluster("quorum_caught_up_voters", "Voters that keep up with the leader of the metadata quorum.")
QUORUM_LAG = _cluster(
    "quorum_lag_records", "Records that a node is behind the leader of the metadata quorum.", "node", "role"
)
FEATURE = _cluster("feature_level", "Finalized level of a feature of the cluster.", "feature")
READ_AT = _cluster("details_timestamp_seconds", "When slow facts of this part were read last.", "part")

"""The families of rates and backlogs. Pure."""

from lagwatch.publish.metrics.families import base
from lagwatch.publish.metrics.families.base import Family

TOPIC_CONSUMED = Family(
    "kafka_consumer_group_topic_consumed_per_minute",
    base.PAIR,
    "Messages a minute by which the commits of the group on the topic move on, where that is known (slope over 5 minutes).",
)
TOPIC_SLOWEST_GROWTH = Family(
    "kafka_consumer_group_topic_slowest_partition_growth_per_minute",
    base.PAIR,
    "Growth of the lag of the partition whose lag grows most, in messages per minute (slope over 5 minutes).",
)
COMMIT_INTERVAL = Family(
    "kafka_consumer_group_topic_commit_interval_seconds",
    base.PAIR,
    "Usual time between two commits of the group on the topic, as far as polls can tell.",
)
DRAIN = Family(
    "kafka_consumer_group_topic_drain_seconds",
    base.PAIR,
    "Time until the backlog is read at the present speeds: 0 without one, +Inf while it does not shrink.",
)
BACKLOG_AGE = Family(
    "kafka_consumer_group_topic_backlog_age_seconds",
    base.PAIR,
    "Time since the group was last without a backlog on the topic: 0 without one, at most the time since it was first seen.",
)
STABLE_LAG = Family(
    "kafka_consumer_group_topic_stable_lag",
    base.PAIR,
    "Lag to the last stable offset, which read_committed consumers can read; only on topics where a transaction was seen.",
)
OPEN_LAG = Family(
    "kafka_consumer_group_topic_open_lag",
    base.PAIR,
    "Lag behind the last stable offset, held back by open transactions; only on topics where a transaction was seen.",
)
RESIDUAL_LAG = Family(
    "kafka_consumer_group_topic_residual_lag",
    base.PAIR,
    "Lag that looks like transaction markers, with nothing to read; only on topics where a transaction was seen.",
)
UNREAD = Family(
    "kafka_consumer_group_topic_unread_ratio",
    base.PAIR,
    "Unread share of the retained log on the worst partition.",
)
RETENTION_DEADLINE = Family(
    "kafka_consumer_group_topic_retention_deadline_seconds",
    base.PAIR,
    "Time until retention deletes messages that the group has not read; +Inf while that is not in sight.",
)
LOST = Family(
    "kafka_consumer_group_topic_lost_messages_total",
    base.PAIR,
    "Messages that were deleted before the group had read them, since lagwatch first saw the group on the topic.",
    "counter",
)
TOTAL_CONSUMED = Family(
    "kafka_consumer_group_total_consumed_per_minute",
    base.GROUP,
    "Messages a minute by which the commits of the group move on, over all its topics, where known (slope over 5 minutes).",
)
TOTAL_DRAIN = Family(
    "kafka_consumer_group_drain_seconds",
    base.GROUP,
    "Time until all backlogs of the group are read at the present speeds: 0 without one, +Inf while one does not shrink.",
)
REBALANCES = Family(
    "kafka_consumer_group_rebalances_total",
    base.GROUP,
    "Rebalances since lagwatch first saw the group, as far as states, epochs and members' ids show.",
    "counter",
)
UNSETTLED = Family(
    "kafka_consumer_group_unsettled_seconds",
    base.GROUP,
    "Time since the group was last at rest (stable or empty); 0 while it is.",
)
RETURNED = Family(
    "kafka_consumer_group_returned_members",
    base.GROUP,
    "Members that left and came back in the last 15 minutes: restarted, or dropped by max.poll.interval.ms or session timeout.",
)
PRODUCED = Family(
    "kafka_topic_produced_per_minute",
    base.TOPIC,
    "Messages a minute that the topic takes in (slope over 5 minutes); absent unless it is known of every partition.",
)
PRODUCED_SKEW = Family(
    "kafka_topic_produced_skew_ratio",
    base.TOPIC,
    "What the partition that takes in most takes in, as a multiple of the mean of the topic; 1: all alike.",
)
COMPACTED = Family(
    "kafka_topic_compacted",
    base.TOPIC,
    "1 if the topic is compacted: lag on it is an upper bound, since records between the offsets may be gone.",
)
TRANSACTIONAL = Family(
    "kafka_topic_transactional",
    base.TOPIC,
    "1 if an open transaction was seen on the topic: offsets count markers, too, which no consumer gets to see.",
)

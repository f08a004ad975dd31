"""What the settings of a topic say. Pure."""

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Int64, TopicTable

CLEANUP_POLICY = "cleanup.policy"


def is_compacted(topics: TopicTable, topic: int) -> bool | None:
    """Whether older records of a key are removed from a topic, so that offsets count more than there is; None if unknown."""
    policy = topics.config[topic].get(CLEANUP_POLICY)
    return None if policy is None else "compact" in policy.split(",")


def compacted(topics: TopicTable) -> Int64:
    """1 or 0 for each topic, UNKNOWN where its settings are."""
    flags = (is_compacted(topics, topic) for topic in range(len(topics)))
    return np.fromiter((UNKNOWN if flag is None else int(flag) for flag in flags), np.int64, len(topics))

"""What is published of time lag. Pure."""

from collections.abc import Iterator

import numpy as np

from lagwatch.model.snapshot import UNKNOWN
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import time as f
from lagwatch.publish.metrics.lines import Column, Table, listed, rounded
from lagwatch.publish.metrics.names import Names


def tables(view: View, names: Names) -> Iterator[Table]:
    """The tables of pairs and groups."""
    pairs, groups = view.pairs, view.groups
    yield names.by_group(
        pairs.group,
        names.topics,
        pairs.topic,
        rounded(f.TOPIC_MAX_LAG_SECONDS, pairs.time_lag_s, 1),
        rounded(f.TOPIC_TYPICAL_LAG_SECONDS, pairs.time_lag_typical_s, 1),
        Column(f.TOPIC_LAG_SECONDS_BOUND, pairs.time_lag_bound.astype(np.int64), known=~np.isnan(pairs.time_lag_s)),
    )
    yield listed(
        [name[:-1] + b"} " for name in names.groups],
        rounded(f.MAX_LAG_SECONDS, groups.time_lag_s, 1),
        Column(f.LAG_SECONDS_BOUND, groups.time_lag_bound.astype(np.int64), known=~np.isnan(groups.time_lag_s)),
    )


def of_commits(view: View) -> Column:
    """
    The time lag of every group on every partition, in whole seconds.

    There are so many of them that their digits count, on the page and when it is rendered.
    """
    whole = np.nan_to_num(np.rint(view.time_lag_s), nan=UNKNOWN).astype(np.int32)
    return Column(f.GROUP_LAG_SECONDS, whole)

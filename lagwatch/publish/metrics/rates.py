"""What is published of rates, backlogs and losses. Pure."""

from collections.abc import Iterator

import numpy as np

from lagwatch.model.columns import segments
from lagwatch.model.snapshot import UNKNOWN, Bool, Int64
from lagwatch.model.topics import compacted
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import rates as f
from lagwatch.publish.metrics.lines import Column, Table, listed, rounded
from lagwatch.publish.metrics.names import Names


def tables(view: View, names: Names) -> Iterator[Table]:
    """The tables of pairs, groups and topics."""
    yield _pairs(view, names)
    yield _groups(view, names)
    yield _topics(view, names)


def _pairs(view: View, names: Names) -> Table:
    pairs = view.pairs
    open_seen = view.topics.transactional[pairs.topic] | (pairs.open_lag > 0)
    columns = (
        rounded(f.TOPIC_CONSUMED, pairs.consumed, 1),
        rounded(f.TOPIC_SLOWEST_GROWTH, pairs.slowest_growth, 1),
        rounded(f.COMMIT_INTERVAL, pairs.commit_interval_s, 1),
        rounded(f.DRAIN, pairs.drain_s),
        rounded(f.BACKLOG_AGE, pairs.behind_s),
        Column(f.STABLE_LAG, pairs.stable_lag, known=open_seen & (pairs.stable_lag >= 0)),
        Column(f.OPEN_LAG, pairs.open_lag, known=open_seen & (pairs.open_lag >= 0)),
        Column(f.RESIDUAL_LAG, pairs.residual_lag, known=open_seen & (pairs.lag >= 0)),
        rounded(f.UNREAD, pairs.unread_share, 4),
        rounded(f.RETENTION_DEADLINE, pairs.loss_in_s),
        rounded(f.LOST, pairs.lost_total),
    )
    return names.by_group(pairs.group, names.topics, pairs.topic, *columns)


def _groups(view: View, names: Names) -> Table:
    described = np.fromiter((group.state is not None for group in view.snapshot.groups), np.bool_)
    columns = (
        rounded(f.TOTAL_CONSUMED, view.groups.consumed, 1),
        rounded(f.TOTAL_DRAIN, view.groups.drain_s),
        Column(f.REBALANCES, view.groups.rebalances_total, known=described),
        rounded(f.UNSETTLED, view.groups.unsettled_s),
        Column(f.RETURNED, _returned(view)),
    )
    return listed([name[:-1] + b"} " for name in names.groups], *columns)


def _returned(view: View) -> Int64:
    """How many came back to each group; unknown of groups whose members are."""
    groups = view.snapshot.groups
    counts = (UNKNOWN if g.member_count == UNKNOWN else len(view.returned.get(g.name, ())) for g in groups)
    return np.fromiter(counts, np.int64, len(groups))


def _topics(view: View, names: Names) -> Table:
    columns = (
        rounded(f.PRODUCED, view.topics.produced, 1, known=_whole(view)),
        rounded(f.PRODUCED_SKEW, view.topics.produced_skew, 2, known=_whole(view)),
        Column(f.COMPACTED, compacted(view.snapshot.topics)),
        Column(f.TRANSACTIONAL, view.topics.transactional.astype(np.int64)),
    )
    return names.by_cluster(names.topics, *columns)


def _whole(view: View) -> Bool:
    """The topics of which it is known what every partition takes in: the sum of some is no sum."""
    known: Bool = segments(np.logical_and, ~np.isnan(view.produced), view.snapshot.topics.first, empty=False)
    return known

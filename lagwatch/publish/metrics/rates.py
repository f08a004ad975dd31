"""What is published of rates, backlogs and losses. Pure."""

from collections.abc import Iterator

import numpy as np

from lagwatch.model.columns import segments
from lagwatch.model.snapshot import UNKNOWN, Bool, Float64, Int64
from lagwatch.model.topics import compacted
from lagwatch.model.view import View
from lagwatch.publish.metrics.families import rates as f
from lagwatch.publish.metrics.lines import Column, Table, listed
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
        Column(f.TOPIC_CONSUMED, short(pairs.consumed)),
        Column(f.TOPIC_SLOWEST_GROWTH, short(pairs.slowest_growth)),
        Column(f.COMMIT_INTERVAL, pairs.commit_interval_s),
        Column(f.DRAIN, np.round(pairs.drain_s)),
        Column(f.BACKLOG_AGE, np.round(pairs.behind_s)),
        Column(f.STABLE_LAG, pairs.stable_lag, known=open_seen & (pairs.stable_lag >= 0)),
        Column(f.OPEN_LAG, pairs.open_lag, known=open_seen & (pairs.open_lag >= 0)),
        Column(f.RESIDUAL_LAG, pairs.residual_lag, known=open_seen & (pairs.lag >= 0)),
        Column(f.UNREAD, np.round(pairs.retained_share, 4)),
        Column(f.RETENTION_DEADLINE, np.round(pairs.loss_in_s)),
        Column(f.LOST, pairs.lost_total),
    )
    return names.by_group(pairs.group, names.topics, pairs.topic, *columns)


def _groups(view: View, names: Names) -> Table:
    described = np.fromiter((group.state is not None for group in view.snapshot.groups), np.bool_)
    columns = (
        Column(f.TOTAL_CONSUMED, short(view.groups.consumed)),
        Column(f.TOTAL_DRAIN, np.round(view.groups.drain_s)),
        Column(f.REBALANCES, view.groups.rebalances_total, known=described),
        Column(f.UNSETTLED, np.round(view.groups.unsettled_s)),
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
        Column(f.PRODUCED, short(view.topics.produced), known=_whole(view)),
        Column(f.PRODUCED_SKEW, np.round(view.topics.produced_skew, 2), known=_whole(view)),
        Column(f.COMPACTED, compacted(view.snapshot.topics)),
        Column(f.TRANSACTIONAL, view.topics.transactional.astype(np.int64)),
    )
    return names.by_cluster(names.topics, *columns)


def _whole(view: View) -> Bool:
    """The topics of which it is known what every partition takes in: the sum of some is no sum."""
    known: Bool = segments(np.logical_and, ~np.isnan(view.produced), view.snapshot.topics.first, empty=False)
    return known


def short(column: Float64) -> Float64:
    """One decimal: more of a slope is noise, makes the page longer, and takes time."""
    return np.round(column, 1)

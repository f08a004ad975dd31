"""The values of rates, backlogs and losses for the API, out of the columns."""

from typing import Any

import numpy as np

from lagwatch.model.kinds import LOOPS, rebalance_protocol
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.model.topics import is_compacted
from lagwatch.model.view import View
from lagwatch.publish.api.ownership import OwnedGroup, run_of
from lagwatch.publish.api.schemas.rates import (
    GroupRates,
    PairRates,
    PartitionRates,
    Rebalances,
    ReturnedMember,
    TopicRates,
)
from lagwatch.publish.api.values import known, moment, number


def group_rates(view: View, row: int) -> dict[str, Any]:
    """The fields of GroupRates; `row` is that of the group table."""
    table = view.groups
    pairs = slice(*run_of(view.pairs.group, row))
    return GroupRates(
        consumed_per_minute=number(table.consumed[row]),
        drain_s=number(table.drain_s[row]),
        draining=_finite(table.drain_s[row]),
        loss_in_s=number(table.loss_in_s[row]),
        loss_in_sight=_finite(table.loss_in_s[row]),
        residual_lag=int(view.pairs.residual_lag[pairs].sum()),
    ).model_dump()


def rebalances(view: View, row: int) -> Rebalances:
    """How a group rebalances; `row` is that of the group table."""
    group, table = view.snapshot.groups[row], view.groups
    lately = number(table.rebalances[row]) if group.state is not None else None
    return Rebalances(
        protocol=rebalance_protocol(group),
        lately=None if lately is None else int(lately),
        total=None if lately is None else int(table.rebalances_total[row]),
        unsettled_s=number(table.unsettled_s[row]),
        looping=None if lately is None else lately > LOOPS,
        returned=[
            ReturnedMember(
                at=moment(one.at),
                client_id=one.client_id or None,
                host=one.host or None,
                old_member_id=one.old_id,
                new_member_id=one.new_id,
                dropped=one.dropped,
            )
            for one in view.returned.get(group.name, ())
        ],
    )


def pair_rates(view: View, pair: int) -> dict[str, Any]:
    """The fields of PairRates; `pair` is a row of the pair table."""
    pairs, topic = view.pairs, int(view.pairs.topic[pair])
    behind = number(pairs.behind_s[pair])
    return PairRates(
        produced_per_minute=number(view.topics.produced[topic]) if _whole(view, topic) else None,
        consumed_per_minute=number(pairs.consumed[pair]),
        slowest_growth_per_minute=number(pairs.slowest_growth[pair]),
        commit_interval_s=number(pairs.commit_interval_s[pair]),
        behind_s=behind,
        behind_since=moment(view.snapshot.at - behind) if behind else None,
        drain_s=number(pairs.drain_s[pair]),
        draining=_finite(pairs.drain_s[pair]),
        stable_lag=known(pairs.stable_lag[pair]),
        open_lag=known(pairs.open_lag[pair]),
        residual_lag=int(pairs.residual_lag[pair]),
        compacted=is_compacted(view.snapshot.topics, topic),
        transactional=bool(view.topics.transactional[topic]),
        unread_share=number(pairs.unread_share[pair]),
        loss_in_s=number(pairs.loss_in_s[pair]),
        loss_in_sight=_finite(pairs.loss_in_s[pair]),
        lost=int(pairs.lost_total[pair]),
        lost_lately=int(pairs.lost[pair]),
    ).model_dump()


def topic_rates(view: View, topic: int) -> dict[str, Any]:
    """The fields of TopicRates; `topic` is a row of the topic table."""
    whole = _whole(view, topic)
    return TopicRates(
        produced_per_minute=number(view.topics.produced[topic]) if whole else None,
        produced_skew=number(view.topics.produced_skew[topic]) if whole else None,
        compacted=is_compacted(view.snapshot.topics, topic),
        transactional=bool(view.topics.transactional[topic]),
    ).model_dump()


def partition_rates(owned: OwnedGroup, at: int) -> dict[str, Any]:
    """The fields of PartitionRates, of the partition at this index of `owned.rows`."""
    view, row, commit = owned.view, int(owned.rows[at]), int(owned.commit[at])
    committed, lag = int(owned.committed[at]), int(owned.lag[at])
    start, end, stable = (int(column[row]) for column in _offsets(view))
    open_lag = min(lag, max(end - stable, 0)) if min(lag, end, stable) >= 0 else UNKNOWN
    there = commit != UNKNOWN
    return PartitionRates(
        produced_per_minute=number(view.produced[row]),
        consumed_per_minute=number(view.consumed[commit]) if there else None,
        frozen_s=known(view.frozen_s[commit]) if there and lag >= 0 else None,
        stable_lag=None if open_lag == UNKNOWN else lag - open_lag,
        open_lag=known(open_lag),
        residual=there and bool(np.isin(commit, view.residual)),
        deleted_unread=max(start - committed, 0) if min(start, committed) >= 0 else None,
    ).model_dump()


def _whole(view: View, topic: int) -> bool:
    """Whether it is known what every partition of a topic takes in: the sum of some is no sum."""
    first = view.snapshot.topics.first
    return not np.isnan(view.produced[int(first[topic]) : int(first[topic + 1])]).any()


def _offsets(view: View) -> tuple[Any, Any, Any]:
    table = view.snapshot.partitions
    return table.start, table.end, table.lso


def _finite(seconds: float) -> bool | None:
    return None if np.isnan(seconds) else bool(np.isfinite(seconds))

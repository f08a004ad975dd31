"""The values that rules can read, by name: columns of the View with one entry a subject of a grain. Pure."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from lagwatch.judge import readings as r
from lagwatch.judge.burrow_windows import of_commits, of_groups
from lagwatch.judge.readings import Column, Reading
from lagwatch.model.columns import Array
from lagwatch.model.snapshot import Float64
from lagwatch.model.view import View

_CLUSTER: Final = {
    "brokers": Column(help="brokers that are up", read=r.one(lambda view: len(view.snapshot.brokers))),
    "brokers_missing": Column(
        help="brokers that hold replicas, or were up within the last hour, and are not up",
        read=r.one(lambda view: view.brokers_missing),
    ),
    "offline": Column(help="partitions without a leader", read=r.one(lambda view: int(view.offline.sum()))),
    "under_replicated": Column(
        help="partitions with fewer replicas in sync than they have",
        read=r.one(lambda view: int(view.under_replicated.sum())),
    ),
    "under_min_isr": Column(
        help="partitions with fewer replicas in sync than min.insync.replicas asks for",
        read=r.one(lambda view: int(view.under_min_isr.sum())),
    ),
}

_ITSELF: Final = {
    "watching": Column(help="1 while lagwatch watches the cluster"),
    "poll_age_s": Column(help="seconds since the last good poll"),
    "poll_overdue": Column(help="the same as a part of the age from which the cluster counts as not watched"),
    "poll_share": Column(help="the part of its interval that the last poll took"),
    "series_suppressed": Column(help="series that a limit keeps off the metrics page"),
}

_RECEIVER: Final = {
    "oldest_pending_s": Column(help="seconds for which the oldest notice has been waiting"),
    "dead_letters": Column(help="notices that were given up"),
}

_TOPIC: Final = {
    "offline": Column(help="partitions without a leader", read=lambda view: Reading(r.count(view.offline, view))),
    "under_replicated": Column(
        help="partitions with fewer replicas in sync than they have",
        read=lambda view: Reading(r.count(view.under_replicated, view)),
    ),
    "under_min_isr": Column(
        help="partitions with fewer replicas in sync than min.insync.replicas asks for", read=r.under_min_isr
    ),
    "produced": Column(help="messages a minute that it takes in", read=lambda view: Reading(view.topics.produced)),
    "idle_s": Column(help="seconds since it last took a message in", read=lambda view: Reading(view.topics.idle_s)),
    "lso_held_s": Column(
        help="seconds for which an open transaction has kept readers from the end of a partition",
        read=lambda view: Reading(view.topics.lso_held_s),
    ),
}


def _old_lag(view: View) -> Reading:
    """
    Lag without what the topic has taken in within the last OLD_AFTER_S, as far as its speed tells: what a group leaves behind that
    reads everything between two polls is not old.
    """
    pairs = view.pairs
    lately = np.nan_to_num(view.topics.produced[pairs.topic]) * (r.OLD_AFTER_S / 60.0)
    return Reading(np.maximum(r.known(pairs.lag) - lately, 0.0), pairs.unknown > 0)


_GROUP: Final = {
    "burrow_status": Column(
        help="what Burrow would call it: 1 OK, 2 WARN, 3 ERR", read=lambda view: Reading(*of_groups(view)), costly=True
    ),
    "lag": Column(
        help="messages that it has not read, all topics",
        read=r.bound_of_groups(r.group_to_read),
    ),
    "max_lag": Column(
        help="messages that it has not read on the partition with most of them",
        read=r.bound_of_groups(lambda view: r.known(view.groups.lag_max)),
    ),
    "growth": Column(
        help="messages a minute by which its lag grows", read=r.bound_of_groups(lambda view: view.groups.growth)
    ),
    "consumed": Column(
        help="messages a minute by which its commits move on", read=r.bound_of_groups(lambda view: view.groups.consumed)
    ),
    "drain_s": Column(
        help="seconds until its backlogs are read at the present speeds (0 without one, infinite while one does not shrink)",
        read=r.bound_of_groups(lambda view: view.groups.drain_s),
    ),
    "members": Column(help="live members", read=lambda view: Reading(r.members(view.snapshot))),
    "members_gone_s": Column(
        help="seconds since it had members (0 while it has)", read=lambda view: Reading(view.groups.members_gone_s)
    ),
    "time_lag_s": Column(
        help="seconds since the next message that it will read was appended, on the topic where that is longest",
        read=lambda view: Reading(view.groups.time_lag_s, view.groups.time_lag_bound),
    ),
    "unsettled_s": Column(
        help="seconds since it was stable or empty", read=lambda view: Reading(view.groups.unsettled_s)
    ),
    "rebalances": Column(
        help="rebalances seen in the last 15 minutes", read=lambda view: Reading(view.groups.rebalances)
    ),
}

_PAIR: Final = {
    "old_lag": Column(
        help=f"messages that the group has not read and that came in more than {r.OLD_AFTER_S / 60:.0f} minutes ago",
        read=_old_lag,
    ),
    "lag": Column(
        help="messages of the topic that the group has not read",
        read=r.bound_of_pairs(r.to_read),
    ),
    # A partition that is unknown may be one that drains. What the others grow by is good enough to believe that the pair
    # grows, and not good enough to believe that it does not.
    "growth": Column(
        help="messages a minute by which that lag grows", read=r.bound_of_pairs(lambda view: view.pairs.growth)
    ),
    "height": Column(
        help="that lag, smoothed, as a part of the highest in the hour before: more than 1 is a new high",
        read=r.of_pairs(lambda view: view.pairs.height),
    ),
    "max_lag": Column(
        help="messages not read on the partition with most of them",
        read=r.bound_of_pairs(r.max_to_read),
    ),
    "slowest_growth": Column(
        help="messages a minute by which the lag of the partition grows that grows most",
        read=r.bound_of_pairs(lambda view: view.pairs.slowest_growth),
    ),
    "consumed": Column(
        help="messages a minute by which the commits of the group move on",
        read=r.bound_of_pairs(lambda view: view.pairs.consumed),
    ),
    "drain_s": Column(
        help="seconds until the backlog is read at the present speeds (0 without one, infinite while it does not shrink)",
        read=r.bound_of_pairs(lambda view: view.pairs.drain_s),
    ),
    "behind_s": Column(
        help="seconds since the group was last without a backlog (0 without one)",
        read=r.of_pairs(lambda view: view.pairs.behind_s),
    ),
    "stable_lag": Column(
        help="messages not read up to the last stable offset",
        read=r.bound_of_pairs(lambda view: r.known(view.pairs.stable_lag)),
    ),
    "open_lag": Column(
        help="messages not read that open transactions hold back",
        read=r.bound_of_pairs(lambda view: r.known(view.pairs.open_lag)),
    ),
    "produced": Column(
        help="messages a minute that the topic takes in", read=r.topic_of_pairs(lambda view: view.topics.produced)
    ),
    "idle_s": Column(
        help="seconds since the topic last took a message in", read=r.topic_of_pairs(lambda view: view.topics.idle_s)
    ),
    "members": Column(
        help="live members of the group", read=lambda view: Reading(r.members(view.snapshot)[view.pairs.group])
    ),
    "members_gone_s": Column(
        help="seconds since the group had members (0 while it has)",
        read=lambda view: Reading(view.groups.members_gone_s[view.pairs.group]),
    ),
    "frozen_s": Column(
        help="seconds for which there has been lag and no commit that moved",
        read=r.of_pairs(r.frozen_pairs),
    ),
    "commit_interval_s": Column(
        help="seconds between two commits of the group on the topic",
        read=r.of_pairs(lambda view: view.pairs.commit_interval_s),
    ),
    "retained_share": Column(
        help="unread share of what the topic retains, on the worst partition (0 where nothing is deleted)",
        read=r.bound_of_pairs(lambda view: view.pairs.retained_share),
    ),
    "loss_in_s": Column(
        help="seconds until retention deletes unread messages", read=r.of_pairs(lambda view: view.pairs.loss_in_s)
    ),
    "lost": Column(
        help="messages that retention deleted unread in the last 15 minutes",
        read=r.of_pairs(lambda view: view.pairs.lost),
    ),
    "active_s": Column(
        help="seconds since the group had members or a commit of it moved",
        read=r.of_pairs(lambda view: view.pairs.active_s),
    ),
    "rewound": Column(
        help="messages by which the group is behind where it has been", read=r.of_pairs(lambda view: view.pairs.rewound)
    ),
    "time_lag_s": Column(
        help="seconds since the next message that the group will read was appended",
        read=lambda view: Reading(view.pairs.time_lag_s, view.pairs.time_lag_bound),
    ),
}

_PARTITION: Final = {
    "burrow_status": Column(
        help="what Burrow would call it: 1 OK, 2 WARN, 4 STOP, 5 STALL, 6 REWIND",
        read=lambda view: Reading(of_commits(view)),
        costly=True,
    ),
    "offset": Column(help="the committed offset", read=lambda view: Reading(r.known(view.snapshot.commits.offset))),
    "lag": Column(
        help="messages of the partition that the group has not read", read=lambda view: r.of_rows(view.lag, view)
    ),
    "growth": Column(
        help="messages a minute by which that lag grows", read=lambda view: Reading(view.growth.astype(np.float64))
    ),
    "time_lag_s": Column(
        help="seconds since the next message that the group will read was appended",
        read=lambda view: Reading(view.time_lag_s.astype(np.float64), view.time_lag_bound),
    ),
    "consumed": Column(
        help="messages a minute by which the commit moves on",
        read=lambda view: Reading(view.consumed.astype(np.float64)),
    ),
    "produced": Column(
        help="messages a minute that the partition takes in",
        read=lambda view: Reading(view.produced[view.snapshot.commits.row]),
    ),
    "frozen_s": Column(
        help="seconds for which there has been lag and no commit that moved",
        read=lambda view: r.of_rows(view.frozen_s, view),
    ),
    "siblings_frozen_s": Column(
        help="the same of all partitions of the topic together: small while one of them moves", read=r.siblings_frozen_s
    ),
}

COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    "cluster": {**_CLUSTER, **_ITSELF},
    "topic": _TOPIC,
    "group": _GROUP,
    "pair": _PAIR,
    "partition": _PARTITION,
    "receiver": _RECEIVER,
}
"""Every value by grain and name."""


def patience_s(view: View, grain: str) -> Array | None:
    """For how long a condition must hold before it says something about each subject; None where that does not matter."""
    if grain == "partition":
        return view.patience_s
    return view.pairs.patience_s if grain == "pair" else None


def left_s(view: View, grain: str) -> Float64 | None:
    """For how long each subject has been one that a live group does not consume (NaN: it does); None if there is none."""
    if grain not in ("pair", "partition") or np.isnan(view.pairs.left_s).all():
        return None
    return view.pairs.left_s if grain == "pair" else np.repeat(view.pairs.left_s, np.diff(view.pairs.first))

"""Lag that is heaped up on few of a topic's partitions. Pure."""

from dataclasses import dataclass

import numpy as np

from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.model.snapshot import Member

MOST_OF_IT = 0.8
"""This part of the lag on few partitions is a heap."""

FEW = 1 / 4
"""Few are at most this part of the partitions, or one."""

MORE = 1.5
"""Partitions that get more than so many times their even share get more than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """
    The partitions that hold most of the lag: which, how much of the lag and of what comes (shares from 0 to 1, NaN where not
    known; `comes` is messages a minute), and by what factor that is more than an even share.

    `member` owns them all (None: no single one does, or it is not known); `all_of_the_member` says whether it owns no others.
    """

    partitions: list[int]
    lag: float
    lag_share: float
    comes: float
    produce_share: float
    excess: float
    member: Member | None
    all_of_the_member: bool

    @property
    def more_comes(self) -> bool:
        """Whether they get more than others, which is enough of a reason."""
        return self.excess > MORE


def heap(each: OnTopic) -> Heap | None:
    """Where the lag is heaped up; None where it is spread, or where these partitions wait for something else."""
    lags = np.maximum(each.lags, 0)
    size = len(lags)
    if size < 2 or not lags.any():
        return None
    order = np.argsort(-lags, kind="stable")
    count = int(np.searchsorted(np.cumsum(lags[order]), MOST_OF_IT * lags.sum())) + 1
    most = order[:count]
    if count > max(1, int(FEW * size)) or each.waits[most].any():
        return None
    comes = float(each.comes[most].sum())
    total = float(np.nansum(each.comes))
    share = comes / total if total > 0 else np.nan
    partitions = sorted(each.partitions[most].tolist())
    member = _only_owner([each.owners[row] for row in most])
    return Heap(
        partitions=partitions,
        lag=float(lags[most].sum()),
        lag_share=float(lags[most].sum() / lags.sum()),
        comes=comes,
        produce_share=share,
        excess=share * size / count,
        member=member,
        all_of_the_member=member is not None and _owned(member, each.topic) == partitions,
    )


def _only_owner(owners: list[Member | None]) -> Member | None:
    by_id = {owner.id: owner for owner in owners if owner is not None}
    return next(iter(by_id.values())) if len(by_id) == 1 else None


def _owned(member: Member, topic: str) -> list[int]:
    return sorted(p for name, partitions in member.assigned if name == topic for p in partitions)

"""Brokers that should be up. Pure."""

from collections import deque

import numpy as np

from lagwatch.model.snapshot import Placement, Snapshot

REMEMBERED_S = 3600.0
"""A broker that was up within this time is missed."""

_SPACING_S = 60.0


class BrokerHistory:
    """How many brokers were up during the last hour."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._replicas: Placement | None = None
        self._holders: set[int] = set()

    def missing(self, snapshot: Snapshot) -> int:
        """
        Take in a poll; how many brokers are missing.

        Those that hold replicas and are not up; or, if these are fewer, as many as have gone within the last hour.
        """
        up = {broker.id for broker in snapshot.brokers}
        at = snapshot.at
        if self._counts and (at - self._counts[-1][0] < _SPACING_S) and at >= self._counts[-1][0]:
            self._counts[-1] = (self._counts[-1][0], max(self._counts[-1][1], len(up)))
        else:
            self._counts.append((at, len(up)))
        while self._counts[0][0] < at - REMEMBERED_S:
            self._counts.popleft()
        return max(
            len(self._hold_replicas(snapshot.partitions.replicas) - up),
            max(count for _, count in self._counts) - len(up),
        )

    def _hold_replicas(self, replicas: Placement) -> set[int]:
        if replicas is not self._replicas:  # they hardly ever move, and are the same object as long as they do not
            self._replicas, self._holders = replicas, set(np.unique(replicas.brokers).tolist())
        return self._holders

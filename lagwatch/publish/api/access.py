"""What a route may use: one look at what the board holds, taken once per request, so that an answer is of one piece."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import Snapshot
from lagwatch.model.view import View
from lagwatch.publish.api import problems
from lagwatch.publish.api.names import ClusterName
from lagwatch.publish.board import Board


@dataclass(frozen=True, slots=True)
class Source:
    """Where all data comes from, and the time."""

    board: Board
    clock: Callable[[], float]

    def all(self) -> list[Latest]:
        """All clusters, sorted by name."""
        found = (self.board.latest(name) for name in sorted(self.board.clusters()))
        return [latest for latest in found if latest is not None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One cluster of which there is data, as it was when the request came in."""

    latest: Latest
    view: View
    now: float

    @property
    def snapshot(self) -> Snapshot:
        """The facts."""
        return self.view.snapshot


async def _source(request: Request) -> Source:
    return cast("Source", request.app.state.source)


Everything = Annotated[Source, Depends(_source)]


async def _cluster(cluster: ClusterName, source: Everything) -> Latest:
    latest = source.board.latest(cluster)
    if latest is None:
        raise problems.unknown_name("cluster", cluster, "", source.board.clusters())
    return latest


OneCluster = Annotated[Latest, Depends(_cluster)]


async def _seen(latest: OneCluster, source: Everything) -> Seen:
    if latest.view is None:
        raise problems.no_data(latest.cluster, latest.health.error, latest.health.interval_s)
    return Seen(latest, latest.view, source.clock())


ClusterData = Annotated[Seen, Depends(_seen)]

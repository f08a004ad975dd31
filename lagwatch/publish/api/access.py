"""What a route may use: one look at what the board holds, taken once per request, so that an answer is of one piece."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from lagwatch.model.alerts import Alert, Verdict
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import Snapshot
from lagwatch.model.view import View
from lagwatch.publish.api import problems
from lagwatch.publish.api.desk import Desk, Watched
from lagwatch.publish.api.insights import Insights
from lagwatch.publish.api.names import ClusterName
from lagwatch.publish.board import Board
from lagwatch.publish.notices.base import Counts
from lagwatch.publish.notices.quiet import Calm, Window, calm


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    Where all data comes from, and the time.

    `itself` gives the last verdict about lagwatch itself, whose alerts belong to no cluster. `insights` answers what is worked
    out only when somebody asks. `external_url` is how people reach
    lagwatch, without a slash at its end; "" if that is not known.
    """

    board: Board
    clock: Callable[[], float]
    desk: Desk | None = None
    notices: Watched | None = None
    windows: Callable[[], Sequence[Window]] = tuple
    itself: Callable[[], Verdict | None] = lambda: None
    insights: Insights | None = None
    external_url: str = ""

    def all(self) -> list[Latest]:
        """All clusters, sorted by name."""
        found = (self.board.latest(name) for name in sorted(self.board.clusters()))
        return [latest for latest in found if latest is not None]

    def alerts(self, clusters: Sequence[Latest] | None = None) -> list[Alert]:
        """The alerts of some clusters; by default of all, and those about lagwatch itself."""
        if clusters is None:
            about_itself = self.itself()
            found = [] if about_itself is None else list(about_itself.alerts)
            return found + self.alerts(self.all())
        return [alert for latest in clusters if latest.verdict is not None for alert in latest.verdict.alerts]

    def kept(self) -> Desk:
        """The desk; raises Refused if there is none."""
        if self.desk is None:
            raise problems.store_away(
                "This lagwatch was started without a store: nothing is kept, and nothing can be changed"
            )
        return self.desk

    def asked(self) -> Insights:
        """Who answers what is worked out when somebody asks; raises Refused if nobody does."""
        if self.insights is None:
            raise problems.no_insight()
        return self.insights

    def calm(self) -> Calm:
        """What keeps alerts from being told now."""
        desk = self.desk
        if desk is None:
            return calm(self.clock(), self.windows())
        return calm(self.clock(), self.windows(), desk.silences(), desk.acknowledgements())

    def receivers(self) -> Mapping[str, Counts]:
        """How each receiver is doing."""
        return {} if self.notices is None else self.notices.counts()

    def changed(self) -> None:
        """Whoever sends notices should look again."""
        if self.notices is not None:
            self.notices.hurry()


@dataclass(frozen=True, slots=True)
class Seen:
    """One cluster of which there is data, as it was when the request came in; `insights` answers what is worked out of it."""

    latest: Latest
    view: View
    now: float
    insights: Insights | None = None
    _diagnoses: dict[str, Diagnosis | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def snapshot(self) -> Snapshot:
        """The facts."""
        return self.view.snapshot

    def diagnosis(self, group: str) -> Diagnosis | None:
        """Why a group lags, worked out once a request; None where nobody can say."""
        if self.insights is not None and group not in self._diagnoses:
            self._diagnoses[group] = self.insights.diagnosis(self.latest, group)
        return self._diagnoses.get(group)

    def why(self, group: str) -> str | None:
        """The same in a sentence."""
        found = self.diagnosis(group)
        return None if found is None else found.sentence


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
    return Seen(latest, latest.view, source.clock(), source.insights)


ClusterData = Annotated[Seen, Depends(_seen)]

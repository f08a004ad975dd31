"""Alerts of one cluster, and of all."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.alerts import Alert as AlertFacts
from lagwatch.model.alerts import Severity, State
from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import Bool, Float64, Int64
from lagwatch.publish.api.access import ClusterData, Everything
from lagwatch.publish.api.alert_items import alert_item
from lagwatch.publish.api.names import glob, matching
from lagwatch.publish.api.paging import Absent, PageQuery, Pattern, Rows, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.alerts import AcrossClusters, Alert, AlertState, ClusterAge
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.values import age, moment

router = APIRouter(tags=["alerts"])
_Sort = Literal["urgency", "-urgency", "severity", "-severity", "since", "-since", "value", "-value"]
_SEVERITIES = tuple(Severity)
_STATES = (State.INACTIVE, State.RESOLVED, State.PENDING, State.UNKNOWN, State.FIRING)


class AlertQuery(PageQuery):
    """Which alerts, in which order."""

    sort: _Sort = Field(
        "-urgency",
        description="The field to sort by, `-` for the largest first; urgency is what fires before what does not, then severity.",
        examples=["-since"],
    )
    state: list[AlertState] | Absent = Field(None, description="Only these states.", examples=[["firing", "unknown"]])
    severity: list[Severity] | Absent = Field(
        None, description="Only these severities.", examples=[["critical", "emergency"]]
    )
    rule: Pattern | Absent = Field(
        None, description="Only rules that match this pattern (`*`, `?`).", examples=["ConsumerLag*"]
    )
    group: Pattern | Absent = Field(None, description="Only groups that match this pattern.", examples=["bill*"])
    topic: Pattern | Absent = Field(None, description="Only topics that match this pattern.", examples=["orders*"])


class AllAlertsQuery(AlertQuery):
    """Which alerts of which clusters, in which order."""

    cluster: Pattern | Absent = Field(None, description="Only clusters that match this pattern.", examples=["eu-*"])


@router.get("/clusters/{cluster}/alerts", responses=documented(404, 422, 503))
def list_cluster_alerts(
    query: Annotated[AlertQuery, Query()], seen: ClusterData, source: Everything
) -> ClusterPage[Alert]:
    """The alerts of one cluster that are not inactive; resolved ones for a while."""
    alerts, calm = source.alerts([seen.latest]), source.calm()
    return page(seen, query, _choose(query, alerts), lambda row: alert_item(alerts[row], source.external_url, calm))


@router.get("/alerts", responses=documented(422))
def list_alerts(query: Annotated[AllAlertsQuery, Query()], source: Everything) -> AcrossClusters[Alert]:
    """The alerts of all clusters, each with what explains it, and how old what is known of each cluster is."""
    now = source.clock()
    every = source.all()
    asked = matching([latest.cluster for latest in every], query.cluster)
    clusters = [latest for latest, wanted in zip(every, asked, strict=True) if wanted]
    alerts, calm = source.alerts(clusters if query.cluster is not None else None), source.calm()
    rows = _choose(query, alerts)
    return AcrossClusters(
        total=rows.total,
        offset=query.offset,
        limit=query.limit,
        items=[alert_item(alerts[row], source.external_url, calm) for row in rows.page],
        clusters=[_cluster_age(latest, now) for latest in clusters],
    )


def _choose(query: AlertQuery, alerts: Sequence[AlertFacts]) -> Rows:
    keep = np.fromiter((_asked(query, alert) for alert in alerts), dtype=np.bool_, count=len(alerts))
    keep &= _named(query.rule, [alert.rule for alert in alerts])
    keep &= _named(query.group, [alert.subject.group for alert in alerts])
    keep &= _named(query.topic, [alert.subject.topic for alert in alerts])
    return choose(query, keep, query.sort, {query.sort.removeprefix("-"): _sort_column(query.sort, alerts)})


def _asked(query: AlertQuery, alert: AlertFacts) -> bool:
    right_state = query.state is None or alert.state in query.state
    return right_state and (query.severity is None or alert.severity in query.severity)


def _named(pattern: str | None, names: Sequence[str | None]) -> Bool:
    """As `matching`; an alert without such a name matches no pattern."""
    matches = glob(pattern) if pattern is not None else None
    flags = (matches is None or (name is not None and matches(name)) for name in names)
    return np.fromiter(flags, dtype=np.bool_, count=len(names))


def _sort_column(sort: str, alerts: Sequence[AlertFacts]) -> Int64 | Float64:
    match sort.removeprefix("-"):
        case "urgency":
            return np.array([urgency(alert) for alert in alerts], dtype=np.int64)
        case "severity":
            return np.array([_SEVERITIES.index(alert.severity) for alert in alerts], dtype=np.int64)
        case "since":
            return np.array([alert.since for alert in alerts], dtype=np.float64)
        case _:
            return np.array([np.nan if alert.value is None else alert.value for alert in alerts], dtype=np.float64)


def urgency(alert: AlertFacts) -> int:
    """A rank: firing above unknown, pending and resolved; within these by severity."""
    return _STATES.index(alert.state) * len(_SEVERITIES) + _SEVERITIES.index(alert.severity)


def _cluster_age(latest: Latest, now: float) -> ClusterAge:
    at = None if latest.view is None else latest.view.snapshot.at
    return ClusterAge(cluster=latest.cluster, state=state_of(latest, now), as_of=moment(at), age_s=age(now, at))

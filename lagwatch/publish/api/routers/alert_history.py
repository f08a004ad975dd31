"""What became of alerts: of all, and of one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from lagwatch.errors import StoreError
from lagwatch.model.alerts import Severity
from lagwatch.model.kept import HistoryEntry, HistoryFilter
from lagwatch.publish.api import problems
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.alert_items import alert_item, facts_item, identity
from lagwatch.publish.api.paging import Absent, Before, ListQuery
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import newest
from lagwatch.publish.api.schemas.alerts import ALERT_ID, AlertWithHistory, Change
from lagwatch.publish.api.schemas.base import Newest
from lagwatch.publish.api.values import Moment, moment

router = APIRouter(tags=["alerts"])

AlertId = Annotated[str, Path(alias="alert", max_length=255, description="The id of an alert.", examples=[ALERT_ID])]
_WITH_ALERT = 100


class HistoryQuery(ListQuery):
    """Which changes; names are whole names, not patterns."""

    cluster: str | Absent = Field(None, max_length=255, description="Only in this cluster.", examples=["main"])
    alert: str | Absent = Field(
        None, max_length=255, description="Only of the alert with this id.", examples=[ALERT_ID]
    )
    rule: str | Absent = Field(None, max_length=255, description="Only of this rule.", examples=["ConsumerLagHigh"])
    severity: Severity | Absent = Field(None, description="Only of this severity.", examples=["critical"])
    group: str | Absent = Field(None, max_length=255, description="Only about this group.", examples=["billing"])
    topic: str | Absent = Field(None, max_length=255, description="Only about this topic.", examples=["orders"])
    since: Moment | Absent = Field(None, description="Only from this time on.", examples=["2026-03-02T00:00:00Z"])
    until: Moment | Absent = Field(None, description="Only before this time.", examples=["2026-03-03T00:00:00Z"])
    before: Before | Absent = Field(None, description="Only those before this one; see `next`.", examples=[4711])


@router.get("/alerts/history", responses=documented(422, 503))
def list_alert_history(query: Annotated[HistoryQuery, Query()], source: Everything) -> Newest[Change]:
    """The changes of alerts: pending, firing, unknown, resolved; the newest first."""
    wanted = HistoryFilter(
        cluster=query.cluster,
        alert_id=query.alert,
        rule=query.rule,
        severity=query.severity,
        group=query.group,
        topic=query.topic,
        since=None if query.since is None else query.since.timestamp(),
        until=None if query.until is None else query.until.timestamp(),
        before=query.before,
    )
    found = [(entry.id, entry) for entry in source.kept().history(wanted, query.limit + 1)]
    return newest(query, found, lambda entry: _item(entry, source.external_url))


@router.get("/alerts/{alert}", responses=documented(404, 422))
def get_alert(alert: AlertId, source: Everything) -> AlertWithHistory:
    """One alert with what explains it, and its last changes, also when it is inactive by now."""
    standing = next((each for each in source.alerts() if identity(each) == alert), None)
    history = _history(source, alert)
    if standing is None and not history:
        raise problems.unknown_name("alert", alert, "", ())
    return AlertWithHistory(
        alert=None if standing is None else alert_item(standing, source.external_url, source.calm()),
        history=None if history is None else [_item(entry, source.external_url) for entry in history],
    )


def _history(source: Source, alert: str) -> list[HistoryEntry] | None:
    """That of an alert; None if it cannot be read now, which does not make the alert itself unknown."""
    if source.desk is None:
        return None
    try:
        return list(source.desk.history(HistoryFilter(alert_id=alert), _WITH_ALERT))
    except StoreError:
        return None


def _item(entry: HistoryEntry, base: str) -> Change:
    at, change = moment(entry.transition.at), entry.transition
    assert at is not None
    return Change(id=entry.id, at=at, to=change.to.value, alert=facts_item(change.alert, base))

"""Who changed what."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model.kept import AuditEntry
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.paging import Absent, Before, ListQuery
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import newest
from lagwatch.publish.api.schemas.base import Newest
from lagwatch.publish.api.schemas.notices import AuditItem
from lagwatch.publish.api.values import moment

router = APIRouter(tags=["notices"])


class AuditQuery(ListQuery):
    """Which entries."""

    before: Before | Absent = Field(None, description="Only those before this one; see `next`.", examples=[4711])


@router.get("/audit", responses=documented(422, 503))
def list_audit(query: Annotated[AuditQuery, Query()], source: Everything) -> Newest[AuditItem]:
    """What was changed through this API and by whom, the newest first."""
    return newest(query, source.kept().audit(query.before, query.limit + 1), _item)


def _item(entry: AuditEntry) -> AuditItem:
    at = moment(entry.at)
    assert at is not None
    return AuditItem(
        id=entry.id, at=at, actor=entry.actor, action=entry.action, subject=entry.subject, details=dict(entry.details)
    )

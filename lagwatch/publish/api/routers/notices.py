"""The outbox: messages that wait, that were sent, and dead letters, which can be sent again."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, Field

from lagwatch.model.kept import NoticeFilter
from lagwatch.model.notices import OutboxEntry, Stage
from lagwatch.publish.api import audit, problems
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.auth import Operator, OperatorRoute
from lagwatch.publish.api.paging import Absent, Before, ListQuery
from lagwatch.publish.api.problems import conflict, documented
from lagwatch.publish.api.routers.pages import newest
from lagwatch.publish.api.schemas import notices as schemas
from lagwatch.publish.api.schemas.alerts import ALERT_ID
from lagwatch.publish.api.schemas.base import Newest
from lagwatch.publish.api.values import moment
from lagwatch.publish.notices.texts import title

router = APIRouter(tags=["notices"])
writing = APIRouter(tags=["notices"], route_class=OperatorRoute)

NoticeId = Annotated[str, Path(alias="notice", max_length=255, description="The id of a message.", examples=[ALERT_ID])]
ReceiverName = Annotated[
    str, AfterValidator(unquote), Path(max_length=255, description="The name of a receiver.", examples=["on-call"])
]
_NOT_DEAD = conflict("The notice was sent; only a dead letter can be sent again.")
_AT_ONCE = 1000


class NoticeQuery(ListQuery):
    """Which messages."""

    receiver: str | Absent = Field(None, max_length=255, description="Only for this receiver.", examples=["on-call"])
    state: Stage | Absent = Field(None, description="Only in this state.", examples=["dead"])
    cluster: str | Absent = Field(None, max_length=255, description="Only about this cluster.", examples=["main"])
    before: Before | Absent = Field(None, description="Only those before this one; see `next`.", examples=[4711])


@router.get("/notices", responses=documented(422, 503))
def list_notices(query: Annotated[NoticeQuery, Query()], source: Everything) -> Newest[schemas.Notice]:
    """The messages, the newest first; those that were sent, and dead letters, are kept for a while."""
    wanted = NoticeFilter(receiver=query.receiver, cluster=query.cluster, stage=query.state, before=query.before)
    found = source.kept().notices(wanted, query.limit + 1)
    return newest(query, found, lambda entry: schemas.Notice(**_fields(entry)))


@router.get("/notices/{notice}", responses=documented(404, 422, 503))
def get_notice(notice: NoticeId, source: Everything) -> schemas.NoticeWithBody:
    """One message with all that it says."""
    entry = _find(source, notice)
    return schemas.NoticeWithBody(**_fields(entry), body=dict(entry.message.body))


@writing.post("/notices/{notice}/resend", responses=documented(401, 403, 404, _NOT_DEAD, 422, 503))
def resend_notice(notice: NoticeId, by: Operator, source: Everything) -> schemas.Notice:
    """Send a dead letter again, as if it were new."""
    if not _resend(source, _find(source, notice), by):
        stage = _find(source, notice).state
        why = "it waits to be sent" if stage is Stage.PENDING else "it was sent"
        raise conflict(f"The notice is no dead letter: {why}; only a dead letter can be sent again.")
    source.changed()
    return schemas.Notice(**_fields(_find(source, notice)))


@writing.post("/receivers/{receiver}/resend", responses=documented(401, 403, 404, 422, 503))
def resend_notices(receiver: ReceiverName, by: Operator, source: Everything) -> schemas.Resent:
    """Send the dead letters of a receiver again, 1,000 at most, those that were made first first."""
    names = source.receivers().keys()
    if receiver not in names:
        raise problems.unknown_name("receiver", receiver, "", names)
    dead = source.kept().notices(NoticeFilter(receiver=receiver, stage=Stage.DEAD), _AT_ONCE)
    sent = [entry.message.id for _, entry in reversed(dead) if _resend(source, entry, by)]
    source.changed()
    return schemas.Resent(notices=sent)


def _resend(source: Source, entry: OutboxEntry, by: Operator) -> bool:
    now, message = source.clock(), entry.message
    particulars = {"receiver": message.receiver, "error": entry.last_error}
    return source.kept().resend(message.id, now, audit.entry(by, now, "notice.resend", message.id, particulars))


def _find(source: Source, message_id: str) -> OutboxEntry:
    found = source.kept().notice(message_id)
    if found is None:
        raise problems.unknown_name("notice", message_id, "", ())
    return found


def _fields(entry: OutboxEntry) -> dict[str, object]:
    message = entry.message
    return {
        "id": message.id,
        "receiver": message.receiver,
        "state": entry.state,
        "status": message.status,
        "severity": message.severity,
        "cluster": message.cluster,
        "summary": title(message),
        "alerts": len(message.body["alerts"]) + message.body["truncatedAlerts"],
        "created_at": moment(message.created_at),
        "attempts": entry.attempts,
        "next_attempt_at": moment(entry.next_attempt_at) if entry.state is Stage.PENDING else None,
        "ended_at": moment(entry.ended_at),
        "error": entry.last_error or None,
    }

"""Acknowledgements: alerts that somebody takes care of."""

from typing import Annotated
from uuid import uuid4

import numpy as np
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from lagwatch.model.alerts import Alert, State
from lagwatch.model.notices import Acknowledgement
from lagwatch.publish.api import audit, problems
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.alert_items import identity
from lagwatch.publish.api.auth import Operator, OperatorRoute
from lagwatch.publish.api.paging import Absent, PageQuery, choose
from lagwatch.publish.api.problems import WrongParameter, conflict, documented
from lagwatch.publish.api.schemas import asked
from lagwatch.publish.api.schemas.alerts import ALERT_ID, ASKED_ID
from lagwatch.publish.api.schemas.base import Page
from lagwatch.publish.api.values import moment
from lagwatch.publish.notices.quiet import Calm

router = APIRouter(tags=["notices"])
writing = APIRouter(tags=["notices"], route_class=OperatorRoute)

AcknowledgementId = Annotated[
    str, Path(alias="acknowledgement", max_length=255, description="The id of an acknowledgement.", examples=[ASKED_ID])
]
_NOT_FIRING = conflict(
    "The alert ConsumerLagGrowing is pending: it is acknowledged when it fires, and until then nobody is told."
)


class AcknowledgementQuery(PageQuery):
    """Which acknowledgements."""

    alert: str | Absent = Field(None, max_length=255, description="Only those of this alert.", examples=[ALERT_ID])
    holds: bool | Absent = Field(None, description="Only those that hold now, or only others.", examples=[True])


@router.get("/acknowledgements", responses=documented(422, 503))
def list_acknowledgements(
    query: Annotated[AcknowledgementQuery, Query()], source: Everything
) -> Page[asked.Acknowledgement]:
    """The acknowledgements, the newest first; those that do not hold any more are kept for a while."""
    there, calm = _there(source), source.calm()
    given = sorted(source.kept().acknowledgements(), key=lambda each: (-each.created_at, each.id))
    found = [_item(each, there.get(each.alert), calm) for each in given]
    keep = [
        (query.alert is None or each.alert == query.alert) and (query.holds is None or each.holds == query.holds)
        for each in found
    ]
    rows = choose(query, np.array(keep, dtype=np.bool_))
    items = [found[row] for row in rows.page]
    return Page(total=rows.total, offset=query.offset, limit=query.limit, items=items)


@writing.post(
    "/acknowledgements", status_code=201, responses=documented(400, 401, 403, 404, _NOT_FIRING, 413, 422, 503)
)
def create_acknowledgement(
    wanted: asked.NewAcknowledgement, by: Operator, source: Everything, response: Response
) -> asked.Acknowledgement:
    """Take care of an alert that fires: it is not told again, unless it gets louder, or still fires at `until`."""
    now, desk = source.clock(), source.kept()
    alert = _there(source).get(wanted.alert)
    if alert is None:
        raise problems.unknown_name("alert", wanted.alert, "now", ())
    if alert.fired_at is None or alert.state is State.RESOLVED:
        detail = "it is acknowledged when it fires, and until then nobody is told"
        if alert.state is State.RESOLVED:
            detail = "there is nothing to take care of any more"
        raise conflict(f"The alert {alert.rule} is {alert.state.value}: {detail}.")
    made = Acknowledgement(
        id=str(uuid4()),
        alert=wanted.alert,
        severity=alert.severity,
        created_at=now,
        author=by.name,
        comment=wanted.comment,
        until=_until(wanted, now),
    )
    particulars = {"alert": made.alert, "summary": alert.summary, "comment": made.comment}
    desk.put_acknowledgement(made, audit.entry(by, now, "acknowledgement.create", made.id, particulars))
    source.changed()
    response.headers["Location"] = f"{source.external_url}/api/v1/acknowledgements?alert={made.alert}"
    return _item(made, alert, source.calm())


@writing.delete("/acknowledgements/{acknowledgement}", status_code=204, responses=documented(401, 403, 404, 422, 503))
def delete_acknowledgement(acknowledgement: AcknowledgementId, by: Operator, source: Everything) -> None:
    """Take it back: the alert is told again if it fires."""
    desk = source.kept()
    found = next((each for each in desk.acknowledgements() if each.id == acknowledgement), None)
    if found is None:
        raise problems.unknown_name("acknowledgement", acknowledgement, "", ())
    entry = audit.entry(by, source.clock(), "acknowledgement.delete", found.id, {"alert": found.alert})
    desk.withdraw_acknowledgement(found.id, entry)
    source.changed()


def _there(source: Source) -> dict[str, Alert]:
    return {identity(alert): alert for alert in source.alerts()}


def _until(wanted: asked.NewAcknowledgement, now: float) -> float | None:
    if wanted.duration_s is not None:
        return now + wanted.duration_s
    if wanted.until is not None and wanted.until.timestamp() <= now:
        raise problems.invalid([WrongParameter(where="body.until", message="it should be later than now")])
    return None if wanted.until is None else wanted.until.timestamp()


def _item(given: Acknowledgement, alert: Alert | None, calm: Calm) -> asked.Acknowledgement:
    created_at = moment(given.created_at)
    assert created_at is not None
    holds = (
        alert is not None and calm.acknowledgements.get(given.alert) == given and calm.acknowledged(given.alert, alert)
    )
    return asked.Acknowledgement(
        id=given.id,
        alert=given.alert,
        holds=holds,
        summary=None if alert is None else alert.summary,
        severity=given.severity,
        created_at=created_at,
        until=moment(given.until),
        author=given.author,
        comment=given.comment,
    )

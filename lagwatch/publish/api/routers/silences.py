"""Silences: alerts that nobody is to be told of for a while."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import numpy as np
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from lagwatch.model.alerts import Alert, State
from lagwatch.model.notices import Matcher, Silence
from lagwatch.publish.api import audit, problems
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.alert_items import identity
from lagwatch.publish.api.auth import Operator, OperatorRoute
from lagwatch.publish.api.paging import Absent, PageQuery, choose
from lagwatch.publish.api.problems import WrongParameter, documented
from lagwatch.publish.api.schemas import asked
from lagwatch.publish.api.schemas.alerts import ASKED_ID
from lagwatch.publish.api.schemas.asked import SilenceState
from lagwatch.publish.api.schemas.base import Page
from lagwatch.publish.api.values import moment
from lagwatch.publish.notices.payload import label_set

router = APIRouter(tags=["notices"])
writing = APIRouter(tags=["notices"], route_class=OperatorRoute)

SilenceId = Annotated[
    str, Path(alias="silence", max_length=255, description="The id of a silence.", examples=[ASKED_ID])
]


class SilenceQuery(PageQuery):
    """Which silences."""

    state: list[SilenceState] | Absent = Field(None, description="Only these states.", examples=[["active", "pending"]])


@router.get("/silences", responses=documented(422, 503))
def list_silences(query: Annotated[SilenceQuery, Query()], source: Everything) -> Page[asked.Silence]:
    """The silences, the one that ends last first; those that are over are kept for a while."""
    now = source.clock()
    found = sorted(source.kept().silences(), key=lambda each: (-each.ends_at, each.id))
    keep = [query.state is None or state_of(each, now) in query.state for each in found]
    rows = choose(query, np.array(keep, dtype=np.bool_))
    items = [_item(found[row], source) for row in rows.page]
    return Page(total=rows.total, offset=query.offset, limit=query.limit, items=items)


@router.get("/silences/{silence}", responses=documented(404, 422, 503))
def get_silence(silence: SilenceId, source: Everything) -> asked.Silence:
    """One silence."""
    return _item(_find(source, silence), source)


@writing.post("/silences", status_code=201, responses=documented(400, 401, 403, 413, 422, 503))
def create_silence(wanted: asked.NewSilence, by: Operator, source: Everything, response: Response) -> asked.Silence:
    """Silence all alerts that meet all matchers; the next notices obey."""
    now = source.clock()
    made = _made(wanted, by.name, now)
    source.kept().put_silence(made, audit.entry(by, now, "silence.create", made.id, _particulars(made)))
    source.changed()
    response.headers["Location"] = f"{source.external_url}/api/v1/silences/{made.id}"
    return _item(made, source)


@writing.delete("/silences/{silence}", responses=documented(401, 403, 404, 422, 503))
def expire_silence(silence: SilenceId, by: Operator, source: Everything) -> asked.Silence:
    """End a silence now; what it silenced is told if it still fires. One that is over stays as it is."""
    now = source.clock()
    found = _find(source, silence)
    if now < found.ends_at:
        ended = Silence(
            id=found.id,
            matchers=found.matchers,
            starts_at=min(found.starts_at, now),
            ends_at=now,
            author=found.author,
            comment=found.comment,
        )
        source.kept().put_silence(ended, audit.entry(by, now, "silence.expire", found.id))
        source.changed()
        found = ended
    return _item(found, source)


def state_of(silence: Silence, now: float) -> SilenceState:
    """Whether it holds."""
    if now >= silence.ends_at:
        return "expired"
    return "active" if now >= silence.starts_at else "pending"


def _find(source: Source, silence_id: str) -> Silence:
    found = next((each for each in source.kept().silences() if each.id == silence_id), None)
    if found is None:
        raise problems.unknown_name("silence", silence_id, "", ())
    return found


def _made(wanted: asked.NewSilence, author: str, now: float) -> Silence:
    starts_at = now if wanted.starts_at is None else wanted.starts_at.timestamp()
    ends_at = starts_at + (wanted.duration_s or 0.0) if wanted.ends_at is None else wanted.ends_at.timestamp()
    if ends_at <= max(now, starts_at):
        raise problems.invalid(
            [WrongParameter(where="body.ends_at", message="it should be later than now and than starts_at")]
        )
    if ends_at - now > asked.YEAR_S:
        raise problems.invalid([WrongParameter(where="body.ends_at", message="it should be within a year")])
    return Silence(
        id=str(uuid4()),
        matchers=tuple(Matcher(**matcher.model_dump()) for matcher in wanted.matchers),
        starts_at=starts_at,
        ends_at=ends_at,
        author=author,
        comment=wanted.comment,
    )


def _particulars(silence: Silence) -> dict[str, Any]:
    return {
        "matchers": [_matcher(each).model_dump() for each in silence.matchers],
        "starts_at": _text(silence.starts_at),
        "ends_at": _text(silence.ends_at),
        "comment": silence.comment,
    }


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _item(silence: Silence, source: Source) -> asked.Silence:
    starts_at, ends_at = moment(silence.starts_at), moment(silence.ends_at)
    assert starts_at is not None
    assert ends_at is not None
    return asked.Silence(
        id=silence.id,
        state=state_of(silence, source.clock()),
        matchers=[_matcher(each) for each in silence.matchers],
        starts_at=starts_at,
        ends_at=ends_at,
        author=silence.author,
        comment=silence.comment,
        alerts=[identity(alert) for alert in source.alerts() if _meets(alert, silence)],
    )


def _meets(alert: Alert, silence: Silence) -> bool:
    labels = label_set(alert)
    return alert.state is not State.RESOLVED and all(matcher.matches(labels) for matcher in silence.matchers)


def _matcher(matcher: Matcher) -> asked.Matcher:
    return asked.Matcher(name=matcher.name, value=matcher.value, is_regex=matcher.is_regex, is_equal=matcher.is_equal)

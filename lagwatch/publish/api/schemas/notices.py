"""Notices, receivers, and the audit log."""

from datetime import datetime
from typing import Any

from pydantic import Field

from lagwatch.model.alerts import Severity
from lagwatch.model.notices import Stage, Status
from lagwatch.publish.api.schemas.alerts import ALERT_ID, ASKED_ID
from lagwatch.publish.api.schemas.base import Shape

_SUMMARY = "[firing critical] ConsumerLagHigh: billing is 123,456 messages behind on orders"


class Notice(Shape):
    """A message to a receiver."""

    id: str = Field(description="Its id, which is sent along as its idempotency key.", examples=[ALERT_ID])
    receiver: str = Field(description="Whom it is for.", examples=["on-call"])
    state: Stage = Field(
        description="`pending`: it waits to be sent. `sent`: the receiver accepted it. `dead`: it was refused or given up.",
        examples=["dead"],
    )
    status: Status = Field(description="What it says.", examples=["firing"])
    severity: Severity | None = Field(description="That of the loudest alert in it.", examples=["critical"])
    cluster: str = Field(description="Its cluster; empty if it is about lagwatch itself.", examples=["main"])
    summary: str = Field(description="The message on one line.", examples=[_SUMMARY])
    alerts: int = Field(ge=0, description="How many alerts are in it.", examples=[1])
    created_at: datetime = Field(description="When it was made.", examples=["2026-03-02T00:05:30Z"])
    attempts: int = Field(ge=0, description="How often it was tried.", examples=[7])
    next_attempt_at: datetime | None = Field(
        description="When it is tried next; null if it is not pending.", examples=["2026-03-02T00:07:00Z"]
    )
    ended_at: datetime | None = Field(description="When it was sent or given up.", examples=["2026-03-02T01:05:31Z"])
    error: str | None = Field(
        description="What went wrong at the last try.", examples=["the receiver answered 400: unknown channel"]
    )


class NoticeWithBody(Notice):
    """A message with all that it says."""

    body: dict[str, Any] = Field(
        description="What is told, as Alertmanager's webhook JSON, version 4; every receiver makes its own text of it.",
        examples=[{"version": "4", "status": "firing", "alerts": []}],
    )


class Resent(Shape):
    """What is sent again."""

    notices: list[str] = Field(description="The ids of the messages that are pending again.", examples=[[ALERT_ID]])


class Receiver(Shape):
    """Who can be told of alerts, and whether that works."""

    name: str = Field(description="Its name in the configuration.", examples=["on-call"])
    kind: str = Field(description="What it is.", examples=["pagerduty"])
    healthy: bool = Field(
        description="Whether everything that was for it has arrived, or is on its way.", examples=[False]
    )
    reason: str = Field(
        description="Why not, in a sentence; empty if it is healthy.",
        examples=["2 notices were given up; the last try failed: the receiver answered 400."],
    )
    down: bool = Field(description="Whether it takes no message at all at present.", examples=[False])
    pending: int = Field(ge=0, description="How many messages wait to be sent.", examples=[0])
    oldest_pending_at: datetime | None = Field(
        description="When the oldest of them was made.", examples=["2026-03-02T00:05:30Z"]
    )
    dead: int = Field(ge=0, description="How many messages were refused or given up, and are kept.", examples=[2])
    sent: int = Field(ge=0, description="How many it accepted since the start of lagwatch.", examples=[214])
    failed: dict[str, int] = Field(
        description="How many were refused or given up since then, by reason.", examples=[{"refused": 2}]
    )
    retries: int = Field(ge=0, description="How many tries after the first there were since then.", examples=[5])
    last_sent_at: datetime | None = Field(description="When it last accepted one.", examples=["2026-03-02T00:05:31Z"])
    last_error: str | None = Field(
        description="What went wrong at the last try that failed.",
        examples=["the receiver answered 400: unknown channel"],
    )


class Receivers(Shape):
    """All receivers."""

    items: list[Receiver] = Field(description="The receivers, by name.")


class AuditItem(Shape):
    """Somebody changed something."""

    id: str = Field(description="The id of the entry.", examples=[ASKED_ID])
    at: datetime = Field(description="When.", examples=["2026-03-02T00:12:00Z"])
    actor: str = Field(description="The name of the token with which it was done.", examples=["ada"])
    action: str = Field(description="What was done.", examples=["silence.create"])
    subject: str = Field(description="To what.", examples=[ASKED_ID])
    details: dict[str, Any] = Field(
        description="The particulars.", examples=[{"comment": "planned migration of billing"}]
    )

"""What people ask for: silences and acknowledgements."""

import re
import warnings
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from lagwatch.model.alerts import Severity
from lagwatch.publish.api.schemas.alerts import ALERT_ID, ASKED_ID
from lagwatch.publish.api.schemas.base import Shape
from lagwatch.publish.api.values import Moment

YEAR_S = 366 * 86_400.0
SilenceState = Literal["pending", "active", "expired"]

_LABEL = "The label: alertname, severity, kafka_cluster, group, topic, partition, receiver, or one of the rule."
_COMMENT = "Why, for whoever reads it later."
_AUTHOR = "The name of the token with which it was made."


class Matcher(Shape):
    """A label of an alert and what it must be."""

    name: str = Field(min_length=1, max_length=255, description=_LABEL, examples=["group"])
    value: str = Field(max_length=1000, description="What it must be; a missing label is empty.", examples=["billing"])
    is_regex: bool = Field(
        False, description="Whether `value` is a regular expression over the whole label.", examples=[False]
    )
    is_equal: bool = Field(True, description="False: what it must not be.", examples=[True])

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.is_regex:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    re.compile(self.value)
            except (re.error, Warning, OverflowError, RecursionError) as error:
                raise ValueError(f"value should be a regular expression (this one: {error})") from error
        return self

    def matches_nothing(self) -> bool:
        """Whether it holds for a label that is not there: alone it would hold for almost everything."""
        same = re.fullmatch(self.value, "") is not None if self.is_regex else not self.value
        return same is self.is_equal


class NewSilence(Shape):
    """A silence to be made; exactly one of `ends_at` and `duration_s` is given."""

    matchers: list[Matcher] = Field(
        min_length=1,
        max_length=20,
        description="All must hold for an alert to be silenced; one at least asks for something.",
    )
    starts_at: Moment | None = Field(
        None, description="When it begins; default: now.", examples=["2026-03-02T22:00:00Z"]
    )
    ends_at: Moment | None = Field(None, description="When it ends.", examples=["2026-03-03T02:00:00Z"])
    duration_s: float | None = Field(
        None, gt=0, le=YEAR_S, description="For how many seconds it holds, instead of `ends_at`.", examples=[7200.0]
    )
    comment: str = Field(min_length=1, max_length=1000, description=_COMMENT, examples=["planned migration of billing"])

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if (self.ends_at is None) == (self.duration_s is None):
            raise ValueError("give either ends_at or duration_s")
        if all(matcher.matches_nothing() for matcher in self.matchers):
            raise ValueError(
                "at least one matcher should ask for a label that is there: these would silence everything"
            )
        return self


class Silence(Shape):
    """Alerts that meet all its matchers are not told while it holds."""

    id: str = Field(description="Its id.", examples=[ASKED_ID])
    state: SilenceState = Field(description="Whether it holds: not yet, now, or not any more.", examples=["active"])
    matchers: list[Matcher] = Field(description="All must hold for an alert.")
    starts_at: datetime = Field(description="When it begins.", examples=["2026-03-02T22:00:00Z"])
    ends_at: datetime = Field(description="When it ends.", examples=["2026-03-03T02:00:00Z"])
    author: str = Field(description=_AUTHOR, examples=["ada"])
    comment: str = Field(description=_COMMENT, examples=["planned migration of billing"])
    alerts: list[str] = Field(
        description="The ids of the alerts that meet its matchers now; none may be a mistake in a matcher.",
        examples=[[ALERT_ID]],
    )


class NewAcknowledgement(Shape):
    """An acknowledgement to be made; `until` and `duration_s` are not given together."""

    alert: str = Field(max_length=255, description="The id of an alert that fires.", examples=[ALERT_ID])
    until: Moment | None = Field(
        None,
        description="When the alert is told again if it still fires; default: never.",
        examples=["2026-03-03T08:00:00Z"],
    )
    duration_s: float | None = Field(
        None, gt=0, le=YEAR_S, description="In how many seconds that is, instead of `until`.", examples=[3600.0]
    )
    comment: str = Field("", max_length=1000, description=_COMMENT, examples=["restarting the consumer"])

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.until is not None and self.duration_s is not None:
            raise ValueError("give either until or duration_s, or neither")
        return self


class Acknowledgement(Shape):
    """Somebody takes care of an alert: it is not told again, as long as it fires and does not get louder."""

    id: str = Field(description="Its id.", examples=[ASKED_ID])
    alert: str = Field(description="The id of the alert.", examples=[ALERT_ID])
    holds: bool = Field(
        description="Whether it keeps the alert from being told again, as that stands.", examples=[True]
    )
    summary: str | None = Field(
        description="What the alert says; null if it is inactive.",
        examples=["billing is 18,423 messages behind on orders and falling further behind (+310/min)"],
    )
    severity: Severity = Field(description="How loud the alert was then.", examples=["critical"])
    created_at: datetime = Field(description="When it was made.", examples=["2026-03-02T00:12:00Z"])
    until: datetime | None = Field(
        description="When the alert is told again if it still fires; null: never.", examples=["2026-03-03T08:00:00Z"]
    )
    author: str = Field(description=_AUTHOR, examples=["ada"])
    comment: str = Field(description=_COMMENT, examples=["restarting the consumer"])

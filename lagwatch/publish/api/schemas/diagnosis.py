"""Why a group lags."""

from pydantic import Field

from lagwatch.model.diagnosis import Cause
from lagwatch.publish.api.schemas.base import Aged, Shape


class Finding(Shape):
    """One cause of the lag of a group."""

    cause: Cause = Field(
        description="The cause, for programs; docs/diagnosis.md says what each means.", examples=["stopped"]
    )
    sentence: str = Field(
        description="The cause with its evidence, for people.",
        examples=["billing has had no members for 2h 5m: nobody reads; 14,000 messages are waiting."],
    )
    certainty: float = Field(ge=0, le=1, description="How sure this is; it ranks the findings.", examples=[0.95])
    next_step: str = Field(description="What to do about it.", examples=["Start the consumers of billing."])
    topic: str | None = Field(description="The topic, if it is about one.", examples=[None])
    partition: int | None = Field(description="The partition, if it is about one.", examples=[None])
    evidence: dict[str, float | str | None] = Field(
        description="The figures that the sentence rests on; rates are messages a minute, names that end in `_s` seconds.",
        examples=[{"members": 0.0, "lag": 14000.0, "members_gone_s": 7500.0}],
    )


class Diagnosis(Aged):
    """Why a group lags."""

    group: str = Field(description="The group's name.", examples=["billing"])
    lag: int | None = Field(
        ge=0, description="Messages behind, summed over the partitions that are known.", examples=[14000]
    )
    sentence: str = Field(
        description="The likeliest cause, or that there is nothing to explain.",
        examples=["billing has had no members for 2h 5m: nobody reads; 14,000 messages are waiting."],
    )
    findings: list[Finding] = Field(description="The causes, the likeliest first; none for a group that keeps up.")

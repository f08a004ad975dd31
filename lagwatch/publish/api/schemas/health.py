"""Health: alive, and ready."""

from datetime import datetime

from pydantic import Field

from lagwatch.publish.api.schemas.base import Shape


class Alive(Shape):
    """The process serves requests."""

    alive: bool = Field(description="Always true: a dead process does not answer.", examples=[True])
    version: str = Field(description="The version of lagwatch.", examples=["0.1.0"])


class Readiness(Shape):
    """Whether one cluster is watched."""

    cluster: str = Field(description="The cluster's name in the configuration.", examples=["main"])
    ready: bool = Field(description="Whether its last good poll is younger than `stale_after_s`.", examples=[True])
    reason: str = Field(description="Why, in a sentence.", examples=["The last good poll ended 12 s ago."])
    last_good_age_s: float | None = Field(
        ge=0, description="The age of the last good poll; null if there was none.", examples=[11.8]
    )
    stale_after_s: float = Field(description="The age from which a cluster counts as not watched.", examples=[300.0])


class StoreState(Shape):
    """How keeping goes: alert states, alert history, notices, silences. The watch goes on without."""

    ok: bool = Field(description="Whether everything can be written.", examples=[True])
    reason: str = Field(description="What is wrong and what to do; empty if nothing is.", examples=[""])
    since: datetime | None = Field(description="When that began.", examples=[None])
    pending: int = Field(ge=0, description="Changes that wait in memory to be written.", examples=[0])
    dropped: dict[str, int] = Field(
        description="Changes that were given up since the start, by kind.", examples=[{"history": 12}]
    )
    durable: bool = Field(description="Whether anything that is kept outlives the process.", examples=[True])


class Ready(Shape):
    """Every cluster is watched."""

    ready: bool = Field(description="Always true: otherwise the answer is a problem with status 503.", examples=[True])
    clusters: list[Readiness] = Field(description="Every cluster, with its reason.")
    store: StoreState | None = Field(description="How keeping goes; null if nothing is kept, or if a token is needed.")

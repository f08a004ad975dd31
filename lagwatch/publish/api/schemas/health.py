"""Health: alive, and ready."""

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


class Ready(Shape):
    """Every cluster is watched."""

    ready: bool = Field(description="Always true: otherwise the answer is a problem with status 503.", examples=[True])
    clusters: list[Readiness] = Field(description="Every cluster, with its reason.")

"""What all answers share: strict models, and the page around a list."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Shape(BaseModel):
    """An answer or a part of one; only what its fields say can be in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Shape, Generic[Item]):
    """One page of a list."""

    total: int = Field(ge=0, description="How many items match, on all pages.", examples=[214])
    offset: int = Field(ge=0, description="How many of them come before this page.", examples=[0])
    limit: int = Field(ge=1, description="How many a page has at most.", examples=[100])
    items: list[Item] = Field(description="The items of this page.")


class Newest(Shape, Generic[Item]):
    """The newest items of a list that grows."""

    items: list[Item] = Field(description="The items, the newest first.")
    next: int | None = Field(
        description="Give this as `before` for the items before these; null if there are none.", examples=[4711]
    )


class Aged(Shape):
    """Facts of one cluster, and how old they are."""

    cluster: str = Field(description="The cluster's name in the configuration.", examples=["main"])
    as_of: datetime = Field(
        description="The moment that the facts hold for (RFC 3339, UTC).", examples=["2026-03-02T00:00:30Z"]
    )
    age_s: float = Field(ge=0, description="How many seconds ago that was.", examples=[12.4])


class ClusterPage(Page[Item], Aged, Generic[Item]):
    """One page of a list of facts of one cluster."""


class Placed(Shape):
    """Partitions of one topic."""

    topic: str = Field(description="The topic's name.", examples=["orders"])
    partitions: list[int] = Field(description="Partition numbers, ascending.", examples=[[0, 3, 6]])

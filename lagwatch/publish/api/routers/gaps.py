"""What the last poll could not learn."""

from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.publish.api.access import ClusterData
from lagwatch.publish.api.names import matching
from lagwatch.publish.api.paging import Absent, PageQuery, Pattern, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.api.schemas.clusters import Gap
from lagwatch.publish.api.values import known

router = APIRouter(tags=["clusters"])
_Part = Literal["topics", "topic_config", "offsets", "group_list", "group_description", "committed_offsets"]


class GapQuery(PageQuery):
    """Which gaps, in which order."""

    sort: Literal["part", "-part", "count", "-count"] = Field(
        "part", description="The field to sort by; `part`: in the order of a poll.", examples=["-count"]
    )
    part: list[_Part] | Absent = Field(None, description="Only these parts of the facts.", examples=[["offsets"]])
    reason: Pattern | Absent = Field(
        None, description="Only reasons that match this pattern (`*`, `?`).", examples=["*TIMED_OUT"]
    )


@router.get("/clusters/{cluster}/gaps", responses=documented(404, 422, 503))
async def list_gaps(query: Annotated[GapQuery, Query()], seen: ClusterData) -> ClusterPage[Gap]:
    """What the last poll could not learn, and why; what depends on it is unknown."""
    gaps = seen.latest.gaps
    keep = matching([gap.reason for gap in gaps], query.reason)
    if query.part is not None:
        keep &= np.array([gap.part in query.part for gap in gaps], dtype=np.bool_)
    counts = np.array([gap.count for gap in gaps], dtype=np.int64)

    def item(row: int) -> Gap:
        gap = gaps[row]
        return Gap(
            part=gap.part,
            reason=gap.reason,
            count=gap.count,
            first=gap.first or None,
            broker=known(gap.broker),
            hint=gap.hint or None,
        )

    return page(seen, query, choose(query, keep, query.sort, {"count": counts}), item)

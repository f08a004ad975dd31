"""What an audit of a cluster finds."""

from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.publish.api.access import ClusterData, Everything
from lagwatch.publish.api.names import matching
from lagwatch.publish.api.paging import Absent, PageQuery, Pattern, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import page
from lagwatch.publish.api.schemas.audit import AuditFinding, AuditKind, AuditLevel
from lagwatch.publish.api.schemas.base import ClusterPage
from lagwatch.publish.audit.form import finding_form

router = APIRouter(tags=["clusters"])


class AuditFindingQuery(PageQuery):
    """Which findings, in which order."""

    sort: Literal["level", "-level"] = Field(
        "-level", description="The field to sort by; `-level`: the worst first.", examples=["-level"]
    )
    level: list[AuditLevel] | Absent = Field(None, description="Only these levels.", examples=[["error", "unknown"]])
    kind: list[AuditKind] | Absent = Field(None, description="Only about these.", examples=[["topic"]])
    rule: Pattern | Absent = Field(
        None, description="Only rules that match this pattern (`*`, `?`).", examples=["topic-*"]
    )
    subject: Pattern | Absent = Field(None, description="Only subjects that match this pattern.", examples=["orders*"])
    suppressed: bool = Field(
        False, description="Whether findings that the configuration suppresses are listed, too.", examples=[True]
    )


@router.get("/clusters/{cluster}/audit", responses=documented(404, 422, 503))
def list_audit_findings(  # not async: with thousands of topics it takes a tenth of a second, in a thread then
    query: Annotated[AuditFindingQuery, Query()], seen: ClusterData, source: Everything
) -> ClusterPage[AuditFinding]:
    """Settings of brokers, topics, groups and clients that are not good practice, why, and what mends them."""
    report = source.asked().audit(seen.latest)
    assert report is not None  # there is a view, or `seen` would have refused
    findings = (*report.findings, *(report.suppressed if query.suppressed else ()))
    keep = matching([finding.rule.id for finding in findings], query.rule)
    keep &= matching([finding.subject for finding in findings], query.subject)
    for wanted, values in (
        (query.level, [finding.level.value for finding in findings]),
        (query.kind, [finding.rule.kind.value for finding in findings]),
    ):
        if wanted is not None:
            keep &= np.array([value in wanted for value in values], dtype=np.bool_)
    weights = np.array([finding.level.weight for finding in findings], dtype=np.int64)
    rows = choose(query, keep, query.sort, {"level": weights})
    return page(seen, query, rows, lambda row: AuditFinding.model_validate(finding_form(findings[row])))

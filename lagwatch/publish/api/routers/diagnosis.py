"""Why a group lags."""

from fastapi import APIRouter

from lagwatch.model.diagnosis import Diagnosis as DiagnosisFacts
from lagwatch.model.diagnosis import Finding as FindingFacts
from lagwatch.publish.api.access import ClusterData, Everything, Seen
from lagwatch.publish.api.names import GroupName
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.groups import unknown_group
from lagwatch.publish.api.routers.pages import aged
from lagwatch.publish.api.schemas.diagnosis import Diagnosis, Finding
from lagwatch.publish.api.values import number

router = APIRouter(tags=["groups"])


@router.get("/clusters/{cluster}/groups/{group:path}/diagnosis", responses=documented(404, 422, 503))
async def get_group_diagnosis(group: GroupName, seen: ClusterData, source: Everything) -> Diagnosis:
    """Why a group lags: the causes with their evidence and what to do, the likeliest first."""
    found = source.asked().diagnosis(seen.latest, group)
    if found is None:
        raise unknown_group(seen, group)
    return diagnosis_item(seen, found)


def diagnosis_item(seen: Seen, found: DiagnosisFacts) -> Diagnosis:
    """A diagnosis, of one group."""
    return Diagnosis(
        **aged(seen),
        group=found.group,
        lag=found.lag,
        sentence=found.sentence,
        findings=[_finding(each) for each in found.findings],
    )


def _finding(found: FindingFacts) -> Finding:
    """One cause."""
    return Finding(
        cause=found.cause,
        sentence=found.sentence,
        certainty=round(found.certainty, 2),
        next_step=found.next_step,
        topic=found.topic,
        partition=found.partition,
        evidence={name: value if isinstance(value, str) else number(value) for name, value in found.evidence.items()},
    )

"""How well a cluster is."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter

from lagwatch.model import details as slow
from lagwatch.model import health as facts
from lagwatch.model.details import Details, Part
from lagwatch.model.releases import metadata_version
from lagwatch.publish.api.access import ClusterData, Seen
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.pages import aged
from lagwatch.publish.api.schemas.cluster_health import ClusterHealth, Failure, Quorum, QuorumNode, ScorePart
from lagwatch.publish.api.values import known, moment, number

router = APIRouter(tags=["clusters"])

_COUNTS = (
    *("at_min_isr", "unrecoverable", "single_copy", "single_rack", "unclean_topics", "reassigning"),
    *("open_transactions", "hung_transactions"),
)
_SHARES = ("oldest_transaction_s", "preferred_imbalance", "leader_skew", "produce_skew", "size_skew")
_PARTS = (*("log_dirs", "transactions", "reassignments", "quorum", "elr", "features", "broker_config", "topic_config"),)


@router.get("/clusters/{cluster}/health", responses=documented(404, 422, 503))
async def get_cluster_health(seen: ClusterData) -> ClusterHealth:
    """The health of a cluster: a score with its parts, and what would come of one more failure, by name."""
    return health_item(seen)


def health_item(seen: Seen) -> ClusterHealth:
    """The health of the cluster that was seen."""
    health, details = seen.view.health, seen.snapshot.details or Details()
    features = None if details.features is None else details.features.value
    level = None if features is None else features.finalized.get("metadata.version")
    read = {name: getattr(details, name) for name in _PARTS}
    return ClusterHealth(
        **aged(seen),
        score=None if health is None else health.score,
        unknown=[] if health is None else list(health.unknown),
        parts=[] if health is None else [_part(part) for part in health.parts],
        **{name: None if health is None else known(getattr(health, name)) for name in _COUNTS},
        **{name: None if health is None else number(getattr(health, name)) for name in _SHARES},
        quorum=None if health is None or health.quorum is None else _quorum(health.quorum, details),
        failures=_failures(seen),
        metadata_version=None if level is None else metadata_version(level),
        features=None if features is None else dict(features.finalized),
        releases=None if features is None else dict(features.releases),
        read_at=_read_at(read),
    )


def _part(part: facts.ScorePart) -> ScorePart:
    return ScorePart(name=part.name, lost=number(part.lost), most=part.most, sentence=part.sentence or None)


def _quorum(state: facts.QuorumState, details: Details) -> Quorum:
    told = None if details.quorum is None else details.quorum.value
    nodes = [] if told is None else [*((n, True) for n in told.voters), *((n, False) for n in told.observers)]
    return Quorum(
        leader=state.leader,
        voters=state.voters,
        caught_up=state.caught_up,
        majority=state.majority,
        behind=list(state.behind),
        max_lag=known(state.max_lag),
        nodes=[_node(node, voter=voter) for node, voter in nodes],
    )


def _node(node: slow.QuorumNode, *, voter: bool) -> QuorumNode:
    return QuorumNode(
        id=node.id,
        voter=voter,
        lag=known(node.lag),
        last_fetch_at=moment(node.last_fetch_at),
        last_caught_up_at=moment(node.last_caught_up_at),
    )


def _failures(seen: Seen) -> list[Failure]:
    found = None if seen.insights is None else seen.insights.failures(seen.latest)
    return [Failure(**asdict(each)) for each in found or ()]


def _read_at(parts: Mapping[str, Part[object] | None]) -> dict[str, datetime]:
    read = {name: None if part is None else moment(part.read_at) for name, part in parts.items()}
    return {name: at for name, at in read.items() if at is not None}

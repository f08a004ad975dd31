"""`/v3/kafka/...`: clusters, topics, groups and how they are, as Burrow answers."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from lagwatch.model.latest import Latest
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.model.view import View
from lagwatch.publish.api import audit
from lagwatch.publish.api.access import Everything, Source
from lagwatch.publish.api.auth import Operator, OperatorRoute
from lagwatch.publish.api.burrow.envelope import Info, NotPossible
from lagwatch.publish.api.burrow.schemas import (
    Clusters,
    ConsumerDetail,
    Consumers,
    ConsumerStatus,
    Envelope,
    RequestInfo,
    TopicOffsets,
    Topics,
)
from lagwatch.publish.api.burrow.setup import Configuration
from lagwatch.publish.api.burrow.windows import Windows, detail, not_found, status
from lagwatch.publish.api.names import ClusterName, GroupName, TopicName

router = APIRouter(prefix="/kafka")
writing = APIRouter(prefix="/kafka", route_class=OperatorRoute)

_NO_CLUSTER = "cluster not found"
_NO_TOPIC = "cluster or topic not found"
_NO_GROUP = "cluster or consumer not found"
_STATUS = "consumer status returned"


@router.get("")
async def clusters(source: Everything, request: Info) -> Clusters:
    """The clusters that are watched, whether they can be reached or not."""
    names = list(source.board.clusters())
    return Clusters(error=False, message="cluster list returned", request=request, clusters=names)


@router.get("/{cluster}/topic")
async def topics(cluster: ClusterName, source: Everything, request: Info) -> Topics:
    """The topics that are watched."""
    names = list(_view(source, cluster, _NO_CLUSTER).snapshot.topics.names)
    return Topics(error=False, message="topic list returned", request=request, topics=names)


@router.get("/{cluster}/topic/{topic}")
async def topic_offsets(cluster: ClusterName, topic: TopicName, source: Everything, request: Info) -> TopicOffsets:
    """Where the partitions of a topic end, as far as it was ever seen."""
    view = _view(source, cluster, _NO_TOPIC)
    names, first = view.snapshot.topics.names, view.snapshot.topics.first
    if topic not in names:
        raise NotPossible(404, _NO_TOPIC)
    windows = None if view.burrow is None else view.burrow.windows
    ends = view.snapshot.partitions.end if windows is None else windows.end()
    t = names.index(topic)
    offsets = [end for end in ends[first[t] : first[t + 1]].tolist() if end != UNKNOWN]
    return TopicOffsets(error=False, message="topic offsets returned", request=request, offsets=offsets)


@router.get("/{cluster}/topic/{topic}/consumers")
def topic_consumers(cluster: ClusterName, topic: TopicName, source: Everything, request: Info) -> Consumers:
    """The groups that have committed on a topic; there are none on one that is not known."""
    names = _windows(source, cluster, _NO_CLUSTER).groups_of(topic)
    return Consumers(error=False, message="consumers of topic returned", request=request, consumers=names)


@router.get("/{cluster}/consumer")
def consumers(cluster: ClusterName, source: Everything, request: Info) -> Consumers:
    """The groups that have committed something."""
    names = _windows(source, cluster, _NO_CLUSTER).groups()
    return Consumers(error=False, message="consumer list returned", request=request, consumers=names)


@router.get("/{cluster}/consumer/{consumer}")
def consumer(cluster: ClusterName, consumer: GroupName, source: Everything, request: Info) -> ConsumerDetail:
    """The windows of a group."""
    found = _windows(source, cluster, _NO_GROUP)
    partitions = found.partitions(consumer)
    if partitions is None:
        raise NotPossible(404, _NO_GROUP)
    windows = detail(partitions, found.windows.options.intervals)
    return ConsumerDetail(error=False, message="consumer detail returned", request=request, topics=windows)


@router.get("/{cluster}/consumer/{consumer}/status", response_model=ConsumerStatus)
def consumer_status(
    cluster: ClusterName, consumer: GroupName, source: Everything, request: Info
) -> ConsumerStatus | Response:
    """How a group is, with the partitions that are not OK."""
    return _status(source, cluster, consumer, request, everything=False)


@router.get("/{cluster}/consumer/{consumer}/lag", response_model=ConsumerStatus)
def consumer_lag(
    cluster: ClusterName, consumer: GroupName, source: Everything, request: Info
) -> ConsumerStatus | Response:
    """How a group is, with all its partitions."""
    return _status(source, cluster, consumer, request, everything=True)


@writing.delete("/{cluster}/consumer/{consumer}")
def remove_consumer(
    cluster: ClusterName, consumer: GroupName, source: Everything, known: Configuration, by: Operator, request: Info
) -> Envelope:
    """Forget the windows of a group, and nothing else; a new commit brings it back. It need not be there."""
    return _remove(source, known, by, request, cluster, consumer, None)


@writing.delete("/{cluster}/consumer/{consumer}/topic/{topic}")
def remove_consumer_topic(
    cluster: ClusterName,
    consumer: GroupName,
    topic: TopicName,
    source: Everything,
    known: Configuration,
    by: Operator,
    request: Info,
) -> Envelope:
    """The same for one topic."""
    return _remove(source, known, by, request, cluster, consumer, topic)


def _latest(source: Source, cluster: str, message: str) -> Latest:
    latest = source.board.latest(cluster)
    if latest is None:
        raise NotPossible(404, message)
    return latest


def _view(source: Source, cluster: str, message: str) -> View:
    """What is known; Burrow would answer as if there were nothing, until it has read something."""
    latest = _latest(source, cluster, message)
    if latest.view is None:
        reason = latest.health.error or "the first poll is under way"
        raise NotPossible(503, f"nothing is known of cluster {cluster} yet: {reason}")
    return latest.view


def _windows(source: Source, cluster: str, message: str) -> Windows:
    burrow = _view(source, cluster, message).burrow
    if burrow is None or burrow.windows is None:
        raise NotPossible(503, burrow.off if burrow is not None else "windows of commits are not kept")
    return Windows.of(burrow, burrow.windows)


def _status(
    source: Source, cluster: str, consumer: str, request: RequestInfo, *, everything: bool
) -> ConsumerStatus | Response:
    if source.board.latest(cluster) is None:
        return _missing(cluster, consumer, request)
    found = _windows(source, cluster, _NO_GROUP)
    partitions = found.partitions(consumer)
    if partitions is None:
        return _missing(cluster, consumer, request)
    judged = status(cluster, consumer, partitions, found.windows.options.intervals, everything=everything)
    return ConsumerStatus(error=False, message=_STATUS, request=request, status=judged)


def _missing(cluster: str, consumer: str, request: RequestInfo) -> Response:
    """Burrow's way: status 404, no error, and the same message as for a group that is there."""
    body = ConsumerStatus(error=False, message=_STATUS, request=request, status=not_found(cluster, consumer))
    return JSONResponse(body.model_dump(mode="json", by_alias=True), 404)


def _remove(
    source: Source,
    known: Configuration,
    by: Operator,
    request: RequestInfo,
    cluster: str,
    consumer: str,
    topic: str | None,
) -> Envelope:
    particulars = {"cluster": cluster} if topic is None else {"cluster": cluster, "topic": topic}
    source.kept().add_audit(audit.entry(by, source.clock(), "burrow.forget", consumer, particulars))
    known.forget(cluster, consumer, topic)
    return Envelope(error=False, message="consumer group removed", request=request)

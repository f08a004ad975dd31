"""`/clusters/{cluster}/topics/{topic}`: one topic: where it is, and who reads it."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lagwatch.model.words import ago
from lagwatch.publish.api.access import ClusterData, Everything, Seen, Source
from lagwatch.publish.api.names import TopicName
from lagwatch.publish.api.routers import groups, topics
from lagwatch.publish.api.schemas.clusters import TopicDetail
from lagwatch.publish.page.addresses import cluster_page
from lagwatch.publish.page.alerts import alerts_about
from lagwatch.publish.page.html import REFRESH_S, facts, framed, linked
from lagwatch.publish.page.staleness import stale_banner
from lagwatch.publish.page.tables import groups_table, partitions_table

router = APIRouter(include_in_schema=False)

_UP = "../../../"
_SHOWN = 200


@router.get("/clusters/{cluster}/topics/{topic}")
async def topic_page(topic: TopicName, seen: ClusterData, source: Everything) -> HTMLResponse:
    """The page of a topic; 404 with near misses if there is none."""
    detail = await topics.get_topic(topic, seen)
    partitions = await topics.list_topic_partitions(
        topic, topics.PartitionQuery(limit=_SHOWN, offset=0, sort="partition"), seen
    )
    # The filter takes patterns, and no topic has one of their characters in its name.
    readers = await groups.list_groups(
        groups.GroupQuery(limit=_SHOWN, offset=0, sort="-lag", topic=topic, explain=True), seen
    )
    cluster = seen.latest.cluster
    more = f", the first {_SHOWN} of {partitions.total:,}" if partitions.total > _SHOWN else ""
    body = (
        f"{stale_banner(seen.latest, seen.now)}"
        f'<p class="far">{linked(_UP + cluster_page(cluster), cluster)} · topic · {ago(detail.age_s)}</p>'
        f"<h2>{escape(detail.name)}</h2>\n{_in_numbers(detail)}"
        f"{alerts_about(source, cluster, topic=topic, up=_UP)}"
        f"{_needs(source, seen, topic)}"
        f"<h2>Groups that read it</h2>{groups_table(readers.items, cluster, _UP)}"
        f"<h2>Partitions{more}</h2>{partitions_table(partitions.items)}"
    )
    return framed(f"{topic} · lagwatch", body, up=_UP, refresh_s=REFRESH_S)


def _needs(source: Source, seen: Seen, topic: str) -> str:
    """What the topic needs for its peaks, with the arithmetic, for each group of which that can be said."""
    found = None if source.insights is None else source.insights.capacity(seen.latest, topic, None)
    if found is None:
        return ""
    said = [need for need in found.needs if need.partitions_needed is not None]
    lines = "".join(f"<dt>{escape(need.group)}</dt><dd>{escape(' '.join(need.lines))}</dd>" for need in said)
    return f"<h2>Capacity</h2><dl>{lines}</dl>\n" if said else ""


def _in_numbers(detail: TopicDetail) -> str:
    return facts(
        (
            ("Partitions", f"{detail.partitions:,}"),
            ("Replicas", "unknown" if detail.replication_factor is None else str(detail.replication_factor)),
            ("Messages", "unknown" if detail.messages is None else f"{detail.messages:,}"),
            ("Settings", escape(", ".join(f"{name}={value}" for name, value in sorted(detail.config.items())))),
        )
    )

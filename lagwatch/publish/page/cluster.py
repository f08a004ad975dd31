"""`/clusters/{cluster}`: one cluster: is it watched, is it well, who is behind; and its lists of groups and topics."""

from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from lagwatch.publish.api.access import ClusterData, Everything, OneCluster, Seen
from lagwatch.publish.api.health import readiness
from lagwatch.publish.api.routers import brokers, clusters, gaps, groups, topics
from lagwatch.publish.page.addresses import cluster_page as address
from lagwatch.publish.page.addresses import groups_page, topics_page
from lagwatch.publish.page.alerts import alerts_about
from lagwatch.publish.page.health import health_section
from lagwatch.publish.page.html import REFRESH_S, facts, framed, linked
from lagwatch.publish.page.staleness import stale_banner
from lagwatch.publish.page.tables import brokers_table, gaps_table, groups_table, topics_table

router = APIRouter(include_in_schema=False)

_UP = "../"
_UP_FROM_LIST = "../../"
_GROUPS_SHOWN = 20
_SHOWN = 1000


@router.get("/clusters/{cluster}")
async def cluster_page(latest: OneCluster, source: Everything) -> HTMLResponse:
    """The page of a cluster, also while it waits for its first good poll."""
    now = source.clock()
    item = clusters.cluster_item(latest, now)
    counts = " · ".join(
        f"{'unknown' if value is None else f'{value:,}'} {name}"
        for name, value in (
            ("brokers", item.brokers),
            ("topics", item.topics),
            ("partitions", item.partitions),
            ("groups", item.groups),
        )
    )
    lines = facts(
        (
            ("State", f'<span class="{item.state}">{item.state}</span>'),
            ("Polling", escape(readiness(latest, now).reason)),
            ("Last error", escape(item.error or "")),
            ("Has", counts),
            ("Partitions without a leader", _count(item.offline)),
            ("Under min ISR", _count(item.under_min_isr)),
            ("Under-replicated", _count(item.under_replicated)),
        )
    )
    rest = "" if latest.view is None else await _seen(Seen(latest, latest.view, now, source.insights))
    body = (
        f"{stale_banner(latest, now)}<h2>{escape(latest.cluster)}</h2>\n{lines}"
        f"{alerts_about(source, latest.cluster, up=_UP)}{rest}"
    )
    return framed(f"{latest.cluster} · lagwatch", body, up=_UP, refresh_s=REFRESH_S)


async def _seen(seen: Seen) -> str:
    cluster = seen.latest.cluster
    behind = await groups.list_groups(groups.GroupQuery(limit=_GROUPS_SHOWN, offset=0, sort="-lag", explain=True), seen)
    held = await brokers.list_brokers(brokers.BrokerQuery(limit=_SHOWN, offset=0, sort="id"), seen)
    missing = await gaps.list_gaps(gaps.GapQuery(limit=_SHOWN, offset=0, sort="part"), seen)
    every = linked(_UP + groups_page(cluster), f"all {behind.total:,} groups")
    listed = linked(_UP + topics_page(cluster), f"all {len(seen.snapshot.topics):,} topics")
    parts = [
        f"<h2>Groups, furthest behind first</h2>{groups_table(behind.items, cluster, _UP)}<p>See {every}, {listed}.</p>\n",
        await health_section(seen),
        f"<h2>Brokers</h2>{brokers_table(held.items)}",
    ]
    if missing.items:
        parts.insert(0, f"<h2>What the last poll could not learn</h2>{gaps_table(missing.items)}")
    return "".join(parts)


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


@router.get("/clusters/{cluster}/groups")
async def groups_list(query: Annotated[groups.GroupQuery, Query()], seen: ClusterData) -> HTMLResponse:
    """All groups: sorted, filtered by a pattern, page by page."""
    found = await groups.list_groups(query.model_copy(update={"explain": True}), seen)
    cluster = seen.latest.cluster
    sorts = ("name", "-lag", "-time_lag_s", "-max_partition_lag", "-growth_per_minute", "-members")
    body = groups_table(found.items, cluster, _UP_FROM_LIST)
    return _list("groups", seen, body, found.total, query.model_dump(exclude_unset=True), sorts)


@router.get("/clusters/{cluster}/topics")
async def topics_list(query: Annotated[topics.TopicQuery, Query()], seen: ClusterData) -> HTMLResponse:
    """All topics: sorted, filtered by a pattern, page by page."""
    found = await topics.list_topics(query, seen)
    cluster = seen.latest.cluster
    sorts = ("name", "-messages", "-groups", "-under_replicated", "-offline")
    body = topics_table(found.items, cluster, _UP_FROM_LIST)
    return _list("topics", seen, body, found.total, query.model_dump(exclude_unset=True), sorts)


def _said(sort: str) -> str:
    """An order of a list in words."""
    return sort.removeprefix("-").removesuffix("_s").replace("_", " ")


def _list(what: str, seen: Seen, body: str, total: int, given: dict[str, Any], sorts: tuple[str, ...]) -> HTMLResponse:
    """A list with a filter, ways to sort it, and ways to its other pages; `given` is what was asked."""

    def again(text: str, **changed: Any) -> str:
        return linked(f"?{urlencode({**given, **changed}, doseq=True)}", text)

    cluster = seen.latest.cluster
    first, limit = given.get("offset", 0), given.get("limit", 100)
    order = " · ".join(
        again(_said(sort), sort=sort, offset=0) if sort != given.get("sort", "name") else f"<b>{_said(sort)}</b>"
        for sort in sorts
    )
    ways = [again("before", offset=max(0, first - limit))] if first else []
    ways += [again("next", offset=first + limit)] if first + limit < total else []
    shown = f"{first + 1:,} to {min(first + limit, total):,} of {total:,}" if first < total else f"none of {total:,}"
    pattern = escape(str(given.get("name", "")))
    page = (
        f"{stale_banner(seen.latest, seen.now)}"
        f'<p class="far">{linked(_UP_FROM_LIST + address(cluster), cluster)}</p><h2>{what.capitalize()}</h2>\n'
        f'<form><label>Name <input name="name" value="{pattern}" placeholder="bill*"></label> <button>Show</button></form>\n'
        f"<p>Sorted by {order}. Shown: {shown}. {' · '.join(ways)}</p>{body}"
    )
    return framed(f"{what} of {cluster} · lagwatch", page, up=_UP_FROM_LIST)

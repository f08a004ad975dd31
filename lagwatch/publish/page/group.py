"""`/clusters/{cluster}/groups/{group}`: one group: how far behind, why, on what, and who reads."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lagwatch.model.diagnosis import Finding
from lagwatch.model.words import ago, figures, plural
from lagwatch.publish.api.access import ClusterData, Everything, Seen
from lagwatch.publish.api.names import GroupName
from lagwatch.publish.api.routers import group_parts, groups
from lagwatch.publish.api.schemas.groups import GroupDetail
from lagwatch.publish.page.addresses import cluster_page
from lagwatch.publish.page.alerts import alerts_about
from lagwatch.publish.page.html import REFRESH_S, facts, framed, linked
from lagwatch.publish.page.staleness import stale_banner
from lagwatch.publish.page.tables import drained, group_partitions_table, group_topics_table, members_table, time_lag

router = APIRouter(include_in_schema=False)

_UP = "../../../"
_SHOWN = 100


@router.get("/clusters/{cluster}/groups/{group:path}")
async def group_page(group: GroupName, seen: ClusterData, source: Everything) -> HTMLResponse:
    """The page of a group; 404 with near misses if there is none."""
    detail = await groups.get_group(group, seen)
    topics = await groups.list_group_topics(group, groups.GroupTopicQuery(limit=_SHOWN, offset=0, sort="-lag"), seen)
    partitions = await group_parts.list_group_partitions(
        group, group_parts.GroupPartitionQuery(limit=_SHOWN, offset=0, sort="-lag"), seen
    )
    members = await group_parts.list_group_members(
        group, group_parts.MemberQuery(limit=_SHOWN, offset=0, sort="-lag"), seen
    )
    cluster = seen.latest.cluster
    body = (
        f"{stale_banner(seen.latest, seen.now)}"
        f'<p class="far">{linked(_UP + cluster_page(cluster), cluster)} · group · {ago(detail.age_s)}</p>'
        f"<h2>{escape(detail.name) or '(empty name)'}</h2>\n"
        f"{_why(seen, group)}{_in_numbers(detail)}"
        f"{alerts_about(source, cluster, group=group, up=_UP)}"
        f"<h2>Topics{_part_of(topics.total)}</h2>{group_topics_table(topics.items, cluster, _UP)}"
        f"<h2>Partitions{_part_of(partitions.total)}</h2>{group_partitions_table(partitions.items)}"
        f"<h2>Members{_part_of(members.total)}</h2>{members_table(members.items)}"
    )
    return framed(f"{group} · lagwatch", body, up=_UP, refresh_s=REFRESH_S)


def _why(seen: Seen, group: str) -> str:
    """Why it lags: the likeliest cause as a sentence, then each with its evidence and what to do."""
    found = seen.diagnosis(group)
    if found is None:
        return ""
    findings = "".join(_finding(finding) for finding in found.findings)
    return f'<p class="why">{escape(found.sentence)}</p>\n' + (f"<h2>Why</h2>{findings}" if findings else "")


def _finding(finding: Finding) -> str:
    place = finding.topic or ""
    if finding.partition is not None:
        place = f"{place}/{finding.partition}"
    lines = facts(
        (("Evidence", escape(figures(finding.evidence))), ("Next", escape(finding.next_step)), ("Where", escape(place)))
    )
    head = f"<h3>{finding.cause.value.replace('_', ' ')} <span>certainty {finding.certainty:.0%}</span></h3>"
    return f"<article>{head}<p>{escape(finding.sentence)}</p>{lines}</article>\n"


def _part_of(total: int) -> str:
    return f", the {_SHOWN} furthest behind of {total:,}" if total > _SHOWN else ""


def _in_numbers(detail: GroupDetail) -> str:
    behind = "unknown" if detail.lag is None else f"{detail.lag:,} messages"
    if detail.unknown_partitions:
        behind = f"at least {behind}; the lag of {plural(detail.unknown_partitions, 'partition')} is unknown"
    growth = "unknown" if detail.growth_per_minute is None else f"{detail.growth_per_minute:+,.0f} messages a minute"
    reads = detail.consumed_per_minute
    state = " · ".join(part for part in (detail.type, detail.state, detail.protocol) if part)
    return facts(
        (
            ("Lag", behind),
            ("Time lag", time_lag(detail) or "unknown"),
            ("Growth", growth),
            ("Reads", "unknown" if reads is None else f"{reads:,.0f} messages a minute"),
            ("Backlog read in", drained(detail) or "unknown"),
            ("State", escape(state) or "unknown"),
            ("Members", "unknown" if detail.members is None else f"{detail.members:,}"),
            (
                "Rebalances",
                "" if not detail.rebalances.lately else f"{detail.rebalances.lately} in the last 15 minutes",
            ),
            ("Coordinator", "" if detail.coordinator is None else f"broker {detail.coordinator}"),
        )
    )

"""What is listed on several pages: groups, topics, partitions, members, brokers, gaps. Items of the API, as rows of HTML."""

from collections.abc import Iterable
from html import escape

from lagwatch.model.words import duration
from lagwatch.publish.api.schemas.base import Placed
from lagwatch.publish.api.schemas.clusters import Broker, Gap, Partition, Topic
from lagwatch.publish.api.schemas.groups import Group, GroupPartition, GroupTopic, Member, Owner
from lagwatch.publish.page.addresses import group_page, topic_page
from lagwatch.publish.page.html import UNKNOWN, cell, count_cell, linked, number_cell, table, text_cell

_GROWTH = "+,.0f"
_MOST_PLACED = 12


def groups_table(groups: Iterable[Group], cluster: str, up: str) -> str:
    """Groups in numbers. The lag stands beside the name, here and below: a telephone shows no more than two columns."""
    rows = [
        [
            cell(linked(up + group_page(cluster, group.name), group.name or "(empty name)")),
            number_cell(group.lag, at_least=bool(group.unknown_partitions)),
            _time_lag_cell(group),
            number_cell(group.growth_per_minute, _GROWTH),
            text_cell(group.type),
            text_cell(group.state),
            count_cell(group.members),
            text_cell(group.diagnosis),
        ]
        for group in groups
    ]
    return _or_none(("Group", "#Lag", "#Time lag", "#Growth a minute", "Type", "State", "#Members", "Why"), rows)


def group_topics_table(topics: Iterable[GroupTopic], cluster: str, up: str) -> str:
    """How far a group is behind, topic by topic."""
    rows = [
        [
            cell(linked(up + topic_page(cluster, topic.topic), topic.topic)),
            number_cell(topic.lag, at_least=bool(topic.unknown_partitions)),
            _time_lag_cell(topic),
            count_cell(topic.partitions),
            count_cell(topic.max_partition_lag),
            number_cell(topic.growth_per_minute, _GROWTH),
            number_cell(topic.consumed_per_minute, ",.0f"),
            text_cell(drained(topic)),
        ]
        for topic in topics
    ]
    heads = (
        "Topic",
        "#Lag",
        "#Time lag",
        "#Partitions",
        "#Worst partition",
        "#Growth a minute",
        "#Read a minute",
        "Read in",
    )
    return _or_none(heads, rows)


def drained(item: Group | GroupTopic) -> str | None:
    """When the backlogs of a group will have been read at the present speeds; None where that is not known."""
    if item.draining is None:
        return None
    if item.drain_s is None:
        return "never at this speed"
    return duration(item.drain_s) if item.drain_s else "no backlog"


def time_lag(item: Group | GroupTopic | GroupPartition, at_least: str = "at least") -> str | None:
    """How old the next record is that will be read; None where that is not known: that it is at least 0 says nothing."""
    if item.time_lag_s is None or (item.time_lag_is_lower_bound and not item.time_lag_s):
        return None
    if not item.time_lag_s:
        return "none"
    return f"{at_least} {duration(item.time_lag_s)}" if item.time_lag_is_lower_bound else duration(item.time_lag_s)


def group_partitions_table(partitions: Iterable[GroupPartition]) -> str:
    """How far a group is behind, partition by partition, and who reads it."""
    rows = [
        [
            text_cell(f"{each.topic}/{each.partition}"),
            count_cell(each.lag),
            _time_lag_cell(each),
            count_cell(each.committed_offset),
            count_cell(each.log_end_offset),
            number_cell(each.growth_per_minute, _GROWTH),
            _owners_cell(each.owners),
        ]
        for each in partitions
    ]
    heads = ("Partition", "#Lag", "#Time lag", "#Committed offset", "#Log end offset", "#Growth a minute", "Read by")
    return _or_none(heads, rows)


def members_table(members: Iterable[Member]) -> str:
    """The live members of a group."""
    rows = [
        [
            text_cell(member.client_id or member.instance_id or member.member_id),
            number_cell(member.lag, at_least=bool(member.unknown_partitions)),
            count_cell(member.partitions),
            text_cell(member.host),
            text_cell(None if member.assigned is None else _placed(member.assigned)),
        ]
        for member in members
    ]
    return _or_none(("Member", "#Lag", "#Partitions", "Host", "Owns"), rows)


def topics_table(topics: Iterable[Topic], cluster: str, up: str) -> str:
    """Topics in numbers."""
    rows = [
        [
            cell(linked(up + topic_page(cluster, topic.name), topic.name)),
            count_cell(topic.partitions),
            count_cell(topic.replication_factor),
            number_cell(topic.messages),
            count_cell(topic.groups),
            count_cell(topic.under_replicated),
            count_cell(topic.under_min_isr),
            count_cell(topic.offline),
        ]
        for topic in topics
    ]
    heads = (
        "Topic",
        "#Partitions",
        "#Replicas",
        "#Messages",
        "#Groups",
        "#Under-replicated",
        "#Under min ISR",
        "#Offline",
    )
    return _or_none(heads, rows)


def partitions_table(partitions: Iterable[Partition]) -> str:
    """The partitions of a topic: where they are, and their offsets."""
    rows = [
        [
            count_cell(each.partition),
            count_cell(each.leader) if each.leader is not None else cell('<span class="critical">none</span>'),
            text_cell(_numbers(each.replicas)),
            text_cell(_numbers(each.in_sync_replicas)),
            count_cell(each.log_start_offset),
            count_cell(each.log_end_offset),
            count_cell(each.last_stable_offset),
        ]
        for each in partitions
    ]
    heads = (
        *("#Partition", "#Leader", "Replicas", "In-sync replicas"),
        *("#Log start offset", "#Log end offset", "#Last stable offset"),
    )
    return _or_none(heads, rows)


def brokers_table(brokers: Iterable[Broker]) -> str:
    """Brokers, with what they lead and hold."""
    rows = [
        [
            count_cell(broker.id),
            cell("up" if broker.up else '<span class="critical">down</span>'),
            text_cell(f"{broker.host}:{broker.port}" if broker.host else None),
            text_cell(broker.rack or "-"),
            cell("yes" if broker.controller else ""),
            count_cell(broker.leaders),
            count_cell(broker.replicas),
            count_cell(broker.out_of_sync),
        ]
        for broker in brokers
    ]
    heads = ("#Broker", "State", "Address", "Rack", "Controller", "#Leads", "#Holds", "#Not in sync")
    return _or_none(heads, rows)


def gaps_table(gaps: Iterable[Gap]) -> str:
    """What the last poll could not learn."""
    rows = [
        [
            text_cell(gap.part.replace("_", " ")),
            text_cell(gap.reason),
            count_cell(gap.count),
            text_cell(gap.first or "-"),
            text_cell(gap.hint or "-"),
        ]
        for gap in gaps
    ]
    return _or_none(("Missing", "Why", "#How many", "For example", "What to do"), rows)


def _or_none(heads: Iterable[str], rows: list[list[str]]) -> str:
    return f"{table(heads, rows)}\n" if rows else "<p>There are none.</p>\n"


def _time_lag_cell(item: Group | GroupTopic | GroupPartition) -> str:
    said = time_lag(item, "≥")
    return UNKNOWN if said is None else f'<td class="n">{said}</td>'


def _owners_cell(owners: list[Owner] | None) -> str:
    if owners is None:
        return text_cell(None)
    names = ", ".join(f"{owner.client_id or owner.member_id} ({owner.host or 'host unknown'})" for owner in owners)
    return cell(escape(names) or "nobody")


def _placed(assigned: list[Placed]) -> str:
    named = [f"{part.topic}/{number}" for part in assigned for number in part.partitions]
    rest = f" and {len(named) - _MOST_PLACED:,} more" if len(named) > _MOST_PLACED else ""
    return ", ".join(named[:_MOST_PLACED]) + rest or "nothing"


def _numbers(ids: list[int]) -> str:
    return ", ".join(map(str, ids)) or "none"

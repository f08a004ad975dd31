"""How well a cluster is, on its page: the score with what it costs, and what one more failure would do."""

from html import escape

from lagwatch.model.words import plural
from lagwatch.publish.api.access import Seen
from lagwatch.publish.api.routers.cluster_health import get_cluster_health
from lagwatch.publish.api.schemas.cluster_health import ClusterHealth, Failure
from lagwatch.publish.page.html import cell, count_cell, number_cell, table, text_cell

_NAMED = 5


async def health_section(seen: Seen) -> str:
    """All of it as HTML."""
    health = await get_cluster_health(seen)
    return f"<h2>Health: {_score(health)}</h2>\n{_parts(health)}{_failures(health.failures)}"


def _score(health: ClusterHealth) -> str:
    if health.score is None:
        return "unknown"
    rest = f" at most; {len(health.unknown)} of its parts are unknown" if health.unknown else ""
    return f"{health.score:.0f} of 100{rest}"


def _parts(health: ClusterHealth) -> str:
    rows = [
        [
            text_cell(part.name.replace("_", " ")),
            number_cell(None if part.lost is None else -part.lost, "+,.1f"),
            text_cell(part.sentence or "-"),
        ]
        for part in health.parts
        if part.lost is None or part.lost > 0
    ]
    return f"{table(('Part', '#Points', 'Why'), rows)}\n" if rows else "<p>Nothing takes anything away.</p>\n"


def _failures(failures: list[Failure]) -> str:
    """What the failure of each broker would do; brokers without which all goes on are left out."""
    rows = [
        [
            count_cell(each.broker),
            _partitions(each.would_go_offline),
            _partitions(each.would_refuse),
            _partitions(each.last_copies),
            cell("yes" if each.ends_quorum else "unknown" if each.ends_quorum is None else "no"),
        ]
        for each in failures
        if each.would_go_offline or each.would_refuse or each.last_copies or each.ends_quorum is not False
    ]
    heads = ("#Broker", "Without a leader", "Refuse writes", "Lost with its disks", "Ends the quorum")
    return f"<h2>If one more broker failed</h2>{table(heads, rows)}\n" if rows else ""


def _partitions(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    rest = f" and {plural(len(names) - _NAMED, 'more partition', 'more')}" if len(names) > _NAMED else ""
    return cell(escape(shown) + rest or "none")

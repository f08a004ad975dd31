"""The page of a profile: rendered once per poll, cluster by cluster, and put together when it is asked for. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from lagwatch.model.latest import Latest
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.lines import Rendered, Table, header, render
from lagwatch.publish.metrics.profiles.base import Profile
from lagwatch.publish.metrics.segments import Segment, join, pack


@dataclass(frozen=True, slots=True)
class Part:
    """What a profile publishes of one cluster: facts about Kafka, and about how watching it goes."""

    facts: tuple[Rendered, ...] = ()
    health: tuple[Rendered, ...] = ()


def part(profile: Profile, latest: Latest, before: Part, *, same_view: bool) -> Part:
    """The part of a cluster; `before` is what it was at the poll before, `same_view` whether its view is still the same."""
    facts = before.facts if same_view else ()
    if not same_view and latest.view is not None:
        facts = _rendered(profile.facts(latest, latest.view), before.facts)
    return Part(facts, _rendered(profile.health(latest), before.health))


def body(profile: Profile, published: Iterable[Sequence[Rendered]]) -> Segment:
    """Family by family, the lines of all clusters; a family without series is left out, as the exporters do."""
    lines: dict[Family, list[Segment]] = {family: [] for family in profile.families}
    for rendered in published:
        for one in rendered:
            for family, segments in one.segments.items():
                lines[family] += segments
    found = ((family, join(segments)) for family, segments in lines.items())
    return join(piece for family, segment in found if segment.series for piece in (_header(family), segment))


def _rendered(tables: Iterable[Table], before: Sequence[Rendered]) -> tuple[Rendered, ...]:
    old = dict(enumerate(before))
    return tuple(render(table, old.get(number)) for number, table in enumerate(tables))


@cache
def _header(family: Family) -> Segment:
    return pack(header(family))

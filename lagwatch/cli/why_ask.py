"""Where the answer to `lagwatch why` comes from: a lagwatch that runs, or a look of our own. Both give what the REST API gives."""

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lagwatch.cli.watching import ask, seconds_of, watch

if TYPE_CHECKING:
    from lagwatch.collect import Reader
    from lagwatch.config import ClusterSettings
    from lagwatch.model.latest import Latest
    from lagwatch.model.snapshot import Snapshot

NOT_KNOWN = (
    "what was usual before this look, unless the group kept up for half of it: whether more comes or less is read than then.",
    "what happened before it: since when members are gone, rebalances, records that were deleted unread.",
    "when retention will reach unread records: how fast it deletes shows only over hours.",
)
"""What a look of a minute cannot tell."""


def asked(url: str, cluster: str | None, group: str, given: dict[str, object]) -> dict[str, Any]:
    """The diagnosis of a lagwatch that runs at `url`; `given` are options that make no sense then."""
    return ask(url, cluster, f"groups/{quote(group, safe='')}/diagnosis", given)


def watched(
    config: Path | None, bootstrap: str | None, cluster: str | None, group: str, look_for: str
) -> dict[str, Any]:
    """The diagnosis after a look of our own, with `not_known`: what so short a look cannot tell."""
    from lagwatch.app.insights import Analyses
    from lagwatch.cli.one_poll import chosen
    from lagwatch.publish.api.access import Seen
    from lagwatch.publish.api.routers.diagnosis import diagnosis_item

    seconds = seconds_of(look_for)
    latest = _look(chosen(config, bootstrap, cluster), group, seconds)
    found = Analyses().diagnosis(latest, group)
    assert latest.view is not None
    assert found is not None, "the last poll has the group"
    seen = Seen(latest=latest, view=latest.view, now=latest.view.snapshot.at)
    return {
        **diagnosis_item(seen, found).model_dump(mode="json"),
        "looked_s": round(seconds, 3),
        "not_known": list(NOT_KNOWN),
    }


def _look(cluster: "ClusterSettings", group: str, seconds: float) -> "Latest":
    """Poll the group for so long; raises CollectError if the last poll gives nothing, LagwatchError if there is no such group."""
    with closing(_reader(cluster)) as reader:
        return watch(reader, cluster, lambda: _first(reader, group), seconds, window_s=seconds, what=group)


def _reader(cluster: "ClusterSettings") -> "Reader":
    from dataclasses import replace

    from lagwatch.app.service import reader_options
    from lagwatch.collect import DetailOptions, Reader

    wanted = DetailOptions(parts=cluster.details.parts() & {"transactions"}, at_once=True)
    return Reader(replace(reader_options(cluster), internal_topics=True, past=True, details=wanted))


def _first(reader: "Reader", group: str) -> "Snapshot":
    """The first poll, of all groups; from the next on only this one is asked for, and the topics that it reads."""
    from lagwatch.cli.names import row_of
    from lagwatch.model.filters import NameFilter

    snapshot = reader.read()
    row = row_of("group", group, [each.name for each in snapshot.groups])
    topics = {
        snapshot.topics.names[snapshot.partitions.topic[at]]
        for at in snapshot.commits.row[snapshot.commits.group == row]
    }
    topics |= {topic for member in snapshot.groups[row].members for topic, _ in member.assigned} | {
        "__consumer_offsets"
    }
    reader.filters(NameFilter(include=(re.escape(group),)), NameFilter(include=tuple(map(re.escape, sorted(topics)))))
    return snapshot

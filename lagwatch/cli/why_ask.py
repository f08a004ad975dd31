"""Where the answer to `lagwatch why` comes from: a lagwatch that runs, or a look of our own. Both give what the REST API gives."""

import os
import re
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import typer

from lagwatch.errors import CollectError, ConfigurationError, LagwatchError

if TYPE_CHECKING:
    import httpx

    from lagwatch.collect import Reader
    from lagwatch.config import ClusterSettings
    from lagwatch.model.latest import Latest
    from lagwatch.model.snapshot import Snapshot

_TIMEOUT_S = 10.0
_POLLS = 24
"""A look is made of so many polls, unless they would be closer together than a second."""

_SHORTEST_S = 6.0

NOT_KNOWN = (
    "what was usual before this look, unless the group kept up for half of it: whether more comes or less is read than then.",
    "what happened before it: since when members are gone, rebalances, records that were deleted unread.",
    "when retention will reach unread records: how fast it deletes shows only over hours.",
)
"""What a look of a minute cannot tell."""


def asked(url: str, cluster: str | None, group: str, given: dict[str, object]) -> dict[str, Any]:
    """The diagnosis of a lagwatch that runs at `url`; `given` are options that make no sense then."""
    import httpx

    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise ConfigurationError(f"{wrong[0]}: with --url a lagwatch that runs is asked, which has settings of its own")
    token = os.environ.get("LAGWATCH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT_S, headers=headers) as client:
            name = cluster if cluster is not None else _only_cluster(client)
            return _json(client, f"/api/v1/clusters/{quote(name, safe='')}/groups/{quote(group, safe='')}/diagnosis")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LagwatchError(
            f"{url} does not answer ({str(error) or type(error).__name__}): is a lagwatch there?"
        ) from error


def _only_cluster(client: "httpx.Client") -> str:
    names = [each["name"] for each in _json(client, "/api/v1/clusters")["items"]]
    if len(names) != 1:
        there = f"there are: {', '.join(names)}" if names else "there is none"
        raise ConfigurationError(f"--cluster: say which one is meant; {there}")
    return str(names[0])


def _json(client: "httpx.Client", path: str) -> dict[str, Any]:
    answer = client.get(path)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not answer.is_success:
        detail = body.get("detail") if isinstance(body, dict) else None
        raise LagwatchError(str(detail or f"{answer.url}: HTTP {answer.status_code}; is a lagwatch there?"))
    return body


def watched(
    config: Path | None, bootstrap: str | None, cluster: str | None, group: str, look_for: str
) -> dict[str, Any]:
    """The diagnosis after a look of our own, with `not_known`: what so short a look cannot tell."""
    from lagwatch.app.insights import Analyses
    from lagwatch.cli.one_poll import chosen
    from lagwatch.config.values import parse_duration
    from lagwatch.publish.api.access import Seen
    from lagwatch.publish.api.routers.diagnosis import diagnosis_item

    try:
        seconds = parse_duration(look_for)
    except ValueError as error:
        raise ConfigurationError(f"--for: {look_for!r} is not {error}") from error
    if seconds < _SHORTEST_S:
        raise ConfigurationError(
            f"--for: {look_for} is too short to see whether a lag grows; at least {_SHORTEST_S:.0f}s"
        )
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
    from lagwatch.cli.one_poll import tell_gaps
    from lagwatch.cycle import Memory, advance
    from lagwatch.model.latest import Latest, PollHealth

    interval_s = max(1.0, seconds / _POLLS)
    memory, until = Memory(growth_window_s=seconds), time.monotonic() + seconds
    with closing(_reader(cluster)) as reader:
        snapshot = _first(reader, group)
        typer.echo(
            f"lagwatch: watching {group} for {seconds:.0f} s; --url asks a lagwatch that has watched it all along",
            err=True,
        )
        view, verdict = advance(memory, snapshot, (), snapshot.at)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(interval_s, left))
            try:
                snapshot = reader.read()
            except CollectError as error:
                typer.echo(f"lagwatch: a poll gave nothing: {error}", err=True)
                if until - time.monotonic() <= 0:
                    raise
                continue
            view, verdict = advance(memory, snapshot, (), snapshot.at)
    tell_gaps(snapshot.gaps)
    health = PollHealth(interval_s=interval_s, deadline_s=cluster.deadline_s, last_good_at=snapshot.at)
    return Latest(cluster=cluster.name, health=health, view=view, verdict=verdict, gaps=snapshot.gaps)


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

"""`lagwatch capacity`: how many partitions and members a topic needs, with the arithmetic."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagwatch.cli.one_poll import AsJson, Bootstrap, Cluster, Config
from lagwatch.cli.watching import for_option, url_option
from lagwatch.model.words import printable

if TYPE_CHECKING:
    from pathlib import Path

    from lagwatch.collect import Reader
    from lagwatch.model.snapshot import Snapshot

_TOPIC = Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")]
_GROUP = Annotated[str | None, typer.Option("--group", metavar="GROUP", help="Only for this group (default: all).")]
_URL = Annotated[str | None, url_option("which knows the peaks of the last day")]
_FOR = Annotated[str | None, for_option("the topic")]
_WINDOW = 6
"""Speeds are measured over so many polls, a quarter of a look as a rule: a peak within it is seen."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Say how many partitions and members a topic needs.")
    def capacity(
        topic: _TOPIC,
        group: _GROUP = None,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        url: _URL = None,
        look_for: _FOR = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """
        Say how many partitions and members a topic needs: ceil(peak produce rate / what one member reads) x 1.25 partitions.

        The peak is that of the time that was watched, which is said; a lagwatch that runs (--url) has watched for longer.
        """
        from urllib.parse import quote

        from lagwatch.cli.watching import ask

        if url is not None:
            given = {"--for": look_for, "--bootstrap": bootstrap, "--config": config}
            params = {} if group is None else {"group": group}
            found = ask(url, cluster, f"topics/{quote(topic, safe='')}/capacity", given, **params)
        else:
            found = _watched(config, bootstrap, cluster, topic, group, look_for or "60s")
        typer.echo(
            json.dumps(found, ensure_ascii=False, indent=2)
            if as_json
            else "\n".join(map(printable, text(found, group)))
        )


def text(found: dict[str, Any], group: str | None) -> Iterator[str]:
    """The answer for people, about this group (None: all)."""
    from lagwatch.model.words import duration, plural

    window = "" if found["window_s"] is None else f", speeds over {duration(found['window_s'])} each"
    yield f"{found['topic']}: {plural(found['partitions'], 'partition')}; measured over {duration(found['measured_s'])}{window}"
    if not found["groups"]:
        whose = "No group has" if group is None else f"{group} has not"
        yield f"{whose} committed on it, so it is not known what a member reads."
    for need in found["groups"]:
        yield ""
        yield f"{need['group']}:"
        yield from (f"  {line}" for line in need["lines"])
    for warning in found["warnings"]:
        yield ""
        yield f"Note: {warning}"


def _watched(
    config: "Path | None", bootstrap: str | None, cluster: str | None, topic: str, group: str | None, look_for: str
) -> dict[str, Any]:
    """The answer after a look of our own, as the API gives it."""
    from contextlib import closing

    from lagwatch.app.insights import Analyses
    from lagwatch.app.service import reader_options
    from lagwatch.cli.one_poll import chosen
    from lagwatch.cli.watching import interval_s, seconds_of, watch
    from lagwatch.collect import Reader
    from lagwatch.publish.api.access import Seen
    from lagwatch.publish.api.routers.balance import capacity_item

    seconds, settings = seconds_of(look_for), chosen(config, bootstrap, cluster)
    with closing(Reader(reader_options(settings))) as reader:
        latest = watch(
            reader,
            settings,
            lambda: _first(reader, topic, group),
            seconds,
            window_s=_WINDOW * interval_s(seconds),
            what=topic,
        )
    found = Analyses().capacity(latest, topic, group)
    assert latest.view is not None
    assert found is not None, "the first poll has the topic"
    seen = Seen(latest=latest, view=latest.view, now=latest.view.snapshot.at)
    return capacity_item(seen, found).model_dump(mode="json")


def _first(reader: "Reader", topic: str, group: str | None) -> "Snapshot":
    """The first poll, of everything; from the next on only this topic is asked for, and the groups that read it."""
    import re

    from lagwatch.cli.names import row_of
    from lagwatch.model.filters import NameFilter

    snapshot = reader.read()
    names = [each.name for each in snapshot.groups]
    row = row_of("topic", topic, list(snapshot.topics.names))
    if group is not None:
        readers = {names[row_of("group", group, names)]}
    else:
        on_topic = snapshot.partitions.topic[snapshot.commits.row] == row
        readers = {names[at] for at in snapshot.commits.group[on_topic]}
    patterns = tuple(map(re.escape, sorted(readers)))
    nobody = NameFilter(exclude=(".*",))
    reader.filters(NameFilter(include=patterns) if patterns else nobody, NameFilter(include=(re.escape(topic),)))
    return snapshot

"""What the commands that look at a cluster once have in common: how it is named, and one poll of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagwatch.errors import ConfigurationError

if TYPE_CHECKING:
    from lagwatch.collect import Reader
    from lagwatch.config import ClusterSettings
    from lagwatch.model.snapshot import Gap
    from lagwatch.publish.api.access import Seen

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings (default: $LAGWATCH_CONFIG, or lagwatch.yaml if it is here)."
    ),
]
Bootstrap = Annotated[str | None, typer.Option("--bootstrap", metavar="HOST:PORT,...", help="Brokers to ask first.")]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="NAME", help="Which of the configured clusters, if there are several."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the field names of the REST API.")]


def chosen(config: Path | None, bootstrap: str | None, cluster: str | None, **flags: object) -> "ClusterSettings":
    """The settings of the one cluster that is meant; ConfigurationError if that is not clear."""
    from lagwatch.config import load

    clusters = load(config, os.environ, {"bootstrap": bootstrap, **flags}).clusters
    names = ", ".join(settings.name for settings in clusters)
    if cluster is None:
        if len(clusters) > 1:
            raise ConfigurationError(f"several clusters are configured ({names}): say which one with --cluster NAME")
        return clusters[0]
    for settings in clusters:
        if settings.name == cluster:
            return settings
    raise ConfigurationError(f"--cluster: {cluster}: no such cluster is configured; there are: {names}")


@contextmanager
def reader(
    cluster: "ClusterSettings", *, internal_topics: bool | None = None, past: bool = False, details: bool = False
) -> Iterator["Reader"]:
    """
    A reader of the cluster, closed at the end; `past` if the first poll is to tell where the logs were before it, `details` if it
    is to read slow facts, all those that are not turned off.
    """
    from lagwatch.app.service import reader_options
    from lagwatch.collect import DetailOptions, Reader

    parts = cluster.details.parts() if details else frozenset[str]()
    options = replace(reader_options(cluster), past=past, details=DetailOptions(parts=parts, at_once=True))
    if internal_topics is not None:
        options = replace(options, internal_topics=internal_topics)
    opened = Reader(options)
    try:
        yield opened
    finally:
        opened.close()


def look(cluster: "ClusterSettings", *, internal_topics: bool | None = None, details: bool = False) -> "Seen":
    """
    Poll the cluster once, with slow facts if `details`; raises CollectError if that gives nothing.

    A first poll has no history: growth is unknown in it, and time lag is what the brokers can tell of the last day.
    """
    from lagwatch.cycle import Memory, advance
    from lagwatch.model.latest import Latest, PollHealth
    from lagwatch.publish.api.access import Seen

    with reader(cluster, internal_topics=internal_topics, past=True, details=details) as opened:
        snapshot = opened.read()
    view, verdict = advance(Memory(), snapshot, (), snapshot.at)
    health = PollHealth(interval_s=cluster.interval_s, deadline_s=cluster.deadline_s, last_good_at=snapshot.at)
    latest = Latest(cluster=cluster.name, health=health, view=view, verdict=verdict, gaps=snapshot.gaps)
    return Seen(latest=latest, view=view, now=snapshot.at)


def tell_gaps(gaps: "tuple[Gap, ...]") -> None:
    """Say on stderr what the poll could not learn, so that an incomplete answer is never taken for a whole one."""
    for gap in gaps:
        hint = f" {gap.hint}" if gap.hint else ""
        typer.echo(f"lagwatch: unknown: {gap.part}: {gap.reason}, {gap.count} of them ({gap.first}).{hint}", err=True)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End quietly on Ctrl-C and SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)

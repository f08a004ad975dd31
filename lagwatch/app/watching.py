"""Clusters watched inside a command, without a server: polls, and the API over what they find."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from lagwatch.app.insights import Analyses
from lagwatch.app.polls import Polls
from lagwatch.app.service import reader_options
from lagwatch.collect import Reader
from lagwatch.config import Settings, effective_rules
from lagwatch.monitor import Monitor
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.families import Granularity

_GRACE_S = 1.0
"""How long a poll that is under way may take to end."""


@contextmanager
def watching(settings: Settings) -> Iterator[FastAPI]:
    """
    The API of a lagwatch that polls the clusters of these settings as long as the context is open.

    Nothing is kept and nobody is told; alerts begin anew.
    """
    board = Board(granularity=Granularity.GROUP)
    monitors = [
        Monitor(
            cluster.name,
            Reader(reader_options(cluster)),
            effective_rules(settings),
            interval_s=cluster.interval_s,
            deadline_s=cluster.deadline_s,
            growth_window_s=cluster.growth_window_s,
            on_latest=lambda latest, _: board.put(latest),
        )
        for cluster in settings.clusters
    ]
    for monitor in monitors:
        board.put(monitor.latest)
    polls = Polls((each.name, each.latest.health.interval_s, each.tick) for each in monitors)
    polls.open()
    try:
        yield create_api(board, insights=Analyses())
    finally:
        polls.close()
        for monitor in monitors:
            monitor.close(_GRACE_S)

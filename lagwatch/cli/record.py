"""`lagwatch record`: snapshots of a cluster, one a line, until told to stop."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from lagwatch.cli.one_poll import Bootstrap, Cluster, Config, chosen, reader, tell_gaps, until_interrupted
from lagwatch.errors import CollectError, LagwatchError
from lagwatch.model.words import plural


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Append one snapshot per interval to a file, for backtest.")
    def record(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="Where lines are appended; it may exist.")],
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        interval: Annotated[
            str | None, typer.Option(metavar="DURATION", help="From one snapshot to the next: 30s.")
        ] = None,
        count: Annotated[int, typer.Option(min=0, help="Stop after so many snapshots; 0: on Ctrl-C.")] = 0,
    ) -> None:
        """
        Append one snapshot per interval to a file, which `lagwatch backtest` replays.

        A poll that fails is said and leaves no line: a missed poll, as the format has it.
        """
        settings = chosen(config, bootstrap, cluster, interval=interval)
        written = 0
        with until_interrupted(), reader(settings) as opened:
            due = time.monotonic()
            while not count or written < count:
                time.sleep(max(0.0, due - time.monotonic()))
                # What was missed while a poll took long is not made up for.
                due = max(due + settings.interval_s, time.monotonic())
                try:
                    snapshot = opened.read()
                except CollectError as error:
                    typer.echo(f"lagwatch: no snapshot: {error}", err=True)
                    continue
                _append(file, snapshot_line(snapshot))
                written += 1
                tell_gaps(snapshot.gaps)
        typer.echo(f"{plural(written, 'snapshot')} appended to {file}", err=True)


def snapshot_line(snapshot: object) -> str:
    """A snapshot as one line of a trace."""
    from lagwatch.model.snapshot import Snapshot
    from lagwatch.model.trace import encode

    assert isinstance(snapshot, Snapshot)
    return json.dumps(encode(snapshot), ensure_ascii=False, separators=(",", ":")) + "\n"


def _append(file: Path, line: str) -> None:
    """One whole line at once, so that a reader never sees half of one."""
    try:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(line)
    except OSError as error:
        raise LagwatchError(f"{file}: cannot be written ({error.strerror})") from error

"""`lagwatch snapshot`: what one poll of a cluster saw, as JSON."""

import json

import typer

from lagwatch.cli.one_poll import Bootstrap, Cluster, Config, chosen, reader, tell_gaps


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Print what a cluster says now, as one snapshot of facts.")
    def snapshot(config: Config = None, bootstrap: Bootstrap = None, cluster: Cluster = None) -> None:
        """Print one snapshot (snapshot format, version 1): facts only, nothing computed."""
        from lagwatch.model.trace import encode

        with reader(chosen(config, bootstrap, cluster)) as opened:
            seen = opened.read()
        typer.echo(json.dumps(encode(seen), ensure_ascii=False, separators=(",", ":")))
        tell_gaps(seen.gaps)

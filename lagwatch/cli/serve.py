"""`lagwatch serve`: watch clusters until told to stop."""

import os
from pathlib import Path
from typing import Annotated

import typer

_FILE = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings (default: $LAGWATCH_CONFIG, or lagwatch.yaml if it is here)."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        config: _FILE = None,
        bootstrap: Annotated[str | None, typer.Option(metavar="HOST:PORT,...", help="Brokers to ask first.")] = None,
        name: Annotated[str | None, typer.Option(help="The cluster's name in metrics, API and notices.")] = None,
        interval: Annotated[
            str | None, typer.Option(metavar="DURATION", help="From one poll to the next: 30s.")
        ] = None,
        host: Annotated[str | None, typer.Option("--web-host", "--host", help="Address to listen on.")] = None,
        port: Annotated[str | None, typer.Option("--web-port", "--port", help="Port to listen on; 0: any.")] = None,
        log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
        log_format: Annotated[str | None, typer.Option(help="text or json.")] = None,
    ) -> None:
        """Watch clusters: metrics, API and alerts on one port. SIGHUP reloads rules and filters, SIGTERM stops."""
        from lagwatch import logs
        from lagwatch.app import Service
        from lagwatch.app.heap import share_heap
        from lagwatch.config import Settings, load

        flags = {
            "bootstrap": bootstrap,
            "name": name,
            "interval": interval,
            "web.host": host,
            "web.port": port,
            "log.level": log_level,
            "log.format": log_format,
        }

        def settings() -> Settings:
            return load(config, os.environ, flags)

        current = settings()
        logs.configure(current.log.level, current.log.format)
        share_heap()
        Service(current, settings).run()

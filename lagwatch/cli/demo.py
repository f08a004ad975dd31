"""`lagwatch demo`: a real Kafka with traffic, watched by lagwatch, on this computer."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def demo(
        duration: Annotated[
            float | None,
            typer.Option(
                metavar="SECONDS", min=1, help="Stop by itself so long after everything is up (default: Ctrl-C)."
            ),
        ] = None,
        nodes: Annotated[int, typer.Option(min=1, max=9, help="Kafka nodes to start.")] = 3,
        port: Annotated[
            int | None,
            typer.Option(min=1, max=65535, help="Port of lagwatch's metrics and API (default: 8484, or a free one)."),
        ] = None,
    ) -> None:
        """Start a real Kafka with traffic and watch groups fall behind. Needs Java 17 and Maven; Ctrl-C stops everything."""
        from lagwatch.demo.play import play

        play(duration_s=duration, nodes=nodes, port=port)

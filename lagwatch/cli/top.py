"""`lagwatch top`: a live view of clusters, groups and alerts in the terminal."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagwatch.cli.one_poll import Bootstrap, Config
from lagwatch.cli.watching import alone, remote, url_option
from lagwatch.errors import LagwatchError

if TYPE_CHECKING:
    import httpx


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Show clusters, groups and alerts live, in the terminal.")
    def top(
        config: Config = None,
        bootstrap: Bootstrap = None,
        url: Annotated[str | None, url_option("instead of polling Kafka")] = None,
        interval: Annotated[
            str | None,
            typer.Option("--interval", metavar="DURATION", help="From one poll of Kafka to the next (default: 5s)."),
        ] = None,
        growth_window: Annotated[
            str | None,
            typer.Option(
                "--growth-window", metavar="DURATION", help="The time over which growth is measured (default: 1m)."
            ),
        ] = None,
    ) -> None:
        """Show clusters, groups and alerts live; Enter shows why a group lags. Works over ssh; q leaves."""
        import asyncio

        import httpx

        if url is not None:
            alone(
                {"--bootstrap": bootstrap, "--config": config, "--interval": interval, "--growth-window": growth_window}
            )
            client = httpx.AsyncClient(**remote(url))
            _need_terminal()
            asyncio.run(_show(client))
            return

        from lagwatch import logs
        from lagwatch.app.watching import watching
        from lagwatch.config import load

        flags: dict[str, Any] = {
            "bootstrap": bootstrap,
            "interval": interval or "5s",
            "growth_window": growth_window or "1m",
        }
        settings = load(config, os.environ, flags)
        _need_terminal()
        logs.quiet()
        with watching(settings) as api:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(api, raise_app_exceptions=False), base_url="http://lagwatch"
            )
            asyncio.run(_show(client))


def _need_terminal() -> None:
    """Raises LagwatchError where there is none: keys come from stdin, and textual draws on stderr."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LagwatchError(
            "top needs a terminal; `lagwatch groups` and the REST API tell the same to files and programs"
        )


async def _show(client: "httpx.AsyncClient") -> None:
    from lagwatch.top import Top

    async with client:
        await Top(client).run_async()

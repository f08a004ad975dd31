"""The lagwatch command: one command a file, each a module of this package with `register(app)`."""

import importlib
import sys

import typer

from lagwatch import __version__
from lagwatch.errors import LagwatchError

COMMANDS: tuple[str, ...] = (
    "serve",
    "demo",
    "check",
    "config",
    "notify",
    "snapshot",
    "record",
    "groups",
    "topics",
    "health",
    "why",
    "capacity",
    "audit",
    "rules",
    "backtest",
    "top",
    "offsets",
)
"""The modules of this package that add a command, in the order of `lagwatch --help`."""


def _version(show: bool) -> None:  # noqa: FBT001 (the signature is typer's)
    if show:
        typer.echo(f"lagwatch {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command line, ready to run; importing a command's module costs nothing heavy (they import when they run)."""
    app = typer.Typer(
        name="lagwatch",
        help="Consumer-lag and cluster-health monitor for Apache Kafka.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def _root(
        *,
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """Consumer-lag and cluster-health monitor for Apache Kafka."""

    for name in COMMANDS:
        importlib.import_module(f"lagwatch.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the command line; an error of ours is one message on stderr and its exit code, never a traceback."""
    try:
        build()()
    except LagwatchError as error:
        from lagwatch.cli.text import lines

        print(lines(f"lagwatch: {error}"), file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from error

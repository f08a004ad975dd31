"""`lagwatch check`: what is wrong with a configuration, and nothing else."""

import os
from pathlib import Path
from typing import Annotated

import typer

_FILES = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="Files to check (default: the one that serve would read)."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Check configuration files and say everything that is wrong.")
    def check(files: _FILES = None) -> None:
        """
        Check configuration files, each with the environment over it, and say everything that is wrong.

        Exits with 0 if all are good and with 2 otherwise. No cluster is asked.
        """
        from lagwatch.config import effective_rules, find_file, load
        from lagwatch.errors import ConfigurationError

        good = True
        named: list[Path | None] = [*files] if files else [find_file(None, os.environ)]
        for file in named:
            try:
                settings = load(file, os.environ, {})
            except ConfigurationError as error:
                typer.echo(f"{file or 'environment'}: {error}", err=True)
                good = False
            else:
                clusters = _count(len(settings.clusters), "cluster")
                rules = _count(sum(rule.enabled for rule in effective_rules(settings)), "rule")
                typer.echo(f"{file or 'environment'}: ok, {clusters}, {rules}")
        if not good:
            raise typer.Exit(2)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

"""`lagwatch audit`: settings of a cluster against good practice, with the command that mends each finding."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lagwatch.cli.one_poll import Bootstrap, Cluster, Config, chosen, look

if TYPE_CHECKING:
    from lagwatch.model.audit import AuditReport

Format = Literal["text", "json", "sarif", "markdown"]
Limit = Literal["error", "warning", "note", "never"]

_FORMAT = Annotated[Format, typer.Option("--format", help="text, json, sarif (2.1.0) or markdown.")]
_FAIL_ON = Annotated[
    Limit,
    typer.Option("--fail-on", help="Exit with 1 from this level on; what could not be seen counts as a warning."),
]
_ALL = Annotated[
    bool, typer.Option("--all", help="Text: all subjects of a rule, whole commands, and what is suppressed.")
]
_OUT = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the report there instead.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Judge settings against good practice, each with its remedy.")
    def audit(
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        form: _FORMAT = "text",
        fail_on: _FAIL_ON = "warning",
        out: _OUT = None,
        *,
        everything: _ALL = False,
    ) -> None:
        """
        Judge settings of brokers, topics, groups and, where they show, clients; docs/audit.md has all rules. Nothing is changed.

        Exits with 0 if nothing reaches --fail-on, 1 if something does (or the cluster cannot be read), 2 for a usage error.
        """
        from lagwatch.analyze.audit import audit as judged
        from lagwatch.config import load
        from lagwatch.model.audit import Level

        suppressions = load(config, os.environ, {}, offline=True).audit.suppressions()
        seen = look(chosen(config, bootstrap, cluster), internal_topics=True, details=True)
        report = judged(seen.view).without(suppressions)
        _write(report, form, out, everything=everything)
        if fail_on != "never" and report.at_least(Level(fail_on)):
            raise typer.Exit(1)


def _write(report: "AuditReport", form: Format, out: Path | None, *, everything: bool) -> None:
    from lagwatch.errors import LagwatchError

    if out is None:
        _print(report, form, everything=everything)
        return
    try:
        with out.open("w", encoding="utf-8") as file:
            file.write(_text(report, form, everything=everything))
    except OSError as error:
        raise LagwatchError(f"{out}: cannot be written ({error.strerror})") from error


def _print(report: "AuditReport", form: Format, *, everything: bool) -> None:
    if form == "text":
        from rich.console import Console

        from lagwatch.cli.audit_text import show

        show(report, Console(file=sys.stdout), everything=everything)
    else:
        typer.echo(_text(report, form, everything=everything), nl=False)


def _text(report: "AuditReport", form: Format, *, everything: bool) -> str:
    from io import StringIO

    from rich.console import Console

    from lagwatch.cli.audit_text import show
    from lagwatch.publish.audit import as_json, as_markdown, as_sarif

    if form == "text":
        page = StringIO()
        show(report, Console(file=page), everything=everything)
        return page.getvalue()
    if form == "markdown":
        return as_markdown(report)
    return (as_sarif if form == "sarif" else as_json)(report) + "\n"

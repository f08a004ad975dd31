"""`lagwatch why`: why a group lags, asked of a lagwatch that runs, or found out by watching the group for a while."""

import json
from typing import Annotated

import typer

from lagwatch.cli.one_poll import AsJson, Bootstrap, Cluster, Config
from lagwatch.cli.watching import for_option, url_option

KEEPS_UP = 0
LAGS = 3
UNCLEAR = 4

_GROUP = Annotated[str, typer.Argument(metavar="GROUP", help="The group.")]
_URL = Annotated[str | None, url_option("which has watched for longer")]
_FOR = Annotated[str | None, for_option("the group")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Say why a group lags: causes, evidence, and what to do.")
    def why(
        group: _GROUP,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        url: _URL = None,
        look_for: _FOR = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """
        Say why a group lags: causes with their evidence and what to do, the likeliest first; docs/diagnosis.md has all causes.

        Exits with 0 if the group keeps up, 3 if it lags and a cause is named, 4 if the cause or the lag itself is not known, 1 if
        nobody could be asked, 2 for a usage error.
        """
        from lagwatch.cli.why_ask import asked, watched
        from lagwatch.cli.why_text import text

        if url is not None:
            found = asked(url, cluster, group, given={"--for": look_for, "--bootstrap": bootstrap, "--config": config})
        else:
            found = watched(config, bootstrap, cluster, group, look_for or "60s")
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else text(found))
        if (code := exit_code(found)) != KEEPS_UP:
            raise typer.Exit(code)


def exit_code(found: dict[str, object]) -> int:
    """What the command ends with."""
    findings = found["findings"]
    assert isinstance(findings, list)
    if not findings:
        return UNCLEAR if found["lag"] is None else KEEPS_UP
    return UNCLEAR if findings[0]["cause"] == "unknown" else LAGS

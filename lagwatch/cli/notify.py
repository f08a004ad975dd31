"""`lagwatch notify`: try whether people can be told."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from lagwatch.cli.one_poll import Config

if TYPE_CHECKING:
    from lagwatch.config import Settings
    from lagwatch.publish.notices import Receiver

_RECEIVER = Annotated[str, typer.Argument(metavar="RECEIVER", help="The name of a receiver in the settings.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    notify = typer.Typer(help="Notices: try a receiver.", no_args_is_help=True)
    app.add_typer(notify, name="notify")

    @notify.callback()
    def _notify() -> None:
        """Notices: try a receiver."""

    @notify.command()
    def test(receiver: _RECEIVER, config: Config = None) -> None:
        """
        Send a sample to a receiver, once, and say what came back.

        Exits with 0 if the receiver took it and with 1 otherwise. No cluster is asked, and a lagwatch that runs is not disturbed.
        """
        from lagwatch.config import load
        from lagwatch.publish.notices.compose import sample
        from lagwatch.publish.notices.outcome import Fate

        settings = load(config, os.environ, {}, offline=True)
        chosen = _chosen(settings, receiver)
        here = settings.web.external_url or f"http://localhost:{settings.web.port}"
        started = time.monotonic()
        outcome = chosen.send(sample(receiver, here.rstrip("/"), time.time()))
        took_s = time.monotonic() - started
        chosen.close()
        sent = outcome.fate is Fate.SENT
        what = "sent" if sent else "not sent"
        typer.echo(
            f"{receiver} ({chosen.kind}, {chosen.address}): {what} in {took_s:.2f} s: {outcome.reason}", err=not sent
        )
        if not sent:
            raise typer.Exit(1)


def _chosen(settings: "Settings", name: str) -> "Receiver":
    from lagwatch.app.notices import receivers
    from lagwatch.errors import ConfigurationError

    found = {each.name: each for each in receivers(settings)}
    if name not in found:
        there = f"there are: {', '.join(found)}" if found else "there is none (see: lagwatch config, receivers)"
        raise ConfigurationError(f"{name}: no such receiver is configured; {there}")
    return found[name]

"""How commands learn what takes time: from a lagwatch that runs, or by polling for a while themselves."""

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import typer

from lagwatch.errors import CollectError, ConfigurationError, LagwatchError

if TYPE_CHECKING:
    import httpx

    from lagwatch.collect import Reader
    from lagwatch.config import ClusterSettings
    from lagwatch.model.latest import Latest
    from lagwatch.model.snapshot import Snapshot

_TIMEOUT_S = 10.0
_LAST_PORT = 65_535
POLLS = 24
"""A look is made of so many polls, unless they would be closer together than a second."""

_SHORTEST_S = 6.0


def url_option(which: str) -> Any:
    """The option --url; `which` goes on from "Ask a lagwatch that runs"."""
    said = f"Ask a lagwatch that runs, {which} (its token, if it wants one, in $LAGWATCH_TOKEN)."
    return typer.Option("--url", metavar="http://HOST:PORT", help=said)


def for_option(what: str) -> Any:
    """The option --for, for commands that otherwise watch `what` themselves."""
    return typer.Option("--for", metavar="DURATION", help=f"Without --url: watch {what} for so long (default: 60s).")


def alone(given: Mapping[str, object]) -> None:
    """Raises ConfigurationError if one of these options, which make no sense beside --url, has a value."""
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise ConfigurationError(f"{wrong[0]}: with --url a lagwatch that runs is asked, which has settings of its own")


def remote(url: str) -> dict[str, Any]:
    """
    What a client of httpx is made with that asks a lagwatch that runs at `url`; secrets are in it, though not in its `base_url`.

    Raises ConfigurationError if that is no address, or what is in $LAGWATCH_TOKEN no token.
    """
    address = _address(url)
    token = os.environ.get("LAGWATCH_TOKEN", "").strip()
    if not (token.isascii() and token.isprintable()):
        raise ConfigurationError("$LAGWATCH_TOKEN: there are characters in it that no token has")
    return {
        "base_url": str(address.copy_with(userinfo=b"")).rstrip("/"),
        "auth": (address.username, address.password) if address.userinfo else None,
        "timeout": _TIMEOUT_S,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
    }


def _address(url: str) -> "httpx.URL":
    """The address, which may hold a password: no message repeats it. Raises ConfigurationError."""
    import httpx

    try:
        address = httpx.URL(url)
        if address.scheme in ("http", "https") and address.host and (address.port or 0) <= _LAST_PORT:
            return address
    except (httpx.InvalidURL, ValueError):  # ValueError: a host that IDNA does not know
        pass
    raise ConfigurationError("--url: that is no address of a lagwatch; write http://HOST:PORT")


def ask(url: str, cluster: str | None, path: str, given: Mapping[str, object], **params: str) -> dict[str, Any]:
    """
    What a lagwatch that runs at `url` answers at this path of a cluster (None: its only one).

    `given` are options that make no sense then: ConfigurationError if one has a value. LagwatchError if there is no answer.
    """
    import httpx

    alone(given)
    client = httpx.Client(**remote(url))
    try:
        with client:
            name = cluster if cluster is not None else _only_cluster(client)
            return _json(client, f"/api/v1/clusters/{quote(name, safe='')}/{path}", **params)
    except httpx.HTTPError as error:
        raise LagwatchError(
            f"{client.base_url} does not answer ({str(error) or type(error).__name__}): is a lagwatch there?"
        ) from error


def _only_cluster(client: "httpx.Client") -> str:
    found = _json(client, "/api/v1/clusters")
    if "items" not in found:
        raise LagwatchError(f"{client.base_url} answers, and what it says is no list of clusters; is a lagwatch there?")
    names = [each["name"] for each in found["items"]]
    if len(names) != 1:
        there = f"there are: {', '.join(names)}" if names else "there is none"
        raise ConfigurationError(f"--cluster: say which one is meant; {there}")
    return str(names[0])


def _json(client: "httpx.Client", path: str, **params: str) -> dict[str, Any]:
    answer = client.get(path, params=params)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not answer.is_success:
        detail = body.get("detail") if isinstance(body, dict) else None
        raise LagwatchError(str(detail or f"{answer.url}: HTTP {answer.status_code}; is a lagwatch there?"))
    return body


def seconds_of(look_for: str) -> float:
    """What `--for` says; ConfigurationError if that is no time, or too short."""
    from lagwatch.config.values import parse_duration

    try:
        seconds = parse_duration(look_for)
    except ValueError as error:
        raise ConfigurationError(f"--for: {look_for!r} is not {error}") from error
    if seconds < _SHORTEST_S:
        raise ConfigurationError(
            f"--for: {look_for} is too short to see whether a lag grows; at least {_SHORTEST_S:.0f}s"
        )
    return seconds


def interval_s(seconds: float) -> float:
    """The time between two polls of a look of that length."""
    return max(1.0, seconds / POLLS)


def watch(
    reader: "Reader",
    cluster: "ClusterSettings",
    first: "Callable[[], Snapshot]",
    seconds: float,
    *,
    window_s: float,
    what: str,
) -> "Latest":
    """
    Poll for so long, after a `first` poll, and measure speeds over `window_s`; CollectError if the last poll gives nothing.

    Gaps of the last poll are told on stderr, and that it takes a while.
    """
    from lagwatch.cli.one_poll import tell_gaps
    from lagwatch.cycle import Memory, advance
    from lagwatch.model.latest import Latest, PollHealth

    memory, until = Memory(growth_window_s=window_s), time.monotonic() + seconds
    snapshot = first()
    typer.echo(
        f"lagwatch: watching {what} for {seconds:.0f} s; --url asks a lagwatch that has watched it all along", err=True
    )
    view, verdict = advance(memory, snapshot, (), snapshot.at)
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(interval_s(seconds), left))
        try:
            snapshot = reader.read()
        except CollectError as error:
            typer.echo(f"lagwatch: a poll gave nothing: {error}", err=True)
            if until - time.monotonic() <= 0:
                raise
            continue
        view, verdict = advance(memory, snapshot, (), snapshot.at)
    tell_gaps(snapshot.gaps)
    health = PollHealth(interval_s=interval_s(seconds), deadline_s=cluster.deadline_s, last_good_at=snapshot.at)
    return Latest(cluster=cluster.name, health=health, view=view, verdict=verdict, gaps=snapshot.gaps)

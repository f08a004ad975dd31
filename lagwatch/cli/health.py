"""`lagwatch health`: how well the cluster is, and what one more failure would do."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagwatch.cli.one_poll import AsJson, Bootstrap, Cluster, Config, chosen, look, tell_gaps
from lagwatch.cli.text import table
from lagwatch.cli.watching import ask, url_option
from lagwatch.errors import LagwatchError
from lagwatch.model.words import plural, size

if TYPE_CHECKING:
    from lagwatch.publish.api.schemas.cluster_health import ClusterHealth, Failure
    from lagwatch.publish.api.schemas.clusters import Broker

_BROKERS = (
    *("BROKER", "UP", "RACK", "RELEASE", "LEADERS", "REPLICAS", "OUT-OF-SYNC", "LOG-SIZE", "DISK-USED"),
    *("WOULD-GO-OFFLINE", "WOULD-REFUSE", "LAST-COPIES"),
)
_NAMED = 5
_MOST_BROKERS = "1000"
_URL = Annotated[str | None, url_option("which knows what each broker takes in")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Show a cluster's score, its parts, and what is at risk.")
    def health(
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        url: _URL = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """Show the health of a cluster: its score with its parts, its brokers, and what one more failure would do."""
        if url is not None:
            told, brokers = _asked(url, cluster, {"--bootstrap": bootstrap, "--config": config})
        else:
            told, brokers = _seen(config, bootstrap, cluster)
        if as_json:
            document = {**told.model_dump(mode="json"), "brokers": [each.model_dump(mode="json") for each in brokers]}
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        else:
            typer.echo("\n".join(_lines(told, brokers)))


def _asked(url: str, cluster: str | None, given: dict[str, object]) -> "tuple[ClusterHealth, list[Broker]]":
    """What a lagwatch that runs says."""
    from pydantic import ValidationError

    from lagwatch.publish.api.schemas.cluster_health import ClusterHealth
    from lagwatch.publish.api.schemas.clusters import Broker

    health = ask(url, cluster, "health", given)
    try:
        told = ClusterHealth.model_validate(health)
        answer = ask(url, told.cluster, "brokers", given, limit=_MOST_BROKERS)
        return told, [Broker.model_validate(each) for each in answer.get("items", ())]
    except ValidationError as error:
        raise LagwatchError(
            "--url: what is said of health there is not what this lagwatch expects; is one of another release there?"
        ) from error


def _seen(config: Path | None, bootstrap: str | None, cluster: str | None) -> "tuple[ClusterHealth, list[Broker]]":
    """What one poll shows; its gaps are told on stderr."""
    from lagwatch.app.insights import Analyses
    from lagwatch.publish.api.routers.brokers import broker_items, broker_table
    from lagwatch.publish.api.routers.cluster_health import health_item

    seen = replace(look(chosen(config, bootstrap, cluster), details=True), insights=Analyses())
    tell_gaps(seen.latest.gaps)
    return health_item(seen), [broker_items(seen)(row) for row in range(len(broker_table(seen)))]


def _lines(told: "ClusterHealth", brokers: "list[Broker]") -> list[str]:
    score = "unknown" if told.score is None else f"{told.score:g} of 100"
    lines = [f"Health of {told.cluster}: {score}"]
    lines += [f"  -{part.lost:.1f}  {part.name}: {part.sentence}" for part in told.parts if part.lost]
    if told.unknown:
        lines.append(f"  not known: {', '.join(told.unknown)}")
    lines += ["", table(_BROKERS, map(_broker, brokers)), ""]
    lines += [line for failure in told.failures for line in _failure(failure)] or [
        "One more failure takes nothing away."
    ]
    lines += ["", *_states(told)]
    return lines


def _broker(each: "Broker") -> list[object]:
    stored = None if each.log_bytes is None else size(each.log_bytes)
    used = None if each.disk_used is None else f"{each.disk_used:.0%}"
    counts = (each.would_go_offline, each.would_refuse, each.last_copies)
    return [
        *(each.id, each.up, each.rack, each.release, each.leaders, each.replicas, each.out_of_sync, stored, used),
        *counts,
    ]


def _failure(failure: "Failure") -> list[str]:
    found = {
        "would have no leader": failure.would_go_offline,
        "would refuse writes with acks=all": failure.would_refuse,
        "have their last copy there": failure.last_copies,
    }
    lines = [f"  {_partitions(names)} {what}" for what, names in found.items() if names]
    if failure.ends_quorum:
        lines.append("  there would be no controller")
    return [f"If broker {failure.broker} failed:", *lines] if lines else []


def _partitions(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _states(told: "ClusterHealth") -> list[str]:
    lines = [] if told.metadata_version is None else [f"Metadata version: {told.metadata_version}."]
    if told.quorum is not None:
        quorum = told.quorum
        lines.append(
            f"Quorum: {quorum.caught_up} of {plural(quorum.voters, 'voter')} keep up, node {quorum.leader} leads."
        )
    if told.open_transactions is not None:
        lines.append(f"Transactions: {told.open_transactions} open, {told.hung_transactions} hung.")
    if told.reassigning is not None:
        lines.append(f"Moves: {plural(told.reassigning, 'partition')}.")
    return lines

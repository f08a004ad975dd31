"""`lagwatch topics`: topics and where their partitions are, as `kafka-topics.sh --describe` shows them."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagwatch.cli.one_poll import AsJson, Bootstrap, Cluster, Config, chosen, look, tell_gaps
from lagwatch.cli.text import table

if TYPE_CHECKING:
    from lagwatch.publish.api.access import Seen

_TOPICS = (
    "TOPIC",
    "TOPIC-ID",
    "PARTITIONS",
    "REPLICATION-FACTOR",
    "MESSAGES",
    "GROUPS",
    "UNDER-REPLICATED",
    "OFFLINE",
    "UNDER-MIN-ISR",
    "CONFIG",
)
_TOPIC_FIELDS = (
    "name",
    "id",
    "partitions",
    "replication_factor",
    "messages",
    "groups",
    "under_replicated",
    "offline",
    "under_min_isr",
)
_PARTITIONS = (
    "TOPIC",
    "PARTITION",
    "LEADER",
    "REPLICAS",
    "ISR",
    "OFFLINE-REPLICAS",
    "LOG-START-OFFSET",
    "LOG-END-OFFSET",
    "LAST-STABLE-OFFSET",
)
_PARTITION_FIELDS = (
    "topic",
    "partition",
    "leader",
    "replicas",
    "in_sync_replicas",
    "offline_replicas",
    "log_start_offset",
    "log_end_offset",
    "last_stable_offset",
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Show topics with partitions, leaders, replicas and offsets.")
    def topics(
        topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Only this topic (default: all).")] = None,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        *,
        summary: Annotated[bool, typer.Option("--summary", help="One line a topic, no partitions.")] = False,
        internal: Annotated[bool, typer.Option("--internal", help="Kafka's own topics, too.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Show topics, their partitions, leaders, replicas and offsets, as kafka-topics.sh --describe does, and more."""
        # A topic that is asked for by name is shown, internal or not.
        wants_internal = True if internal or (topic or "").startswith("__") else None
        seen = look(chosen(config, bootstrap, cluster), internal_topics=wants_internal)
        details = _details(seen, topic)
        if as_json:
            typer.echo(json.dumps(details[0] if topic is not None else details, ensure_ascii=False, indent=2))
        elif summary:
            typer.echo(table(_TOPICS, map(_topic_cells, details)))
        else:
            typer.echo("\n\n".join(map(_described, details)))
        if not details:
            typer.echo("lagwatch: there is no topic, or none that this user may see and the settings include", err=True)
        tell_gaps(seen.latest.gaps)


def _details(seen: "Seen", name: str | None) -> list[dict[str, Any]]:
    """The topic of that name, or all of them, with their partitions, under the names of the REST API."""
    from lagwatch.cli.names import row_of
    from lagwatch.publish.api.routers.topics import messages_of, numbers_of, partition_item, topic_item

    names, first = seen.snapshot.topics.names, seen.snapshot.topics.first
    rows = range(len(names)) if name is None else [row_of("topic", name, names)]
    numbers, messages = numbers_of(seen.view), messages_of(seen.view)
    return [
        {
            **topic_item(seen.view, numbers, row).model_dump(mode="json"),
            "partition_details": [
                partition_item(seen.view, messages, part).model_dump(mode="json")
                for part in range(int(first[row]), int(first[row + 1]))
            ],
        }
        for row in rows
    ]


def _described(detail: dict[str, Any]) -> str:
    rows = ([part[name] for name in _PARTITION_FIELDS] for part in detail["partition_details"])
    return f"{table(_TOPICS, [_topic_cells(detail)])}\n{table(_PARTITIONS, rows)}"


def _topic_cells(detail: dict[str, Any]) -> list[object]:
    config = ",".join(f"{name}={value}" for name, value in sorted(detail["config"].items()))
    return [*(detail[name] for name in _TOPIC_FIELDS), config]

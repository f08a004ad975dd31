"""`lagwatch groups`: groups with their lag, partition by partition, as `kafka-consumer-groups.sh --describe` shows them."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagwatch.cli.one_poll import AsJson, Bootstrap, Cluster, Config, chosen, look, tell_gaps
from lagwatch.cli.text import placed, table, time_lag

if TYPE_CHECKING:
    from lagwatch.publish.api.access import Seen

_GROUPS = (
    "GROUP",
    "TYPE",
    "KIND",
    "STATE",
    "MEMBERS",
    "COORDINATOR",
    "ASSIGNOR",
    "LAG",
    "MAX-LAG",
    "TIME-LAG",
    "UNKNOWN-PARTITIONS",
)
_PARTITIONS = (
    "GROUP",
    "TOPIC",
    "PARTITION",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "TIME-LAG",
    "LOG-START-OFFSET",
    "LAST-STABLE-OFFSET",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
)
_MEMBERS = (
    "GROUP",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
    "INSTANCE-ID",
    "#PARTITIONS",
    "LAG",
    "EPOCH",
    "ASSIGNMENT",
    "TARGET-ASSIGNMENT",
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Show consumer groups with their lag, and one with its members.")
    def groups(
        group: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="Only this group (default: all).")] = None,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        *,
        summary: Annotated[bool, typer.Option("--summary", help="One line a group, no partitions.")] = False,
        members: Annotated[bool, typer.Option("--members", help="Members and what they own.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Show consumer groups of every type with their lag, as kafka-consumer-groups.sh --describe does, and more."""
        seen = look(chosen(config, bootstrap, cluster))
        details = [_details(seen, row) for row in _rows(seen, group)]
        if as_json:
            typer.echo(json.dumps(details[0] if group is not None else details, ensure_ascii=False, indent=2))
        elif summary:
            typer.echo(table(_GROUPS, map(_group_cells, details)))
        else:
            describe = _member_cells if members else _partition_cells
            header = _MEMBERS if members else _PARTITIONS
            typer.echo("\n\n".join(_described(detail, header, list(describe(detail))) for detail in details))
        if not details:
            typer.echo(
                "lagwatch: there is no consumer group, or none that this user may see and the settings include",
                err=True,
            )
        tell_gaps(seen.latest.gaps)


def _rows(seen: "Seen", name: str | None) -> list[int]:
    from lagwatch.cli.names import row_of

    names = [group.name for group in seen.snapshot.groups]
    return list(range(len(names))) if name is None else [row_of("group", name, names)]


def _details(seen: "Seen", row: int) -> dict[str, Any]:
    """A group with its partitions and members, under the names of the REST API."""
    from lagwatch.publish.api.ownership import OwnedGroup
    from lagwatch.publish.api.routers.group_parts import group_member, group_partition
    from lagwatch.publish.api.routers.groups import group_item

    owned = OwnedGroup.of(seen.view, row)
    load = owned.by_member()
    facts = seen.snapshot.groups[row]
    return {
        **group_item(seen, row).model_dump(mode="json"),
        "protocol": facts.protocol or None,
        "epoch": facts.epoch,
        "assignment_epoch": facts.assignment_epoch,
        "partition_details": [group_partition(owned, at).model_dump(mode="json") for at in range(len(owned.rows))],
        "member_details": [group_member(owned, load, at).model_dump(mode="json") for at in range(len(facts.members))],
    }


def _described(detail: dict[str, Any], header: tuple[str, ...], rows: list[list[object]]) -> str:
    """The group in one line, then its partitions or members."""
    head = table(_GROUPS, [_group_cells(detail)])
    if not detail["known"]:
        return f"{head}\n(its committed offsets could not be read)"
    return f"{head}\n{table(header, rows)}" if rows else f"{head}\n(none)"


def _group_cells(detail: dict[str, Any]) -> list[object]:
    names = ("name", "type", "kind", "state", "members", "coordinator", "protocol", "lag", "max_partition_lag")
    return [*(detail[name] for name in names), time_lag(detail), detail["unknown_partitions"]]


def _partition_cells(detail: dict[str, Any]) -> Iterator[list[object]]:
    for part in detail["partition_details"]:
        owners = part["owners"] or []
        yield [
            detail["name"],
            *(part[name] for name in ("topic", "partition", "committed_offset", "log_end_offset", "lag")),
            time_lag(part),
            *(part[name] for name in ("log_start_offset", "last_stable_offset")),
            *([owner[name] or "-" for owner in owners] for name in ("member_id", "host", "client_id")),
        ]


def _member_cells(detail: dict[str, Any]) -> Iterator[list[object]]:
    for member in detail["member_details"]:
        yield [
            detail["name"],
            *(member[name] for name in ("member_id", "host", "client_id", "instance_id", "partitions", "lag", "epoch")),
            placed(member["assigned"]),
            placed(member["target"]),
        ]

"""`lagwatch offsets`: move the committed offsets of a group, by a plan that is looked at first, and with a way back."""

from pathlib import Path
from typing import Annotated

import typer

from lagwatch.cli.one_poll import Bootstrap, Cluster, Config, chosen

_GROUP = Annotated[str, typer.Argument(metavar="GROUP", help="The group whose offsets move.")]
_PLAN = Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `lagwatch offsets plan` wrote.")]
_BACKUP = Annotated[Path, typer.Argument(metavar="BACKUP", help="A file that `apply` or `undo` wrote.")]
_TOPICS = Annotated[
    list[str] | None, typer.Option("--topic", metavar="TOPIC[:P,P]", help="This topic, or some partitions; repeatable.")
]
_ALL_TOPICS = Annotated[bool, typer.Option("--all-topics", help="All partitions that the group has committed.")]
_EARLIEST = Annotated[bool, typer.Option("--to-earliest", help="To the log start.")]
_LATEST = Annotated[bool, typer.Option("--to-latest", help="To the log end.")]
_MOMENT = Annotated[
    str | None,
    typer.Option(
        "--to-timestamp", metavar="MOMENT", help="To the first record as new as 2026-11-24T10:00:00Z, or epoch."
    ),
]
_SHIFT = Annotated[int | None, typer.Option("--shift-by", metavar="N", help="N messages on, or back if negative.")]
_OFFSET = Annotated[int | None, typer.Option("--to-offset", metavar="N", min=0, help="To this offset.")]
_NEW_GROUP = Annotated[bool, typer.Option("--new-group", help="The group may not exist yet.")]
_OUT = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write the plan (default: a new file here).")
]
_KEEP = Annotated[
    Path | None,
    typer.Option("--backup", metavar="FILE", help="Where to keep what is committed now (default: a new file here)."),
]
_DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="All checks; nothing is changed or written.")]
_ALTHOUGH = Annotated[
    bool, typer.Option("--although-changed", help="Also where the group has committed something else since.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    offsets = typer.Typer(help="Move a group's committed offsets: plan, apply, undo.", no_args_is_help=True)
    app.add_typer(offsets, name="offsets")

    @offsets.command(short_help="Show what would move, and write it into a file for `apply`.")
    def plan(
        group: _GROUP,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        topic: _TOPICS = None,
        *,
        all_topics: _ALL_TOPICS = False,
        to_earliest: _EARLIEST = False,
        to_latest: _LATEST = False,
        to_timestamp: _MOMENT = None,
        shift_by: _SHIFT = None,
        to_offset: _OFFSET = None,
        new_group: _NEW_GROUP = False,
        out: _OUT = None,
    ) -> None:
        """
        Show what would move, and write it into a file for `apply`. Nothing is changed.

        Exits with 0 if there is a plan or nothing to move, 1 if there can be no plan, 2 if it is not clear what is meant.
        """
        from lagwatch.cli.offsets_run import make_plan, partitions, target

        to = target(earliest=to_earliest, latest=to_latest, moment=to_timestamp, shift=shift_by, offset=to_offset)
        wanted = partitions(topic, all_topics=all_topics)
        make_plan(chosen(config, bootstrap, cluster), group, to, wanted, out, new_group=new_group)

    @offsets.command(short_help="Carry out a plan, if the group still is as it was planned.")
    def apply(
        plan: _PLAN,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        backup: _KEEP = None,
        *,
        dry_run: _DRY_RUN = False,
    ) -> None:
        """
        Carry out a plan, if the group still is as it was planned and nobody is using it.

        Exits with 0 if all was done, 1 if nothing was, 2 if a file or the settings are wrong, 3 if it was done in part.
        """
        from lagwatch.cli.offsets_run import apply_plan

        apply_plan(chosen(config, bootstrap, cluster), plan, backup, config, dry_run=dry_run)

    @offsets.command(short_help="Give back what was committed before `apply`.")
    def undo(
        backup: _BACKUP,
        config: Config = None,
        bootstrap: Bootstrap = None,
        cluster: Cluster = None,
        keep: _KEEP = None,
        *,
        dry_run: _DRY_RUN = False,
        although_changed: _ALTHOUGH = False,
    ) -> None:
        """
        Give back what was committed before, with the checks of `apply`, its exit codes, and a backup of its own.
        """
        from lagwatch.cli.offsets_run import undo_backup

        settings = chosen(config, bootstrap, cluster)
        undo_backup(settings, backup, keep, config, dry_run=dry_run, although_changed=although_changed)

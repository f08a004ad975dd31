"""What the commands of `lagwatch offsets` do, with everything that a person is told on the way."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import typer

from lagwatch.app.acts import Acts
from lagwatch.app.service import reader_options
from lagwatch.cli.offsets_text import moves_table, offset_text, outcome, quoted, summary, word
from lagwatch.config import ClusterSettings, load
from lagwatch.errors import ConfigurationError, OffsetsError, StoreError
from lagwatch.offsets.act import Hand
from lagwatch.offsets.carry import carry_out, refuse
from lagwatch.offsets.files import read_backup, read_plan, write_plan
from lagwatch.offsets.plan import Plan, Result, back, chosen, moves, whole
from lagwatch.offsets.seen import Partition, Seen, members, notes, refusal
from lagwatch.offsets.target import Kind, Scope, Target, milliseconds, scope

PARTLY = 3
"""The exit code of an act that was done for some partitions and not, or not surely, for others."""


def target(*, earliest: bool, latest: bool, moment: str | None, shift: int | None, offset: int | None) -> Target:
    """Where to, of which exactly one must be given; raises ConfigurationError."""
    meant = [Target(Kind.EARLIEST)] * earliest + [Target(Kind.LATEST)] * latest
    if moment is not None:
        try:
            meant.append(Target(Kind.TIMESTAMP, milliseconds(moment)))
        except ValueError as error:
            raise ConfigurationError(f"--to-timestamp {error}") from None
    meant += [Target(Kind.SHIFT, shift)] if shift is not None else []
    meant += [Target(Kind.OFFSET, offset)] if offset is not None else []
    if len(meant) != 1:
        raise ConfigurationError(
            "say where to, one of: --to-earliest, --to-latest, --to-timestamp MOMENT, --shift-by N, --to-offset N"
        )
    return meant[0]


def partitions(topics: list[str] | None, *, all_topics: bool) -> Scope:
    """Which partitions; raises ConfigurationError."""
    if all_topics == bool(topics):
        raise ConfigurationError("say which partitions: either --all-topics, or --topic TOPIC (or TOPIC:0,3)")
    try:
        return scope(topics or [])
    except ValueError as error:
        raise ConfigurationError(f"--topic {error}") from None


def make_plan(
    settings: ClusterSettings, group: str, to: Target, wanted: Scope, out: Path | None, *, new_group: bool
) -> None:
    """Show a plan and write it down; raises OffsetsError if there can be none."""
    with _hand(settings, group) as hand:
        plan = _planned(settings, hand, to, wanted, new_group=new_group)
    typer.echo(moves_table(plan.moves))
    typer.echo(summary(plan.moves))
    if plan.problems:
        raise OffsetsError("no plan was written: " + "; ".join(plan.problems) + ".")
    if plan.changes:
        file = out or _new_file(group, "plan")
        write_plan(file, plan)
        typer.echo(f"The plan is in {file}; carry it out with: lagwatch offsets apply {quoted(file)}")
    else:
        typer.echo("There is nothing to carry out, so no plan was written.")


def apply_plan(
    settings: ClusterSettings, file: Path, backup: Path | None, config: Path | None, *, dry_run: bool
) -> None:
    """Carry out a plan; raises OffsetsError if nothing was changed."""
    plan = read_plan(file)
    with _hand(settings, plan.group) as hand:
        _carry_out(plan, hand, hand.look(), backup, ("apply", config), dry_run=dry_run)


def undo_backup(
    settings: ClusterSettings,
    file: Path,
    backup: Path | None,
    config: Path | None,
    *,
    dry_run: bool,
    although_changed: bool,
) -> None:
    """Give back what a backup holds; raises OffsetsError if nothing was changed."""
    kept = read_backup(file)
    with _hand(settings, kept.plan.group) as hand:
        seen = hand.look()
        plan = back(kept.plan, kept.kept, seen, made_at=time.time(), although_changed=although_changed)
        _carry_out(plan, hand, seen, backup, ("undo", config), dry_run=dry_run)


def _planned(settings: ClusterSettings, hand: Hand, to: Target, wanted: Scope, *, new_group: bool) -> Plan:
    seen = hand.look()
    wrong = [*filter(None, [refusal(seen)]), *whole(seen)]
    if seen.group is None and not new_group and not wrong:
        wrong = [f'there is no group "{seen.name}" (--new-group plans for one to come; `lagwatch groups` shows all)']
    positions, unclear = chosen(seen, wanted)
    if not positions and not wrong + unclear:
        wrong = [f'group "{seen.name}" has committed nothing; say which topics with --topic']
    if wrong or unclear:
        raise OffsetsError("no plan was written: " + "; ".join(wrong or unclear) + ".")
    at: Mapping[Partition, int | str] = {}
    if to.kind is Kind.TIMESTAMP:
        at = hand.offsets_at(to.value, seen.snapshot, [position.partition for position in positions])
    _tell_notes(seen)
    if active := members(seen.group):
        typer.echo(f"note: the group is in use: {active}. Stop its members before you apply the plan.", err=True)
    return Plan(
        made_at=time.time(),
        cluster=settings.name,
        cluster_id=seen.snapshot.cluster_id,
        group=seen.name,
        target=str(to),
        moves=tuple(moves(seen, positions, to, at)),
    )


def _carry_out(
    plan: Plan, hand: Hand, seen: Seen, backup: Path | None, log: tuple[str, Path | None], *, dry_run: bool
) -> None:
    """The act of this name, logged where the settings say."""
    _tell_notes(seen)
    refuse(plan, seen)
    if dry_run or not plan.changes:
        typer.echo(moves_table(plan.moves))
        typer.echo(summary(plan.moves))
        typer.echo("This was a dry run: nothing was changed." if dry_run else "Nothing was changed.")
        return
    file = backup or _new_file(plan.group, "backup")
    act, config = log
    with closing(Acts(load(config, os.environ, {}, offline=True))) as acts, _interruptible(file):
        results = carry_out(plan, hand, seen, file, _AuditLog(act, acts))
    done = sum(result.done is True for result in results)
    typer.echo(outcome(results))
    typer.echo(f"{done} of {len(results)} partitions moved.")
    typer.echo(f"What was committed before is in {file}; undo with: lagwatch offsets undo {quoted(file)}")
    if done < len(results):
        raise typer.Exit(1 if all(result.done is False for result in results) else PARTLY)


@contextmanager
def _interruptible(backup: Path) -> Iterator[None]:
    """Ctrl-C once there is a backup: what has moved is not known, and that is said."""
    try:
        yield
    except KeyboardInterrupt:
        if not backup.exists():
            raise
        typer.echo(
            f"lagwatch: interrupted: what has moved is not known. Undo with: lagwatch offsets undo {quoted(backup)}",
            err=True,
        )
        raise typer.Exit(PARTLY) from None


class _AuditLog:
    """An act in the audit log of the configured store: before it is done, and what came of it."""

    def __init__(self, act: str, acts: Acts) -> None:
        self._act = act
        self._acts = acts

    def begins(self, plan: Plan, backup: Path) -> None:
        """Raises StoreError."""
        what = {
            str(move.partition): f"{offset_text(move.before)} -> {offset_text(move.after)}" for move in plan.changes
        }
        self._note(f"offsets.{self._act}", plan, {"target": plan.target, "backup": str(backup), "moves": what})
        typer.echo(
            f"note: what is committed now is kept in {backup}; should this be interrupted, undo takes it.", err=True
        )

    def ended(self, plan: Plan, results: list[Result]) -> None:
        """Never raises: the offsets have moved, whatever becomes of the log."""
        where = self._acts.where
        try:
            came = {str(result.move.partition): word(result) for result in results}
            self._note(f"offsets.{self._act}.done", plan, {"results": came})
        except StoreError as error:
            typer.echo(f"lagwatch: what came of it is not in the audit log: {error}", err=True)
        else:
            said = f"in the audit log of {where}" if where else "in no audit log (no store.data_dir is configured)"
            typer.echo(f"note: this act is {said}.", err=True)

    def _note(self, action: str, plan: Plan, details: Mapping[str, Any]) -> None:
        self._acts.note(action, plan.group, {"cluster": plan.cluster, "cluster_id": plan.cluster_id, **details})


def _tell_notes(seen: Seen) -> None:
    for note in notes(seen):
        typer.echo(f"note: {note}", err=True)


@contextmanager
def _hand(settings: ClusterSettings, group: str) -> Iterator[Hand]:
    hand = Hand(reader_options(settings), group)
    try:
        yield hand
    finally:
        hand.close()


def _new_file(group: str, what: str) -> Path:
    """A new name in this directory: "offsets-billing-20261124T101500Z-plan.json", the next one of a second with "-2" at its end."""
    now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"offsets-{re.sub(r'[^A-Za-z0-9._-]', '_', group)[:100]}-{now}-{what}"
    names = (Path(f"{stem}{'' if number == 1 else f'-{number}'}.json") for number in count(1))
    return next(file for file in names if not file.exists())

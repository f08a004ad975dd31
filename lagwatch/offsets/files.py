"""
Plans and backups as JSON files. They are written whole or not at all, and nothing is ever overwritten.

A backup is a plan that was carried out, with what each partition had committed before.
"""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from lagwatch.errors import OffsetsFileError
from lagwatch.offsets.plan import Move, Plan
from lagwatch.offsets.seen import Commit, Partition

T = TypeVar("T")

PLAN, BACKUP = "lagwatch-offsets-plan", "lagwatch-offsets-backup"
"""What a file says it is (`format`)."""

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A plan that was, or was to be, carried out, and what its partitions had committed before."""

    plan: Plan
    kept: Mapping[Partition, Commit | None]


def write_plan(file: Path, plan: Plan) -> None:
    """Raises OffsetsFileError if the file exists or cannot be written."""
    _write(file, _plan_json(plan, PLAN))


def write_backup(file: Path, backup: Backup) -> None:
    """Raises OffsetsFileError if the file exists or cannot be written; when this returns, it is on the disk."""
    form = _plan_json(backup.plan, BACKUP)
    for row in form["partitions"]:
        commit = backup.kept[Partition(row["topic"], row["partition"])]
        row["kept"] = None if commit is None else commit._asdict()
    _write(file, form)


def read_plan(file: Path) -> Plan:
    """Raises OffsetsFileError if it is not a plan."""
    return _read(file, PLAN, _plan)


def read_backup(file: Path) -> Backup:
    """Raises OffsetsFileError if it is not a backup."""
    return _read(file, BACKUP, _backup)


def _plan_json(plan: Plan, form: str) -> dict[str, Any]:
    return {
        "format": form,
        "version": VERSION,
        "made_at": plan.made_at,
        "cluster": plan.cluster,
        "cluster_id": plan.cluster_id,
        "group": plan.group,
        "target": plan.target,
        "partitions": [_move_json(move) for move in plan.moves if not move.problem],
    }


def _move_json(move: Move) -> dict[str, Any]:
    return {
        "topic": move.partition.topic,
        "topic_id": move.topic_id,
        "partition": move.partition.number,
        "from": move.before,
        "to": move.after,
        "log_start": move.start,
        "log_end": move.end,
        "note": move.note,
    }


def _write(file: Path, form: Mapping[str, Any]) -> None:
    text = json.dumps(form, indent=1, ensure_ascii=False) + "\n"
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name[:100]}.", delete=False
        ) as temporary:
            try:
                temporary.write(text)
                temporary.flush()
                os.fsync(temporary.fileno())
                os.link(temporary.name, file)  # unlike a rename it fails if the file is there
            finally:
                Path(temporary.name).unlink()
        _sync(file.parent)
    except FileExistsError:
        raise OffsetsFileError(f"{file} exists and is not overwritten; name another file") from None
    except OSError as error:
        raise OffsetsFileError(f"{file} cannot be written: {error.strerror}") from error


def _sync(directory: Path) -> None:
    """The name of the new file is on the disk, too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: Path, form: str, take: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OffsetsFileError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise OffsetsFileError(f"{file} is no JSON: {error}") from error
    said = found.get("format") if isinstance(found, dict) else None
    if said != form:
        raise OffsetsFileError(f"{file}: its format is {said!r} and should be {form!r}; {_meant(said)}")
    if found.get("version") != VERSION:
        raise OffsetsFileError(f"{file}: version {found.get('version')!r} of the format; this lagwatch knows {VERSION}")
    try:
        return take(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OffsetsFileError(f"{file} is damaged: {type(error).__name__}: {error}") from error


def _meant(said: object) -> str:
    if said == BACKUP:
        return "a backup goes to `lagwatch offsets undo`"
    if said == PLAN:
        return "a plan goes to `lagwatch offsets apply`"
    return "`lagwatch offsets plan` writes plans, `apply` writes backups"


def _plan(form: Mapping[str, Any]) -> Plan:
    return Plan(
        made_at=float(form["made_at"]),
        cluster=_is(form["cluster"], str),
        cluster_id=_is(form["cluster_id"], str, type(None)),
        group=_is(form["group"], str),
        target=_is(form["target"], str),
        moves=_once([_move(row) for row in form["partitions"]]),
    )


def _once(moves: list[Move]) -> tuple[Move, ...]:
    seen: set[Partition] = set()
    for move in moves:
        if move.partition in seen:
            raise ValueError(f"{move.partition} is there twice")
        seen.add(move.partition)
    return tuple(moves)


def _move(row: Mapping[str, Any]) -> Move:
    return Move(
        partition=_partition(row),
        topic_id=_is(row["topic_id"], str, type(None)),
        before=_is(row["from"], int, type(None)),
        after=None if _is(row["to"], int, type(None)) is None else _offset(row["to"]),
        start=_is(row["log_start"], int),
        end=_is(row["log_end"], int),
        note=_is(row["note"], str),
    )


def _backup(form: Mapping[str, Any]) -> Backup:
    return Backup(plan=_plan(form), kept={_partition(row): _commit(row["kept"]) for row in form["partitions"]})


def _commit(kept: Mapping[str, Any] | None) -> Commit | None:
    if kept is None:
        return None
    epoch = _is(kept["epoch"], int)
    if not -1 <= epoch < 2**31:
        raise ValueError(f"{epoch} is no leader epoch")
    return Commit(_offset(kept["offset"]), epoch, _is(kept["metadata"], str))


def _offset(value: Any) -> int:
    offset: int = _is(value, int)
    if not 0 <= offset < 2**63:
        raise ValueError(f"{offset} is no offset")
    return offset


def _partition(row: Mapping[str, Any]) -> Partition:
    return Partition(_is(row["topic"], str), _is(row["partition"], int))


def _is(value: Any, *kinds: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, kinds):
        expected = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise TypeError(f"{value!r} where {expected} is expected")
    return value

"""One act, from its checks to what came of it: the backup first, then the offsets, then a look at what there is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lagwatch.errors import CollectError, OffsetsError
from lagwatch.offsets.files import Backup, write_backup
from lagwatch.offsets.plan import Move, Plan, Result, check
from lagwatch.offsets.seen import Partition, Seen


class Mover(Protocol):
    """Who moves offsets and looks at them (`act.Hand`)."""

    def move(self, moves: Sequence[Move]) -> dict[Partition, str]:
        """Why it failed, for each partition where it did."""

    def look(self) -> Seen:
        """The group as it is; raises CollectError or OffsetsError."""


class Log(Protocol):
    """Who is told of an act: before it, and of what came of it."""

    def begins(self, plan: Plan, backup: Path) -> None:
        """Raises StoreError; then nothing is done."""

    def ended(self, plan: Plan, results: list[Result]) -> None:
        """Raises StoreError."""


def refuse(plan: Plan, seen: Seen) -> None:
    """Raises OffsetsError with every reason why this plan must not be carried out now."""
    problems = check(plan, seen)
    if problems:
        raise OffsetsError("nothing was changed: " + "; ".join(problems) + ".")


def carry_out(plan: Plan, hand: Mover, seen: Seen, backup: Path, log: Log) -> list[Result]:
    """
    Do it, and say what came of each partition. Raises OffsetsError or StoreError if nothing was done.

    `seen` is how the group was found by the look that `refuse` judged.
    """
    kept = {move.partition: seen.commits.get(move.partition) for move in plan.moves}
    write_backup(backup, Backup(plan=plan, kept=kept))
    log.begins(plan, backup)
    failed = hand.move(plan.changes)
    try:
        after: Seen | None = hand.look()
    except (CollectError, OffsetsError):
        after = None
    results = [_result(move, failed.get(move.partition, ""), after) for move in plan.changes]
    log.ended(plan, results)
    return results


def _result(move: Move, reason: str, after: Seen | None) -> Result:
    if after is None or move.partition in after.unreadable:
        return Result(move=move, done=None, reason=reason or "it could not be read afterwards")
    commit = after.commits.get(move.partition)
    offset = None if commit is None else commit.offset
    if offset == move.after:
        return Result(move=move, done=True)
    return Result(move=move, done=False, reason=reason or f"its committed offset is {offset} afterwards")

"""How moves of offsets, and what came of them, are shown in the terminal. Pure."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from lagwatch.cli.text import table
from lagwatch.offsets.plan import Move, Result, total


def moves_table(moves: Sequence[Move]) -> str:
    """What would move, one line a partition."""
    header = ("TOPIC", "PARTITION", "FROM", "TO", "SKIPPED", "REPLAYED", "LOG-START", "LOG-END", "NOTE")
    return table(header, [_cells(move) for move in moves])


def _cells(move: Move) -> list[object]:
    ends = [None if end < 0 else end for end in (move.start, move.end)]
    after = "unknown" if move.problem else move.after
    note = move.problem or move.note or ("" if move.changes else "stays")
    topic, number = move.partition
    return [topic, number, move.before, after, move.skipped, move.replayed, *ends, note]


def summary(moves: Sequence[Move]) -> str:
    """The same in one sentence."""
    change = [move for move in moves if move.changes]
    skipped, replayed = total([move.skipped for move in change]), total([move.replayed for move in change])
    return (
        f"{len(change)} of {len(moves)} partitions move; {skipped:,} messages are skipped and {replayed:,} are read again "
        "(counted as offsets)."
    )


def outcome(results: Sequence[Result]) -> str:
    """What came of an act, one line a partition."""
    header = ("TOPIC", "PARTITION", "FROM", "TO", "RESULT")
    rows = [[*result.move.partition, result.move.before, result.move.after, word(result)] for result in results]
    return table(header, rows)


def word(result: Result) -> str:
    """What came of one move."""
    if result.done:
        return "moved"
    return f"{'unknown' if result.done is None else 'failed'}: {result.reason}"


def offset_text(offset: int | None) -> str:
    """An offset, or none."""
    return "none" if offset is None else str(offset)


def quoted(file: Path) -> str:
    """A file as a shell takes it."""
    return shlex.quote(str(file))

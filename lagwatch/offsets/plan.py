"""What would move from where to where, and whether that still holds when it is to be done. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lagwatch.model.snapshot import UNKNOWN
from lagwatch.offsets.seen import Commit, Partition, Position, Seen, members, refusal
from lagwatch.offsets.target import Kind, Scope, Target

NO_RECORD = -1
"""What Kafka answers for a timestamp that no record of the partition is as new as."""

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """
    One partition: its committed offset `before` and `after`, None for none, and its log start and end when that was planned.

    `note` says what became of the wish (clamped), `problem` why there is no `after` to be had. Only an undo has `epoch` and
    `metadata`, what is committed beside the offset, and `restores`: it goes to `after` wherever the log is.
    """

    partition: Partition
    before: int | None
    after: int | None
    topic_id: str | None = None
    start: int = UNKNOWN
    end: int = UNKNOWN
    epoch: int = -1
    metadata: str = ""
    restores: bool = False
    note: str = ""
    problem: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return not self.problem and self.before != self.after

    @property
    def skipped(self) -> int | None:
        """Messages that are never read; None where that is not known."""
        if self.problem or self.before is None or self.after is None:
            return None
        return max(0, self.after - max(self.before, self.start))

    @property
    def replayed(self) -> int | None:
        """Messages that are read once more; None where that is not known."""
        if self.problem or self.before is None or self.after is None:
            return None
        return max(0, (self.before if self.end < 0 else min(self.before, self.end)) - max(self.after, self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Moves of one group on one cluster; `target` is the wish in words, `made_at` seconds since the epoch."""

    made_at: float
    cluster: str
    cluster_id: str | None
    group: str
    target: str
    moves: tuple[Move, ...]

    @property
    def changes(self) -> tuple[Move, ...]:
        """The moves that do something."""
        return tuple(move for move in self.moves if move.changes)

    @property
    def problems(self) -> list[str]:
        """Partitions that cannot be planned, and why."""
        return [f"{move.partition}: {move.problem}" for move in self.moves if move.problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one move: `done` by what was read afterwards (None: that could not be read), and why not."""

    move: Move
    done: bool | None
    reason: str = ""


def chosen(seen: Seen, scope: Scope) -> tuple[list[Position], list[str]]:
    """The partitions that are meant, in order, and what is wrong with the choice."""
    if not scope.topics:
        there = [seen.position(partition) for partition in sorted({*seen.commits, *seen.unreadable})]
        return [position for position in there if position is not None], []
    positions, problems = [], []
    for topic, numbers in scope.topics:
        every = list(seen.positions(topic))
        if not every:
            problems.append(f'there is no topic "{topic}", or it is hidden from this user')
        missing = [number for number in numbers if number >= len(every)] if every else []
        if missing:
            problems.append(f"{topic} has {len(every)} partitions and no {', '.join(map(str, missing))}")
        positions += [each for each in every if not numbers or each.partition.number in numbers]
    return positions, problems


def moves(seen: Seen, positions: Iterable[Position], target: Target, at: Mapping[Partition, int | str]) -> list[Move]:
    """
    What this target means for these partitions.

    `at` has, for a timestamp, the offset of the first record that is as new (NO_RECORD for none), or why it is not known.
    """
    return [_move(seen, position, target, at) for position in positions]


def check(plan: Plan, seen: Seen) -> list[str]:
    """Why this plan must not be carried out on the group as it is now; nothing if it may."""
    if plan.cluster_id != seen.snapshot.cluster_id:
        known = seen.snapshot.cluster_id
        return [
            f'the plan is for the cluster "{plan.cluster}" (id {plan.cluster_id}), and this is another one (id {known})'
        ]
    if kind := refusal(seen):
        return [kind]
    problems = [*whole(seen), *_active(seen)]
    moved = [said for move in plan.moves if (said := _stale(move, seen))]
    problems += moved[:_SHOWN]
    if len(moved) > _SHOWN:
        problems.append(f"and {len(moved) - _SHOWN} partitions more")
    return problems


def back(
    plan: Plan, kept: Mapping[Partition, Commit | None], seen: Seen, *, made_at: float, although_changed: bool
) -> Plan:
    """
    The plan that undoes a plan which was carried out: to what each partition had committed before (`kept`).

    Partitions that have that already are left out. Those that have something else than what the plan gave them have moved
    since, and stay a problem of `check` unless `although_changed`.
    """
    turned = []
    for move in plan.changes:
        was, now = kept[move.partition], seen.commits.get(move.partition)
        if _offset(was) == _offset(now):
            continue
        before = _offset(now) if although_changed else move.after
        turned.append(_turned(move, before, was, seen.position(move.partition)))
    return Plan(
        made_at=made_at,
        cluster=plan.cluster,
        cluster_id=plan.cluster_id,
        group=plan.group,
        target=f"back to before: {plan.target}",
        moves=tuple(turned),
    )


def _turned(move: Move, before: int | None, was: Commit | None, position: Position | None) -> Move:
    start, end = (UNKNOWN, UNKNOWN) if position is None else (position.start, position.end)
    outside = was is not None and min(start, end) >= 0 and not start <= was.offset <= end
    return Move(
        partition=move.partition,
        topic_id=move.topic_id,
        before=before,
        after=_offset(was),
        start=start,
        end=end,
        epoch=-1 if was is None else was.epoch,
        metadata="" if was is None else was.metadata,
        restores=True,
        note="outside of the log: auto.offset.reset decides" if outside else "",
    )


def whole(seen: Seen) -> list[str]:
    """Why it is not known of this group what has to be known; nothing if it is."""
    if seen.group is None:
        unanswered = [f"broker {gap.broker}: {gap.reason}" for gap in seen.gaps("group_list") if gap.broker != UNKNOWN]
        if unanswered:
            return [f'not every broker tells its groups ({", ".join(unanswered)}), so "{seen.name}" may be there']
    return []


def _active(seen: Seen) -> list[str]:
    there = members(seen.group)
    if not there:
        return []
    count = seen.group.member_count if seen.group is not None else UNKNOWN
    many = f"{count} active member{'s' if count != 1 else ''}" if count >= 0 else "active members"
    return [
        f'group "{seen.name}" has {many}: {there}. Stop them first; Kafka takes no offsets for a group that is in use'
    ]


def _move(seen: Seen, position: Position, target: Target, at: Mapping[Partition, int | str]) -> Move:
    before = None if position.commit is None else position.commit.offset
    start, end = position.start, position.end
    problem = _unknown(seen, position) or _no_target(position, target, at)
    after, note = (None, "") if problem else _clamped(_wish(position, target, at), start, end)
    return Move(
        partition=position.partition,
        topic_id=position.topic_id,
        before=before,
        after=after,
        start=start,
        end=end,
        note=note,
        problem=problem,
    )


def _unknown(seen: Seen, position: Position) -> str:
    if position.partition in seen.unreadable:
        return f"its committed offset could not be read ({seen.unreadable[position.partition]})"
    if position.start < 0 or position.end < 0:
        return "log start and log end are not known: its leader does not answer, or there is none"
    return ""


def _no_target(position: Position, target: Target, at: Mapping[Partition, int | str]) -> str:
    if target.kind is Kind.SHIFT and position.commit is None:
        return "nothing is committed that could be shifted"
    if target.kind is Kind.TIMESTAMP:
        found = at.get(position.partition, "its leader did not answer")
        if isinstance(found, str):
            return f"the offset of that moment is not known ({found})"
    return ""


def _wish(position: Position, target: Target, at: Mapping[Partition, int | str]) -> int | None:
    """The offset that is asked for; None for the end because no record is as new as the timestamp."""
    match target.kind:
        case Kind.EARLIEST:
            return position.start
        case Kind.LATEST:
            return position.end
        case Kind.OFFSET:
            return target.value
        case Kind.SHIFT:
            assert position.commit is not None
            return position.commit.offset + target.value
    found = at[position.partition]
    assert isinstance(found, int)
    return None if found == NO_RECORD else found


def _clamped(wish: int | None, start: int, end: int) -> tuple[int, str]:
    if wish is None:
        return end, "no record is as new: the log end"
    if wish < start:
        return start, f"{wish} is gone: clamped to the log start"
    if wish > end:
        return end, f"{wish} is not there yet: clamped to the log end"
    return wish, ""


def _stale(move: Move, seen: Seen) -> str:
    """Why this move does not hold any more; "" if it does."""
    position = seen.position(move.partition)
    if position is None:
        return f"{move.partition} is not there any more"
    if move.topic_id != position.topic_id:
        return f"{move.partition}: the topic was deleted and made anew since"
    if unknown := _unknown(seen, position):
        return f"{move.partition}: {unknown}"
    now = _offset(position.commit)
    if now != move.before:
        return f"{move.partition}: its committed offset is {_said(now)} now and was {_said(move.before)}"
    if move.after is not None and not move.restores and not position.start <= move.after <= position.end:
        return (
            f"{move.partition}: offset {move.after} is not within the log any more ({position.start} to {position.end})"
        )
    return ""


def _said(offset: int | None) -> str:
    return "none" if offset is None else str(offset)


def _offset(commit: Commit | None) -> int | None:
    return None if commit is None else commit.offset


def total(values: Sequence[int | None]) -> int:
    """The sum of what is known."""
    return sum(value for value in values if value is not None)

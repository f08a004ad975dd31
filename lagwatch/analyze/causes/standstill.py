"""Causes of commits that stand still while members are there: a record nobody passes, an open transaction. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import NOBODY, Case, owned_by
from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.analyze.causes.words import certain, lasting, messages, numbered, where
from lagwatch.model.details import OpenProducer, Transaction
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import duration, plural

_LONG = 4.0  # times the patience: then it is no coincidence
_RARE_S = 600.0  # a group that was not seen to commit may do so as rarely as this, until there is more to see
_HUNGRY = 2.0  # times the window: so long a member with its hands full lets a partition wait


def stalled(case: Case) -> Finding | None:
    """Partitions whose commits stand still although somebody is there to read them, and nothing keeps the records back."""
    if case.members == 0 or case.sorts_out:
        return None
    for each in case.topics:
        rows = _standing(case, each)
        if len(rows) and not _may_be_rare(each):
            return _stalled(case, each, rows)
    return None


def unclear(case: Case) -> Finding | None:
    """No commit of a topic moved since lagwatch looks: it stands still, or the group commits rarely. Who knows?"""
    for each in case.topics:
        rows = _standing(case, each)
        if len(rows) and case.members != 0:
            break
    else:
        return None
    frozen_s, lag = float(each.frozen[rows].max()), float(each.lags[rows].sum())
    return Finding(
        cause=Cause.UNKNOWN,
        sentence=f"{case.name} has not committed on {where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))} "
        f"for {duration(frozen_s)}, and how often it does is not known yet: it stands still, or it commits rarely; "
        f"{messages(lag)} behind.",
        certainty=0.3,
        next_step="Ask again in a while. Meanwhile the logs of its consumers may tell whether they hang.",
        topic=each.topic,
        evidence={"frozen_s": frozen_s, "lag": lag, "members": float(case.members) if case.members >= 0 else None},
    )


def _standing(case: Case, each: OnTopic) -> np.ndarray:
    """The partitions that stand still for no other reason."""
    rebalancing_s = 0.0 if case.settled else case.value("unsettled_s")
    still = each.stuck & ~each.held & (each.frozen > each.still_s + rebalancing_s)
    sure = still & ~each.starved
    rows = np.flatnonzero(sure if sure.any() else still & (each.frozen > _HUNGRY * case.view.window_s))
    return rows[:0] if each.value("left_s") >= 0 else rows


def _may_be_rare(each: OnTopic) -> bool:
    """Whether it was never seen how often the group commits, and what waits would have come in such a time."""
    if not np.isnan(each.interval_s):
        return False
    much = each.lag > each.produced / 60.0 * _RARE_S > 0
    return not (much or each.frozen.max(initial=0) > _RARE_S)


def _stalled(case: Case, each: OnTopic, rows: np.ndarray) -> Finding:
    worst = int(rows[np.argmax(each.lags[rows])])
    lag, frozen_s = float(each.lags[rows].sum()), float(each.frozen[worst])
    partition, offset = int(each.partitions[worst]), int(each.committed[worst])
    owner = case.owner(each, worst)
    rest = int((each.lags >= 0).sum()) - len(rows)  # what nobody knows does not go on
    everything = rest == 0
    seen = "" if not np.isnan(each.interval_s) else ", and how often it commits was never seen"
    place = where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))
    at = f"at offset {offset:,}" if len(rows) == 1 else f"{numbered([partition])} at offset {offset:,}"
    whose = f", {owned_by(owner)}" if owner else ""
    others = "" if everything else f", while {plural(rest, 'other')} of the topic {'goes' if rest == 1 else 'go'} on"
    return Finding(
        cause=Cause.STALLED,
        sentence=f"{case.name} stands still on {place} {lasting(frozen_s)} ({at}{whose}){others}{seen}; "
        f"{messages(lag)} behind it. {_meaning(each, rows, everything=everything, owned=owner != NOBODY)}",
        certainty=_sure(case, each, frozen_s, everything=everything)
        * (0.6 if each.starved[worst] else 1.0)
        * (0.5 + 0.5 * case.share(lag)),
        next_step=_look(case, each.topic, partition, offset),
        topic=each.topic,
        partition=partition,
        evidence={
            "partitions_stuck": float(len(rows)),
            "partitions": float(len(each.lags)),
            "offset": float(offset),
            "frozen_s": frozen_s,
            "commit_interval_s": each.interval_s,
            "lag": lag,
            "members": float(case.members) if case.members >= 0 else None,
            "owner": owner or None,
        },
    )


def _sure(case: Case, each: OnTopic, frozen_s: float, *, everything: bool) -> float:
    """A group that was never seen to commit may be one that commits rarely; one without rest does not get that far."""
    if each.doubtful:
        return 0.4
    if np.isnan(each.interval_s):
        return certain(0.6, 0.9, frozen_s / 3600.0)
    return certain(0.85, 0.96, frozen_s / (_LONG * each.still_s)) * (0.8 if everything and case.restless else 1.0)


def _meaning(each: OnTopic, rows: np.ndarray, *, everything: bool, owned: bool) -> str:
    if each.doubtful:
        return "One message a partition of a quiet topic may be the marker of a transaction, with nothing to read."
    if not owned:
        return "Nobody reads it: the assignment leaves it out."
    if everything:
        return "Its members are there and get nowhere: a handler that hangs, or a record that they cannot pass."
    if _all_of_one(each, rows):
        return "That is all that this member owns there: its handler hangs, or there is a record that it cannot pass."
    return "Most probably the record at that offset cannot be processed (a poison record), or its handler hangs."


def _all_of_one(each: OnTopic, rows: np.ndarray) -> bool:
    """Whether these are several partitions, and all that one member owns of the topic."""
    owners = [None if owner is None else owner.id for owner in each.owners]
    first = owners[rows[0]]
    own = [row for row, owner in enumerate(owners) if owner == first]
    return first is not None and len(own) > 1 and own == rows.tolist()


def _look(case: Case, topic: str, partition: int, offset: int) -> str:
    place = ("--topic", topic, "--partition", str(partition), "--offset", str(offset))
    show = case.tool("kafka-console-consumer.sh", *place, "--max-messages", "1")
    look = f"Look at that record ({show}) and at the owner's log and threads."
    if case.group.type in ("share", "streams"):
        return look  # other tools move their offsets, and do not shift them
    return (
        f"{look} If the record is to be skipped: stop the group, then {case.offsets_plan(topic, partition, '--shift-by', '1')}, "
        "and apply the plan."
    )


def open_transaction(case: Case) -> Finding | None:
    """The group has read all that is committed, and an open transaction holds back the rest."""
    for each in case.topics:
        rows = np.flatnonzero(each.blocked)
        if len(rows):
            return _blocked(case, each, rows)
    return None


def _blocked(case: Case, each: OnTopic, rows: np.ndarray) -> Finding:
    worst = int(rows[np.argmax(each.lags[rows])])
    partition = int(each.partitions[worst])
    held_s = float(case.view.topics.lso_held_s[int(case.view.pairs.topic[each.pair])])
    lag = float(each.lags[rows].sum())
    stable = int(case.view.snapshot.partitions.lso[each.at[worst]])
    holder = _holder(case, each.topic, partition)
    transaction = _transaction(case, each.topic, partition, holder)
    place = where(each.topic, sorted(each.partitions[rows].tolist()), len(each.lags))
    who, evidence = _who(case, holder, transaction)
    return Finding(
        cause=Cause.OPEN_TRANSACTION,
        sentence=f"{case.name} has read all committed records of {place}; "
        f"an open transaction has held back the rest for at least {duration(held_s)} ({messages(lag)}, from offset "
        f"{stable:,}). {who}",
        certainty=(0.96 if holder or transaction else 0.9) * (0.5 + 0.5 * case.share(lag)),
        next_step=_end(case, each.topic, partition, holder),
        topic=each.topic,
        partition=partition,
        evidence={"last_stable_offset": float(stable), "lso_held_s": held_s, "held_back": lag, **evidence},
    )


def _holder(case: Case, topic: str, partition: int) -> OpenProducer | None:
    """The producer whose transaction began first on that partition."""
    details = case.view.snapshot.details
    known = details.transactions.value.holders if details and details.transactions else ()
    here = (each for each in known if (each.topic, each.partition) == (topic, partition))
    return min(here, key=lambda each: each.start_offset, default=None)


def _transaction(case: Case, topic: str, partition: int, holder: OpenProducer | None) -> Transaction | None:
    details = case.view.snapshot.details
    known = details.transactions.value.ongoing if details and details.transactions else ()
    for each in known:
        if holder is not None and each.producer_id == holder.producer_id:
            return each
    here = (each for each in known if (topic, partition) in each.partitions and each.started_at is not None)
    return None if holder else min(here, key=lambda each: each.started_at or 0.0, default=None)


def _who(
    case: Case, holder: OpenProducer | None, transaction: Transaction | None
) -> tuple[str, dict[str, float | str | None]]:
    """Whose transaction it is, in words and figures."""
    if holder is None and transaction is None:
        return "Whose transaction it is, is not known (yet).", {}
    producer = holder.producer_id if holder else transaction.producer_id if transaction else -1
    name = (holder.transactional_id if holder else "") or (transaction.transactional_id if transaction else "")
    since = transaction.started_at if transaction and transaction.started_at else holder.since if holder else None
    age_s = None if since is None else case.view.snapshot.at - since
    called = f", transactional id {name}" if name else ""
    called += "; no coordinator will end it: it is hung" if holder is not None and holder.hung else ""
    begun = "" if age_s is None else f", since {duration(max(age_s, 0.0))} ago"
    return f"It is that of producer {producer}{called}{begun}.", {
        "producer_id": str(producer),
        "transactional_id": name or None,
        "open_s": age_s,
    }


def _end(case: Case, topic: str, partition: int, holder: OpenProducer | None) -> str:
    if holder is not None and holder.hung:
        place = ("--topic", topic, "--partition", str(partition), "--start-offset", str(holder.start_offset))
        return f"Nobody will end it by itself: {case.tool('kafka-transactions.sh', 'abort', *place)}."
    return (
        "See what became of that producer: it commits, aborts, or runs into transaction.timeout.ms by itself. If it never ends: "
        "kafka-transactions.sh find-hanging, then abort."
    )

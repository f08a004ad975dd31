"""Whose open transaction keeps committed readers from the end of a topic, and how it ends. Pure."""

from collections.abc import Iterable

from lagwatch.model.commands import bootstrap, command
from lagwatch.model.details import OpenProducer, Transaction, Transactions
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.snapshot import UNKNOWN, Snapshot
from lagwatch.model.words import duration, plural


def held_by(snapshot: Snapshot, topic: str) -> str:
    """The producers that hold the topic, the first one with everything that is known of it; empty where nobody is known."""
    found = _holders(snapshot, topic)
    if found:
        others = len({each.producer_id for each in found} - {found[0].producer_id})
        return _told(found[0], snapshot.at) + (f", and {plural(others, 'other')}" if others else "")
    known = _transactions(snapshot).ongoing
    ongoing = [each for each in known if any(name == topic for name, _ in each.partitions)]
    return _of_coordinator(min(ongoing, key=_begun), snapshot.at) if ongoing else ""


def holding(snapshot: Snapshot, topic: str) -> Finding | None:
    """Why readers of committed records of the topic are blocked; None where nobody is known to hold it."""
    who = held_by(snapshot, topic)
    if not who:
        return None
    found = _holders(snapshot, topic)
    first = found[0] if found else None
    if first is not None and first.hung:
        step = f"No coordinator will end it. If its producer is gone for good: {_abort(snapshot, first)}"
    else:
        step = (
            "See what became of that producer: a new start with the same transactional id ends the transaction, its coordinator "
            "does after transaction.timeout.ms. If neither happens: kafka-transactions.sh find-hanging, then abort."
        )
    return Finding(
        cause=Cause.OPEN_TRANSACTION,
        sentence=f"The open transaction is that of {who}.",
        certainty=1.0 if first is not None else 0.8,
        next_step=step,
        topic=topic,
        partition=None if first is None else first.partition,
    )


def _abort(snapshot: Snapshot, each: OpenProducer) -> str:
    tool = ("kafka-transactions.sh", "--bootstrap-server", bootstrap(snapshot.brokers), "abort")
    return command(
        *tool, "--topic", each.topic, *("--partition", f"{each.partition}", "--start-offset", f"{each.start_offset}")
    )


def _transactions(snapshot: Snapshot) -> Transactions:
    part = None if snapshot.details is None else snapshot.details.transactions
    return Transactions() if part is None else part.value


def _holders(snapshot: Snapshot, topic: str) -> list[OpenProducer]:
    """Those that hold the topic, hung ones first, then the oldest."""
    here: Iterable[OpenProducer] = (each for each in _transactions(snapshot).holders if each.topic == topic)
    return sorted(here, key=lambda each: (not each.hung, _since(each)))


def _since(each: OpenProducer) -> float:
    since = each.started_at if each.started_at is not None else each.since
    return float("inf") if since is None else since


def _begun(each: Transaction) -> float:
    return float("inf") if each.started_at is None else each.started_at


def _told(each: OpenProducer, now: float) -> str:
    facts = [f"partition {each.partition} from offset {each.start_offset}"]
    if each.transactional_id:
        facts.insert(0, f'transactional id "{each.transactional_id}"')
    if each.started_at is not None:
        facts.append(f"begun {duration(max(0.0, now - each.started_at))} ago")
    if each.since is not None:
        facts.append(f"last written {duration(max(0.0, now - each.since))} ago")
    if each.hung:
        facts.append("its coordinator would have ended it long ago: it is hung")
    elif each.coordinator != UNKNOWN:
        facts.append(f"coordinator: broker {each.coordinator}")
    return f"producer {each.producer_id} ({', '.join(facts)})"


def _of_coordinator(each: Transaction, now: float) -> str:
    begun = "" if each.started_at is None else f", begun {duration(max(0.0, now - each.started_at))} ago"
    return (
        f'producer {each.producer_id} (transactional id "{each.transactional_id}"{begun}, coordinator: broker '
        f"{each.coordinator})"
    )

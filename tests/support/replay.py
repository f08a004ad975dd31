"""A service without Kafka: snapshots through the engine into the store, and messages from the store to a file."""

import pickle
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from lagwatch.app.keeping import Keeping
from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.judge.engine import Alerts
from lagwatch.model.alerts import Transition
from lagwatch.model.snapshot import Snapshot
from lagwatch.store import Location, Store
from tests.support.keeping import message

RECEIVER = "file"


class Unbroken(NamedTuple):
    """
    What the engine says when nothing ever stops it: all transitions, the alerts at the end, and by the time of each poll what
    it remembered of lag then, pickled.
    """

    transitions: list[Transition]
    alerts: Alerts
    remembered: dict[float, bytes]


def unbroken(snapshots: Sequence[Snapshot]) -> Unbroken:
    """Run through all of them."""
    memory, rules = Memory(), default_rules()
    run = Unbroken([], memory.alerts, {})
    for seen in snapshots:
        run.transitions.extend(advance(memory, seen, rules, seen.at)[1].transitions)
        run.remembered[seen.at] = pickle.dumps((memory.history, memory.alerts.windows))
    return run


def replay(location: Location, snapshots: Sequence[Snapshot], run: Unbroken, sent: Path, progress: Connection) -> None:
    """
    Take up what is kept, go on where that ended, and tell `progress` the number of each poll that was given to the store.

    What is remembered of lag is that of the unbroken run: what is tested here is what the store keeps.
    """
    store = Store(location)
    store.open()
    memory, rules = Memory(), default_rules()
    kept = store.load_alert_state("main")
    begin = snapshots[0].at - 1 if kept is None or kept.at is None else kept.at
    if begin in run.remembered:
        memory.history, memory.alerts.windows = pickle.loads(run.remembered[begin])
    keeping = Keeping(store, "main", memory.alerts, clock=lambda: begin)
    keeping.restore(rules)
    progress.send(-1)
    with sent.open("a", buffering=1) as file:
        for number, seen in enumerate(snapshots):
            if seen.at > begin:
                transitions = advance(memory, seen, rules, seen.at)[1].transitions
                messages = [
                    message(uuid4().hex, RECEIVER, key=_key(each), body={"about": _about(each)}) for each in transitions
                ]
                keeping.record(transitions, messages, [])
                progress.send(number)
                _send(store, file)
        while store.health().pending or store.outbox.pending_keys(RECEIVER):
            _send(store, file)
            time.sleep(0.002)
    store.close()


def _send(store: Store, file) -> None:  # type: ignore[no-untyped-def]
    for entry in store.outbox.due(RECEIVER, time.time()):
        file.write(f"{entry.message.id} {entry.message.body['about']}\n")
        store.outbox.sent(entry.message.id, time.time())


def _key(transition: Transition) -> str:
    subject = transition.alert.subject
    return f"{transition.alert.rule}/{subject.group}/{subject.topic}"


def _about(transition: Transition) -> str:
    return f"{_key(transition)}/{transition.to.value}/{transition.at:.0f}"


def about(transitions: Sequence[Transition]) -> list[str]:
    """The transitions as the file of sent messages names them."""
    return [_about(each) for each in transitions]

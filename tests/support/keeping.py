"""What tests put into a store."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from lagwatch.model.alerts import Alert, Severity, State, Subject, Transition
from lagwatch.model.kept import AlertState, AuditEntry
from lagwatch.model.notices import Message, Status, Told
from lagwatch.store import Store

Answer = TypeVar("Answer")

T0 = 1_790_000_000.0


def alert(group: str = "billing", topic: str = "orders", **changes: Any) -> Alert:
    known: dict[str, Any] = {
        "rule": "ConsumerLagHigh",
        "severity": Severity.CRITICAL,
        "subject": Subject(cluster="main", group=group, topic=topic),
        "state": State.FIRING,
        "since": T0 - 300,
        "fired_at": T0,
        "value": 123_456.0,
        "values": {"lag": 123_456.0, "growth": None},
        "summary": f"{group} is behind on {topic}",
        "labels": {"team": "payments"},
        "seen": {"state": "Stable", "members": 3.0, "loss_in_s": float("inf")},
        "inhibited_by": ("ConsumerLagRunaway",),
    }
    return Alert(**known | changes)


def transition(at: float = T0, to: State = State.FIRING, **changes: Any) -> Transition:
    return Transition(at=at, to=to, alert=alert(**changes))


def state(at: float = T0, **held: float) -> AlertState:
    """One alert for each name, which was pending for so many seconds."""
    rows = {
        name: {
            "rule": "ConsumerLagHigh",
            "subject": {"cluster": "main", "group": name},
            "timers": {"phase": 1, "held": s},
        }
        for name, s in held.items()
    }
    return AlertState(at=at, steps=(30.0, 30.0), alerts=rows, told={name: alert(group=name) for name in held})


def message(name: str, receiver: str = "hook", key: str = "k", at: float = T0, **changes: Any) -> Message:
    body = {"status": "firing", "alerts": [{"labels": {"alertname": name}}]}
    known: dict[str, Any] = {"status": Status.FIRING, "body": body, "severity": Severity.CRITICAL, "cluster": "main"}
    return Message(**{"id": name, "receiver": receiver, "key": key, "created_at": at} | known | changes)


def told(key: str = "k", receiver: str = "hook", at: float = T0, **content: Any) -> Told:
    return Told(receiver=receiver, cluster="main", key=key, at=at, content=content)


def audit(name: str, at: float = T0, **changes: Any) -> AuditEntry:
    known: dict[str, Any] = {"id": name, "at": at, "actor": "ann", "action": "silence.create", "subject": "s1"}
    return AuditEntry(**known | changes)


def settled(store: Store) -> None:
    """Wait until nothing waits to be written."""
    until(lambda: not store.health().pending, "everything is written")


def until(check: Callable[[], Answer], what: str, timeout_s: float = 30.0) -> Answer:
    """Ask until the answer is truthy, and give it."""
    end = time.monotonic() + timeout_s
    while not (answer := check()):
        assert time.monotonic() < end, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.01)
    return answer

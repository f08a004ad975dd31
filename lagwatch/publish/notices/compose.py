"""Messages out of alerts: those of a group, a digest of many, and a sample for trying a receiver. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from lagwatch.model.alerts import Alert, Severity, State, Subject
from lagwatch.model.notices import Message, Status
from lagwatch.publish.notices.ledger import Row
from lagwatch.publish.notices.payload import MESSAGE_LIMIT, Entry, content, entry
from lagwatch.publish.notices.quiet import LOUDNESS

DIGEST_NAMED = 20
"""So many alerts of a digest are in the message, the loudest first; the others are counted."""


def group_messages(row: Row, entries: Sequence[Entry], receiver: str, cluster: str, external_url: str) -> list[Message]:
    """What is told of a group, as few messages as MESSAGE_LIMIT allows; `row` is as it will be when they have arrived."""
    parts = [entries[start : start + MESSAGE_LIMIT] for start in range(0, len(entries), MESSAGE_LIMIT)]
    status = Status.FIRING if row.alerts else Status.RESOLVED
    found = []
    for part in parts:
        body = content(part, receiver=receiver, labels=row.labels, external_url=external_url, firing=bool(row.alerts))
        found.append(_message(row, body, status, part, receiver, cluster))
    return found


def digest(row: Row, entries: Sequence[Entry], receiver: str, cluster: str, external_url: str) -> Message:
    """Many alerts as one: how many of which rule, and the loudest of them by name."""
    loudest = sorted(entries, key=lambda each: -LOUDNESS[each["labels"]["severity"]])
    named = loudest[:DIGEST_NAMED]
    body = content(named, receiver=receiver, labels=row.labels, external_url=external_url, firing=bool(row.alerts))
    rules = Counter(each["labels"]["alertname"] for each in entries)
    groups = {each["labels"]["group"] for each in entries if "group" in each["labels"]}
    body |= {
        "truncatedAlerts": len(entries) - len(named),
        "commonAnnotations": {"summary": _summary(row, rules, len(groups), cluster)},
        "digest": {"alerts": row.digest_of, "firing": len(row.alerts), "rules": dict(rules), "groups": len(groups)},
    }
    return _message(row, body, Status.DIGEST, entries, receiver, cluster)


def _summary(row: Row, rules: Counter[str], groups: int, cluster: str) -> str:
    where = f" on {cluster}" if cluster else ""
    if not row.alerts:
        return f"all {row.digest_of} alerts that began at once{where} have ended"
    of = ", ".join(f"{count} {rule}" for rule, count in rules.most_common())
    about = f" about {groups} group{'s' if groups != 1 else ''}" if groups else ""
    still = "" if len(row.alerts) == row.digest_of else f", {len(row.alerts)} of them still fire"
    return f"{row.digest_of} alerts began at once{where}{still}: {of}{about}"


def _message(
    row: Row, body: dict[str, Any], status: Status, entries: Sequence[Entry], receiver: str, cluster: str
) -> Message:
    severities = [each["labels"]["severity"] for each in entries]
    # What makes it this message and no other: a plan that is made twice makes the same one.
    parts = [receiver, row.key, f"{row.at:.6f}", json.dumps(body, sort_keys=True)]
    return Message(
        id=sha256("\0".join(parts).encode()).hexdigest(),
        receiver=receiver,
        key=row.key,
        status=status,
        body=body,
        created_at=row.at,
        severity=Severity(max(severities, key=LOUDNESS.__getitem__)) if severities else None,
        cluster=cluster,
    )


def sample(receiver: str, external_url: str, now: float) -> Message:
    """A message that looks like a real one and says that it is none."""
    alert = Alert(
        rule="LagwatchTest",
        severity=Severity.WARNING,
        subject=Subject(cluster="example", group="billing", topic="orders"),
        state=State.FIRING,
        since=now,
        fired_at=now,
        value=12_345.0,
        threshold=10_000.0,
        summary="This is a test of the receiver; nothing is wrong: billing would be 12,345 messages behind on orders",
        next_step="Nothing needs to be done",
    )
    row = Row(key="test", labels={"kafka_cluster": "example", "group": "billing"}, at=now)
    part = [entry(alert, external_url)]
    body = content(part, receiver=receiver, labels=row.labels, external_url=external_url, firing=True)
    return _message(row, body, Status.TEST, part, receiver, "example")

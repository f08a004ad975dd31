"""Alerts, messages, and a planner that remembers what it told, for tests with plain values."""

from dataclasses import dataclass, field, replace

from lagwatch.model.alerts import Alert, Severity, State, Subject, Verdict
from lagwatch.model.notices import Message, Status, Told
from lagwatch.publish.notices.compose import sample
from lagwatch.publish.notices.plan import Plan, Setup, plan
from lagwatch.publish.notices.quiet import Calm, calm
from lagwatch.publish.notices.routes import Route

T0 = 1_700_000_000.0

LOUD = (Severity.WARNING, Severity.CRITICAL, Severity.EMERGENCY)


def alert(
    group: str | None = "billing",
    state: State = State.FIRING,
    *,
    rule: str = "ConsumerLagHigh",
    severity: Severity = Severity.CRITICAL,
    topic: str | None = "orders",
    fired_at: float = T0,
    **changes,
) -> Alert:
    subject = Subject(cluster="local", group=group, topic=topic)
    known = {
        "summary": f"{group} is behind on {topic}",
        "resolved_at": fired_at + 60 if state is State.RESOLVED else None,
    }
    return Alert(
        rule=rule,
        severity=severity,
        subject=changes.pop("subject", subject),
        state=state,
        since=fired_at - 300,
        fired_at=fired_at,
        **(known | changes),
    )


def verdict(*alerts: Alert, at: float = T0) -> Verdict:
    return Verdict(at=at, alerts=alerts)


def message(key: str = "billing", number: int = 0, *, receiver: str = "hook", at: float = T0, **changes) -> Message:
    """A message as it is sent; each `number` of a `key` is another one."""
    base = sample(receiver, "http://lagwatch:8484", at)
    body = {**base.body, "groupLabels": {"kafka_cluster": "local", "group": key}, "number": number}
    status = changes.pop("status", Status.FIRING)
    if status is Status.RESOLVED:
        body |= {"status": "resolved"}
    return replace(base, id=f"{key}-{number}", key=key, status=status, body=body, created_at=at, **changes)


@dataclass
class Planner:
    """Plans again and again, and remembers what was told; with `holds`, its messages stay on their way."""

    routes: tuple[Route, ...] = (Route(receivers=("hook",)),)
    receivers: tuple[str, ...] = ("hook",)
    level: tuple[str, ...] = ()
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    waiting: set[tuple[str, str]] = field(default_factory=set)
    last: Plan = field(default_factory=Plan)

    def look(self, now: float, *alerts: Alert, quiet: Calm | None = None) -> list[Message]:
        """The messages of one more evaluation."""
        setup = Setup(
            routes=self.routes, receivers=self.receivers, level=self.level, external_url="http://lagwatch:8484"
        )
        self.last = plan(
            setup,
            "local",
            verdict(*alerts, at=now),
            told=list(self.told.values()),
            calm=quiet or calm(now),
            waiting=self.waiting,
            now=now,
        )
        for each in self.last.told:
            self.told.pop((each.receiver, each.key), None)
            if each.content:
                self.told[each.receiver, each.key] = each
        return list(self.last.messages)


def said(messages: list[Message]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What messages say: status, and of each alert its status and its group."""
    return [
        (each.body["status"], [(one["status"], one["labels"].get("group", "")) for one in each.body["alerts"]])
        for each in messages
    ]

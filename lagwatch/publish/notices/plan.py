"""
Which messages are due: grouping, waiting, repeating, and one digest in a storm. Pure.

What a receiver is told follows from how the alerts stand and from what it was told before, so that a restart, or a poll that
was missed, changes nothing: an alert that fired and ended before it was told is never mentioned, an end is told only of what
was told to fire, and an alert that is quiet now is told when that is over, if it still fires.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from lagwatch.model.alerts import Verdict
from lagwatch.model.notices import Message, Told
from lagwatch.publish.notices.compose import digest, group_messages
from lagwatch.publish.notices.ledger import Known, Row, load, save
from lagwatch.publish.notices.payload import Entry, group_key
from lagwatch.publish.notices.quiet import LOUDNESS, Calm, Quiet, loudness
from lagwatch.publish.notices.routes import Route, routed
from lagwatch.publish.notices.standing import Standing, standings

STORM = 50
"""If more alerts than these are to be told to a receiver for the first time at once, they go into one digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """
    What is configured: routes in their order, and the receivers by name, those that take messages and those that are shown the
    whole state again and again (`level`: Alertmanager). `external_url` has no slash at its end.
    """

    routes: tuple[Route, ...] = ()
    receivers: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    external_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What is to be done now: messages to send, and what the receivers will then have been told (only what changed).

    `standing` are all alerts by id, `shown` the ids of those that each level receiver must be shown; `quiet` counts the alerts
    that fire and are not told, by reason. `next_at` is when more is due if nothing changes (None: nothing waits).
    """

    messages: tuple[Message, ...] = ()
    told: tuple[Told, ...] = ()
    standing: Mapping[str, Standing] = field(default_factory=dict)
    shown: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    quiet: Mapping[Quiet, int] = field(default_factory=dict)
    next_at: float | None = None


def plan(
    setup: Setup,
    cluster: str,
    verdict: Verdict,
    *,
    told: Sequence[Told],
    calm: Calm,
    waiting: AbstractSet[tuple[str, str]] = frozenset(),
    now: float,
) -> Plan:
    """
    What every receiver must hear of one cluster at `now` (seconds since the epoch).

    `told` is what they were told of it before; `waiting` are the (receiver, key) of which a message is still on its way: there
    nothing is repeated.
    """
    standing = standings(verdict, calm, setup.external_url)
    wanted = _wanted(setup, standing.values())
    rows: dict[str, dict[str, Row]] = {name: {} for name in setup.receivers}
    gone = [
        Told(receiver=each.receiver, cluster=cluster, key=each.key, at=now)
        for each in told
        if each.receiver not in rows
    ]
    for each in told:
        if each.receiver in rows:
            rows[each.receiver][each.key] = load(each)
    desks = [
        Desk(
            name,
            cluster,
            setup.external_url,
            rows[name],
            wanted.get(name, []),
            frozenset(key for to, key in waiting if to == name),
            now,
        )
        for name in setup.receivers
    ]
    for desk in desks:
        desk.work(standing)
    return Plan(
        messages=tuple(message for desk in desks for message in desk.messages),
        told=(*gone, *(each for desk in desks for each in desk.changed())),
        standing=standing,
        shown={name: {there.id for there, _ in wanted.get(name, [])} for name in setup.level},
        quiet=_quiet(standing.values()),
        next_at=min((desk.next_at for desk in desks if desk.next_at is not None), default=None),
    )


Wanted = list[tuple[Standing, Route]]


def _wanted(setup: Setup, standing: Iterable[Standing]) -> dict[str, Wanted]:
    """What each receiver is to hear of, with the route that says so; nobody hears of himself."""
    found: dict[str, Wanted] = {}
    for there in standing:
        if there.loud:
            for receiver, route in routed(setup.routes, there.labels, there.alert.severity):
                if receiver != there.alert.subject.receiver:
                    found.setdefault(receiver, []).append((there, route))
    return found


def _quiet(standing: Iterable[Standing]) -> dict[Quiet, int]:
    reasons = (there.quiet or (Quiet.ACKNOWLEDGED if there.acknowledged else None) for there in standing)
    return dict(Counter(reason for reason in reasons if reason is not None))


class Desk:
    """The planning for one receiver and one cluster: what it was told (`rows`, by key) against what it must hear (`wanted`)."""

    def __init__(
        self,
        receiver: str,
        cluster: str,
        external_url: str,
        rows: dict[str, Row],
        wanted: Wanted,
        waiting: AbstractSet[str],
        now: float,
    ) -> None:
        self._receiver, self._cluster, self._external_url = receiver, cluster, external_url
        self._rows, self._waiting, self._now = rows, waiting, now
        self._wanted = {there.id: (there, route) for there, route in wanted}
        self._before = {key: save(row, receiver, cluster) for key, row in rows.items()}
        self.messages: list[Message] = []
        self.next_at: float | None = None

    def work(self, standing: Mapping[str, Standing]) -> None:
        """Decide; the messages are then in `messages`, in the order in which they are to be sent."""
        for row in self._rows.values():
            for alert_id, known in row.alerts.items():
                known.look(standing.get(alert_id), self._now)
        news = self._news()
        self._end_digests()
        due = self._storm(self._due(news))
        for key, of_group in due.items():
            self._tell(key, of_group, standing)
        for row in list(self._rows.values()):
            if row.alerts and row.key not in due and row.key not in self._waiting:
                self._repeat(row)

    def changed(self) -> list[Told]:
        """The rows that are not as they were."""
        rows = {key: save(row, self._receiver, self._cluster) for key, row in self._rows.items()}
        return [row for key, row in rows.items() if row != self._before.get(key)]

    def _news(self) -> dict[str, Wanted]:
        """By group: the alerts to tell for the first time, or as louder than they were told."""
        held = {alert_id: row for row in self._rows.values() for alert_id in row.alerts}
        news: dict[str, Wanted] = {}
        for there, route in self._wanted.values():
            row = held.get(there.id)
            if row is not None and LOUDNESS[row.alerts[there.id].severity.value] >= loudness(there.alert):
                continue
            if row is not None and row.digest_of:
                del row.alerts[there.id]
                row = None
            key = group_key(route.group(there.labels)) if row is None else row.key
            news.setdefault(key, []).append((there, route))
        return news

    def _due(self, news: dict[str, Wanted]) -> dict[str, Wanted]:
        """The groups of which something is to be told now, with their news."""
        keys = dict.fromkeys([*(key for key, row in self._rows.items() if row.over()), *news])
        due = {}
        for key in keys:
            due_at = self._due_at(self._rows.get(key), news.get(key, []))
            if due_at <= self._now:
                due[key] = news.get(key, [])
            else:
                self.next_at = due_at if self.next_at is None else min(self.next_at, due_at)
        return due

    def _due_at(self, row: Row | None, news: Wanted) -> float:
        """A new group waits for more of it, an old one for its interval; what is louder than all that was told waits no longer."""
        told = row.loudness if row is not None else -1
        loud = min(
            (there.fired_at + route.group_wait_s for there, route in news if loudness(there.alert) > told),
            default=float("inf"),
        )
        return loud if row is None or not row.alerts else min(loud, row.at + row.interval_s)

    def _storm(self, due: dict[str, Wanted]) -> dict[str, Wanted]:
        """If too many alerts begin at once, tell them as one, and return what is left to tell."""
        held = {alert_id for row in self._rows.values() for alert_id in row.alerts}
        begun = [(there, route) for news in due.values() for there, route in news if there.id not in held]
        if len(begun) <= STORM:
            return due
        labels = {"kafka_cluster": self._cluster} if self._cluster else {}
        row = Row(key=f"digest:{self._cluster}:{self._now:.3f}", labels=labels, digest_of=len(begun))
        self._rows[row.key] = row
        self._write(row, begun)
        self._digest(row, [there.entry for there, _ in begun])
        rest = {key: [each for each in news if each[0].id in held] for key, news in due.items()}
        return {key: news for key, news in rest.items() if news or (key in self._rows and self._rows[key].over())}

    def _tell(self, key: str, news: Wanted, standing: Mapping[str, Standing]) -> None:
        """One message of what began, what ended, and what still fires in the group."""
        row = self._rows.get(key)
        if row is None:
            there, route = news[0]
            row = self._rows[key] = Row(key=key, labels=route.group(there.labels))
        ends = [known.over for alert_id in row.over() if (known := row.alerts.pop(alert_id)).over is not None]
        begun = {there.id for there, _ in news}
        still = [
            standing[alert_id].entry if alert_id in self._wanted else known.entry
            for alert_id, known in row.alerts.items()
            if alert_id not in begun and not _is_quiet(standing.get(alert_id))
        ]
        self._write(row, news)
        self._write(row, [self._wanted[alert_id] for alert_id in row.alerts if alert_id in self._wanted])
        self._send(row, [*ends, *(there.entry for there, _ in news), *still])

    def _repeat(self, row: Row) -> None:
        """Tell what still fires once more, where that is due and nobody takes care of it."""
        loud = {
            alert_id: self._wanted[alert_id]
            for alert_id in row.alerts
            if alert_id in self._wanted and not self._wanted[alert_id][0].acknowledged
        }
        if any(
            self._now - row.alerts[key].at >= route.repeat_s[there.alert.severity]
            for key, (there, route) in loud.items()
        ):
            self._write(row, loud.values())
            entries = [there.entry for there, _ in loud.values()]
            if row.digest_of:
                self._digest(row, entries)
            else:
                self._send(row, entries)

    def _end_digests(self) -> None:
        """What ended of a digest is let go of; the end of all of it is told at once."""
        for row in [row for row in self._rows.values() if row.digest_of]:
            ends = [known.over for alert_id in row.over() if (known := row.alerts.pop(alert_id)).over is not None]
            if not row.alerts:
                row.at = self._now
                self._digest(row, ends)

    def _write(self, row: Row, those: Iterable[tuple[Standing, Route]]) -> None:
        """These alerts are told now."""
        row.at = self._now
        for there, route in those:
            row.interval_s = route.group_interval_s
            row.alerts[there.id] = Known(entry=there.entry, severity=there.alert.severity, at=self._now)

    def _send(self, row: Row, entries: Sequence[Entry]) -> None:
        self.messages += group_messages(row, entries, self._receiver, self._cluster, self._external_url)

    def _digest(self, row: Row, entries: Sequence[Entry]) -> None:
        self.messages.append(digest(row, entries, self._receiver, self._cluster, self._external_url))


def _is_quiet(there: Standing | None) -> bool:
    return there is not None and there.quiet is not None

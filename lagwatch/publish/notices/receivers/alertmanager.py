"""
Alertmanager, API v2 (`POST /api/v2/alerts`): the whole state, again and again, to every peer.

An alert of which nothing is heard ends there when its `endsAt` has passed, so nothing needs to be stored and what did not
arrive is made up for by the next time. The numbers are Prometheus' own (rules/manager.go, notifier.go).
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from lagwatch.logs import Sparingly, event
from lagwatch.model.notices import Message
from lagwatch.publish.notices.base import Counts, Receiver
from lagwatch.publish.notices.level import Show, show
from lagwatch.publish.notices.outcome import Fate, Outcome, first
from lagwatch.publish.notices.payload import Entry, moment
from lagwatch.publish.notices.receivers.http import Answer, Poster, Secret, shown
from lagwatch.publish.notices.standing import Standing

LOG = logging.getLogger(__name__)

BATCH = 256
"""Alerts in one request."""

SKEW_S = 60.0
"""A difference between our clock and the peer's from which alerts may end too early there."""

FIRST_PAUSE_S = 5.0
"""The pause after a failed try; it doubles up to the time between two tries that went well."""


@dataclass(slots=True)
class _Peer:
    url: str
    poster: Poster
    version: int = -1
    next_at: float = 0.0
    failing_since: float | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Cluster:
    shows: Mapping[str, Show] = field(default_factory=dict)
    interval_s: float = 30.0


class Alertmanager(Receiver):
    """
    Shows what fires to every peer, at once when it changed and every `resend_s` otherwise; each peer has a thread of its own.

    With `server_ends` Alertmanager itself says when an alert of which it hears nothing ends (`resolve_timeout`): for computers
    whose clocks differ.
    """

    kind = "alertmanager"

    def __init__(
        self,
        name: str,
        peers: Sequence[str],
        *,
        token: Secret = lambda: None,
        resend_s: float = 60.0,
        server_ends: bool = False,
        timeout_s: float = 10.0,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name, ", ".join(shown(peer) for peer in peers))
        self._peers = [
            _Peer(f"{peer.rstrip('/')}/api/v2/alerts", Poster(timeout_s, ca_file=ca_file, clock=clock))
            for peer in peers
        ]
        self._token = token
        self._resend_s = resend_s
        self._server_ends = server_ends
        self._clock = clock
        self._clusters: dict[str, _Cluster] = {}
        self._version = 0
        self._changed = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, args=(peer,), name=f"notices-{name}-{at}", daemon=True)
            for at, peer in enumerate(self._peers)
        ]
        self._sent = 0
        self._failed: Counter[str] = Counter()
        self._last_sent_at: float | None = None
        self._last_error = ""
        self._sparingly = Sparingly(LOG)

    def open(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def update(
        self, cluster: str, standing: Mapping[str, Standing], wanted: AbstractSet[str], interval_s: float
    ) -> None:
        """Take in how the alerts of a cluster stand; `wanted` are the ids of those that it must be shown. Returns at once."""
        with self._changed:
            before = self._clusters.get(cluster, _Cluster())
            shows = show(before.shows, standing, wanted, self._clock())
            self._clusters[cluster] = _Cluster(shows, interval_s)
            if _marks(shows) != _marks(before.shows):
                self._version += 1
                self._changed.notify_all()

    def take_over(self, other: "Alertmanager") -> None:
        """Show what another one, which is stopped, was showing as firing; to be called before `open`."""
        self._clusters = other.firing()

    def firing(self) -> dict[str, _Cluster]:
        """What it shows as firing, by cluster."""
        with self._changed:
            clusters = dict(self._clusters)
        return {
            name: _Cluster({key: each for key, each in of.shows.items() if each.over_at is None}, of.interval_s)
            for name, of in clusters.items()
        }

    def counts(self) -> Counts:
        """How it goes; it counts as down, and its alerts as waiting, while no peer takes them."""
        with self._changed:
            since = [peer.failing_since for peer in self._peers if peer.failing_since is not None]
            down = len(since) == len(self._peers)
            shows = sum(len(cluster.shows) for cluster in self._clusters.values())
            return Counts(
                sent=self._sent,
                failed_by_reason=dict(self._failed),
                pending=shows if down else 0,
                oldest_pending_at=max(since) if down and shows else None,
                down=down,
                last_sent_at=self._last_sent_at,
                last_error=self._last_error,
                kind=self.kind,
                address=self.address,
            )

    def stop(self, grace_s: float) -> None:
        """Stop; what Alertmanager was shown it keeps until it ends there."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        until = time.monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Close the connections; for trying it out, without its threads."""
        for peer in self._peers:
            peer.poster.close()

    def _send(self, message: Message) -> Outcome:
        """The alerts of one message, once, to every peer: for trying it out."""
        alerts = [self._alert(each, moment(self._clock() + 60.0)) for each in message.body["alerts"]]
        return first([self._post(peer, alerts).outcome for peer in self._peers])

    def _run(self, peer: _Peer) -> None:
        try:
            self._work(peer)
        finally:
            peer.poster.close()

    def _work(self, peer: _Peer) -> None:
        while (batches := self._next(peer)) is not None:
            for batch in batches:
                try:
                    answer = self._post(peer, batch)
                except Exception as error:  # noqa: BLE001 (around a notifier: it must go on whatever it met)
                    event(LOG, logging.ERROR, "notice failed inside lagwatch", receiver=self.name, exc_info=error)
                    answer = Answer(Outcome(Fate.REFUSED, f"{type(error).__name__} inside lagwatch"))
                self._settle(peer, answer)
                if answer.outcome.fate is Fate.RETRY:
                    break

    def _next(self, peer: _Peer) -> list[list[dict[str, Any]]] | None:
        """Wait until something is to be sent, and return it in batches; None at the end."""
        with self._changed:
            while not self._closing:
                now = self._clock()
                news = peer.version != self._version and peer.failing_since is None
                if news or now >= peer.next_at:
                    peer.version, peer.next_at = self._version, now + self._resend_s
                    return self._batches(now)
                self._changed.wait(max(0.01, peer.next_at - now))
            return None

    def _batches(self, now: float) -> list[list[dict[str, Any]]]:
        alerts = []
        for cluster in self._clusters.values():
            # Two tries or evaluations may fail before it ends there.
            ends_at = moment(now + 4 * max(cluster.interval_s, self._resend_s))
            alerts += [self._alert(each.entry, ends_at) for each in cluster.shows.values()]
        return [alerts[start : start + BATCH] for start in range(0, len(alerts), BATCH)]

    def _alert(self, entry: Entry, ends_at: str) -> dict[str, Any]:
        alert = {
            "labels": {name: str(value) for name, value in entry["labels"].items()},
            "annotations": {name: str(value) for name, value in entry["annotations"].items()},
            "startsAt": entry["startsAt"],
            "generatorURL": entry["generatorURL"],
        }
        if entry["status"] == "resolved":
            return {**alert, "endsAt": max(entry["endsAt"], entry["startsAt"])}
        return alert if self._server_ends else {**alert, "endsAt": ends_at}

    def _post(self, peer: _Peer, alerts: Sequence[Mapping[str, Any]]) -> Answer:
        token = self._token()
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return peer.poster.post(peer.url, json.dumps(alerts, ensure_ascii=False).encode(), headers)

    def _settle(self, peer: _Peer, answer: Answer) -> None:
        outcome, now = answer.outcome, self._clock()
        with self._changed:
            if outcome.fate is Fate.RETRY:
                peer.failing_since = now if peer.failing_since is None else peer.failing_since
                peer.failures += 1
                pause_s = min(self._resend_s, FIRST_PAUSE_S * 2.0 ** min(peer.failures - 1, 16))
                peer.next_at = now + max(pause_s, min(outcome.pause_s or 0.0, self._resend_s))
            else:
                peer.failing_since, peer.failures = None, 0
            if outcome.fate is Fate.SENT:
                self._sent += 1
                self._last_sent_at = now
            else:
                # Of a batch with some that are wrong Alertmanager takes the others: to send it again would change nothing.
                self._failed["refused" if outcome.fate is Fate.REFUSED else "unreachable"] += 1
                self._last_error = outcome.reason
        if outcome.fate is not Fate.SENT:
            self._sparingly.event(
                logging.WARNING,
                "alertmanager not reached",
                receiver=self.name,
                to=shown(peer.url),
                reason=outcome.reason,
            )
        self._compare_clocks(peer, answer.date, now)

    def _compare_clocks(self, peer: _Peer, date: str, now: float) -> None:
        try:
            skew_s = parsedate_to_datetime(date).timestamp() - now
        except ValueError:
            return
        if abs(skew_s) > SKEW_S:
            self._sparingly.event(
                logging.WARNING,
                "the clocks differ, alerts may end too early there; set the clocks, or server_ends: true",
                receiver=self.name,
                to=shown(peer.url),
                ahead_s=skew_s,
            )


def _marks(shows: Mapping[str, Show]) -> set[tuple[str, bool]]:
    """What must be told at once when it changes: which alerts there are, and which of them have ended."""
    return {(print_, each.over_at is not None) for print_, each in shows.items()}

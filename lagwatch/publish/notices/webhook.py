"""
One webhook: a bounded queue and a thread that empties it, so that no poll ever waits for a receiver.

Messages about one group arrive in order, and a message that the receiver cannot take does not hold up those about other groups.
"""

import logging
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from lagwatch.errors import LagwatchError
from lagwatch.logs import Sparingly, event
from lagwatch.model.latest import Latest
from lagwatch.publish.notices.base import Counts
from lagwatch.publish.notices.outcome import Fate, Outcome, judge
from lagwatch.publish.notices.payload import messages
from lagwatch.publish.notices.plan import Told
from lagwatch.publish.notices.queue import Entry, Queue

LOG = logging.getLogger(__name__)

EXCERPT_BYTES = 200
"""How much of a refusal's text is logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    How stubborn to be, in seconds: the pause after a failed try doubles from `first_pause_s` to `longest_pause_s` (and
    varies by half, so that many senders do not come back at once); a message older than `give_up_s` is given up.
    """

    timeout_s: float = 10.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    give_up_s: float = 3600.0
    capacity: int = 1000

    def pause_s(self, tries: int, chance: float) -> float:
        """The pause after the `tries`-th failed try; `chance` is a random number in [0, 1)."""
        full = min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(tries - 1, 32))
        return full * (0.5 + chance / 2)


class Webhook:
    """
    Sends alerts that fire and resolve to one URL, as Alertmanager would; implements `Notifier`.

    `headers` is asked at every try, since tokens rotate. The URL and the headers may hold secrets: what is logged of them
    is scheme, host and port.
    """

    def __init__(
        self,
        url: str,
        *,
        external_url: str,
        headers: Callable[[], Mapping[str, str]] = dict,
        delivery: Delivery | None = None,
        name: str = "webhook",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._url = httpx.URL(url)
        self._shown = f"{self._url.scheme}://{self._url.netloc.decode().rpartition('@')[2]}"
        self._external_url = external_url
        self._headers = headers
        self._delivery = delivery or Delivery()
        self._clock = clock
        self._told: defaultdict[str, Told] = defaultdict(Told)
        self._queue = Queue(self._delivery.capacity)
        self._on_its_way: Entry | None = None
        self._changed = threading.Condition()
        self._closing_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"notices-{name}", daemon=True)
        self._sent = self._retries = self._failures_in_a_row = 0
        self._failed: Counter[str] = Counter()
        self._sparingly = Sparingly(LOG)
        self._chance = random.SystemRandom().random

    def __repr__(self) -> str:
        return f"Webhook({self.name}, {self._shown})"

    def open(self) -> None:
        """Begin to send."""
        self._thread.start()

    def offer(self, latest: Latest) -> None:
        """Queue what the receiver must hear of this poll; returns at once."""
        if latest.verdict is None:
            return
        alerts = self._told[latest.cluster].notices(latest.verdict)
        with self._changed:
            for message in messages(alerts, receiver=self.name, external_url=self._external_url):
                if dropped := self._queue.put(Entry(message, self._clock())):
                    self._lose(dropped, "dropped", "the queue is full")
            self._changed.notify()

    def counts(self) -> Counts:
        """How it goes so far."""
        with self._changed:
            on_its_way = self._on_its_way
            oldest = [self._queue.oldest_offered_at(), on_its_way.offered_at if on_its_way else None]
            return Counts(
                sent=self._sent,
                failed_by_reason=dict(self._failed),
                retries=self._retries,
                pending=len(self._queue) + (on_its_way is not None),
                oldest_pending_at=min((moment for moment in oldest if moment is not None), default=None),
            )

    def close(self, grace_s: float) -> None:
        """Send what is ready to be sent within `grace_s` seconds; what is left is counted and logged as dropped."""
        with self._changed:
            self._closing_at = time.monotonic() + grace_s
            self._changed.notify()
        self._thread.join(grace_s)
        with self._changed:
            left, self._on_its_way = self._on_its_way, None
            for entry in ([left] if left else []) + self._queue.expire(offered_before=float("inf")):
                self._lose(entry, "dropped", "the service stops before the receiver took it")

    def _run(self) -> None:
        with httpx.Client() as client:
            while (entry := self._next()) is not None:
                outcome = self._try(client, entry)
                with self._changed:
                    if self._on_its_way is entry:
                        self._on_its_way = None
                        self._settle(entry, outcome)

    def _next(self) -> Entry | None:
        """The next entry, waited for; None when the service stops and nothing more is ready."""
        with self._changed:
            while True:
                now = time.monotonic()
                if self._closing_at is not None and now >= self._closing_at:
                    return None
                self._on_its_way = self._queue.take(now)
                if self._on_its_way is not None or self._closing_at is not None:
                    return self._on_its_way
                self._changed.wait(self._queue.wait_s(now))

    def _try(self, client: httpx.Client, entry: Entry) -> Outcome:
        """Send one message once; never raises."""
        timeout_s = self._delivery.timeout_s
        if self._closing_at is not None:
            timeout_s = min(timeout_s, max(0.1, self._closing_at - time.monotonic()))
        body = entry.message.body
        # The same message has the same key at every try: a receiver can tell a repetition from news.
        headers = {"Content-Type": "application/json", "Idempotency-Key": sha256(body).hexdigest()}
        try:
            headers |= self._headers()
            with client.stream("POST", self._url, content=body, headers=headers, timeout=timeout_s) as response:
                excerpt = "" if response.is_success else _excerpt(response, timeout_s)
                return judge(response.status_code, response.headers, excerpt, self._clock())
        except httpx.TransportError as error:
            return Outcome(Fate.RETRY, f"{type(error).__name__}: {error}", everyone=True)
        except LagwatchError as error:
            return Outcome(Fate.RETRY, str(error), everyone=True)
        except Exception as error:  # noqa: BLE001 (two of two: one message that cannot be sent leaves the others alone)
            event(LOG, logging.ERROR, "notice failed inside lagwatch", receiver=self.name, exc_info=error)
            return Outcome(Fate.ERROR, f"{type(error).__name__}: {error}")

    def _settle(self, entry: Entry, outcome: Outcome) -> None:
        self._failures_in_a_row = self._failures_in_a_row + 1 if outcome.everyone else 0
        entry.tries += 1
        self._retries += entry.tries > 1
        if outcome.fate is Fate.RETRY:
            self._try_later(entry, outcome)
        elif outcome.fate is Fate.SENT:
            self._sent += 1
            event(LOG, logging.INFO, "notice sent", **self._about(entry))
        else:
            self._lose(entry, outcome.fate.value, outcome.reason)

    def _try_later(self, entry: Entry, outcome: Outcome) -> None:
        tries = self._failures_in_a_row if outcome.everyone else entry.tries
        pause_s = max(
            self._delivery.pause_s(tries, self._chance()), min(outcome.pause_s or 0.0, self._delivery.give_up_s)
        )
        entry.not_before = time.monotonic() + pause_s
        if outcome.everyone:
            self._queue.pause(entry.not_before)
        self._queue.put_back(entry)
        self._sparingly.event(
            logging.WARNING,
            "notice not sent yet",
            **self._about(entry),
            reason=outcome.reason,
            next_try_s=pause_s,
            pending=len(self._queue),
        )
        for old in self._queue.expire(self._clock() - self._delivery.give_up_s):
            self._lose(old, "gave_up", f"tried for {self._delivery.give_up_s:.0f} s; last: {outcome.reason}")

    def _lose(self, entry: Entry, kind: str, reason: str) -> None:
        self._failed[kind] += 1
        self._sparingly.event(
            logging.ERROR,
            f"notice {kind.replace('_', ' ')}",
            **self._about(entry),
            reason=reason,
            so_far=self._failed[kind],
        )

    def _about(self, entry: Entry) -> dict[str, Any]:
        cluster, group = entry.message.lane
        return {
            "receiver": self.name,
            "to": self._shown,
            "cluster": cluster,
            "group": group,
            "alerts": entry.message.alerts,
            "tries": entry.tries,
        }


def _excerpt(response: httpx.Response, timeout_s: float) -> str:
    """The beginning of an answer's text, on one line: a receiver that drips does not hold the thread."""
    until = time.monotonic() + timeout_s
    content = b""
    with suppress(httpx.TransportError):
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= EXCERPT_BYTES or time.monotonic() > until:
                break
    return " ".join(content[:EXCERPT_BYTES].decode(errors="replace").split())

"""The thread of one receiver: takes from the outbox what is due, tries it, and writes down what came of it."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from lagwatch.errors import LagwatchError
from lagwatch.logs import Sparingly, event
from lagwatch.model.notices import Outbox, OutboxEntry, ReceiverHealth
from lagwatch.publish.notices.backoff import Breaker, Delivery
from lagwatch.publish.notices.base import Counts, Receiver
from lagwatch.publish.notices.outcome import Fate, Outcome

LOG = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often the outbox is looked into when nobody says that there is something new."""


class Worker:
    """
    Sends the messages of one receiver, in order about each group and at least once: what was sent and not yet written down
    when the process died is sent again, with the same key. `clock` gives seconds since the epoch. It begins when the worker
    `after` which it comes, that of a receiver of the same name, has ended.
    """

    def __init__(
        self,
        receiver: Receiver,
        outbox: Outbox,
        *,
        delivery: Delivery | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] | None = None,
        after: "Worker | None" = None,
    ) -> None:
        self.receiver = receiver
        self._after = after
        self._replacement: Receiver | None = None
        self._outbox = outbox
        self._delivery = delivery or Delivery()
        self._clock = clock
        self._chance = chance or random.SystemRandom().random
        self._breaker = Breaker(self._delivery)
        self._news = threading.Event()
        self._closing_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"notices-{receiver.name}", daemon=True)
        self._sent = self._retries = 0
        self._failed: Counter[str] = Counter()
        self._last_sent_at: float | None = None
        self._last_error = ""
        self._sparingly = Sparingly(LOG)

    def open(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something new."""
        self._news.set()

    def use(self, receiver: Receiver) -> None:
        """
        Send to this one from the next message on, in place of the receiver that has had its name. What waits stays in its order.
        """
        self._replacement = receiver
        self._news.set()

    def close(self, grace_s: float) -> None:
        """Send what is due within `grace_s` seconds, then stop; what is left stays in the outbox."""
        self._closing_at = time.monotonic() + grace_s
        self._news.set()
        self._thread.join(grace_s)

    def join(self) -> None:
        """Wait until it has ended; only after `close`."""
        self._thread.join()

    def counts(self) -> Counts:
        """How it goes."""
        try:
            health = self._outbox.health(self.receiver.name)
        except LagwatchError:
            health = ReceiverHealth()
        return Counts(
            sent=self._sent,
            failed_by_reason=dict(self._failed),
            retries=self._retries,
            template_errors=self.receiver.wording.errors,
            pending=health.pending,
            oldest_pending_at=health.oldest_pending_at,
            dead=health.dead,
            down=self._breaker.is_open,
            last_sent_at=self._last_sent_at or health.last_sent_at,
            last_error=self._last_error or health.last_error,
            kind=self.receiver.kind,
            address=self.receiver.address,
        )

    def step(self) -> bool:
        """Try what is due, the least tried first, and return whether there was anything. Raises LagwatchError with the outbox."""
        now = self._clock()
        self._replace()
        if self._breaker.until > now:
            return False
        due = self._outbox.due(self.receiver.name, now)
        for entry in sorted(due, key=lambda each: each.attempts):
            if self._is_over():
                return False
            self._replace()
            outcome = self.receiver.send(entry.message)
            self._settle(entry, outcome)
            if self._breaker.is_open:
                break
        return bool(due)

    def _replace(self) -> None:
        """Take over what `use` gave; whatever kept messages from the one before says nothing about this one."""
        replacement, self._replacement = self._replacement, None
        if replacement is not None:
            self.receiver.close()
            self.receiver, self._breaker, self._last_error = replacement, Breaker(self._delivery), ""

    def _run(self) -> None:
        if self._after is not None:
            self._after.join()
            self._after = None
        try:
            self._work()
        finally:
            self.receiver.close()

    def _work(self) -> None:
        while not self._is_over():
            self._news.clear()
            try:
                busy = self.step()
            except LagwatchError as error:
                busy = False
                self._sparingly.event(logging.WARNING, "outbox away", receiver=self.receiver.name, error=str(error))
            except Exception as error:  # noqa: BLE001 (around a notifier: it must go on whatever it met)
                busy = False
                event(LOG, logging.ERROR, "worker failed inside lagwatch", receiver=self.receiver.name, exc_info=error)
            if not busy:
                if self._closing_at is not None:
                    return
                self._news.wait(self._wait_s())

    def _is_over(self) -> bool:
        return self._closing_at is not None and time.monotonic() >= self._closing_at

    def _wait_s(self) -> float:
        try:
            due_at = self._outbox.next_due(self.receiver.name)
        except LagwatchError:
            return LOOK_S
        moment = max(self._breaker.until, due_at) if due_at is not None else float("inf")
        return min(LOOK_S, max(0.01, moment - self._clock()))

    def _settle(self, entry: OutboxEntry, outcome: Outcome) -> None:
        now = self._clock()
        self._retries += entry.attempts > 0
        self._breaker.note(entry.message.id, outcome, now, self._chance())
        if outcome.fate is Fate.SENT:
            self._outbox.sent(entry.message.id, now)
            self._sent += 1
            self._last_sent_at = now
            event(LOG, logging.INFO, "notice sent", **self._about(entry))
            return
        self._last_error = outcome.reason
        if outcome.fate is Fate.REFUSED:
            self._bury(entry, "refused", outcome.reason, now)
        elif now - entry.message.created_at > self._delivery.patience_s(entry.message):
            reason = f"given up after {now - entry.message.created_at:.0f} s; last: {outcome.reason}"
            self._bury(entry, "gave_up", reason, now)
        else:
            self._try_later(entry, outcome, now)

    def _try_later(self, entry: OutboxEntry, outcome: Outcome, now: float) -> None:
        # While the receiver takes nothing at all, the breaker says when: each message alone would only wait longer.
        pause_s = self._delivery.pause_s(entry.attempts + 1, self._chance())
        pause_s = max(0.0, self._breaker.until - now) if outcome.everyone else max(pause_s, outcome.pause_s or 0.0)
        self._outbox.again(entry.message.id, now + pause_s, outcome.reason)
        self._sparingly.event(
            logging.WARNING, "notice not sent yet", **self._about(entry), reason=outcome.reason, next_try_s=pause_s
        )

    def _bury(self, entry: OutboxEntry, kind: str, reason: str, now: float) -> None:
        self._outbox.dead(entry.message.id, now, reason)
        self._failed[kind] += 1
        name = f"notice {kind.replace('_', ' ')}"
        self._sparingly.event(logging.ERROR, name, **self._about(entry), reason=reason, so_far=self._failed[kind])

    def _about(self, entry: OutboxEntry) -> dict[str, Any]:
        message = entry.message
        return {
            "receiver": self.receiver.name,
            "to": self.receiver.address,
            "status": message.status.value,
            "cluster": message.cluster or None,
            "group": message.body["groupLabels"].get("group"),
            "alerts": len(message.body["alerts"]),
            "tries": entry.attempts + 1,
        }

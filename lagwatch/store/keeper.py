"""The one thread that writes: what waits, as soon as there is something; what somebody asked for; and what is kept too long."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any, Protocol, TypeVar

from lagwatch.errors import StoreAway, StoreError
from lagwatch.logs import Sparingly

LOG = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_S = 8.0
"""How long somebody waits for what they asked for."""

HANGS_S = 15.0
"""A transaction that takes so long makes the store one that does not answer."""

TIDY_S = 3600.0
"""How often what is kept too long is let go of."""

_FIRST_RETRY_S = 0.5
_LAST_RETRY_S = 15.0


class Work(Protocol):
    """What the thread does; all of it is called there."""

    def prepare(self) -> None:
        """Bring the database into a state that can be used; called until it succeeds. Raises StoreError."""

    def flush(self) -> bool:
        """Write what waits; whether anything did. Raises StoreError if it could not be written."""

    def tidy(self) -> None:
        """Let go of what is kept too long. Raises StoreError."""

    def fault(self, error: StoreError | None) -> None:
        """The last thing that was done failed like this (None: it went well)."""


class Keeper:
    """Runs the work in a thread of its own from `start` to `stop`."""

    def __init__(self, work: Work, timer: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._timer = timer
        self._news = threading.Condition()
        self._fresh = False
        self._stopping = False
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._busy_since: float | None = None
        self._prepared = False
        self._sparingly = Sparingly(LOG)
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self, *, prepared: bool) -> None:
        """Begin; `prepared` says whether the database is ready already."""
        self._prepared = prepared
        self._thread.start()

    def stop(self, grace_s: float) -> bool:
        """Try once more to write what waits, then end; whether that was done within the grace."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(grace_s)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """There is something to write."""
        with self._news:
            self._fresh = True
            self._news.notify()

    def ask(self, job: Callable[[], T]) -> T:
        """Let the thread do something, and wait for it; raises what it raised, or StoreAway if it takes too long."""
        answer: Future[T] = Future()
        with self._news:
            if self._stopping:
                raise StoreAway("lagwatch is stopping; ask the next one.")
            self._jobs.append((job, answer))
            self._news.notify()
        try:
            return answer.result(ANSWER_S)
        except NotInTime:
            undone = answer.cancel()
            done = (
                "nothing was changed"
                if undone
                else "whether the change was made is not known; look before you repeat it"
            )
            raise StoreAway(f"the store does not answer; {done}.") from None

    def busy_s(self) -> float:
        """For how long the thread has been at one thing."""
        since = self._busy_since
        return 0.0 if since is None else self._timer() - since

    def _run(self) -> None:
        retry_s, retry_at = _FIRST_RETRY_S, 0.0
        tidy_at = self._timer() + TIDY_S / 60
        while True:
            with self._news:
                self._news.wait_for(self._has_work, self._pause_s(retry_at, tidy_at))
                stopping, self._fresh = self._stopping, False
                jobs = [self._jobs.popleft() for _ in range(len(self._jobs))]
            now = self._timer()
            for job, answer in jobs:
                self._do(job, answer)
            if now < retry_at and not stopping:
                continue
            well = self._guarded(self._write)
            if well and now >= tidy_at and not stopping:
                tidy_at = now + TIDY_S
                well = self._guarded(self._work.tidy)
            retry_s = _FIRST_RETRY_S if well else min(2 * retry_s, _LAST_RETRY_S)
            retry_at = 0.0 if well else self._timer() + retry_s
            if stopping:
                return

    def _has_work(self) -> bool:
        return bool(self._jobs) or self._stopping or self._fresh

    def _pause_s(self, retry_at: float, tidy_at: float) -> float:
        return max(0.0, (retry_at or tidy_at) - self._timer())

    def _write(self) -> None:
        if not self._prepared:
            self._work.prepare()
            self._prepared = True
        while self._work.flush():
            pass

    def _guarded(self, step: Callable[[], None]) -> bool:
        self._busy_since = self._timer()
        try:
            step()
            fault = None
        except StoreError as error:
            fault = error
        except Exception as error:  # noqa: BLE001 (without this thread nothing would be kept any more, and nobody would know)
            fault = StoreError(
                f"{type(error).__name__} inside lagwatch: {error}; the log has the traceback, please report it."
            )
            self._sparingly.event(logging.ERROR, "store failed inside lagwatch", exc_info=error)
        finally:
            self._busy_since = None
        self._work.fault(fault)
        return fault is None

    def _do(self, job: Callable[[], Any], answer: "Future[Any]") -> None:
        if not answer.set_running_or_notify_cancel():
            return
        self._busy_since = self._timer()
        try:
            answer.set_result(job())
        except Exception as error:  # noqa: BLE001 (whoever asked gets it)
            answer.set_exception(error)
        finally:
            self._busy_since = None

"""All of the notices together: what a poll found becomes messages, and messages go their way."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lagwatch.errors import LagwatchError
from lagwatch.logs import event
from lagwatch.model.alerts import Verdict
from lagwatch.model.notices import Acknowledgement, Message, Outbox, Silence, Told
from lagwatch.publish.notices.base import Counts, Receiver
from lagwatch.publish.notices.plan import Plan, Setup, plan
from lagwatch.publish.notices.quiet import Quiet, Window, calm
from lagwatch.publish.notices.receivers.alertmanager import Alertmanager
from lagwatch.publish.notices.worker import Worker

LOG = logging.getLogger(__name__)

LOOK_S = 10.0
"""How often it is looked whether something is due (silences end, times pass) when no poll comes by."""

Record = Callable[[Sequence[Message], Sequence[Told]], None]
"""Writes down messages and what they tell, together with whatever else belongs to them; may raise LagwatchError."""


@dataclass(slots=True)
class _Cluster:
    """One cluster: its last verdict, and what was told of it (None: not read yet)."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    verdict: Verdict | None = None
    interval_s: float = 30.0
    told: dict[tuple[str, str], Told] | None = None
    next_at: float | None = None
    quiet: Mapping[Quiet, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrangement:
    """Who is told what, and by whom, at one time; swapped whole."""

    setup: Setup
    workers: Mapping[str, Worker]
    levels: Mapping[str, Alertmanager]
    windows: tuple[Window, ...]


class Notices:
    """
    Plans after each poll and, because times pass between polls, whenever something is due; workers send what was planned.

    `silences` and `acknowledgements` give what holds now. `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        setup: Setup,
        outbox: Outbox,
        *,
        workers: Sequence[Worker] = (),
        levels: Sequence[Alertmanager] = (),
        windows: Sequence[Window] = (),
        silences: Callable[[], Sequence[Silence]] = tuple,
        acknowledgements: Callable[[], Sequence[Acknowledgement]] = tuple,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._arrangement = _Arrangement(
            setup=setup,
            workers={worker.receiver.name: worker for worker in workers},
            levels={level.name: level for level in levels},
            windows=tuple(windows),
        )
        self._arranging = threading.Lock()
        self._leaving: dict[str, Worker] = {}
        self._silences = silences
        self._acknowledgements = acknowledgements
        self._clock = clock
        self._clusters: dict[str, _Cluster] = {}
        self._adding = threading.Lock()
        self._wake = threading.Event()
        self._hurried = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def open(self) -> None:
        """Begin to send what waits and what comes."""
        for worker in self._arrangement.workers.values():
            worker.open()
        for level in self._arrangement.levels.values():
            level.open()
        self._thread.start()

    def rearrange(self, setup: Setup, built: Sequence[Receiver], windows: Sequence[Window]) -> None:
        """
        From now on other receivers, routes and windows; `built` are the receivers that are new or have changed, the others go on.

        What waits for a receiver that has changed goes to it as it is now, in its order; what waits for one that is gone stays
        in the outbox, for when there is one of that name again.
        """
        fresh = {receiver.name: receiver for receiver in built}
        with self._arranging:
            before = self._arrangement
            workers = {name: self._worker(name, before, fresh) for name in setup.receivers}
            levels = {name: _level(name, before, fresh) for name in setup.level}
            self._arrangement = _Arrangement(setup=setup, workers=workers, levels=levels, windows=tuple(windows))
            for name in before.workers.keys() - workers.keys():
                self._leaving[name] = before.workers[name]
                before.workers[name].close(0.0)
        for name, level in before.levels.items():
            if level is not levels.get(name):
                level.stop(0.0)
        self.hurry()

    def _worker(self, name: str, before: _Arrangement, fresh: Mapping[str, Receiver]) -> Worker:
        worker = before.workers.get(name)
        if worker is None:
            worker = Worker(fresh[name], self._outbox, after=self._leaving.pop(name, None))
            worker.open()
        elif name in fresh:
            worker.use(fresh[name])
        return worker

    @property
    def windows(self) -> tuple[Window, ...]:
        """The maintenance windows as they are now."""
        return self._arrangement.windows

    def offer(self, cluster: str, verdict: Verdict, *, interval_s: float, record: Record | None = None) -> None:
        """
        Take what a poll found, write down what follows from it, and return: nobody waits for a receiver.

        `record` (by default the outbox alone) is called once, whether there are messages or not. What it raises is raised.
        """
        of = self._cluster(cluster)
        with of.lock:
            of.verdict, of.interval_s = verdict, interval_s
            self._consider(cluster, of, record or self._outbox.put)

    def look(self) -> None:
        """Plan again what may be due: something was silenced or acknowledged, or time has passed."""
        for name, of in list(self._clusters.items()):
            with of.lock:
                if of.verdict is not None:
                    self._consider(name, of, self._put)

    def hurry(self) -> None:
        """Look soon, in the thread of the notices."""
        self._hurried = True
        self._wake.set()

    def wake(self) -> None:
        """There may be something new in the outbox."""
        for worker in self._arrangement.workers.values():
            worker.wake()

    def counts(self) -> Mapping[str, Counts]:
        """How it goes, by receiver."""
        now = self._arrangement
        workers = {name: worker.counts() for name, worker in now.workers.items()}
        return workers | {name: level.counts() for name, level in now.levels.items()}

    def quiet(self) -> Mapping[str, Mapping[str, int]]:
        """How many alerts fire and are not told, by cluster and reason."""
        return {
            name: {reason.value: count for reason, count in of.quiet.items()}
            for name, of in list(self._clusters.items())
        }

    def close(self, grace_s: float) -> None:
        """Send what is ready within `grace_s` seconds, then stop; what is left stays in the outbox."""
        self._closing.set()
        self._wake.set()
        until = time.monotonic() + grace_s
        now = self._arrangement
        closers = [threading.Thread(target=worker.close, args=(grace_s,)) for worker in now.workers.values()]
        closers += [threading.Thread(target=level.stop, args=(grace_s,)) for level in now.levels.values()]
        for each in closers:
            each.start()
        for each in closers:
            each.join(max(0.0, until - time.monotonic()) + 1.0)

    def _cluster(self, name: str) -> _Cluster:
        with self._adding:
            return self._clusters.setdefault(name, _Cluster())

    def _consider(self, cluster: str, of: _Cluster, record: Record) -> None:
        assert of.verdict is not None
        now, arrangement = self._clock(), self._arrangement
        try:
            if of.told is None:
                of.told = {(each.receiver, each.key): each for each in self._outbox.told(cluster)}
            planned = self._plan(arrangement, cluster, of.verdict, list(of.told.values()), now)
        except LagwatchError as error:
            # Without what was told before everything would be told again: better later than twice.
            event(LOG, logging.WARNING, "notices wait for the store", cluster=cluster, error=str(error))
            record((), ())
            return
        record(planned.messages, planned.told)
        for each in planned.told:
            of.told.pop((each.receiver, each.key), None)
            if each.content:
                of.told[each.receiver, each.key] = each
        of.next_at, of.quiet = planned.next_at, planned.quiet
        for level in arrangement.levels.values():
            level.update(cluster, planned.standing, planned.shown[level.name], of.interval_s)
        for receiver, count in Counter(message.receiver for message in planned.messages).items():
            event(LOG, logging.DEBUG, "notices planned", cluster=cluster, receiver=receiver, messages=count)
        if planned.messages:
            self.wake()
        if planned.next_at is not None:
            # The thread may be waiting for longer than that.
            self._wake.set()

    def _plan(
        self, arrangement: _Arrangement, cluster: str, verdict: Verdict, told: Sequence[Told], now: float
    ) -> Plan:
        names = arrangement.setup.receivers if told else ()
        waiting = {(name, key) for name in names for key in self._outbox.pending_keys(name)}
        quiet = calm(now, arrangement.windows, self._silences(), self._acknowledgements())
        return plan(arrangement.setup, cluster, verdict, told=told, calm=quiet, waiting=waiting, now=now)

    def _put(self, messages: Sequence[Message], told: Sequence[Told]) -> None:
        if messages or told:
            self._outbox.put(messages, told)

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._closing.is_set():
            self._wake.wait(self._wait_s())
            self._wake.clear()
            due = any(of.next_at is not None and of.next_at <= self._clock() for of in list(self._clusters.values()))
            if self._closing.is_set() or not (due or self._hurried or time.monotonic() - looked >= LOOK_S):
                continue
            self._hurried, looked = False, time.monotonic()
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 (around the notices: they must go on whatever they met)
                event(LOG, logging.ERROR, "notices failed inside lagwatch", exc_info=error)

    def _wait_s(self) -> float:
        moments = [of.next_at for of in list(self._clusters.values()) if of.next_at is not None]
        return min(LOOK_S, max(0.05, min(moments, default=float("inf")) - self._clock()))


def _level(name: str, before: _Arrangement, fresh: Mapping[str, Receiver]) -> Alertmanager:
    """The level receiver of that name: the one that there is, or in its place the new one."""
    old, new = before.levels.get(name), fresh.get(name)
    if new is None:
        assert old is not None, "a receiver that is not new is there already"
        return old
    assert isinstance(new, Alertmanager), "a level receiver is an Alertmanager"
    if old is not None:
        new.take_over(old)
    new.open()
    return new

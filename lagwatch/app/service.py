"""The service: everything built from the settings, opened in order, closed in reverse."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from lagwatch.app import keeping
from lagwatch.app.api import api
from lagwatch.app.exact import exact_readers
from lagwatch.app.histories import HistoryFile
from lagwatch.app.keeping import Keeping
from lagwatch.app.notices import notices, rearrange
from lagwatch.app.polls import Polls
from lagwatch.app.web import address, listen, serve
from lagwatch.collect import DetailOptions, Reader, ReaderOptions
from lagwatch.config import ClusterSettings, Settings, effective_rules, reloadable
from lagwatch.cycle import judge_receivers
from lagwatch.errors import LagwatchError
from lagwatch.judge.engine import Alerts
from lagwatch.judge.state import groups
from lagwatch.logs import event
from lagwatch.model.alerts import Transition, Verdict
from lagwatch.model.latest import Latest
from lagwatch.model.service import Receiver
from lagwatch.monitor import Monitor
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import switched_on
from lagwatch.publish.notices import Counts, Notices

LOG = logging.getLogger(__name__)

POLL_GRACE_S = 2.0
"""How long polls that are under way may take to end when the service stops, all together."""

NOTICE_GRACE_S = 3.0
"""How long what is ready to be sent may take to be sent then, for each receiver."""

RECEIVERS_INTERVAL_S = 30.0
"""How often the rules about receivers of notices are judged."""

ITSELF = ""
"""What is about lagwatch itself, as the name of its cluster: no label, and no cluster can be called so."""


class Service:
    """
    lagwatch as it runs: a reader and a monitor for each cluster, what publishes their findings, and the web server.

    Making one does no I/O. `load` gives the settings anew when they are to be reloaded; it raises LagwatchError if they
    are wrong.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._settings = settings
        self._load = load
        self._reloading = threading.Lock()
        rules = effective_rules(settings)
        self._store = keeping.store(settings)
        self._notices: Notices | None = None
        self._stuck = Alerts()
        self._about_itself: Verdict | None = None
        self._external_url = ""
        self.board = Board(
            granularity=settings.metrics.granularity,
            max_series=settings.metrics.max_series,
            profiles=switched_on(settings.metrics.profiles, topic_config=settings.metrics.kminion_config_keys),
            notices=self._notice_counts,
            suppressed=self._suppressed,
            store=self._store.health,
        )
        self._readers = {cluster.name: Reader(reader_options(cluster)) for cluster in settings.clusters}
        self._exact = exact_readers(settings.clusters, self._readers)
        self._monitors = {
            cluster.name: Monitor(
                cluster.name,
                self._exact.get(cluster.name) or self._readers[cluster.name],
                rules,
                interval_s=cluster.interval_s,
                deadline_s=cluster.deadline_s,
                growth_window_s=cluster.growth_window_s,
                windows=settings.burrow.window_options(),
                on_latest=self._publish,
                series_suppressed=partial(self.board.series_suppressed, cluster.name),
            )
            for cluster in settings.clusters
        }
        kept = {name: monitor.alerts for name, monitor in self._monitors.items()} | {ITSELF: self._stuck}
        self._keepings = {name: Keeping(self._store, name, alerts) for name, alerts in kept.items()}
        kept_in = settings.store.data_dir
        self._histories = {
            name: HistoryFile(kept_in, name, settings.store.lag_history_every_s) for name in self._monitors
        }
        for monitor in self._monitors.values():
            self.board.put(monitor.latest)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT (SIGHUP reloads); must be called in the main thread. Raises CannotListen."""
        settings = self._settings
        with ExitStack() as stack:
            listener = stack.enter_context(listen(settings.web.host, settings.web.port))
            here = address(listener)
            stack.callback(event, LOG, logging.INFO, "stopped")
            self._open_store(stack)
            self._external_url = settings.web.external_url or here
            self._notices = self._build_notices(self._external_url)
            stack.callback(self._notices.close, NOTICE_GRACE_S)
            self._notices.open()
            jobs = [(name, self._interval_s(name), partial(self._watch, name)) for name in self._monitors]
            polls = Polls([*jobs, (ITSELF, RECEIVERS_INTERVAL_S, self._judge_receivers)])
            stack.callback(self._close_monitors)
            stack.callback(polls.close)
            polls.open()
            serve(
                api(
                    settings,
                    self.board,
                    store=self._store,
                    notices=self._notices,
                    itself=lambda: self._about_itself,
                    forget=self._forget,
                ),
                listener,
                on_ready=lambda: event(LOG, logging.INFO, "serving", url=here, clusters=sorted(self._monitors)),
                on_hangup=self.reload,
            )
            event(LOG, logging.INFO, "stopping")

    def reload(self) -> None:
        """Take over what can be taken over while it runs; settings that are wrong change nothing. Never raises."""
        with self._reloading:
            try:
                new = self._load()
            except LagwatchError as error:
                event(LOG, logging.ERROR, "reload failed, the settings stay as they were", error=str(error))
                return
            changes, ignored = reloadable(self._settings, new)
            rules = effective_rules(new)
            if not self._rearrange(new):
                return
            for monitor in self._monitors.values():
                monitor.rules = rules
            for cluster in new.clusters:
                if cluster.name in self._readers:
                    self._readers[cluster.name].filters(cluster.groups.name_filter(), cluster.topics.name_filter())
            self._settings = new
            event(LOG, logging.INFO, "reloaded", changes=list(changes), needs_restart=list(ignored) or None)

    def _forget(self, cluster: str, group: str, topic: str | None) -> None:
        """Empty the windows of commits of a group (on a topic), if the cluster is one of ours."""
        if cluster in self._monitors:
            self._monitors[cluster].forget(group, topic)

    def _rearrange(self, new: Settings) -> bool:
        """Take over receivers, routes and windows; False if that cannot be done."""
        assert self._notices is not None
        try:
            rearrange(self._notices, self._settings, new, self._external_url)
        except LagwatchError as error:
            event(LOG, logging.ERROR, "reload failed, the settings stay as they were", error=str(error))
            return False
        return True

    def _open_store(self, stack: ExitStack) -> None:
        self._store.open()
        stack.callback(self._store.close, keeping.CLOSE_GRACE_S)
        if not self._store.location.durable:
            event(LOG, logging.WARNING, "nothing is kept over a restart, set store.data_dir")

    def _build_notices(self, external_url: str) -> Notices:
        kept = self._store
        built = notices(
            self._settings,
            external_url,
            kept.outbox,
            silences=kept.silences,
            acknowledgements=kept.acknowledgements,
        )
        kept.listen(built.wake)
        return built

    def _watch(self, name: str) -> None:
        """One poll of one cluster, after its alerts were taken up from before the restart. Never raises."""
        monitor = self._monitors[name]
        if self._keepings[name].restore(monitor.rules):
            monitor.taken_up()
            self._readers[name].recall(groups(monitor.alerts))
            self.board.put(monitor.latest)
        monitor.history = self._histories[name].restore(monitor.history)
        monitor.tick()
        self._histories[name].record(monitor.history)

    def _publish(self, latest: Latest, transitions: Sequence[Transition]) -> None:
        # First, so that a page which cannot be rendered keeps nobody from being notified.
        if latest.verdict is not None:
            self._tell(latest.cluster, latest.verdict, latest.health.interval_s, transitions)
        self.board.put(latest)
        if latest.cluster in self._exact and latest.view is not None:
            self._exact[latest.cluster].look(latest.view)

    def _tell(self, cluster: str, verdict: Verdict, interval_s: float, transitions: Sequence[Transition]) -> None:
        """States, history and messages are taken in by the store together."""
        assert self._notices is not None
        record = partial(self._keepings[cluster].record, transitions)
        self._notices.offer(cluster, verdict, interval_s=interval_s, record=record)

    def _judge_receivers(self) -> None:
        """Whether notices arrive; that they do not is told to the other receivers. Never raises."""
        assert self._notices is not None
        try:
            known = {
                name: Receiver(oldest_pending_at=counts.oldest_pending_at, dead_letters=counts.dead)
                for name, counts in self._notices.counts().items()
            }
            rules = next(iter(self._monitors.values())).rules
            self._keepings[ITSELF].restore(rules)
            verdict = judge_receivers(self._stuck, ITSELF, known, rules, time.time())
            self._tell(ITSELF, verdict, RECEIVERS_INTERVAL_S, verdict.transitions)
            self._about_itself = verdict
        except Exception as error:  # noqa: BLE001 (as around a poll: the next one comes)
            event(LOG, logging.ERROR, "receivers not judged", exc_info=error)

    def _notice_counts(self) -> Mapping[str, Counts]:
        return {} if self._notices is None else self._notices.counts()

    def _suppressed(self) -> Mapping[str, Mapping[str, int]]:
        return {} if self._notices is None else self._notices.quiet()

    def _close_monitors(self) -> None:
        until = time.monotonic() + POLL_GRACE_S
        for name, monitor in self._monitors.items():
            if monitor.close(until - time.monotonic()):
                self._histories[name].close(monitor.history)
            else:
                event(LOG, logging.WARNING, "poll abandoned, it did not end in time", cluster=name)

    def _interval_s(self, name: str) -> float:
        return self._monitors[name].latest.health.interval_s


def reader_options(cluster: ClusterSettings) -> ReaderOptions:
    """What a Reader needs to know of a configured cluster."""
    return ReaderOptions(
        cluster=cluster.name,
        bootstrap=cluster.bootstrap,
        client=cluster.connection.kafka_python(),
        deadline_s=cluster.deadline_s,
        groups=cluster.groups.name_filter(),
        topics=cluster.topics.name_filter(),
        internal_topics=cluster.internal_topics,
        details=DetailOptions(parts=cluster.details.parts()),
    )

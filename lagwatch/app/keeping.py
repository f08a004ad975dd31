"""What outlives a restart: the store as it is configured, and the alerts of each cluster taken up again from it."""

import logging
import time
from collections.abc import Callable, Sequence

from lagwatch.config import Settings
from lagwatch.config.storage import StoreSettings
from lagwatch.errors import StoreAway, StoreError
from lagwatch.judge.engine import Alerts
from lagwatch.judge.state import freeze, thaw
from lagwatch.logs import event
from lagwatch.model.alerts import Rule, Transition
from lagwatch.model.notices import Message, Told
from lagwatch.store import Location, Retention, Store, at_server, in_directory, in_memory

LOG = logging.getLogger(__name__)

CLOSE_GRACE_S = 6.0
"""How long what waits to be written may take to be written when the service stops."""


def store(settings: Settings) -> Store:
    """The store, not opened yet; raises StoreError or ConfigurationError if it cannot be what it is said to be."""
    given = settings.store
    retention = Retention(
        history_s=given.history_retention_s, audit_s=given.audit_retention_s, notices_s=given.notice_retention_s
    )
    location = store_location(given)
    return Store(location, retention if location.durable else Retention(rows=10_000))


def store_location(given: StoreSettings) -> Location:
    """Where the store is by these settings; raises StoreError or ConfigurationError."""
    database = given.secret_database()
    if database is not None:
        return at_server(database)
    return in_memory() if given.data_dir is None else in_directory(given.data_dir)


class Keeping:
    """
    The alerts of one cluster in the store. `restore` is called before each poll until it has read what is kept, `record` after
    each; both on the thread of the polls.
    """

    def __init__(self, store: Store, cluster: str, alerts: Alerts, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._cluster = cluster
        self._alerts = alerts
        self._clock = clock
        self._restored = False
        self._ended: tuple[Transition, ...] = ()
        self._said = ""

    def restore(self, rules: tuple[Rule, ...]) -> bool:
        """Take up the alerts that are kept, if that was not done yet and can be done now; whether it was."""
        if self._restored:
            return False
        try:
            state = self._store.load_alert_state(self._cluster)
        except StoreError as error:
            if str(error) != self._said:
                level = logging.WARNING if isinstance(error, StoreAway) else logging.ERROR
                event(LOG, level, "alerts not taken up yet", cluster=self._cluster, error=str(error))
                self._said = str(error)
            return False
        except (ValueError, KeyError, TypeError) as error:
            return self._not_understood(error)
        self._restored = True
        if state is None:
            return False
        try:
            self._ended = thaw(self._alerts, state, rules, self._clock())
        except (ValueError, KeyError, TypeError) as error:
            return self._not_understood(error)
        event(LOG, logging.INFO, "alerts taken up", cluster=self._cluster, alerts=len(state.alerts), kept_at=state.at)
        return True

    def _not_understood(self, error: Exception) -> bool:
        """Somebody has changed the rows by hand: the watch begins anew rather than not at all."""
        self._restored = True
        self._store.begin_anew(self._cluster)
        event(LOG, logging.ERROR, "alerts that were kept are not understood", cluster=self._cluster, exc_info=error)
        return False

    def record(self, transitions: Sequence[Transition], messages: Sequence[Message], told: Sequence[Told]) -> None:
        """What came of an evaluation, in one transaction: states, history and messages."""
        ended, self._ended = self._ended, ()
        self._store.record(self._cluster, freeze(self._alerts), (*ended, *transitions), messages, told)

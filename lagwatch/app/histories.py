"""The history of lag of each cluster, taken up from a file and written there now and then."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lagwatch.analyze.history import History
from lagwatch.analyze.kept import keep, take_up
from lagwatch.errors import StoreError
from lagwatch.logs import event
from lagwatch.model.columns import Array
from lagwatch.model.kept import KeptHistory
from lagwatch.store import columns_file

LOG = logging.getLogger(__name__)

CLOSE_GRACE_S = 5.0
"""How long a file that is being written may take to be written when the service stops."""

_WHAT = "history of lag"


class HistoryFile:
    """
    The history of one cluster in a file of the data directory (None: there is none, and nothing is kept).

    `restore` is called before each poll (and does something before the first), `record` after each, on one thread; `close` after
    the last poll, on any.
    A file that is damaged, of another version or of another cluster is as good as none.
    """

    def __init__(
        self,
        directory: Path | None,
        cluster: str,
        every_s: float,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = None if directory is None else directory / "history" / f"{quote(cluster, safe='')}.npz"
        self._cluster = cluster
        self._every_s = every_s
        self._clock, self._timer = clock, timer
        self._due = -float("inf")
        self._using = threading.Lock()
        self._closed = False
        self._writer: threading.Thread | None = None
        self._restored = False
        self._written_at: float | None = None
        self._said = ""
        self._taken_up_of: str | None = None

    def restore(self, before: History) -> History:
        """The history to go on with: the one that is kept if there is one, else the one before, which is new."""
        if self.path is None or self._restored:
            return before
        self._restored = True
        try:
            found = columns_file.read(self.path)
            if found is None:
                return before
            kept, history = _decoded(*found), History(before.window_s)
            take_up(kept, history, self._clock())
        except (StoreError, ValueError, KeyError, TypeError) as error:
            event(
                LOG,
                logging.WARNING,
                f"{_WHAT} not taken up",
                cluster=self._cluster,
                path=str(self.path),
                error=str(error),
            )
            return before
        self._taken_up_of = kept.cluster_id
        event(
            LOG,
            logging.INFO,
            f"{_WHAT} taken up",
            cluster=self._cluster,
            kept_at=kept.at,
            points=len(history.time_lags.ends),
        )
        return history

    def record(self, history: History) -> None:
        """Have the history written on a thread of its own, if it is time for that and the last time is over."""
        self._compare(history)
        with self._using:
            if not self._closed:
                self._start_writing(history)

    def _start_writing(self, history: History) -> None:
        busy = self._writer is not None and self._writer.is_alive()
        if self.path is None or busy or self._timer() < self._due or history.at == self._written_at:
            return
        kept = keep(history)
        if kept is None:
            return
        self._due = self._timer() + self._every_s
        self._written_at = kept.at
        self._writer = threading.Thread(
            target=self._write, args=(self.path, kept), name=f"history-{self._cluster}", daemon=True
        )
        self._writer.start()

    def close(self, history: History) -> None:
        """Write it a last time."""
        with self._using:
            self._closed = True
        if self._writer is not None:
            self._writer.join(CLOSE_GRACE_S)
            if self._writer.is_alive():
                return
        kept = keep(history)
        if self.path is not None and kept is not None and kept.at != self._written_at:
            self._write(self.path, kept)

    def _compare(self, history: History) -> None:
        of, self._taken_up_of = self._taken_up_of, None
        if None not in (of, history.cluster_id) and of != history.cluster_id:
            event(
                LOG,
                logging.WARNING,
                f"{_WHAT} is another cluster's, dropped",
                cluster=self._cluster,
                of=of,
                now=history.cluster_id,
            )

    def _write(self, path: Path, kept: KeptHistory) -> None:
        started = self._timer()
        try:
            columns_file.write(path, _encoded(kept), kept.columns)
        except StoreError as error:
            if str(error) != self._said:
                event(LOG, logging.WARNING, f"{_WHAT} not written", cluster=self._cluster, error=str(error))
                self._said = str(error)
            return
        level = logging.INFO if self._said else logging.DEBUG
        self._said = ""
        event(LOG, level, f"{_WHAT} written", cluster=self._cluster, duration_s=self._timer() - started)


def _encoded(kept: KeptHistory) -> dict[str, Any]:
    names = ("version", "at", "cluster_id", "topics", "ids", "groups")
    return {"what": _WHAT} | {name: getattr(kept, name) for name in names}


def _decoded(about: Mapping[str, Any], columns: Mapping[str, Array]) -> KeptHistory:
    if about.get("what") != _WHAT:
        raise ValueError("it holds something else")
    names = {name: tuple(about[name]) for name in ("topics", "ids", "groups")}
    return KeptHistory(
        at=float(about["at"]), cluster_id=about["cluster_id"], columns=columns, version=int(about["version"]), **names
    )

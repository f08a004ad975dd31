"""When clusters are polled: one job each, never two polls of one cluster at a time, late ones made up for once."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.background import BackgroundScheduler

Job = tuple[str, float, Callable[[], None]]
"""Name, seconds from one run to the next, and what to run (it never raises)."""


class Polls:
    """Runs jobs in their intervals from `open` to `close`, all for the first time at once."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": _ThreadPerRun()})
        for name, interval_s, run in jobs:
            self._scheduler.add_job(
                run,
                "interval",
                seconds=interval_s,
                id=name,
                next_run_time=datetime.now(UTC),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def open(self) -> None:
        """Start."""
        self._scheduler.start()

    def close(self) -> None:
        """Start no further run; those under way go on."""
        self._scheduler.shutdown(wait=False)


class _ThreadPerRun(BaseExecutor):  # type: ignore[misc] # apscheduler has no types
    """
    Runs each job in a daemon thread of its own.

    The interpreter waits at its end for the threads of APScheduler's own pool, so that one poll that hangs would keep the
    service from ending. This is APScheduler's way to add an executor (the extending page of its guide).
    """

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        threading.Thread(target=self._run, args=(job, run_times), name=f"poll-{job.id}", daemon=True).start()

    def _run(self, job: Any, run_times: list[datetime]) -> None:
        events: list[Any] = []
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)  # noqa: SLF001 (as its own executors do)
        finally:
            # However it ended, the scheduler must hear of it, or it never starts this job again.
            self._run_job_success(job.id, events)

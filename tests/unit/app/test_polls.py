"""The schedule: at once, again, never twice at a time, and gone when it is closed."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lagwatch.app.polls import Polls


@contextmanager
def polling(*jobs: Callable[[], None], interval_s: float = 0.05) -> Iterator[Polls]:
    polls = Polls((f"cluster-{number}", interval_s, job) for number, job in enumerate(jobs))
    polls.open()
    try:
        yield polls
    finally:
        polls.close()


def test_the_first_poll_is_at_once_however_long_the_interval():
    polled = threading.Event()
    with polling(polled.set, interval_s=3600):
        assert polled.wait(30)


def test_polls_repeat():
    enough = threading.Semaphore(0)
    with polling(enough.release):
        assert all(enough.acquire(timeout=30) for _ in range(4))


def test_a_cluster_that_hangs_holds_up_no_other_and_is_not_polled_twice_at_a_time(caplog):
    hanging, release, others = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        hanging.release()
        release.wait(30)

    with polling(hang, others.release):
        assert all(others.acquire(timeout=30) for _ in range(5))
        assert hanging.acquire(timeout=30)
        assert not hanging.acquire(blocking=False)
        release.set()
        assert hanging.acquire(timeout=30)


def test_a_job_that_raises_is_started_again(caplog):
    caplog.set_level(logging.CRITICAL, logger="apscheduler")
    calls = threading.Semaphore(0)

    def broken() -> None:
        calls.release()
        raise RuntimeError("a monitor never raises, and if it did")

    with polling(broken):
        assert all(calls.acquire(timeout=30) for _ in range(3))


def test_closing_does_not_wait_for_a_poll_that_hangs_and_starts_no_further_one():
    started, release = threading.Semaphore(0), threading.Event()

    def hang() -> None:
        started.release()
        release.wait(30)

    with polling(hang):
        assert started.acquire(timeout=30)
    assert not release.is_set()
    release.set()
    assert not started.acquire(timeout=0.3)


def test_no_thread_of_a_poll_keeps_the_interpreter_from_ending():
    daemons: list[bool] = []
    done = threading.Event()

    def look() -> None:
        daemons.append(threading.current_thread().daemon)
        done.set()

    with polling(look, interval_s=3600):
        assert done.wait(30)
    assert daemons == [True]


def test_a_poll_runs_in_a_thread_that_is_named_after_its_cluster():
    names: list[str] = []
    done = threading.Event()

    def look() -> None:
        names.append(threading.current_thread().name)
        done.set()

    with polling(look, interval_s=3600):
        assert done.wait(30)
    assert names == ["poll-cluster-0"]

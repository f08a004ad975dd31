"""What is compared, as processes: an exporter of somebody else, and lagwatch with a page under its names."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.comparing.exporters import CLUSTER, EXPORTERS, Wanted
from benchmarks.comparing.pages import Page, parse
from benchmarks.processes import BenchmarkError, fetch
from lagwatch.publish.metrics.profiles import PROFILES

SETTLE_S = 2.0
"""Between two looks at a page that has to be whole."""

END_S = 15.0
"""Until a process that was told to end is killed."""


@contextmanager
def exporter(name: str, executable: Path, wanted: Wanted, *, wait_s: float) -> Iterator[Callable[[], Page]]:
    """The exporter, running; each call scrapes it. Raises BenchmarkError unless it has a series of Kafka within `wait_s`."""
    start = EXPORTERS[name].start(executable, wanted)
    for file, text in start.files.items():
        (wanted.home / file).write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{wanted.port}/metrics"
    with _running(name, start.command, {**os.environ, **start.variables}, wanted.home) as alive:
        yield _whole(name, url, name, EXPORTERS[name].ready, alive, wait_s)


@contextmanager
def lagwatch(name: str, wanted: Wanted, *, wait_s: float) -> Iterator[Callable[[], Page]]:
    """lagwatch with that profile, in the same way."""
    variables = {
        "LAGWATCH_NAME": CLUSTER,
        "LAGWATCH_BOOTSTRAP": wanted.bootstrap,
        "LAGWATCH_INTERVAL": "2s",
        "LAGWATCH_INTERNAL_TOPICS": "true",
        "LAGWATCH_TOPICS__INCLUDE": wanted.topics,
        "LAGWATCH_GROUPS__INCLUDE": wanted.groups,
        "LAGWATCH_WEB__PORT": str(wanted.port),
        "LAGWATCH_METRICS__PROFILES": name,
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("LAGWATCH_")}
    url = f"http://127.0.0.1:{wanted.port}/metrics/{name}"
    command = [sys.executable, "-m", "lagwatch", "serve"]
    with _running("lagwatch", command, inherited | variables, wanted.home) as alive:
        yield _whole("lagwatch", url, name, EXPORTERS[name].ours, alive, wait_s)


@contextmanager
def _running(
    name: str, command: Sequence[str], environment: Mapping[str, str], home: Path
) -> Iterator[Callable[[], None]]:
    """
    Runs it in `home`, with what it prints in a file there; the call raises BenchmarkError once it has ended.

    It has a session of its own, so that all it started can be ended with it: it may be a script around the exporter.
    """
    log = home / "output.log"
    with log.open("wb") as sink:
        try:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        except OSError as error:
            raise BenchmarkError(f"{name} cannot be started by {command[0]}: {error.strerror}.") from error

    def alive() -> None:
        code = process.poll()
        if code is not None:
            tail = log.read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"{name} ended with {code}; it printed:\n{tail}")

    try:
        yield alive
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and those that it started. A script does not pass a signal on, so all of its session get it."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_S)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(
        ProcessLookupError, PermissionError
    ):  # nobody is left; macOS says the latter of one that has just ended
        os.killpg(process.pid, number)


def _whole(who: str, url: str, name: str, ready: str, alive: Callable[[], None], wait_s: float) -> Callable[[], Page]:
    """
    The scrape, once the page has the metric `ready` (any of Kafka, if it is "") and as many series as a moment before.
    After `wait_s` a page that has any of Kafka is taken as it is, and that is said.
    """
    told = {family.name for family in PROFILES[name].families}.difference(EXPORTERS[name].itself)
    marks = {ready} if ready else told
    until = time.monotonic() + wait_s
    before, size = -1, 0
    while marks.isdisjoint(page := _scraped(who, url, alive)) or size != before:
        if time.monotonic() > until:
            if told.isdisjoint(page):
                raise BenchmarkError(
                    f"{who} has no series of {name} at {url} that tells of Kafka after {wait_s:.0f} s."
                )
            print(f"{who} is not ready after {wait_s:.0f} s; its page is taken as it is.", file=sys.stderr)
            break
        time.sleep(max(0.0, min(SETTLE_S, until - time.monotonic())))
        before, size = size, sum(map(len, page.values()))
    return lambda: _page(who, url)


def _scraped(who: str, url: str, alive: Callable[[], None]) -> Page:
    """The page; empty while nobody answers."""
    alive()
    try:
        return _page(who, url)
    except BenchmarkError:
        return {}


def _page(who: str, url: str) -> Page:
    body = fetch(url).body.decode(errors="replace")
    try:
        return parse(body)
    except ValueError as error:
        raise BenchmarkError(f"{who} has no metrics in Prometheus' text format at {url}: {error}.") from error

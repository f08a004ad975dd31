"""`lagwatch serve` as a process of its own, and what it says and answers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any, TypeVar

import httpx

Answer = TypeVar("Answer")

PROGRAM = (sys.executable, "-m", "lagwatch")


@dataclass
class Service:
    """A running service; `url` is where it is."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged of that name so far."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait_for(self, check: Callable[[], Answer], what: str, timeout_s: float = 40) -> Answer:
        """Ask until the answer is truthy, and return it; fails with the log if the process ends or the time is up."""
        until = time.monotonic() + timeout_s
        while not (answer := check()):
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log.read_text()}"
            assert time.monotonic() < until, f"not within {timeout_s:.0f} s: {what}\n{self.log.read_text()[-8000:]}"
            time.sleep(0.05)
        return answer

    def wait_for_event(self, name: str, count: int = 1) -> dict[str, Any]:
        """The `count`-th event of that name."""
        return self.wait_for(lambda: self.events(name)[count - 1 :], f"event {name!r} number {count}")[0]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """One answer of the service."""
        return httpx.get(self.url + path, headers=headers, timeout=10, trust_env=False)

    def send(self, number: Signals) -> None:
        """Send the process a signal."""
        self.process.send_signal(number)

    def stop(self, number: Signals = SIGTERM, timeout_s: float = 30) -> int:
        """Ask it to end; its exit code."""
        self.send(number)
        return self.process.wait(timeout_s)


@contextmanager
def serving(
    directory: Path,
    *arguments: str,
    program: Sequence[str] = PROGRAM,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Start it on a free port in `directory` (where it finds no other settings), wait until it serves, end it for certain."""
    log = directory / "serve.log"
    command = [*program, "serve", "--web-port", "0", "--log-format", "json", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAGWATCH_")}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=directory, env=inherited | dict(environ or {}), stdout=sink, stderr=sink
        )
    service = Service(process, log)
    try:
        service.url = service.wait_for_event("serving")["url"]
        yield service
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

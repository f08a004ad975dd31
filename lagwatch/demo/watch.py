"""lagwatch itself, as the demo runs it: `lagwatch serve` in a process of its own, with a configuration for the impatient."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

from lagwatch.demo.leash import Leash
from lagwatch.errors import DemoError

CLUSTER = "demo"

TIMING = "polls every 2 s (not 30 s), growth over 40 s (not 5 m), rules fire after 10 to 15 s (not 5 to 10 m)"
"""What the demo's configuration changes; the thresholds are lagwatch's own."""


def configuration(bootstrap: str, port: int) -> dict[str, Any]:
    """The demo's configuration: TIMING, and nothing else that differs from the defaults."""
    soon = {"for": "10s", "keep": "20s"}
    return {
        "name": CLUSTER,
        "bootstrap": bootstrap,
        "interval": "2s",
        "deadline": "1900ms",
        "growth_window": "40s",
        "web": {"port": port},
        "rules": {
            "ConsumerLagGrowing": soon,
            "ConsumerLagHigh": soon,
            "ConsumerLagRunaway": {**soon, "for": "15s"},
        },
    }


class Watch:
    """
    `lagwatch serve` as a child process, and what it says over its REST interface.

    Configuration and log are written into `directory`. Errors are DemoError, with the end of that log.
    """

    def __init__(self, bootstrap: str, port: int, directory: Path, leash: Leash) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._configuration = configuration(bootstrap, port)
        self._file = directory / "lagwatch.yaml"
        self._log = directory / "lagwatch.log"
        self._leash = leash
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=self.url, timeout=5, trust_env=False)

    def start(self, timeout_s: float = 60) -> None:
        """Start it and wait until it has polled the cluster once."""
        self._file.write_text(yaml.safe_dump(self._configuration, sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-m", "lagwatch", "serve", "--config", str(self._file)]
        # What the person's own lagwatch is told by the environment is not meant for the demo.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAGWATCH_")}
        with self._log.open("ab") as output:
            self._process = self._leash.spawn(command, output=output, env=environment)
        deadline = time.monotonic() + timeout_s
        while not self._ready():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(f"lagwatch has not polled Kafka within {timeout_s:.0f} s.\n{self._tail()}")
            time.sleep(0.2)

    def check(self) -> None:
        """Raise DemoError if the process has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise DemoError(f"lagwatch ended with {self._process.returncode}.\n{self._tail()}")

    def groups(self) -> list[dict[str, Any]]:
        """The cluster's groups as `/api/v1/clusters/demo/groups` gives them, the largest lag first."""
        return self._items(f"/api/v1/clusters/{CLUSTER}/groups", sort="-lag")

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are not inactive as `/api/v1/alerts` gives them, the loudest first."""
        return self._items("/api/v1/alerts", sort="-severity")

    def stop(self, timeout_s: float = 10) -> None:
        """Stop it in order, or kill it after `timeout_s`; a second call does nothing."""
        self._client.close()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._leash.release(self._process)
        self._process = None

    def _ready(self) -> bool:
        try:
            return self._client.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _items(self, path: str, **query: str) -> list[dict[str, Any]]:
        try:
            answer = self._client.get(path, params=query).raise_for_status()
        except httpx.HTTPError as error:
            self.check()
            raise DemoError(f"lagwatch does not answer {path}: {error}.\n{self._tail()}") from error
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def _tail(self, lines: int = 10) -> str:
        text = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self._log}:", *text[-lines:]])

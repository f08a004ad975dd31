"""One Kafka node as a process: start, stop, kill, pause, resume, and what it said last."""

import random
import signal
import socket
import subprocess
import time
from pathlib import Path

from lagwatch.demo.leash import Leash
from lagwatch.errors import DemoError

_STARTED = b"Kafka Server started"
"""What a node logs when it serves: its listeners are open and the controller has let it in."""


class Node:
    """
    One broker and controller. `log` is the file with everything it printed, over all its starts.

    Every method returns when its effect is there, except `launch`, which leaves waiting to `wait_ready`.
    """

    def __init__(self, number: int, command: list[str], log: Path, leash: Leash) -> None:
        self.number = number
        self.log = log
        self._command = command
        self._leash = leash
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Process number while it runs (paused counts as running), else None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def launch(self) -> None:
        """Start the process and return at once."""
        if self.pid is not None:
            raise DemoError(f"Kafka node {self.number} runs already, as process {self.pid}.")
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = self._leash.spawn(self._command, output=output)

    def wait_ready(self, timeout_s: float = 60) -> None:
        """Wait until the node serves; raises DemoError with the end of its log when it stops or takes too long."""
        deadline = time.monotonic() + timeout_s
        while _STARTED not in self._said():
            if self.pid is None:
                code = self._process.returncode if self._process is not None else None
                raise DemoError(f"Kafka node {self.number} ended with {code} while starting.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise DemoError(f"Kafka node {self.number} did not start in {timeout_s:.0f} s.\n{self.tail()}")
            time.sleep(0.1)

    def start(self, timeout_s: float = 60) -> None:
        """Start the node and wait until it serves."""
        self.launch()
        self.wait_ready(timeout_s)

    def stop(self, timeout_s: float = 40) -> None:
        """Stop in order (SIGTERM: leadership moves away first); killed when that takes longer than `timeout_s`."""
        self.terminate()
        self._end(timeout_s)

    def terminate(self) -> None:
        """Ask the node to stop in order and return at once; `stop` waits for it. Nothing when it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)  # a paused process notices only once it goes on

    def kill(self) -> None:
        """SIGKILL, as a crash: no leadership moves away first, connections break."""
        if self._process is not None:
            self._process.kill()
        self._end(10)

    def restart(self, timeout_s: float = 60) -> None:
        """Stop in order and start again, as in a rolling restart."""
        self.stop()
        self.start(timeout_s)

    def pause(self) -> None:
        """SIGSTOP: connections stay open and accept bytes, and nothing is answered; a broker that hangs."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: go on after `pause`."""
        self._running().send_signal(signal.SIGCONT)

    def tail(self, lines: int = 25) -> str:
        """The last lines of this start's log, with the name of the file."""
        text = self._said().decode(errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *text[-lines:]])

    def _said(self) -> bytes:
        if not self.log.exists():
            return b""
        with self.log.open("rb") as said:
            said.seek(self._log_start)
            return said.read()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self.pid is None:
            raise DemoError(f"Kafka node {self.number} does not run.")
        return self._process

    def _end(self, timeout_s: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._leash.release(self._process)
        self._process = None


def free_ports(count: int) -> tuple[int, ...]:
    """
    `count` ports of 127.0.0.1 that nobody uses.

    They lie below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere),
    so that a node that was stopped finds its port free when it comes back.
    """
    ports: list[int] = []
    for port in random.sample(range(15_000, 32_000), 2_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return tuple(ports)
    raise DemoError(f"There are no {count} free ports between 15000 and 32000 on 127.0.0.1.")

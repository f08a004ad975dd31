"""
Nothing that we start outlives us: a small guardian process kills what is left when this process is gone, however it went.

The guardian waits on a pipe whose other end only this process holds. When the pipe closes (we ended, crashed, or were
killed) it sends SIGKILL to every process group on its list, which also ends paused ones, and removes the listed directories.
A parent-death signal (PR_SET_PDEATHSIG) would fire when the *thread* that started the child ends, and only on Linux.

Run as a script this file is the guardian; it imports nothing of lagwatch, so that it starts in milliseconds.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Self


class Leash:
    """Holds child processes and scratch directories; `close()` ends whatever is still held. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starter = ThreadPoolExecutor(max_workers=1)
        # Its own session: Ctrl-C in the terminal reaches us, who stop in order, and not the guardian.
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    def spawn(
        self, command: list[str], *, output: IO[bytes] | int, env: dict[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start `command` in a session of its own, its output going to `output`; raises OSError if it cannot start."""
        # In a thread, where no signal handler can raise between the start of the process and its entry in the list.
        return self._starter.submit(self._spawn, command, output, env).result()

    def release(self, process: "subprocess.Popen[bytes]") -> None:
        """Forget `process`, which has ended; its number may soon be someone else's."""
        self._tell(f"release {process.pid}")

    def scratch(self, directory: Path) -> None:
        """Remove `directory` at the end, too."""
        self._tell(f"scratch {directory}")

    def close(self) -> None:
        """End everything that is still held, and the guardian; done when this returns."""
        self._starter.shutdown()
        with self._lock:
            if self._guardian.stdin is not None and not self._guardian.stdin.closed:
                self._guardian.stdin.close()
        self._guardian.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(
        self, command: list[str], output: IO[bytes] | int, env: dict[str, str] | None
    ) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
        )
        self._tell(f"hold {process.pid}")
        return process

    def _tell(self, line: str) -> None:
        with self._lock:
            assert self._guardian.stdin is not None
            self._guardian.stdin.write(line + "\n")
            self._guardian.stdin.flush()


def guard(lines: Iterable[str]) -> None:
    """The guardian: keep the list until `lines` end, then kill the process groups and remove the directories on it."""
    processes: set[int] = set()
    directories: list[str] = []
    for line in lines:
        verb, _, operand = line.rstrip("\n").partition(" ")
        if verb == "hold":
            processes.add(int(operand))
        elif verb == "release":
            processes.discard(int(operand))
        elif verb == "scratch":
            directories.append(operand)
    for process in processes:
        try:
            os.killpg(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    guard(sys.stdin)

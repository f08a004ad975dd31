"""A PostgreSQL server of our own: Debian's programs, a fresh data directory, a free port on loopback, gone with the test run."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg

from lagwatch.demo.programs import ensure

USER, PASSWORD = "lagwatch", "pass-word-of-the-test"
_NOBODY = 65534


class Postgres:
    """A server that can be stopped, started, frozen, and that makes a new database for whoever asks."""

    def __init__(self, directory: Path, programs: Path) -> None:
        self.port = _free_port()
        self._data = directory / "data"
        self._log = directory / "server.log"
        self._programs = programs
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        directory.chmod(0o755)
        self._data.mkdir()
        secret = directory / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:  # the server refuses to run as root
            os.chown(self._data, _NOBODY, _NOBODY)
        init = [
            "initdb",
            "-N",
            "-D",
            str(self._data),
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "--pwfile",
            str(secret),
            "-E",
            "UTF8",
        ]
        subprocess.run([*self._as_nobody(), *self._program(init), "--locale=C"], check=True, capture_output=True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            command = [*self._as_nobody(), *self._program(["postgres", "-D", str(self._data)]), *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log.read_text()
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """End it as an operator would: sessions are cut off, nothing is lost."""
        if self._process is not None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGINT)
            self._process.wait(60)
            self._process = None

    def send(self, number: signal.Signals) -> None:
        """Send the server and all of its sessions a signal."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"store_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def _program(self, command: list[str]) -> list[str]:
        return [str(self._programs / command[0]), *command[1:]]

    def _as_nobody(self) -> list[str]:
        rights = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig=INT"]
        return rights if os.geteuid() == 0 else []


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that runs meanwhile."""
    programs = _programs()
    directory = Path(tempfile.mkdtemp(prefix="lagwatch-postgres-"))
    try:
        server = Postgres(directory, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path:
    """Where initdb is: on the PATH, or where Debian keeps each version's programs."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    ensure("pg_lsclusters", "postgresql")
    return max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])).parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port

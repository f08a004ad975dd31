"""Debian's Alertmanager, one or several that know each other, on free ports."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from lagwatch.demo.programs import unpacked

TEMPLATES = Path("/usr/share/prometheus/alertmanager")
"""Where Debian's program looks for its templates, wherever it is itself."""

CONFIG = """
route: {{receiver: hook, group_by: [kafka_cluster, group], group_wait: 1s, group_interval: 5s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{hook}"}}]}}]
"""


@dataclass(frozen=True)
class Peer:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def alerts(self) -> list[dict[str, Any]]:
        """What fires there now."""
        return httpx.get(f"{self.url}/api/v2/alerts", timeout=5, trust_env=False).json()


@contextmanager
def alertmanagers(directory: Path, hook: str, count: int = 1) -> Iterator[Sequence[Peer]]:
    """Started and ready; their notices go to `hook`."""
    program = _program()
    (directory / "alertmanager.yml").write_text(CONFIG.format(hook=hook))
    ports = _free_ports(2 * count)
    with ExitStack() as stack:
        peers = []
        for number in range(count):
            log = directory / f"alertmanager-{number}.log"
            command = [
                *program,
                f"--config.file={directory / 'alertmanager.yml'}",
                f"--storage.path={directory / f'data-{number}'}",
                f"--web.listen-address=127.0.0.1:{ports[2 * number]}",
                f"--cluster.listen-address={f'127.0.0.1:{ports[2 * number + 1]}' if count > 1 else ''}",
                "--cluster.peer-timeout=1s",
                "--cluster.settle-timeout=20s",
            ]
            command += [f"--cluster.peer=127.0.0.1:{ports[1]}"] if number else []
            with log.open("wb") as sink:
                process = subprocess.Popen(command, stdout=sink, stderr=sink)
            stack.callback(_stop, process)
            peers.append(Peer(f"http://127.0.0.1:{ports[2 * number]}", process, log))
            # The next one can join only what listens already.
            _wait_for(peers[-1], bool)
        for peer in peers:
            _wait_for(peer, lambda status: count == 1 or _is_settled(status, count))
        yield peers


def _program() -> list[str]:
    path = unpacked("prometheus-alertmanager", "prometheus-alertmanager")
    if (TEMPLATES / "default.tmpl").exists():
        return [path]
    # A view of the file system of its own, in which the unpacked templates are where the program looks.
    share = Path(path).parents[1] / "share"
    who = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = f'mount --bind "{share}" /usr/share && exec "$@"'
    return [shutil.which("unshare") or "unshare", *who, "--mount", "sh", "-c", script, "sh", path]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _is_settled(status: dict[str, Any], count: int) -> bool:
    return status["cluster"]["status"] == "ready" and len(status["cluster"]["peers"]) == count


def _wait_for(peer: Peer, check: Callable[[dict[str, Any]], bool]) -> None:
    until = time.monotonic() + 60
    while True:
        assert peer.process.poll() is None, peer.log.read_text()
        assert time.monotonic() < until, peer.log.read_text()
        with suppress(httpx.TransportError):
            if check(httpx.get(f"{peer.url}/api/v2/status", timeout=2, trust_env=False).json()):
                return
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

"""A real Prometheus that scrapes what a test serves, and what it answers."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from lagwatch.demo.programs import unpacked


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def scraping(home: Path, config: dict[str, Any]) -> Iterator[str]:
    """The address of a Prometheus with this configuration; it keeps everything in `home` and may not be up yet."""
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        unpacked("prometheus", "prometheus"),
        f"--config.file={home}/prometheus.yml",
        f"--storage.tsdb.path={home}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus finds; [] while it is not up yet. An expression that it refuses fails the test."""
    try:
        response = httpx.get(f"{url}/api/v1/query", params={"query": expression}, timeout=10)
    except httpx.TransportError:
        return []
    if response.status_code == 503:
        return []
    document = response.json()
    assert document["status"] == "success", (expression, document)
    found: list[dict[str, Any]] = document["data"]["result"]
    return found


def targets(url: str) -> list[dict[str, Any]]:
    """What it scrapes, and how that goes."""
    found: list[dict[str, Any]] = json.loads(httpx.get(f"{url}/api/v1/targets", timeout=10).text)["data"][
        "activeTargets"
    ]
    return found

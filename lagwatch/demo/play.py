"""The demo from curtain to curtain: Kafka, traffic, lagwatch, the table; and nothing is left behind."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console, RenderableType
from rich.live import Live

from lagwatch.demo.cluster import KafkaCluster
from lagwatch.demo.leash import Leash
from lagwatch.demo.node import free_ports
from lagwatch.demo.screen import Steps, addresses, picture
from lagwatch.demo.traffic import Traffic
from lagwatch.demo.watch import TIMING, Watch
from lagwatch.errors import DemoError

PORT = 8484
"""Where lagwatch listens when nobody says otherwise and nothing else does."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LIVE_S = 1.0
_LINES_S = 5.0
_LINES_WIDTH = 160


def play(*, duration_s: float | None, nodes: int, port: int | None) -> None:
    """
    Run the demo until Ctrl-C, SIGTERM, or for `duration_s` once everything is up; in the main thread.

    Raises DemoError when a part fails; all parts have stopped then, too.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_LINES_WIDTH)
    chosen = _port(port)
    steps = Steps(console)
    with _until_told(), ExitStack() as stack:
        cluster = KafkaCluster(nodes, progress=steps.say)
        with steps.step(f"Starting Kafka, {nodes} node{'s' if nodes > 1 else ''}"):
            stack.enter_context(cluster)
        traffic = Traffic(cluster.bootstrap, steps.say)
        stack.callback(traffic.stop)
        with steps.step("Starting producers and consumers"):
            traffic.start()
        watch = Watch(cluster.bootstrap, chosen, cluster.directory, stack.enter_context(Leash()))
        stack.callback(watch.stop)
        with steps.step("Starting lagwatch"):
            watch.start()
        console.print(addresses(watch.url, cluster.bootstrap))
        end = "Ctrl-C stops everything." if duration_s is None else f"Stops by itself after {duration_s:.0f} s."
        console.print(f"Demo timing: {TIMING}. {end}", highlight=False)
        stack.callback(console.print, "Stopping lagwatch, traffic and Kafka ...")
        _show(console, Stage(cluster, traffic, watch), duration_s)
    console.print("Everything has stopped.", highlight=False)


class Stage:
    """The running parts, and how they look now."""

    def __init__(self, cluster: KafkaCluster, traffic: Traffic, watch: Watch) -> None:
        self._cluster, self._traffic, self._watch = cluster, traffic, watch

    def picture(self) -> RenderableType:
        """Groups, alerts, and what does not run as it should. Raises DemoError if lagwatch has ended."""
        down = [f"Kafka node {node.number} does not run." for node in self._cluster.nodes if node.pid is None]
        troubles = [f"{name}: {trouble}" for name, trouble in self._traffic.troubles.items()]
        return picture(self._watch.groups(), self._watch.alerts(), [*down, *troubles])


def _show(console: Console, stage: Stage, duration_s: float | None) -> None:
    """Draw the stage anew and anew; on a terminal in place."""
    end = None if duration_s is None else time.monotonic() + duration_s
    if not console.is_terminal:
        for _ in _ticks(_LINES_S, end):
            console.print(stage.picture())
        return
    with Live(console=console, auto_refresh=False) as live:
        for _ in _ticks(_LIVE_S, end):
            live.update(stage.picture(), refresh=True)


def _ticks(every_s: float, end: float | None) -> Iterator[None]:
    """Once now, then every `every_s` seconds, and once more at the `end`."""
    while end is None or time.monotonic() < end:
        yield
        left = every_s if end is None else min(every_s, end - time.monotonic())
        time.sleep(max(0.0, left))
    yield


@contextmanager
def _until_told() -> Iterator[None]:
    """SIGINT and SIGTERM end the block as if it were done; while it cleans up, both are passed over: it is quick."""
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    for each in _SIGNALS:
        signal.signal(each, _end_once)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end_once(_number: int, _frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _port(wanted: int | None) -> int:
    """`wanted` if it is free; without a wish 8484, or else any free one. Raises DemoError."""
    port = wanted or PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if wanted is None:
                return free_ports(1)[0]
            raise DemoError(f"Port {port} cannot be used: {error.strerror}. Choose another with --port.") from error
    return port

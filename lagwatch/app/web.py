"""The web server: its socket, its signals, and an end that no slow client can put off."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from lagwatch.errors import CannotListen

GRACE_S = 3
"""How long answers that are under way may take after the service was told to stop."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: any free one); raises CannotListen. Made before all else, so that a mistake shows at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(
            f"{host} is no address of this computer ({error.strerror}); choose another with --web-host."
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        why = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(
            f"cannot listen on {host}, port {port}: {why}; choose another with --web-host or --web-port, or stop what uses it."
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Where the socket is reached."""
    host, port = listener.getsockname()[:2]
    return url(host, port)


def url(host: str, port: int) -> str:
    """
    The address as a URL; the computer's name stands for all of its addresses.

    >>> url("127.0.0.1", 8484), url("::1", 8484)
    ('http://127.0.0.1:8484', 'http://[::1]:8484')
    """
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    api: FastAPI, listener: socket.socket, *, on_ready: Callable[[], None], on_hangup: Callable[[], None]
) -> None:
    """
    Serve until SIGTERM or SIGINT; a second SIGINT does not wait for answers under way.

    `on_ready` is called when requests are answered, `on_hangup` in a thread of its own at each SIGHUP.
    """
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
    )
    asyncio.run(_serve(_Server(config), listener, on_ready, on_hangup))


async def _serve(
    server: "_Server", listener: socket.socket, on_ready: Callable[[], None], on_hangup: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, on_hangup))
    server.on_ready = on_ready
    await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, with our signal handlers: its own would end the process by the signal instead of with exit code 0."""

    on_ready: Callable[[], None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.on_ready()

"""A real HTTP server that answers as a test tells it, and remembers what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = "hang"
CLOSE = "close"


@dataclass
class Receiver:
    """`answers` are used up in order, one a request: (status, headers), HANG or CLOSE; afterwards everything is accepted."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    refuse_group: str = ""

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[dict[str, Any]]:
        """The bodies of the first `count` requests; fails if they do not come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= count, timeout_s), (
                f"{len(self.bodies)} of {count} came"
            )
            return list(self.bodies)


@contextmanager
def receiver(*answers: Any) -> Iterator[Receiver]:
    state = Receiver(answers=list(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with state.arrived:
                state.bodies.append(body)
                state.headers.append(dict(self.headers.items()))
                answer = self._answer(body)
                state.arrived.notify_all()
            if answer == HANG:
                state.released.wait(30)
            elif answer != CLOSE:
                self._send(*answer)
            self.close_connection = answer in (HANG, CLOSE)

        def _answer(self, body):
            if state.refuse_group and body["groupLabels"].get("group") == state.refuse_group:
                return 500, {}
            return state.answers.pop(0) if state.answers else (200, {})

        def _send(self, status, headers):
            text = b"ok" if status == 200 else b"no,\nnot now"
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass

    return Handler

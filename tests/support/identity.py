"""A real HTTP server that gives tokens as an identity provider does, and remembers how it was asked."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CLIENT = ("lagwatch", "client secret: ä%")


def token(subject: str = "alice", **claims: Any) -> str:
    """An unsigned JSON web token."""
    parts = ({"alg": "none"}, {"sub": subject, **claims})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


@dataclass
class Identity:
    """
    `answers` are used up in order, one a request: (status, body), body being bytes or what is sent as JSON; afterwards
    whoever knows CLIENT gets a token for an hour. `trickle_s` is a pause before each byte of the body.
    """

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    trickle_s: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)

    def answer(self, authorization: str | None) -> tuple[int, Any]:
        if self.answers:
            return self.answers.pop(0)
        expected = base64.b64encode(":".join(CLIENT).encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client", "error_description": "who are you?"}
        now = int(time.time())
        return 200, {"access_token": token(iat=now, exp=now + 3600), "token_type": "Bearer", "expires_in": 3600}


@contextmanager
def identity(*answers: tuple[int, Any]) -> Iterator[Identity]:
    state = Identity(answers=list(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Identity) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.forms.append(parse_qs(form))
            status, body = state.answer(self.headers["Authorization"])
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for byte in content if state.trickle_s else []:
                if state.stopped.wait(state.trickle_s):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            if not state.trickle_s:
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    return Handler

"""HTTP as all receivers use it: one POST, no redirects, an answer that is read in bounds, and no secret in any word about it."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from lagwatch import __version__
from lagwatch.publish.notices.base import Receiver
from lagwatch.publish.notices.outcome import Fate, Outcome, judge
from lagwatch.publish.notices.texts import Wording

Secret = Callable[[], str | None]
"""A secret, asked for at every try since secrets rotate; None if there is none. May raise ConfigurationError."""

EXCERPT_BYTES = 200
"""How much of an answer's text is shown."""


def shown(url: str) -> str:
    """What may be shown of an address: scheme, host and port."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode().rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a POST, and the answer's Date header ("" if there is none)."""

    outcome: Outcome
    date: str = ""


class Poster:
    """POSTs to addresses, with connections that are kept; `timeout_s` bounds each step of a try."""

    def __init__(
        self, timeout_s: float, *, ca_file: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._timeout_s = timeout_s
        self._clock = clock
        self._ca_file = ca_file
        self._client: httpx.Client | None = None

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """One try."""
        if self._client is None:
            self._client = _client(self._ca_file)
        sent = {"Content-Type": "application/json", "User-Agent": f"lagwatch/{__version__}", **headers}
        try:
            with self._client.stream("POST", url, content=content, headers=sent, timeout=self._timeout_s) as response:
                excerpt = _excerpt(response, self._timeout_s)
                outcome = judge(response.status_code, response.headers, excerpt, self._clock())
                return Answer(outcome, response.headers.get("date", ""))
        except httpx.TransportError as error:
            reason = f"{shown(url)} could not be reached: {type(error).__name__}" + (
                f" ({error})" if str(error) else ""
            )
            return Answer(Outcome(Fate.RETRY, reason, everyone=True))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


class HttpReceiver(Receiver):
    """A receiver that is reached over HTTP."""

    def __init__(self, name: str, address: str, poster: Poster, wording: Wording | None = None) -> None:
        super().__init__(name, address, wording)
        self.poster = poster

    def close(self) -> None:
        """Close the connections."""
        self.poster.close()


def _client(ca_file: Path | None) -> httpx.Client:
    if ca_file is None:
        return httpx.Client(follow_redirects=False)
    import ssl

    return httpx.Client(follow_redirects=False, verify=ssl.create_default_context(cafile=str(ca_file)))


def _excerpt(response: httpx.Response, timeout_s: float) -> str:
    """The beginning of an answer's text, on one line: a receiver that drips does not hold the thread."""
    until = time.monotonic() + timeout_s
    content = b""
    with suppress(httpx.TransportError):
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= EXCERPT_BYTES or time.monotonic() > until:
                break
    return " ".join(content[:EXCERPT_BYTES].decode(errors="replace").split())

"""Bearer tokens for SASL OAUTHBEARER: given, read from a file, or fetched with OIDC client credentials (RFC 6749 § 4.4)."""

import base64
import binascii
import json
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from lagwatch.errors import AuthenticationFailed

if TYPE_CHECKING:
    import httpx

_UNKNOWN_LIFETIME_S: Final = 300.0
"""How long a token that does not say when it expires is used before it is asked for again."""
_RETRY_S: Final = 5.0
"""After a failure the endpoint is left alone for so long: a poll opens many connections, and each would wait for it."""
_LARGEST_ANSWER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and when it expires (seconds since the epoch)."""

    value: str = field(repr=False)
    expires_at: float


class TokenSource(Protocol):
    """Where tokens come from; both client libraries are served from one."""

    def current(self) -> Token:
        """A token that is valid now, or AuthenticationFailed with a sentence; bounded in time, safe between threads."""


class GivenToken:
    """A token that somebody else makes: a value of the configuration, or a file that is rewritten before it expires."""

    def __init__(self, read: Callable[[], str], now: Callable[[], float] = time.time) -> None:
        self._read = read
        self._now = now

    def current(self) -> Token:
        """The token as it is given now."""
        value, now = self._read().strip(), self._now()
        expires_at = expiry(value)
        if expires_at is not None and expires_at <= now:
            raise AuthenticationFailed(f"the OAUTHBEARER token expired {now - expires_at:.0f} s ago; give a new one")
        return Token(value, expires_at if expires_at is not None else now + _UNKNOWN_LIFETIME_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A token endpoint and who asks it. `timeout_s` bounds each step: connecting, sending, and the answer."""

    url: str
    client_id: str
    secret: Callable[[], str] = field(repr=False)
    scope: str | None = None
    ca_file: Path | None = None
    timeout_s: float = 5.0


class FetchedToken:
    """A token of an OIDC provider, fetched again when a fifth of its life is left; the old one serves while that fails."""

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.time) -> None:
        self._endpoint = endpoint
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at = 0.0
        self._failure = ""

    def current(self) -> Token:
        """The token that was fetched last, or a new one if it is time."""
        with self._lock:
            if self._now() >= self._renew_at:
                self._renew()
            if self._token is None or self._token.expires_at <= self._now():
                raise AuthenticationFailed(self._failure)
            return self._token

    def _renew(self) -> None:
        try:
            value, lifetime_s = fetch(self._endpoint)
        except AuthenticationFailed as failure:
            self._failure, self._renew_at = str(failure), self._now() + _RETRY_S
            return
        now = self._now()
        end = expiry(value)
        expires_at = now + (lifetime_s or _UNKNOWN_LIFETIME_S) if lifetime_s or end is None else end
        self._token, self._renew_at = Token(value, expires_at), now + 0.8 * (expires_at - now)
        self._failure = (
            f"the token endpoint {self._endpoint.url} gave a token that has already expired; compare the clocks"
        )


def fetch(endpoint: Endpoint) -> tuple[str, float | None]:
    """One request to the token endpoint: the access token, and its lifetime in seconds if the answer says it."""
    import httpx

    where = f"the token endpoint {endpoint.url}"
    form = {"grant_type": "client_credentials"} | ({"scope": endpoint.scope} if endpoint.scope else {})
    try:
        context = ssl.create_default_context(cafile=str(endpoint.ca_file) if endpoint.ca_file else None)
        # Basic credentials as they are, not percent-encoded: the same as librdkafka and Kafka's own clients do.
        with (
            httpx.Client(verify=context, timeout=endpoint.timeout_s) as client,
            client.stream(
                "POST",
                endpoint.url,
                data=form,
                auth=(endpoint.client_id, endpoint.secret()),
                headers={"accept": "application/json"},
            ) as response,
        ):
            answer = _decode(_body(response, endpoint.timeout_s))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error) or type(error).__name__
        raise AuthenticationFailed(
            f"{where} could not be asked: {reason}; check its address, the network and ca_file"
        ) from error
    if response.status_code != httpx.codes.OK:
        code = _word(answer.get("error"))
        raise AuthenticationFailed(
            f"{where} refused client {endpoint.client_id}: {response.status_code}{code}; check client id, secret and scope"
        )
    token, lifetime_s = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise AuthenticationFailed(
            f"{where} answered without an access_token; check that it is a token endpoint (RFC 6749)"
        )
    return token, _amount(lifetime_s, below=1e9)


def expiry(token: str) -> float | None:
    """The `exp` claim of a JSON web token (RFC 7519 § 4.1.4) in seconds since the epoch; None if there is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    moment = claims.get("exp") if isinstance(claims, dict) else None
    return _amount(moment, below=1e12)


def _amount(value: Any, *, below: float) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < below
    return float(value) if usable else None


def _body(response: "httpx.Response", timeout_s: float) -> bytes:
    end, parts, size = time.monotonic() + timeout_s, [], 0
    for part in response.iter_bytes():
        size += len(part)
        if time.monotonic() > end or size > _LARGEST_ANSWER:
            raise OSError("the answer is too slow or too large")
        parts.append(part)
    return b"".join(parts)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _word(value: object) -> str:
    # Only RFC 6749's error codes are repeated: free text of an answer may hold anything.
    return f" {value}" if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,40}", value) else ""

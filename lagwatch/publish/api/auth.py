"""
Who may do what: tokens with a role, sent as `Authorization: Bearer TOKEN`.

Whoever changes something needs the token of an operator. Reading is open, unless it is told otherwise; then a browser may send
a token as the password of HTTP Basic. That is never enough to change something: a browser sends it along by itself, also on
behalf of other pages.
"""

import hmac
import logging
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, cast

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lagwatch.errors import LagwatchError
from lagwatch.logs import Sparingly
from lagwatch.publish.api.middleware import bounded
from lagwatch.publish.api.problems import forbidden, unauthorized

OPEN = frozenset({"/livez", "/readyz", "/burrow/admin", "/burrow/admin/ready"})
"""Who starts and stops lagwatch has no token."""

LOG = Sparingly(logging.getLogger(__name__))


class Role(StrEnum):
    """What a token is good for: a viewer reads, an operator also changes."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token: whose it is, its role, and the secret as it is now.

    `secret` is called for each request, since a file may have got a new one; it may raise LagwatchError, then it lets nobody in.
    """

    name: str
    role: Role
    secret: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """Who is let in; without tokens nobody can change anything, and everybody can read."""

    tokens: Sequence[Token] = ()
    read_requires_token: bool = False

    def holder(self, given: bytes) -> Token | None:
        """The token that was given, if it is one; it takes as long for every wrong one."""
        digest = sha256(given).digest()
        found = None
        for token in self.tokens:
            secret = _secret(token)
            # Digests have one length, so not even that of the secret can be measured; no early end, so neither can its place.
            same = hmac.compare_digest(digest, sha256((secret or "").encode()).digest())
            found = token if same and secret else found
        return found


def _secret(token: Token) -> str | None:
    try:
        return token.secret()
    except LagwatchError as error:
        LOG.event(logging.ERROR, "token cannot be read, it lets nobody in", token=token.name, error=str(error))
        return None


def gate_of(request: Request) -> Gate:
    """The gate of the application that serves the request."""
    return cast("Gate", request.app.state.gate)


def operator(request: Request) -> Token:
    """The operator who sent the request; raises Refused if it was none."""
    here = gate_of(request)
    if not here.tokens:
        raise forbidden(
            "Nothing can be changed here, because no token is configured. To allow it, add one to the configuration, "
            "web: {tokens: [{name: you, role: operator, token_file: /run/secrets/lagwatch-token}]}, restart lagwatch, and send the "
            "token as 'Authorization: Bearer TOKEN'."
        )
    holder = here.holder(_bearer(request.headers))
    if holder is None:
        raise unauthorized("the token of an operator")
    if holder.role is not Role.OPERATOR:
        raise forbidden(
            f"The token '{holder.name}' is that of a viewer, who changes nothing; use that of an operator, or give it the role "
            f"operator in web.tokens.",
        )
    return holder


_SCHEME = HTTPBearer(
    scheme_name="token",
    description="A token of `web.tokens` in the configuration, with the role operator for whoever changes something.",
    auto_error=False,
)


async def _operator(request: Request, _: Annotated[Any, Security(_SCHEME)]) -> Token:
    return operator(request)


Operator = Annotated[Token, Security(_operator)]


class OperatorRoute(APIRoute):
    """A route for operators only: nothing of the request of anybody else is read, and not too much of theirs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the question who asks."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            operator(request)
            return await handle(Request(request.scope, bounded(request.receive)))

        return guarded


class ReadersOnly:
    """ASGI: everything but `OPEN` needs a token of any role."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in OPEN or may_read(Headers(scope=scope), self._gate):
            await self.app(scope, receive, send)
        else:
            await unauthorized("a token", browser=True).response()(scope, receive, send)


def may_read(headers: Headers, gate: Gate) -> bool:
    """Whether whoever sent these headers may read."""
    if not gate.read_requires_token:
        return True
    return gate.holder(_bearer(headers) or _password(headers)) is not None


def _bearer(headers: Headers) -> bytes:
    return _credentials(headers, "bearer")


def _password(headers: Headers) -> bytes:
    """That of HTTP Basic (RFC 7617); the user name does not matter."""
    try:
        return b64decode(_credentials(headers, "basic"), validate=True).partition(b":")[2]
    except NotBase64:
        return b""


def _credentials(headers: Headers, scheme: str) -> bytes:
    """As they were sent, byte for byte; b"" if none were."""
    kind, _, rest = headers.get("authorization", "").partition(" ")
    return rest.strip().encode("latin-1") if kind.lower() == scheme else b""

"""What Burrow puts around every answer, and its errors: one shape, but for an address that it does not know."""

import socket
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from lagwatch.errors import StoreError
from lagwatch.publish.api.burrow.schemas import Envelope, RequestInfo
from lagwatch.publish.api.problems import Refused, allowed

UNKNOWN_URL = '{"error":true,"message":"invalid request type","result":{}}'
"""Burrow sends this as text."""


class NotPossible(Exception):
    """Ends a request with one of Burrow's errors."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _info(request: Request) -> RequestInfo:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return RequestInfo(url=unquote(raw.decode("latin-1")), host=socket.gethostname())


Info = Annotated[RequestInfo, Depends(_info)]


@dataclass(frozen=True, slots=True)
class _Errors:
    """The handlers."""

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return _failure(request, error.problem.status, error.problem.detail, dict(error.headers or {}))

    async def not_possible(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NotPossible)
        return _failure(request, error.status, error.message)

    async def store(self, request: Request, error: Exception) -> Response:
        return _failure(request, 503, str(error))

    async def http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return PlainTextResponse(UNKNOWN_URL, 404)
        if error.status_code == 405:
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": allowed(request)})
        return _failure(request, error.status_code, str(error.detail))


def _failure(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = Envelope(error=True, message=message, request=_info(request))
    return JSONResponse(body.model_dump(by_alias=True), status, headers)


def install(app: FastAPI) -> None:
    """Every error that leaves `app` is one of Burrow's."""
    errors = _Errors()
    app.add_exception_handler(NotPossible, errors.not_possible)
    app.add_exception_handler(Refused, errors.refused)
    app.add_exception_handler(StoreError, errors.store)
    app.add_exception_handler(HTTPException, errors.http)

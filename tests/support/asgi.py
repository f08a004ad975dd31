"""Requests to an ASGI application in this process, with nothing between: real httpx, no sockets."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True)
class Client:
    """
    Sends one request at a time, each with these headers; `faults` lets an exception of the application through instead of
    its answer.
    """

    app: Any
    faults: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=self.faults)
            base = "http://lagwatch.test"
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=self.headers) as client:
                return await client.request(method, path, **more)

        return asyncio.run(send())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def json(self, path: str, **params: Any) -> Any:
        """The body of a success, read as strict JSON."""
        response = self.get(path, params=params)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return strict(response.text)

    def problem(self, path: str, status: int, **params: Any) -> dict[str, Any]:
        """The problem that answers a bad request."""
        response = self.get(path, params=params)
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), (
            response.text
        )
        return dict(strict(response.text))


def strict(text: str) -> Any:
    """JSON as the standard has it: NaN and Infinity are errors."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)

"""
Errors as RFC 9457 problems: one shape for every answer that is not a success, with a sentence that says what to do.

    urn:lagwatch:unknown-name      404  no cluster, topic or group of that name; `suggestions` has near misses
    urn:lagwatch:invalid-request   422  a parameter is wrong; `errors` lists every one
    urn:lagwatch:no-data           503  the cluster is configured and was not polled with success yet
    urn:lagwatch:not-ready         503  /readyz; `clusters` has the reasons
    urn:lagwatch:unauthorized      401  no token, or a wrong one
    urn:lagwatch:not-allowed       403  a change without a configured token, or with that of a viewer
    urn:lagwatch:conflict          409  what is to be changed is not in a state in which it can be
    urn:lagwatch:store             503  what is kept cannot be read or changed now
    about:blank                         what HTTP itself means: no such path (404), wrong method (405), our fault (500)
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from lagwatch.errors import StoreError
from lagwatch.logs import event
from lagwatch.publish.api.middleware import HEADERS
from lagwatch.publish.api.names import near
from lagwatch.publish.api.schemas.health import Readiness

MEDIA_TYPE = "application/problem+json"
UNKNOWN_NAME = "urn:lagwatch:unknown-name"
INVALID_REQUEST = "urn:lagwatch:invalid-request"
NO_DATA = "urn:lagwatch:no-data"
NOT_READY = "urn:lagwatch:not-ready"
UNAUTHORIZED = "urn:lagwatch:unauthorized"
NOT_ALLOWED = "urn:lagwatch:not-allowed"
CONFLICT = "urn:lagwatch:conflict"
STORE = "urn:lagwatch:store"
_SHOWN = 100
_LEFT_OUT = "none_required"

log = logging.getLogger(__name__)


class WrongParameter(BaseModel):
    """One parameter that cannot be used."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(description="Which part of the request, and its name.", examples=["query.limit"])
    message: str = Field(description="What is wrong with it.", examples=["Input should be less than or equal to 1000"])


class Problem(BaseModel):
    """An error (RFC 9457). `suggestions`, `errors` and `clusters` are there for the types that have them."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="The kind of problem, for programs.", examples=[UNKNOWN_NAME])
    title: str = Field(description="The kind of problem, for people.", examples=["Unknown name"])
    status: int = Field(description="The HTTP status.", ge=400, le=599, examples=[404])
    detail: str = Field(
        description="What happened, and what to do.",
        examples=["There is no group 'biling' in cluster main; did you mean 'billing'?"],
    )
    suggestions: list[str] = Field([], description="Names that were perhaps meant.", examples=[["billing"]])
    errors: list[WrongParameter] = Field([], description="Everything that is wrong with the request.")
    clusters: list[Readiness] = Field([], description="Which clusters are ready, and why not.")


class Refused(Exception):
    """Ends a request with a problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers

    def response(self) -> JSONResponse:
        """As it is sent."""
        content = self.problem.model_dump(mode="json", exclude_unset=True)
        return JSONResponse(content, self.problem.status, self.headers, MEDIA_TYPE)


def unknown_name(kind: str, name: str, where: str, names: Iterable[str]) -> Refused:
    """404: there is no `kind` of that `name` in `where` ("in cluster main", or "")."""
    meant = near(name, names)
    hint = f"; did you mean {' or '.join(map(quoted, meant))}?" if meant else "."
    detail = f"There is no {kind} {quoted(name)}{where and ' ' + where}{hint}"
    problem = Problem(type=UNKNOWN_NAME, title="Unknown name", status=404, detail=detail)
    return Refused(problem.model_copy(update={"suggestions": meant}) if meant else problem)


def no_data(cluster: str, error: str, retry_after_s: float) -> Refused:
    """503: the cluster was not polled with success yet; `error` is the last failure's sentence, if there was one."""
    reason = f"the last poll failed: {error}" if error else "the first poll is under way"
    detail = f"Nothing is known of cluster {quoted(cluster)} yet; {reason}"
    problem = Problem(type=NO_DATA, title="No data yet", status=503, detail=sentence(detail))
    return Refused(problem, {"Retry-After": str(max(1, round(retry_after_s)))})


def invalid(wrong: list[WrongParameter]) -> Refused:
    """422: everything that is wrong with the parameters."""
    detail = sentence("; ".join(f"{w.where}: {w.message}" for w in wrong))
    return Refused(Problem(type=INVALID_REQUEST, title="Invalid request", status=422, detail=detail, errors=wrong))


def not_ready(clusters: list[Readiness], *, particulars: bool = True) -> Refused:
    """503: at least one cluster is not watched, or there is none; without particulars only that."""
    if not particulars:
        detail = "At least one cluster is not watched; with a token this says which, and why."
        return Refused(Problem(type=NOT_READY, title="Not ready", status=503, detail=detail))
    reasons = " ".join(f"{cluster.cluster}: {cluster.reason}" for cluster in clusters if not cluster.ready)
    detail = reasons or "No cluster is watched yet."
    return Refused(Problem(type=NOT_READY, title="Not ready", status=503, detail=detail, clusters=clusters))


def unauthorized(what: str, *, browser: bool = False) -> Refused:
    """401: `what` is needed ("a token") and was not sent; a browser is told that it may ask for a password."""
    how = "of web.tokens in the configuration, sent as 'Authorization: Bearer TOKEN'"
    detail = f"This needs {what} {how}; there was none, or a wrong one."
    basic = ', Basic realm="lagwatch (the token is the password)"' if browser else ""
    problem = Problem(type=UNAUTHORIZED, title="Unauthorized", status=401, detail=detail)
    return Refused(problem, {"WWW-Authenticate": f'Bearer realm="lagwatch"{basic}'})


def forbidden(detail: str) -> Refused:
    """403: who asks may not."""
    return Refused(Problem(type=NOT_ALLOWED, title="Not allowed", status=403, detail=detail))


def conflict(detail: str) -> Refused:
    """409: it is there, and cannot be changed like this as it stands now."""
    return Refused(Problem(type=CONFLICT, title="Conflict", status=409, detail=detail))


def store_away(detail: str) -> Refused:
    """503: what is kept cannot be read or changed now."""
    problem = Problem(type=STORE, title="Store not available", status=503, detail=sentence(detail))
    return Refused(problem, {"Retry-After": "10"})


def no_insight() -> Refused:
    """503: this application serves facts only."""
    detail = "This lagwatch was started without the analysis that answers this; `lagwatch serve` has it."
    return Refused(Problem(type=NO_DATA, title="No data", status=503, detail=detail))


def quoted(name: str) -> str:
    """A name from outside as a sentence shows it: shortened, in quotes."""
    return f"'{name}'" if len(name) <= _SHOWN else f"'{name[:_SHOWN]}…'"


def sentence(text: str) -> str:
    """The text with a full stop, unless it has an end already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


_EXAMPLES = {
    404: unknown_name("group", "biling", "in cluster main", ("billing",)),
    422: invalid(
        [WrongParameter(where="query.limit", message="Input should be less than or equal to 1000, not '5000'")]
    ),
    503: no_data("main", "", 30.0),
    401: unauthorized("the token of an operator"),
    403: forbidden("The token 'wall-display' is that of a viewer, who changes nothing; use that of an operator."),
    # Starlette's own words, for a body that is not even text.
    400: Refused(
        Problem(
            type="about:blank",
            title="Bad Request",
            status=400,
            detail="There was an error parsing the body.",
        )
    ),
    413: Refused(
        Problem(
            type="about:blank",
            title="Request Entity Too Large",
            status=413,
            detail="The request is larger than 64 KiB.",
        )
    ),
}


def documented(*problems: int | Refused) -> dict[int | str, dict[str, Any]]:
    """
    The OpenAPI entries of the problems that a route may answer with: by their status, or as an example of its own.

    They refer to a schema that `add_schema` adds.
    """
    examples = [_EXAMPLES[problem] if isinstance(problem, int) else problem for problem in problems]
    return {
        example.problem.status: {"description": HTTPStatus(example.problem.status).phrase, "content": _content(example)}
        for example in examples
    }


def _content(example: Refused) -> dict[str, Any]:
    shown = example.problem.model_dump(mode="json", exclude_unset=True)
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": shown}}


def add_schema(openapi: dict[str, Any]) -> None:
    """Put the schemas of the problems where `documented` refers to."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema


def install(app: FastAPI) -> None:
    """Every error that leaves `app` becomes a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(StoreError, _store)
    app.add_exception_handler(Exception, _fault)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return error.response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return invalid([_wrong(entry) for entry in _meant(error.errors())]).response()


async def _store(_: Request, error: Exception) -> JSONResponse:
    return store_away(str(error)).response()


def _meant(entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Without what says that a parameter could have been left out: who sends a wrong value wants to know the right ones."""
    others = {tuple(entry["loc"][:2]) for entry in entries if entry["type"] != _LEFT_OUT}
    return (entry for entry in entries if entry["type"] != _LEFT_OUT or tuple(entry["loc"][:2]) not in others)


def _wrong(entry: Mapping[str, Any]) -> WrongParameter:
    loc: Sequence[Any] = entry["loc"]
    if entry["type"] == "json_invalid":
        why = entry["ctx"]["error"]
        return WrongParameter(where="body", message=f"this is no JSON: {why} (at character {loc[-1] + 1})")
    if loc[0] == "query":
        loc = loc[:2]  # what follows are pydantic's names of types
    got = entry.get("input")
    message = str(entry["msg"]).removeprefix("Value error, ")
    shown = f", not {quoted(got)}" if isinstance(got, str) else ""
    return WrongParameter(where=".".join(str(part) for part in loc), message=f"{message}{shown}")


async def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = str(error.detail)
    if status is HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {quoted(request.url.path)}; /docs lists what there is."
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed(request)
        detail = f"{quoted(request.method)} is not possible at {quoted(request.url.path)}; allowed: {headers['Allow']}."
    problem = Problem(type="about:blank", title=status.phrase, status=status.value, detail=sentence(detail))
    return Refused(problem, headers).response()


def allowed(request: Request) -> str:
    """The header Allow: what is possible at a path; FastAPI itself names only the methods of the first route that has it."""
    routes = request.app.routes
    methods = {
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """This answer passes no layer of ours any more; the server logs the traceback."""
    event(log, logging.ERROR, "request_failed", path=request.url.path, kind=type(error).__name__)
    detail = "lagwatch failed to answer; its log has the cause. Please report it with the request that you sent."
    problem = Problem(type="about:blank", title="Internal Server Error", status=500, detail=detail)
    return Refused(problem, HEADERS).response()

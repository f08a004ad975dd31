"""`/v3/config/...` and `/v3/admin/loglevel`: the configuration in Burrow's words, and how much is logged."""

import logging
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError

from lagwatch.publish.api import audit
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.auth import Operator, OperatorRoute
from lagwatch.publish.api.burrow.envelope import Info, NotPossible
from lagwatch.publish.api.burrow.schemas import Envelope, LogLevel, MainConfig, Module, ModuleList
from lagwatch.publish.api.burrow.setup import Configuration
from lagwatch.publish.api.names import ClusterName

router = APIRouter()
writing = APIRouter(route_class=OperatorRoute)

COORDINATORS: Final = ("storage", "evaluator", "cluster", "consumer", "notifier")

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
_WORDS: Final = {value: word for word, value in _LEVELS.items() if word not in ("trace", "warning")}
_LOGGER: Final = "lagwatch"


class _Wanted(BaseModel):
    level: str = ""


@router.get("/config")
async def main_config(known: Configuration, request: Info) -> MainConfig:
    """What belongs to no coordinator."""
    parts = {name: dict(known.main.get(name, {})) for name in ("general", "logging", "zookeeper", "httpserver")}
    return MainConfig(error=False, message="main config returned", request=request, **parts)


@router.get("/kafka/{cluster}")
@router.get("/config/cluster/{cluster}")
async def cluster_module(cluster: ClusterName, known: Configuration, request: Info) -> Module:
    """How a cluster is read."""
    return _module("cluster", cluster, known, request)


def _of(coordinator: str) -> None:
    async def modules(known: Configuration, request: Info) -> ModuleList:
        """Which there are."""
        names = list(known.modules.get(coordinator, {}))
        return ModuleList(
            error=False, message="module list returned", request=request, coordinator=coordinator, modules=names
        )

    async def module(name: ClusterName, known: Configuration, request: Info) -> Module:
        """One of them."""
        return _module(coordinator, name, known, request)

    router.add_api_route(f"/config/{coordinator}", modules, name=f"{coordinator}_modules")
    if coordinator != "cluster":
        router.add_api_route(f"/config/{coordinator}/{{name}}", module, name=f"{coordinator}_module")


for _each in COORDINATORS:
    _of(_each)


def _module(coordinator: str, name: str, known: Configuration, request: Info) -> Module:
    found = known.modules.get(coordinator, {}).get(name)
    if found is None:
        raise NotPossible(404, f"{coordinator} module not found")
    message = f"{coordinator} module detail returned"
    return Module(error=False, message=message, request=request, module=dict(found))


@router.get("/admin/loglevel")
async def log_level(request: Info) -> LogLevel:
    """How much lagwatch logs now."""
    level = _WORDS.get(logging.getLogger(_LOGGER).getEffectiveLevel(), "info")
    return LogLevel(error=False, message="log level returned", request=request, level=level)


@writing.post("/admin/loglevel")
async def set_log_level(asked: Request, source: Everything, by: Operator, request: Info) -> Envelope:
    """Log more or less, until the next start."""
    try:
        wanted = _Wanted.model_validate_json(await asked.body())
    except ValidationError as error:
        raise NotPossible(400, "could not decode message body") from error
    level = _LEVELS.get(wanted.level.lower())
    if level is None:
        raise NotPossible(404, "unknown log level")
    entry = audit.entry(by, source.clock(), "log.level", wanted.level.lower())
    await run_in_threadpool(source.kept().add_audit, entry)
    logging.getLogger(_LOGGER).setLevel(level)
    return Envelope(error=False, message="set log level", request=request)

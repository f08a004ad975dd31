"""The configuration in Burrow's words, for `/v3/config`. Neither secrets nor names of files or users are in it."""

from collections.abc import Callable
from typing import Any

from lagwatch.config import ClusterSettings, Settings
from lagwatch.config.receivers import ReceiverSettings
from lagwatch.publish.api.burrow import Setup

ALONE = "default"
"""The name of a module of which there is only one."""


def setup(settings: Settings, forget: Callable[[str, str, str | None], None]) -> Setup:
    """What the routes below `/v3` need."""
    given = settings.burrow
    storage = {
        "class-name": "inmemory",
        "intervals": given.intervals,
        "min-distance": round(given.min_distance_s),
        "group-allowlist": "",
        "expire-group": round(given.expire_group_s),
    }
    return Setup(
        main=_main(settings),
        modules={
            "storage": {ALONE: storage},
            "evaluator": {ALONE: {"class-name": "caching", "expire-cache": 0}},
            "cluster": {each.name: _cluster(each) for each in settings.clusters},
            "consumer": {each.name: _consumer(each) for each in settings.clusters},
            "notifier": {name: _notifier(each) for name, each in settings.receivers.items()},
        },
        forget=forget,
    )


def _main(settings: Settings) -> dict[str, dict[str, Any]]:
    address = f"{settings.web.host}:{settings.web.port}"
    return {
        "general": {"pidfile": "", "stdout-logfile": "", "access-control-allow-origin": ""},
        "logging": {
            "filename": "",
            "max-size": 0,
            "max-backups": 0,
            "max-age": 0,
            "use-local-time": False,
            "use-compression": False,
            "level": settings.log.level,
        },
        "zookeeper": {"servers": [], "timeout": 0, "root-path": ""},
        "httpserver": {ALONE: {"address": address, "tls": "", "timeout": 0}},
    }


def _cluster(cluster: ClusterSettings) -> dict[str, Any]:
    interval = round(cluster.interval_s)
    return {
        "class-name": "kafka",
        "servers": list(cluster.bootstrap),
        "client-profile": _client(cluster),
        "topic-refresh": interval,
        "offset-refresh": interval,
    }


def _client(cluster: ClusterSettings) -> dict[str, Any]:
    tls, sasl = cluster.connection.tls, cluster.connection.sasl
    return {
        "name": cluster.name,
        "client-id": "lagwatch",
        "kafka-version": "",
        "tls": {"name": cluster.name, "certfile": "", "keyfile": "", "cafile": "", "noverify": not tls.verify_hostname}
        if tls.enabled
        else None,
        "sasl": {"name": cluster.name, "handshake-first": True, "username": ""} if sasl.mechanism else None,
    }


def _consumer(cluster: ClusterSettings) -> dict[str, Any]:
    return {
        "class-name": "kafka",
        "cluster": cluster.name,
        "servers": list(cluster.bootstrap),
        "group-allowlist": "|".join(f"^(?:{pattern})$" for pattern in cluster.groups.include),
        "zookeeper-path": "",
        "zookeeper-timeout": 0,
        "client-profile": _client(cluster),
        "offsets-topic": "",
        "start-latest": False,
    }


def _notifier(receiver: ReceiverSettings) -> dict[str, Any]:
    found: dict[str, Any] = {
        "class-name": "http",
        "group-allowlist": "",
        "interval": 0,
        "threshold": 2,
        "template-open": "",
        "template-close": "",
        "extra": {},
        "send-close": True,
        "extra-ca": "",
        "noverify": False,
    }
    if receiver.email is None:
        addresses = {"url-open": "", "url-close": "", "method-open": "POST", "method-close": "POST"}
        return found | {"timeout": 0, "keepalive": 0, **addresses}
    email = receiver.email
    server = {"server": email.host, "port": email.port or 0, "auth-type": "", "username": ""}
    return found | {"class-name": "email", **server, "from": email.sender, "to": ",".join(email.to)}

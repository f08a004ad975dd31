"""
What no single value can say about itself: pairs that belong together, names that must differ, files that must be readable.

The checks read the plain tree, before and beside pydantic: a mistake elsewhere never hides what they find. They look only
at which keys are there, and pass over what has the wrong shape.
"""

import os
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, Final

from lagwatch.config.connection import Mechanism
from lagwatch.config.schema import Kind, Path, leaves
from lagwatch.config.settings import DEADLINE_SHARE, GROWTH_WINDOW_INTERVALS, ClusterSettings
from lagwatch.config.values import format_duration, parse_duration

Finding = tuple[Path, str]
"""Where, and what was expected there."""
_SECRETS: Final = ("password", "key_password", "token", "client_secret", "database")
_MECHANISMS: Final = ", ".join(Mechanism.__args__)  # type: ignore[attr-defined] # typeshed does not know Literal's arguments


def findings(tree: dict[str, Any], *, files: bool) -> Iterator[Finding]:
    """Everything that is wrong between the values of a configuration, and with the files that it names."""
    clusters = [(at, each) for at, each in enumerate(_list(tree.get("clusters"))) if isinstance(each, dict)]
    yield from _same_names(clusters)
    for at, cluster in clusters:
        path = ("clusters", at)
        yield from _times(cluster, path)
        connection = _dict(cluster.get("connection"))
        yield from _tls(_dict(connection.get("tls")), (*path, "connection", "tls"))
        yield from _sasl(_dict(connection.get("sasl")), (*path, "connection", "sasl"))
        if files:
            yield from _certificates(_dict(connection.get("tls")), (*path, "connection", "tls"))
    webhook = _dict(tree.get("webhook"))
    yield from _twins(webhook, ("webhook",))
    if "url" not in webhook and webhook.keys() & {"token", "token_file"}:
        yield ("webhook", "url"), "missing, expected beside the token"
    yield from _twins(_dict(tree.get("store")), ("store",))
    if files:
        yield from _files(tree)


def _same_names(clusters: list[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    default = ClusterSettings.model_fields["name"].default
    seen: dict[str, int] = {}
    for at, cluster in clusters:
        name = cluster.get("name", default)
        if isinstance(name, str) and seen.setdefault(name, at) != at:
            yield ("clusters", at, "name"), f"expected a name of its own (clusters[{seen[name]}] is called {name} too)"


def _times(cluster: dict[str, Any], path: Path) -> Iterator[Finding]:
    interval = _seconds(cluster.get("interval", 30))
    deadline, window = _seconds(cluster.get("deadline")), _seconds(cluster.get("growth_window"))
    if interval is None:
        return
    if deadline is not None and deadline >= interval:
        share = interval * DEADLINE_SHARE
        good = format_duration(int(share) or share)
        yield (*path, "deadline"), f"expected less than the interval of {format_duration(interval)}, such as {good}"
    if window is not None and window < GROWTH_WINDOW_INTERVALS * interval:
        expected = f"expected at least {GROWTH_WINDOW_INTERVALS} intervals of {format_duration(interval)}"
        yield (*path, "growth_window"), f"{expected}, which is {format_duration(GROWTH_WINDOW_INTERVALS * interval)}"


def _seconds(value: object) -> float | None:
    try:
        return parse_duration(value)
    except ValueError:
        return None


def _tls(tls: dict[str, Any], path: Path) -> Iterator[Finding]:
    yield from _twins(tls, path)
    needed = tls.keys() - {"enabled", "verify_hostname"}
    if needed and not _is_on(tls.get("enabled")):
        yield (*path, "enabled"), f"expected true beside {min(needed)}"
    if "cert_file" in tls and "key_file" not in tls:
        yield (*path, "key_file"), "missing, expected beside cert_file (it may name the same file)"
    if "key_file" in tls and "cert_file" not in tls:
        yield (*path, "cert_file"), "missing, expected beside key_file"


def _sasl(sasl: dict[str, Any], path: Path) -> Iterator[Finding]:
    yield from _twins(sasl, path)
    mechanism, oidc = sasl.get("mechanism"), _without(_dict(sasl.get("oidc")), "timeout")
    credentials = {key for key in sasl if key not in ("mechanism", "oidc")} | ({"oidc"} if oidc else set())
    if mechanism is None and credentials:
        yield (*path, "mechanism"), f"missing, expected one of {_MECHANISMS} beside {min(credentials)}"
    elif mechanism == "OAUTHBEARER":
        yield from _oauth(sasl, oidc, path)
    elif isinstance(mechanism, str) and mechanism in _MECHANISMS:
        if "username" not in sasl:
            yield (*path, "username"), f"missing, expected with {mechanism}"
        if not sasl.keys() & {"password", "password_file"}:
            yield (*path, "password"), f"missing, expected with {mechanism} (or password_file)"
        yield from _out_of_place(credentials & {"token", "token_file", "oidc"}, mechanism, path)


def _oauth(sasl: dict[str, Any], oidc: dict[str, Any], path: Path) -> Iterator[Finding]:
    yield from _twins(oidc, (*path, "oidc"))
    yield from _out_of_place(sasl.keys() & {"username", "password", "password_file"}, "OAUTHBEARER", path)
    tokens = sasl.keys() & {"token", "token_file"}
    if not tokens and not oidc:
        yield (*path, "token"), "missing, expected with OAUTHBEARER (or token_file, or oidc)"
    if tokens and oidc:
        yield (*path, "oidc"), f"expected either oidc or {min(tokens)}, not both"
    if oidc:
        for key in ("token_endpoint", "client_id"):
            if key not in oidc:
                yield (*path, "oidc", key), "missing, expected with oidc"
        if not oidc.keys() & {"client_secret", "client_secret_file"}:
            yield (*path, "oidc", "client_secret"), "missing, expected with oidc (or client_secret_file)"


def _out_of_place(keys: set[str], mechanism: str, path: Path) -> Iterator[Finding]:
    for key in sorted(keys):
        yield (*path, key), f"expected only without {mechanism}"


def _twins(section: dict[str, Any], path: Path) -> Iterator[Finding]:
    for key in _SECRETS:
        if key in section and f"{key}_file" in section:
            yield (*path, f"{key}_file"), f"expected either {key} or {key}_file, not both"


def _files(tree: dict[str, Any]) -> Iterator[Finding]:
    for path, node, value in leaves(tree):
        if node.kind is Kind.FILE and isinstance(value, str) and value and (reason := unreadable(value)):
            yield path, f"expected a readable file ({reason})"


def unreadable(name: str) -> str:
    """Why a file cannot be read, "" if it can; a pipe is not read, because that would empty it."""
    try:
        found = File(name).stat()
    except OSError as error:
        return error.strerror or "it cannot be opened"
    except ValueError:
        return "not a file name"
    if stat.S_ISDIR(found.st_mode):
        return "it is a directory"
    if not os.access(name, os.R_OK):
        return "permission denied"
    return "it is empty" if stat.S_ISREG(found.st_mode) and found.st_size == 0 else ""


def _certificates(tls: dict[str, Any], path: Path) -> Iterator[Finding]:
    """What OpenSSL says of the files, tried as the clients will try them; what cannot be read at all is reported elsewhere."""
    ca, cert, key = (_readable(tls.get(name)) for name in ("ca_file", "cert_file", "key_file"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        try:
            context.load_verify_locations(ca)
        except (OSError, ValueError):
            yield (*path, "ca_file"), "expected a PEM file of certificates"
    if cert and key:
        try:
            context.load_cert_chain(cert, key, password=_key_password(tls))
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                yield (*path, "key_file"), "expected the key of the certificate in cert_file"
            else:
                yield (
                    (*path, "key_file"),
                    "expected PEM files of a certificate and its key, and the key's password if it has one",
                )
        except (OSError, ValueError):
            yield (
                (*path, "key_file"),
                "expected PEM files of a certificate and its key, and the key's password if it has one",
            )


def _key_password(tls: dict[str, Any]) -> str:
    """The key's password; never None, for which OpenSSL would ask the terminal."""
    value, file = tls.get("key_password"), _readable(tls.get("key_password_file"))
    if file:
        try:
            return File(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            return ""
    return value if isinstance(value, str) else ""


def _readable(name: object) -> str:
    return name if isinstance(name, str) and name and not unreadable(name) else ""


def _is_on(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("true", "yes", "on", "1", "t", "y")


def _without(section: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in section.items() if name != key}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

"""What receivers, routes and templates say about one another. Like `checks`, it reads the plain tree, whatever else is wrong."""

from collections.abc import Iterator
from typing import Any, Final

from lagwatch.config.problems import near_miss
from lagwatch.config.receivers import KINDS
from lagwatch.config.schema import Path

Finding = tuple[Path, str]
"""Where, and what was expected there."""

_NEEDED: Final = {"slack": "url", "pagerduty": "routing_key", "apprise": "url"}
"""Secrets that a receiver cannot do without; each may be in a file instead."""
_SECRETS: Final = ("token", "signing_key", "password", "url", "routing_key")


def findings(tree: dict[str, Any]) -> Iterator[Finding]:
    """Everything that is wrong between them."""
    receivers, templates = _dict(tree.get("receivers")), _dict(tree.get("templates"))
    short = ["webhook"] if "url" in _dict(tree.get("webhook")) else []
    if short and "webhook" in receivers:
        yield ("receivers", "webhook"), "expected another name, because webhook.url is a receiver of that name"
    for name, receiver in receivers.items():
        yield from _receiver(_dict(receiver), ("receivers", name), templates)
    for at, route in enumerate(_list(tree.get("routes"))):
        yield from _route(_dict(route), ("routes", at), [*receivers, *short])
    for name, template in templates.items():
        yield from _template(_dict(template), ("templates", name))


def _receiver(receiver: dict[str, Any], path: Path, templates: dict[str, Any]) -> Iterator[Finding]:
    kinds = [kind for kind in KINDS if isinstance(receiver.get(kind), dict)]
    if len(kinds) != 1 and not any(kind in receiver and kind not in kinds for kind in KINDS):
        yield path, f"expected exactly one of {', '.join(KINDS)}" + (f", not {' and '.join(kinds)}" if kinds else "")
    for kind in kinds:
        section = receiver[kind]
        for secret in _SECRETS:
            if secret in section and f"{secret}_file" in section:
                yield (*path, kind, f"{secret}_file"), f"expected either {secret} or {secret}_file, not both"
        needed = _NEEDED.get(kind)
        if needed and not section.keys() & {needed, f"{needed}_file"}:
            yield (*path, kind, needed), f"missing, expected it or {needed}_file"
    yield from _login(_dict(receiver.get("email")), (*path, "email"))
    template = receiver.get("template")
    if isinstance(template, str) and template not in templates:
        yield (*path, "template"), f"expected one of templates{near_miss(template, templates)}"


def _login(email: dict[str, Any], path: Path) -> Iterator[Finding]:
    has_password = bool(email.keys() & {"password", "password_file"})
    if "username" in email and not has_password:
        yield (*path, "password"), "missing, expected beside username (or password_file)"
    if has_password and "username" not in email:
        yield (*path, "username"), "missing, expected beside the password"
    if has_password and email.get("tls") == "none":
        yield (*path, "tls"), "expected starttls or tls beside the password, which everybody on the way could read"


def _route(route: dict[str, Any], path: Path, receivers: list[str]) -> Iterator[Finding]:
    named = route.get("receivers")
    if named == []:
        yield (*path, "receivers"), "expected at least one receiver"
    for at, name in enumerate(_list(named)):
        if isinstance(name, str) and name not in receivers:
            yield (*path, "receivers", at), f"expected one of receivers{near_miss(name, receivers)}"


def _template(template: dict[str, Any], path: Path) -> Iterator[Finding]:
    from lagwatch.publish.notices.templates import checked

    parts = {part: text for part in ("title", "text", "html") if isinstance(text := template.get(part), str)}
    for part, text in parts.items():
        try:
            checked(**{part: text})
        except ValueError as error:
            yield (*path, part), f"expected {error}"


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

"""
Templates of one's own: Jinja2 in its sandbox, tried with a sample before they are used, and bounded in what they write.

A template sees the message as the webhook would post it (`status`, `alerts`, `groupLabels`, `commonLabels`,
`commonAnnotations`, `externalURL`, `receiver`, `truncatedAlerts`), and `severity`, `firing`, `resolved` (the alerts by
status), `digest` (None, or its counts) and `title`, `text` (what would be said without it). An annotation or label that an
alert does not have is empty; any other name that does not exist is an error.
"""

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lagwatch.model.notices import Message
from lagwatch.publish.notices import texts
from lagwatch.publish.notices.compose import sample
from lagwatch.publish.notices.texts import Words

SIZE_LIMIT = 64_000
"""Characters that a template may write; more is an error."""


class _Labels(dict[str, str]):
    """Labels or annotations: what is not there is empty."""

    def __missing__(self, key: str) -> str:
        return ""


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, in which no text can be multiplied out of all proportion."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers only."""
        if not all(isinstance(each, int | float) and abs(each) < 1e9 for each in (left, right)):
            raise SecurityError(f"{operator} is for numbers only")
        if operator == "**" and abs(right) > 16:
            raise SecurityError("the exponent is too large")
        return super().call_binop(context, operator, left, right)


def _environment(*, html: bool) -> _Environment:
    environment = _Environment(undefined=StrictUndefined, autoescape=html, trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment


class Template:
    """Title, text and HTML by template; a part that is not given is our own. Raises ValueError if one of them is wrong."""

    def __init__(self, *, title: str = "", text: str = "", html: str = "") -> None:
        plain, marked = _environment(html=False), _environment(html=True)
        self._parts = {}
        for name, source, environment in (("title", title, plain), ("text", text, plain), ("html", html, marked)):
            if source:
                try:
                    self._parts[name] = environment.from_string(source)
                except TemplateError as error:
                    line = getattr(error, "lineno", None)
                    raise ValueError(f"a template ({name}{f', line {line}' if line else ''}: {error})") from None

    def __call__(self, message: Message) -> Words:
        """The words of a message; raises whatever a template may raise."""
        context = _context(message)
        title = " ".join(self._part("title", context, context["title"]).split())
        return Words(title, self._part("text", context, context["text"]), self._html(context, message))

    def _html(self, context: Mapping[str, Any], message: Message) -> str:
        if "html" in self._parts or "text" not in self._parts:
            return self._part("html", context, texts.html(message))
        return ""

    def _part(self, name: str, context: Mapping[str, Any], default: str) -> str:
        if name not in self._parts:
            return default
        written, size = [], 0
        for piece in self._parts[name].generate(context):
            written.append(piece)
            size += len(piece)
            if size > SIZE_LIMIT:
                raise ValueError(f"the template's {name} is longer than {SIZE_LIMIT} characters")
        return "".join(written)


def checked(*, title: str = "", text: str = "", html: str = "") -> Template:
    """A template that was tried with a sample; raises ValueError with what was expected instead."""
    template = Template(title=title, text=text, html=html)
    try:
        template(sample("receiver", "http://localhost:8484", 0.0))
    except Exception as error:  # noqa: BLE001 (a template may do anything)
        raise ValueError(f"a template that works with a sample alert ({error})") from None
    return template


def _context(message: Message) -> dict[str, Any]:
    body = message.body
    alerts = [
        {**each, "labels": _Labels(each["labels"]), "annotations": _Labels(each["annotations"])}
        for each in body["alerts"]
    ]
    named = {name: _Labels(body[name]) for name in ("groupLabels", "commonLabels", "commonAnnotations")}
    return {
        **body,
        **named,
        "alerts": alerts,
        "firing": [each for each in alerts if each["status"] == "firing"],
        "resolved": [each for each in alerts if each["status"] == "resolved"],
        "severity": message.severity.value if message.severity is not None else "",
        "digest": body.get("digest"),
        "title": texts.title(message),
        "text": texts.text(message),
    }

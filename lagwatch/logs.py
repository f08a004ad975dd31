"""Log lines: one event and its fields on one line, as text (logfmt) or as JSON."""

import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

_PLAIN = re.compile(r"[^\s\"=\\{}\[\]]+")
"""What a text line shows without quotes."""

_LIBRARIES = {"kafka": logging.CRITICAL}
"""Levels of the libraries that say once a request what the poll's line says once a poll; all others speak from WARNING on."""


def event(
    logger: logging.Logger, level: int, name: str, /, *, exc_info: BaseException | None = None, **fields: Any
) -> None:
    """Log one event; a field that is None is left out. Fields must not hold secrets."""
    known = {key: value for key, value in fields.items() if value is not None}
    logger.log(level, name, extra={"fields": known}, exc_info=exc_info)


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all log lines to `stream` (stderr by default), `style` being "text" or "json"; `level` is that of lagwatch itself."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("lagwatch").setLevel(level.upper())
    for name, quiet in _LIBRARIES.items():
        logging.getLogger(name).setLevel(quiet)


def quiet() -> None:
    """Log nothing: for a command that has the whole screen to itself."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]


class Sparingly:
    """Logs at most one event of each name in `every_s` seconds; how many were left out is a field of the next."""

    def __init__(
        self, logger: logging.Logger, every_s: float = 60.0, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger = logger
        self._every_s = every_s
        self._timer = timer
        self._next: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def event(self, level: int, name: str, /, **fields: Any) -> None:
        """As the function `event`, or nothing."""
        now = self._timer()
        if now < self._next.get(name, now):
            self._left_out[name] += 1
            return
        self._next[name] = now + self._every_s
        event(self._logger, level, name, **fields, left_out=self._left_out.pop(name, None))


class TextFormatter(logging.Formatter):
    """`2026-11-24T18:00:00.123Z INFO poll cluster=local duration_s=0.21`; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        words = [_moment(record), record.levelname, _one_line(record.getMessage())]
        words += [f"{key}={_text(value)}" for key, value in _fields(record).items()]
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, then the event's own fields; a traceback is one more field."""

    def format(self, record: logging.LogRecord) -> str:
        """The object as one line."""
        head = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        body = {key: _rounded(value) for key, value in _fields(record).items()}
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return json.dumps(head | body, default=str, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text, ensure_ascii=False)[1:-1]


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def _text(value: Any) -> str:
    if isinstance(value, str) and value.isprintable() and _PLAIN.fullmatch(value):
        return value
    return json.dumps(_rounded(value), default=str, ensure_ascii=False)

"""Templates of summaries and next steps. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from string import Formatter
from typing import Any

from lagwatch.model.words import duration


class _Plain(Formatter):
    """str.format without attributes and indexes: a template reaches nothing but what it is given."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        return self.get_value(field_name, args, kwargs), field_name

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "unknown"
        if format_spec == "duration":
            return duration(float(value))
        return str(format(value, format_spec))


_PLAIN = _Plain()


def worded(template: str, values: Mapping[str, object]) -> str:
    """
    The template with the values in place of their names in braces; what is not known reads "unknown". Beside the formats
    of str.format there is one for seconds: {frozen_s:duration}.

    >>> worded("{group} is {lag:,.0f} behind, {growth:+.0f}/min", {"group": "billing", "lag": 12345.0, "growth": None})
    'billing is 12,345 behind, unknown/min'
    """
    parts = _parts(template)
    if parts is None:
        return _PLAIN.vformat(template, (), values)
    return "".join(
        text if name is None else text + _PLAIN.format_field(values.get(name), form) for text, name, form in parts
    )


def not_read(cluster: str, since: float | None) -> str:
    """
    That a cluster has not been read since a moment, seconds since the epoch (None: not since the start).

    >>> not_read("main", 1772413200.0)
    'cluster main has not been read since 2026-03-02 01:00:00 UTC'
    >>> not_read("main", None)
    'cluster main has not been read since lagwatch started'
    """
    when = "lagwatch started" if since is None else f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"cluster {cluster} has not been read since {when}"


@lru_cache(maxsize=256)
def _parts(template: str) -> tuple[tuple[str, str | None, str], ...] | None:
    """The template taken apart: text, then a name and its format. None if it has more in it than that."""
    parts = tuple(_PLAIN.parse(template))
    if any(conversion or "{" in (form or "") for _, _, form, conversion in parts):
        return None
    return tuple((text, name, form or "") for text, name, form, _ in parts)

"""Which form of the page a client gets: content negotiation (RFC 9110, section 12.5). Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """The text formats, by the content type that announces them."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the page."""

    format: Format = Format.TEXT
    gzip: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that belong to it."""
        headers = {"Content-Type": self.format.value, "Vary": "Accept, Accept-Encoding"}
        return headers | ({"Content-Encoding": "gzip"} if self.gzip else {})


def negotiate(accept: str = "", accept_encoding: str = "") -> Variant:
    """
    The variant for two request headers ("" where the request has none; several of one name are joined by commas).

    OpenMetrics is given to those who prefer it to plain text, by a higher q or, at the same q, by naming it while plain
    text is covered by a wildcard only. Who accepts neither gets plain text, which is more use than an error.
    """
    return Variant(_format(accept), _gzip(accept_encoding))


def _format(accept: str) -> Format:
    ranges = _weighted(accept)
    text = _preference(ranges, "text", "plain", ("", "0.0.4"))
    openmetrics = _preference(ranges, "application", "openmetrics-text", ("", "1.0.0", "0.0.1"))
    acceptable = openmetrics[0] > 0
    return Format.OPENMETRICS if acceptable and openmetrics > text else Format.TEXT


def _gzip(accept_encoding: str) -> bool:
    quality = {name: q for name, _, q in _weighted(accept_encoding)}
    everything_else = quality.get("*", 0.0)
    gzip = max(quality.get("gzip", -1.0), quality.get("x-gzip", -1.0))
    offered = gzip if gzip >= 0 else everything_else
    return offered > 0 and offered >= quality.get("identity", 0.0)


def _preference(
    ranges: list[tuple[str, dict[str, str], float]], kind: str, subtype: str, versions: tuple[str, ...]
) -> tuple[float, int]:
    """The q of the most specific range that covers a media type, and how specific that is; (0, 0) if none does."""
    specific = {f"{kind}/{subtype}": 2, f"{kind}/*": 1, "*/*": 0}
    covering = [
        (specific[name], q)
        for name, parameters, q in ranges
        if name in specific and (specific[name] < 2 or parameters.get("version", "") in versions)
    ]
    level, q = max(covering, default=(0, 0.0))
    return q, level


def _weighted(header: str) -> list[tuple[str, dict[str, str], float]]:
    """The elements of a header: name, parameters, q (1 if absent, 0 if it is no number between 0 and 1)."""
    found = []
    for element in header.split(","):
        name, *rest = (part.strip().lower() for part in element.split(";"))
        parameters = {k.strip(): v.strip().strip('"') for k, _, v in (part.partition("=") for part in rest)}
        if name:
            found.append((name, parameters, _q(parameters.pop("q", "1"))))
    return found


def _q(text: str) -> float:
    try:
        q = float(text)
    except ValueError:
        return 0.0
    return q if 0 <= q <= 1 else 0.0

"""
The kinds of single values in a configuration: durations, ports, patterns, addresses, secrets, files.

A validator's ValueError says what was expected, as the words after "expected", and never repeats what it got: that may be
a secret. `problems.py` adds where, which key and which value.
"""

import math
import re
import warnings
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_ADDRESS: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})", re.ASCII)


def parse_duration(value: object) -> float:
    """
    Seconds from "30s", "5m", "1h30m", "2d", "500ms", or from a number of seconds. Raises ValueError.

    >>> parse_duration("1h30m"), parse_duration("250ms"), parse_duration(30), parse_duration("0.5")
    (5400.0, 0.25, 30.0, 0.5)
    """
    if isinstance(value, str) and (text := value.strip()):
        if _NUMBER.fullmatch(text):
            value = float(text)
        elif parts := _DURATION.fullmatch(text):
            value = math.fsum(float(n) * unit for n, unit in zip(parts.groups(), _UNITS.values(), strict=True) if n)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 366 * 86_400:
        raise ValueError("a duration such as 30s, 5m or 1h30m (a year at most)")
    return float(value)


def format_duration(seconds: float) -> str:
    """
    The shortest exact way to write whole milliseconds; `parse_duration` reads it back.

    >>> format_duration(5400), format_duration(0.25), format_duration(0), format_duration(61.5)
    ('1h30m', '250ms', '0s', '1m1s500ms')
    """
    rest, parts = round(seconds * 1000), []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, round(size * 1000))
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The regular expression; raises ValueError with Python's reason. What Python only warns of is refused as well."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression (this one: {error})") from error


def _pattern(value: str) -> str:
    compile_pattern(value)
    return value


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _addresses(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or not 0 < int(match[1]) <= 65_535:
        raise ValueError("host:port, such as kafka-1.example.com:9092")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or len(value) > 100:
        raise ValueError("a name of letters, digits, dots, dashes and underscores (100 at most)")
    return value


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        value = int(value)
    # bool is an int to Python, so `port: yes` would become port 1.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number")  # noqa: TRY004 (pydantic collects ValueErrors only)
    return value


def _port(value: int) -> int:
    if not 0 <= value <= 65_535:
        raise ValueError("a port from 0 to 65535")
    return value


def _amount(value: int) -> int:
    if not 0 <= value <= 999_999_999:
        raise ValueError("a whole number from 0 to 999999999")
    return value


def _slots(value: int) -> int:
    if not 1 <= value <= 100:
        raise ValueError("a whole number from 1 to 100")
    return value


def _not_a_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number")  # noqa: TRY004 (pydantic collects ValueErrors only)
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("a duration of more than 0s")
    return value


def _interval(value: float) -> float:
    if not 1 <= value <= 86_400:
        raise ValueError("a duration from 1s to 1d")
    return value


def _at_least_one(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("at least one host:port")
    return value


def _text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("a text that is not empty")
    return value


def _topic_setting(value: str) -> str:
    # It becomes the name of a label, beside those that the series has anyway.
    taken = value in ("topic.name", "partition.count", "replication.factor")
    if taken or not re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*", value):
        raise ValueError("a setting of topics such as cleanup.policy")
    return value


def _limit(value: float) -> float:
    if math.isnan(value):
        raise ValueError("a number, .inf or -.inf")
    return value


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        raise ValueError("an address such as https://example.com/path")
    return value


def _plain_url(value: str) -> str:
    if "@" in urlsplit(_url(value)).netloc:
        raise ValueError("an address without user name and password")
    return value


def _secret_url(value: SecretStr) -> SecretStr:
    _url(value.get_secret_value())
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("a text that is not empty")
    return value


def _path(value: Any) -> Any:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("a file name")
    return Path(value).expanduser()


def _database_url(value: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(value.get_secret_value())
        good = bool(parts.hostname) and len(parts.path) > 1 and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("an address such as postgresql://user:password@host:5432/name")
    return value


class FileMark:
    """Marks a setting that names a file which must exist and be readable; see `checks.py`."""


class DirectoryMark:
    """Marks a setting that names a directory which need not be there."""


Seconds = Annotated[float, BeforeValidator(parse_duration)]
PositiveSeconds = Annotated[Seconds, AfterValidator(_positive)]
Interval = Annotated[Seconds, AfterValidator(_interval)]
Port = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_port)]
Amount = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_amount)]
Slots = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_slots)]
Text = Annotated[str, AfterValidator(_text)]
TopicSettings = Annotated[tuple[Annotated[str, AfterValidator(_topic_setting)], ...], BeforeValidator(_one_or_many)]
Number = Annotated[float, BeforeValidator(_not_a_flag), AfterValidator(_finite)]
Limit = Annotated[float, BeforeValidator(_not_a_flag), AfterValidator(_limit)]
Share = Annotated[float, BeforeValidator(_not_a_flag), AfterValidator(_share)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_one_or_many)]
Profiles = Annotated[
    tuple[Literal["kafka_exporter", "kminion", "kafka_lag_exporter", "burrow"], ...], BeforeValidator(_one_or_many)
]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...], BeforeValidator(_addresses), AfterValidator(_at_least_one)
]
Name = Annotated[str, AfterValidator(_name)]
Url = Annotated[str, AfterValidator(_plain_url)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
Directory = Annotated[Path, BeforeValidator(_path), DirectoryMark()]
ReadableFile = Annotated[Path, BeforeValidator(_path), FileMark()]

"""
Cron expressions, and whether the time that they open is now. Pure.

Five fields as in crontab(5): minute, hour, day of month, month, day of week (0 and 7 are Sunday; names in English). A field is
`*`, a number, a range `1-5`, each with a step `*/15`, or a list of them. Where both days are given, one of them is enough.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: the values of each field, and whether each of the two days was given (is not `*`)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    by_day: bool
    by_weekday: bool

    def has(self, day: date) -> bool:
        """Whether it has a time on this day."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.by_day and self.by_weekday else in_month and in_week


def parse(expression: str) -> Cron:
    """
    Read an expression; raises ValueError with what was expected.

    >>> parse("*/30 22 * * sat,sun").minutes
    (0, 30)
    """
    words = _SHORT.get(expression.strip().lower(), expression).lower().split()
    if len(words) != len(_FIELDS):
        raise ValueError("a cron expression of five fields (minute hour day-of-month month day-of-week)")
    minutes, hours, days, months, weekdays = (_values(word, spec) for word, spec in zip(words, _FIELDS, strict=True))
    return Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        by_day=not words[2].startswith("*"),
        by_weekday=not words[4].startswith("*"),
    )


def open_until(expression: str, duration_s: float, zone: str, now: float) -> float | None:
    """
    The end (seconds since the epoch) of the time of `duration_s` seconds that the expression opened and in which `now` lies;
    None if it is not open. Times are of the clock on the wall of `zone` (IANA name): one that a change of the clock skips
    opens as much later, one that comes twice opens the first time only.
    """
    cron, where = _parsed(expression), ZoneInfo(zone)
    today = datetime.fromtimestamp(now, where).date()
    # A day more at both ends: a change of the clock moves a time to another day at most.
    for back in range(-1, int(duration_s // 86_400) + 3):
        day = today - timedelta(days=back)
        if cron.has(day) and (opened := _latest(cron, day, where, now)) is not None and now < opened + duration_s:
            return opened + duration_s
    return None


def _latest(cron: Cron, day: date, where: ZoneInfo, now: float) -> float | None:
    """The last time of the day that is not after `now`."""
    times = (
        datetime.combine(day, time(hour, minute), where).astimezone(UTC).timestamp()
        for hour in reversed(cron.hours)
        for minute in reversed(cron.minutes)
    )
    return next((moment for moment in times if moment <= now), None)


@lru_cache(maxsize=256)
def _parsed(expression: str) -> Cron:
    return parse(expression)


def _values(word: str, spec: _Field) -> frozenset[int]:
    return frozenset(value for part in word.split(",") for value in _part(part, spec))


def _part(part: str, spec: _Field) -> range:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        low, high = spec.low, spec.high
    else:
        low = _number(first, spec)
        high = _number(last, spec) if dash else spec.high if slash else low
    every = int(step) if step.isascii() and step.isdecimal() and len(step) < 3 else 0 if slash else 1
    if every < 1 or high < low:
        raise ValueError(f"a cron expression whose {spec.name} is a number, a range or a list, not {part!r}")
    return range(low, high + 1, every)


def _number(word: str, spec: _Field) -> int:
    if word in spec.names:
        return spec.names.index(word) + (1 if spec.names is _MONTHS else 0)
    value = int(word) if word.isascii() and word.isdecimal() and len(word) < 3 else -1
    if not spec.low <= value <= spec.high:
        raise ValueError(f"a cron expression whose {spec.name} is from {spec.low} to {spec.high}, not {word!r}")
    return value

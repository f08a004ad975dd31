"""Which names are watched: include and exclude patterns, anchored at both ends. Pure."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameFilter:
    """
    Regular expressions over whole names (`re.fullmatch`); no `include` takes every name, and `exclude` wins.

    Raises `re.error` for a pattern that is not a regular expression.

    >>> only = NameFilter(include=("orders-.*",), exclude=(".*-test",))
    >>> only.matches("orders-eu"), only.matches("my-orders-eu"), only.matches("orders-test")
    (True, False, False)
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    _include: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)
    _exclude: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_include", tuple(re.compile(pattern) for pattern in self.include))
        object.__setattr__(self, "_exclude", tuple(re.compile(pattern) for pattern in self.exclude))

    def matches(self, name: str) -> bool:
        """Whether this name is watched."""
        if self._include and not any(pattern.fullmatch(name) for pattern in self._include):
            return False
        return not any(pattern.fullmatch(name) for pattern in self._exclude)

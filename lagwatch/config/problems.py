"""What is wrong with a configuration: every problem on a line, with where, key, value, expectation and a near miss."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from lagwatch.config.schema import Kind, Node, Path
from lagwatch.errors import ConfigurationError

_LONGEST: Final = 80
_USER_INFO: Final = re.compile(r"[^\s/@]+@")
MASK: Final = "***"


def dotted(path: Path) -> str:
    """
    A path as it is written in messages.

    >>> dotted(("clusters", 0, "groups", "include"))
    'clusters[0].groups.include'
    """
    return "".join(f"[{key}]" if isinstance(key, int) else f".{_printable(key)}" for key in path).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a value was written (`lagwatch.yaml line 3`, `environment LAGWATCH_X`, `flag --x`) and the key it was written under.

    `order` sorts problems as a person reads them; `directory` is the one that relative file names are relative to.
    """

    where: str
    key: str = ""
    order: tuple[int, int] = (9, 0)
    directory: str = ""

    def within(self, path: Path) -> "Origin":
        """The same place, for something further inside that was not written itself."""
        rest = dotted(path)
        joint = "." if self.key and rest and not rest.startswith("[") else ""
        return replace(self, key=f"{self.key}{joint}{rest}") if rest else self


NOWHERE: Final = Origin("configuration")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `text` says what was expected instead."""

    where: str
    key: str
    value: str
    text: str
    order: tuple[int, int] = (9, 0)

    @classmethod
    def at(cls, origin: Origin, text: str, value: str = "") -> "Problem":
        """A problem of what was written at an origin."""
        return cls(origin.where, origin.key, value, text, origin.order)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.value, self.text) if part)


def failure(problems: Iterable[Problem]) -> ConfigurationError:
    """All problems as one error, in the order in which the file has them, each once."""
    lines = list(dict.fromkeys(str(problem) for problem in sorted(problems, key=lambda problem: problem.order)))
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return ConfigurationError("\n  ".join([f"{count} in the configuration:", *lines]))


def shown(value: Any, node: Node | None) -> str:
    """A value for a message: nothing of what may be a secret, of a wrong shape, or long."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if node is None:
        return ""
    if node.kind is Kind.SECRET:
        return MASK
    if node.kind not in (Kind.VALUE, Kind.FILE, Kind.DIRECTORY):
        # A text where a section belongs may be a secret that was written one level too high.
        return "a single value"
    return _printable(_USER_INFO.sub(f"{MASK}@", _as_yaml(value)))


def near_miss(word: str, known: Iterable[str]) -> str:
    """`, did you mean "x"?` or nothing."""
    folded = {name.casefold().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f', did you mean "{folded[close[0]]}"?' if close else ""


def _as_yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _printable(text: str) -> str:
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return text if text.isprintable() and text == text.strip() and text else repr(text)

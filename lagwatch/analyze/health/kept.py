"""What was worked out last of the very same objects, which is most of what health rests on: placement, settings, sizes. Pure."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """One value a name, for as long as what it was made of stays the same objects."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[tuple[object, ...], Any]] = {}

    def of(self, name: str, basis: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` gives, or gave last time if every object of the basis is the one of then."""
        before = self._made.get(name)
        if before is not None and len(before[0]) == len(basis) and all(map(_same, before[0], basis)):
            value: T = before[1]
            return value
        value = make()
        self._made[name] = (basis, value)
        return value


def _same(one: object, other: object) -> bool:
    return one is other

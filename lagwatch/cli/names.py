"""A name that a person typed, found among those that there are."""

from collections.abc import Sequence

from lagwatch.errors import LagwatchError
from lagwatch.publish.api.names import near


def row_of(kind: str, name: str, names: Sequence[str]) -> int:
    """The position of a name; LagwatchError with near misses if it is not there."""
    if name in names:
        return list(names).index(name)
    meant = near(name, names)
    hint = f"did you mean {' or '.join(meant)}?" if meant else f"`lagwatch {kind}s --summary` shows all there are."
    raise LagwatchError(f'no {kind} "{name}": {hint}')

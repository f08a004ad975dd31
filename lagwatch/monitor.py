"""One cluster's loop: read, advance, publish; never raises."""

from typing import Protocol

from lagwatch.model.snapshot import Snapshot


class Reader(Protocol):
    """Where the facts of one cluster come from (`collect.Reader` in the service)."""

    def read(self) -> Snapshot:
        """One poll; raises CollectError if it gave nothing at all."""

    def close(self) -> None:
        """Give the connections back; a `read` that is under way ends soon after."""

"""Members that left a group and came back. Pure."""

from typing import NamedTuple


class Return(NamedTuple):
    """
    A member that vanished from its group and came back from the same client id and host, `at` seconds since the epoch.

    With another id: it was started again, or the group dropped it (max.poll.interval.ms, session timeout) and it joined anew. With
    the same id (KIP-848): the same process, so it was dropped.
    """

    at: float
    client_id: str
    host: str
    old_id: str
    new_id: str

    @property
    def dropped(self) -> bool:
        """Whether it certainly is the same process."""
        return self.old_id == self.new_id

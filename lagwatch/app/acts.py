"""What people do from the command line, in the audit log of the configured store."""

import getpass
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from lagwatch.app import keeping
from lagwatch.config import Settings
from lagwatch.model.kept import AuditEntry
from lagwatch.store.guest import Guest


class Acts:
    """
    The audit log, which may be of a lagwatch that runs at the same time. Without a store that lasts, `where` is "" and nothing is
    written.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        location = keeping.store_location(settings.store)
        self._guest = Guest(location) if location.durable else None
        self._clock = clock

    @property
    def where(self) -> str:
        """The store, for people; "" if there is none."""
        return "" if self._guest is None else str(self._guest.location)

    def note(self, action: str, subject: str, details: Mapping[str, Any]) -> None:
        """Write down what the user of this process does. Raises StoreError."""
        if self._guest is not None:
            entry = AuditEntry(
                id=str(uuid4()), at=self._clock(), actor=_user(), action=action, subject=subject, details=details
            )
            self._guest.add_audit(entry)

    def close(self) -> None:
        """Give the store back."""
        if self._guest is not None:
            self._guest.close()


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"

"""What every way of notifying offers to the service."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from lagwatch.errors import LagwatchError
from lagwatch.logs import event
from lagwatch.model.notices import Message
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.texts import Wording

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """
    How a receiver's messages go. Since the start: `sent` were accepted by the receiver, `failed_by_reason` became dead letters
    ("refused": the receiver does not want it, "gave_up": tried for too long), `retries` counts tries after the first,
    `template_errors` messages that went out in our own words because a template failed.

    Now: `pending` wait, the oldest since `oldest_pending_at` (seconds since the epoch), `dead` letters are kept. The receiver is
    `down` while it takes no message at all. `last_sent_at` and `last_error` are of the last message and the last failed try.
    `kind` and `address` are the receiver's, without any secret.
    """

    sent: int = 0
    failed_by_reason: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    template_errors: int = 0
    pending: int = 0
    oldest_pending_at: float | None = None
    dead: int = 0
    down: bool = False
    last_sent_at: float | None = None
    last_error: str = ""
    kind: str = ""
    address: str = ""


class Receiver(ABC):
    """
    Where messages are sent: one try each, in the thread of whoever calls.

    `kind` is what it is (webhook, slack, ...), `address` where it is without any secret.
    """

    kind: str

    def __init__(self, name: str, address: str, wording: Wording | None = None) -> None:
        self.name = name
        self.address = address
        self.wording = wording or Wording()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.address})"

    def send(self, message: Message) -> Outcome:
        """Try once; never raises. What goes wrong inside of lagwatch is refused, since it would go wrong again."""
        try:
            return self._send(message)
        except LagwatchError as error:
            return Outcome(Fate.RETRY, str(error), everyone=True)
        except Exception as error:  # noqa: BLE001 (around a notifier: one message that cannot be sent leaves the others alone)
            event(LOG, logging.ERROR, "notice failed inside lagwatch", receiver=self.name, exc_info=error)
            return Outcome(Fate.REFUSED, f"{type(error).__name__} inside lagwatch; the log has the traceback")

    def close(self) -> None:  # noqa: B027 (most have nothing to close)
        """Give connections back; no try is under way."""

    @abstractmethod
    def _send(self, message: Message) -> Outcome:
        """Try once; raises LagwatchError for what may pass (a secret that cannot be read)."""

"""Everything else, by way of Apprise (github.com/caronc/apprise): OpsGenie, Teams, Telegram, and a hundred more."""

import logging
from typing import Any

from lagwatch.errors import ConfigurationError
from lagwatch.model.notices import Message
from lagwatch.publish.notices.base import Receiver
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.receivers.http import Secret
from lagwatch.publish.notices.texts import Wording

_KINDS = {"warning": "warning", "critical": "failure", "emergency": "failure"}


class Apprise(Receiver):
    """
    Sends a title and a text to one Apprise URL, asked for at every try, since it is a secret as a whole.

    Apprise says whether it went well and nothing more: what failed is tried again.
    """

    kind = "apprise"

    def __init__(self, name: str, url: Secret, *, wording: Wording | None = None) -> None:
        super().__init__(name, "apprise", wording)
        self._url = url

    def _send(self, message: Message) -> Outcome:
        library = apprise()
        there = library.Apprise()
        if not there.add(self._url() or ""):
            raise ConfigurationError(
                f"the URL of receiver {self.name} is none that Apprise knows; see its list of services"
            )
        words = self.wording.words(message)
        firing = message.body["status"] == "firing"
        kind = _KINDS[message.severity.value] if firing and message.severity is not None else "success"
        if there.notify(title=words.title, body=words.text, notify_type=kind):
            return Outcome(Fate.SENT, "Apprise says that it was sent")
        return Outcome(Fate.RETRY, "Apprise says that it could not be sent, and not why", everyone=True)


def apprise() -> Any:
    """The library; raises ConfigurationError if it is not installed."""
    try:
        import apprise as library
    except ImportError:
        raise ConfigurationError(
            "a receiver of kind apprise needs the library of that name; install it with: pip install 'lagwatch[apprise]'"
        ) from None
    # What it logs of a failure may show its URL, which is a secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return library

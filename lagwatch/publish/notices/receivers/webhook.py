"""
A webhook: Alertmanager's JSON, version 4, with an idempotency key and, if there is a secret, a signature.

The signature is the HMAC-SHA256 of the time stamp, a dot, and the body: `Lagwatch-Signature: t=SECONDS,v1=HEX`. A receiver that
checks the age of `t` as well cannot be given an old message again.
"""

import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from lagwatch.model.notices import Message
from lagwatch.publish.notices.outcome import Outcome
from lagwatch.publish.notices.receivers.http import HttpReceiver, Poster, Secret, shown
from lagwatch.publish.notices.texts import Wording

SIGNATURE = "Lagwatch-Signature"


def signature(secret: str, body: bytes, at: float) -> str:
    """The value of the signature header for a body that is sent at `at` (seconds since the epoch)."""
    stamp = str(int(at))
    return f"t={stamp},v1={hmac.new(secret.encode(), f'{stamp}.'.encode() + body, sha256).hexdigest()}"


class Webhook(HttpReceiver):
    """Posts messages to `url`, with `token` as bearer and signed with `signing`, if there are such."""

    kind = "webhook"

    def __init__(
        self,
        name: str,
        url: str,
        *,
        token: Secret = lambda: None,
        signing: Secret = lambda: None,
        timeout_s: float = 10.0,
        ca_file: Path | None = None,
        wording: Wording | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name, shown(url), Poster(timeout_s, ca_file=ca_file, clock=clock), wording)
        self._url = url
        self._token = token
        self._signing = signing
        self._clock = clock

    def _send(self, message: Message) -> Outcome:
        body = self._body(message)
        # The same message has the same key at every try: a receiver can tell a repetition from news.
        headers = {"Idempotency-Key": message.id}
        if (token := self._token()) is not None:
            headers["Authorization"] = f"Bearer {token}"
        if (secret := self._signing()) is not None:
            headers[SIGNATURE] = signature(secret, body, self._clock())
        return self.poster.post(self._url, body, headers).outcome

    def _body(self, message: Message) -> bytes:
        own = self.wording.own(message)
        return (own.text if own is not None else json.dumps(message.body, ensure_ascii=False)).encode()

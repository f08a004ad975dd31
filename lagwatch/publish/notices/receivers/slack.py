"""Slack by an incoming webhook (docs.slack.dev, "Sending messages using incoming webhooks"): about one message a second."""

import json

from lagwatch.model.notices import Message
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.receivers.http import HttpReceiver, Poster, Secret, shown
from lagwatch.publish.notices.texts import Wording, cut

COLORS = {"warning": "#daa038", "critical": "#d1421f", "emergency": "#8b0000", "resolved": "#2eb67d"}

LIMIT = 3_000
"""Characters of a text; Slack cuts longer ones itself, in the middle of a word."""


class Slack(HttpReceiver):
    """Posts one text a message; the address itself is the secret, asked for at every try."""

    kind = "slack"

    def __init__(self, name: str, url: Secret, *, wording: Wording, timeout_s: float = 10.0) -> None:
        super().__init__(name, "https://hooks.slack.com", Poster(timeout_s), wording)
        self._url = url

    def _send(self, message: Message) -> Outcome:
        url = self._url() or ""
        self.address = shown(url)
        answer = self.poster.post(url, self._body(message), {"Idempotency-Key": message.id}).outcome
        # Slack's web API says so in an answer of status 200.
        if answer.fate is Fate.SENT and '"ok":false' in answer.reason.replace(" ", ""):
            return Outcome(Fate.REFUSED, answer.reason)
        return answer

    def _body(self, message: Message) -> bytes:
        words = self.wording.words(message)
        firing = message.body["status"] == "firing"
        color = COLORS["resolved"] if not firing or message.severity is None else COLORS[message.severity.value]
        title = escaped(cut(words.title, 150))
        content = {
            "text": f"*{title}*",
            "attachments": [{"color": color, "text": escaped(cut(words.text, LIMIT)), "fallback": title}],
        }
        return json.dumps(content, ensure_ascii=False).encode()


def escaped(text: str) -> str:
    """The three characters that mean something to Slack, so that no name of a topic notifies a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""What a receiver's answer means for a message. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum


class Fate(StrEnum):
    """SENT: the receiver has it. RETRY: later. REFUSED: it would be refused again."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The fate of one try, and the reason as a sentence (what the receiver said, if it took the message).

    `everyone` says that the receiver takes no message at all at present; `pause_s` is how long it asked to be left alone.
    """

    fate: Fate
    reason: str = ""
    everyone: bool = False
    pause_s: float | None = None


def judge(status: int, headers: Mapping[str, str], excerpt: str, now: float) -> Outcome:
    """
    The outcome of an HTTP answer; `headers` are looked up in lower case, `now` is seconds since the epoch.

    Retried are 408, 429 and 5xx (RFC 9110 § 15, RFC 6585 § 4); Alertmanager retries 5xx and 429 of its webhooks.
    """
    reason = f"the receiver answered {status}" + (f": {excerpt}" if excerpt else "")
    if 200 <= status < 300:
        return Outcome(Fate.SENT, reason)
    if status in (408, 429) or status >= 500:
        pause_s = retry_after_s(headers.get("retry-after", ""), now)
        return Outcome(Fate.RETRY, reason, everyone=status == 429 or pause_s is not None, pause_s=pause_s)
    if 300 <= status < 400:
        reason += "; redirects are not followed, the URL must be the final one"
    return Outcome(Fate.REFUSED, reason)


def retry_after_s(value: str, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 § 10.2.3: seconds or a date); None if it says nothing readable."""
    value = value.strip()
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)


def first(outcomes: list[Outcome]) -> Outcome:
    """Of several tries that belong to one message: the one that decides; it was sent if all were."""
    worst = {Fate.SENT: 0, Fate.REFUSED: 1, Fate.RETRY: 2}
    return max(outcomes, key=lambda each: worst[each.fate])

"""When to try again, and when to leave a receiver alone. Pure."""

from dataclasses import dataclass, field

from lagwatch.model.notices import Message
from lagwatch.publish.notices.outcome import Fate, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    How stubborn to be, in seconds. The longest pause after a failed try doubles from `first_pause_s` to `longest_pause_s`; the
    pause is a random part of it ("full jitter"), so that many senders do not come back at once. What tells that something
    fires is given up `give_up_s` after it was made, what tells an end `give_up_end_s` after; each is tried once at least.
    """

    first_pause_s: float = 1.0
    longest_pause_s: float = 300.0
    give_up_s: float = 86_400.0
    give_up_end_s: float = 3_600.0

    def pause_s(self, tries: int, chance: float) -> float:
        """The pause after the `tries`-th failed try; `chance` is a random number in [0, 1)."""
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(tries - 1, 32)) * (1 - chance)

    def patience_s(self, message: Message) -> float:
        """For how long a message is tried."""
        return self.give_up_s if message.body["status"] == "firing" else self.give_up_end_s


MESSAGES_TO_OPEN = 3
"""So many different messages that failed, and none that went well between them: then it is the receiver, not the message."""


@dataclass(slots=True)
class Breaker:
    """
    Whether a receiver takes messages at all. It opens when the receiver says or shows that it takes none, or when several
    messages in a row failed; then one message is tried after each pause, and the first answer that is none of these closes it.
    `until` is the end of the pause (seconds since the epoch).
    """

    delivery: Delivery
    until: float = 0.0
    is_open: bool = False
    failures: int = 0
    failing: set[str] = field(default_factory=set)

    def note(self, message_id: str, outcome: Outcome, now: float, chance: float) -> None:
        """Take in what came of a try; a refusal is an answer, too."""
        if outcome.fate is not Fate.RETRY:
            self.failing.clear()
            self.failures, self.until, self.is_open = 0, 0.0, False
            return
        self.failing.add(message_id)
        if outcome.everyone or self.is_open or len(self.failing) >= MESSAGES_TO_OPEN:
            self.is_open = True
            self.failures += 1
            asked = min(outcome.pause_s or 0.0, self.delivery.give_up_end_s)
            self.until = now + max(asked, self.delivery.pause_s(self.failures, chance))

"""What the API needs of others: of whoever keeps things, and of the notices."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lagwatch.model.kept import AuditEntry, HistoryEntry, HistoryFilter, NoticeFilter, StoreHealth
from lagwatch.model.notices import Acknowledgement, OutboxEntry, Silence
from lagwatch.publish.notices.base import Counts


class Desk(Protocol):
    """
    What is kept, and what people may change of it.

    Any method but `health`, `silences` and `acknowledgements` may raise StoreError, with a sentence for who asked. A change and
    the entry of the audit log that tells of it (`by`) are written together or not at all. Lists have the newest first; their
    entries have numbers that rise.
    """

    def health(self) -> StoreHealth:
        """How keeping goes."""

    def history(self, wanted: HistoryFilter, limit: int) -> Sequence[HistoryEntry]:
        """What became of alerts."""

    def audit(self, before: int | None, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """Who did what, each with its number; only those below `before`."""

    def add_audit(self, entry: AuditEntry) -> None:
        """Somebody did something that changes nothing that is kept."""

    def silences(self) -> Sequence[Silence]:
        """All that are kept, those that are over too, in any order."""

    def put_silence(self, silence: Silence, by: AuditEntry) -> None:
        """A new one, or another form of one that is there."""

    def acknowledgements(self) -> Sequence[Acknowledgement]:
        """All that are kept, in any order."""

    def put_acknowledgement(self, given: Acknowledgement, by: AuditEntry) -> None:
        """A new one."""

    def withdraw_acknowledgement(self, acknowledgement_id: str, by: AuditEntry) -> bool:
        """It does not hold any more; False if there is none."""

    def notices(self, wanted: NoticeFilter, limit: int) -> Sequence[tuple[int, OutboxEntry]]:
        """Messages, each with its number."""

    def notice(self, message_id: str) -> OutboxEntry | None:
        """One message."""

    def resend(self, message_id: str, now: float, by: AuditEntry) -> bool:
        """Make a dead letter pending again; False if there is no such dead letter."""


class Watched(Protocol):
    """The notices, as far as they can be seen and hurried."""

    def counts(self) -> Mapping[str, Counts]:
        """How it goes, by receiver."""

    def hurry(self) -> None:
        """Something was silenced, acknowledged or is to be sent again: look soon."""

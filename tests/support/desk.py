"""What is kept about the clusters of `tests.support.world`, in a real store in memory; notices that are only looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lagwatch.model.alerts import State, Transition
from lagwatch.model.kept import AuditEntry
from lagwatch.model.notices import Acknowledgement, Matcher, OutboxEntry, Silence, alert_id
from lagwatch.publish.notices.base import Counts
from lagwatch.publish.notices.compose import sample
from lagwatch.store import Store, in_memory
from tests.support import world
from tests.support.build import T0

BILLING = world.alerts()[0]
BILLING_ID = alert_id(BILLING.rule, BILLING.subject)
SEARCH_ID = alert_id(world.alerts()[1].rule, world.alerts()[1].subject)
GONE_ID = alert_id("BrokerMissing", replace(BILLING.subject, group=None, topic=None))
"""An alert of which there is only history."""

ACTIVE = Silence(
    id="active-silence",
    matchers=(Matcher(name="group", value="sear.*", is_regex=True),),
    starts_at=T0 - 600,
    ends_at=T0 + 3600,
    author="ada",
    comment="moving house",
)
OVER = replace(ACTIVE, id="silence-that-is-over", ends_at=T0 - 60)
GIVEN = Acknowledgement(
    id="acknowledgement-of-billing",
    alert=BILLING_ID,
    severity=BILLING.severity,
    created_at=T0 - 100,
    author="ada",
    comment="on it",
)
DEAD = sample("on-call", "", T0 - 4000)
SENT = sample("chat", "", T0 - 30)
WAITING = sample("mail", "", T0 - 500)


@dataclass
class Notices:
    """Implements `Watched`; `hurried` counts how often it was told to look."""

    counted: dict[str, Counts] = field(default_factory=dict)
    hurried: int = 0

    def counts(self):
        return self.counted

    def hurry(self):
        self.hurried += 1


def notices() -> Notices:
    """One receiver that is well, one with a dead letter, one that takes nothing."""
    return Notices(
        {
            "chat": Counts(kind="slack", sent=3, last_sent_at=T0 - 29.0),
            "mail": Counts(
                kind="email", pending=1, oldest_pending_at=T0 - 500, down=True, last_error="it did not answer in 20 s"
            ),
            "on-call": Counts(kind="pagerduty", dead=1, failed_by_reason={"refused": 1}, last_error="400 bad key"),
        }
    )


@contextmanager
def desk() -> Iterator[Store]:
    """A store with something of everything in it."""
    store = Store(in_memory(), clock=lambda: world.NOW)
    store.open()
    try:
        _fill(store)
        yield store
    finally:
        assert store.close()


def _fill(store: Store) -> None:
    outbox = store.outbox
    changes = [
        Transition(at=T0 - 600, to=State.PENDING, alert=replace(BILLING, state=State.PENDING, fired_at=None)),
        Transition(at=T0 - 300, to=State.FIRING, alert=BILLING),
    ]
    gone = replace(
        BILLING, rule="BrokerMissing", subject=replace(BILLING.subject, group=None, topic=None), state=State.RESOLVED
    )
    store.record("main", None, [*changes, Transition(at=T0 - 200, to=State.RESOLVED, alert=gone)])
    outbox.put([DEAD, SENT, WAITING], [])
    outbox.dead(DEAD.id, T0 - 400, "the receiver answered 400: bad key")
    outbox.sent(SENT.id, T0 - 29)
    outbox.again(WAITING.id, T0 + 60, "it did not answer in 20 s")
    for silence in (ACTIVE, OVER):
        store.put_silence(
            silence, AuditEntry(id=silence.id, at=T0 - 600, actor="ada", action="silence.create", subject=silence.id)
        )
    store.put_acknowledgement(
        GIVEN, AuditEntry(id=GIVEN.id, at=T0 - 100, actor="ada", action="acknowledgement.create", subject=GIVEN.id)
    )
    # What is asked of the store comes after what it was told before.
    assert entry_of(store, WAITING.id).attempts == 1


def entry_of(store: Store, message_id: str) -> OutboxEntry:
    """A message as it stands."""
    entry = store.notice(message_id)
    assert entry is not None
    return entry

"""Receivers of notices, and whether what is for them arrives."""

from fastapi import APIRouter

from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.problems import documented, sentence
from lagwatch.publish.api.schemas.notices import Receiver, Receivers
from lagwatch.publish.api.values import moment
from lagwatch.publish.notices.base import Counts

router = APIRouter(tags=["notices"])

LATE_S = 300.0
"""A message that has waited for longer does not arrive in time (as in the rule NotificationsStuck)."""


@router.get("/receivers", responses=documented())
def list_receivers(source: Everything) -> Receivers:
    """Who can be told of alerts, and whether that works."""
    counts = source.receivers()
    now = source.clock()
    return Receivers(items=[_item(name, counts[name], now) for name in sorted(counts)])


def _item(name: str, counts: Counts, now: float) -> Receiver:
    why = trouble(counts, now)
    return Receiver(
        name=name,
        kind=counts.kind,
        healthy=not why,
        reason=why,
        down=counts.down,
        pending=counts.pending,
        oldest_pending_at=moment(counts.oldest_pending_at),
        dead=counts.dead,
        sent=counts.sent,
        failed=dict(counts.failed_by_reason),
        retries=counts.retries,
        last_sent_at=moment(counts.last_sent_at),
        last_error=counts.last_error or None,
    )


def trouble(counts: Counts, now: float) -> str:
    """What is wrong with a receiver, in a sentence; "" if nothing is."""
    reasons = []
    if counts.down:
        reasons.append("it takes no message at all at present")
    if counts.oldest_pending_at is not None and now - counts.oldest_pending_at > LATE_S:
        reasons.append(
            f"the oldest of {counts.pending:,} notices has waited for {now - counts.oldest_pending_at:,.0f} s"
        )
    if counts.dead:
        reasons.append(f"{counts.dead:,} notices were refused or given up")
    if reasons and counts.last_error:
        reasons.append(f"the last try that failed: {counts.last_error}")
    text = "; ".join(reasons)
    return sentence(text[0].upper() + text[1:]) if text else ""

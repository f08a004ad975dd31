"""Whether there will be a controller. Pure."""

from collections.abc import Container

from lagwatch.model.details import Part, Quorum, QuorumNode
from lagwatch.model.health import QuorumState
from lagwatch.model.snapshot import UNKNOWN

BEHIND_S = 15.0
"""A voter that has not caught up for this long does not count: the leader itself looks for followers after such a time."""

BEHIND_RECORDS = 1_000
"""The same where times are not told (before Kafka 3.3)."""

GONE_S = 3.0
"""The same for a voter that is a broker, too, and as such has gone: a voter that lives fetches twice a second."""


def quorum_state(part: Part[Quorum] | None, gone: Container[int] = ()) -> QuorumState | None:
    """
    The quorum in numbers; None where it is not known, or where there is none (before KRaft).

    `gone` are the brokers that should be up and are not.
    """
    if part is None or not part.value.voters:
        return None
    quorum = part.value
    lags = [node.lag for node in quorum.voters]
    behind = tuple(node.id for node in quorum.voters if _behind(node, quorum, part.read_at, gone))
    return QuorumState(
        leader=quorum.leader,
        voters=len(quorum.voters),
        caught_up=len(quorum.voters) - len(behind),
        majority=len(quorum.voters) // 2 + 1,
        max_lag=max(lags) if min(lags) >= 0 else UNKNOWN,
        behind=behind,
    )


def _behind(node: QuorumNode, quorum: Quorum, now: float, gone: Container[int]) -> bool:
    if node.id == quorum.leader:
        return False
    if node.last_caught_up_at is not None:
        return now - node.last_caught_up_at > (GONE_S if node.id in gone else BEHIND_S)
    never_fetched = any(other.last_caught_up_at is not None for other in quorum.voters)
    return never_fetched or node.lag < 0 or node.lag > BEHIND_RECORDS

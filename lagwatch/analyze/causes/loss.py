"""Retention that is about to delete what the group has not read, or has done so. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.analyze.causes.words import certain, messages
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import duration

SOON_S = 6 * 3600.0
"""Sooner than this is about to happen."""

FULL = 0.8
"""A group that has not read more than this part of what a topic retains is about to lose records."""


def retention(case: Case) -> Finding | None:
    """Unread records were deleted lately, or will be soon."""
    found = [finding for each in case.topics if (finding := _of_topic(case, each)) is not None]
    return max(found, key=lambda finding: finding.certainty, default=None)


def _of_topic(case: Case, each: OnTopic) -> Finding | None:
    lost, loss_in_s, share = each.value("lost"), each.value("loss_in_s"), each.value("retained_share")
    gone, soon = lost > 0, loss_in_s < SOON_S or share > FULL
    if not (gone or soon) or each.value("left_s") >= 0:
        return None
    return Finding(
        cause=Cause.RETENTION,
        sentence=_sentence(case, each, lost, loss_in_s, share),
        certainty=0.94 if gone else certain(0.6, 0.92, 1.0 - loss_in_s / SOON_S),
        next_step=f"Raise retention.ms or retention.bytes of {each.topic} first, then see to the consumers. What is gone must come "
        "from upstream again.",
        topic=each.topic,
        evidence={
            "lost": lost,
            "loss_in_s": loss_in_s,
            "retained_share": share if share > 0 else None,
            "lag": each.lag,
        },
    )


def _sentence(case: Case, each: OnTopic, lost: float, loss_in_s: float, share: float) -> str:
    part = f" Unread records are {share:.0%} of what it retains on the worst partition." if share > 0 else ""
    if lost > 0:
        gone = f"Retention of {each.topic} has deleted {messages(lost)} in the last 15 minutes"
        return f"{gone} that {case.name} had not read.{part}"
    if loss_in_s <= 0:
        return f"{case.name} is at the very beginning of {each.topic}: what retention deletes next is unread.{part}"
    when = f"in {duration(loss_in_s)}" if np.isfinite(loss_in_s) else "before long"
    return f"Retention of {each.topic} is going to delete records {when} that {case.name} has not read.{part}"

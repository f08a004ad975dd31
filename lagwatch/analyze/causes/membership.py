"""Causes in who reads: nobody. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import duration


def stopped(case: Case) -> Finding | None:
    """The group has no members, and none of its commits moves."""
    if case.group.member_count != 0 or not case.lag:
        return None
    gone_s = float(case.view.groups.members_gone_s[case.index])
    since = (
        f"no members for {duration(gone_s)}" if np.isfinite(gone_s) else "no members, and had none since it is watched"
    )
    return Finding(
        cause=Cause.STOPPED,
        sentence=f"{case.name} has had {since}: nobody reads, and {case.lag:,} messages are waiting.",
        certainty=0.95,
        next_step=f"Start the consumers of {case.name}.",
        evidence={"members": 0.0, "members_gone_s": gone_s, "lag": float(case.lag)},
    )

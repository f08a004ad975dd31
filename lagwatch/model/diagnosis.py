"""Why a group lags: causes with their evidence, the likeliest first. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Cause(StrEnum):
    """Why a group lags. One word per cause, in code, API, page and docs alike."""

    STOPPED = "stopped"
    STALLED = "stalled"
    SLOW = "slow"
    FLOOD = "flood"
    HOT_PARTITION = "hot_partition"
    TOO_FEW_MEMBERS = "too_few_members"
    REBALANCING = "rebalancing"
    OPEN_TRANSACTION = "open_transaction"
    RETENTION = "retention"
    ABANDONED_TOPIC = "abandoned_topic"
    BROKER_FAULT = "broker_fault"
    RARE_COMMITS = "rare_commits"
    BEYOND_END = "beyond_end"
    CATCHING_UP = "catching_up"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One cause of the lag of a group. `sentence` says it with its evidence, `certainty` is from 0 to 1 and ranks it, `evidence`
    holds the figures that the sentence rests on, by name; `topic` and `partition` are given where it is about one.
    `next_step` says what to do.
    """

    cause: Cause
    sentence: str
    certainty: float
    next_step: str = ""
    topic: str | None = None
    partition: int | None = None
    evidence: Mapping[str, float | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why a group lags: `findings` are ranked, the first gives the `sentence`. A group without lag has no findings."""

    group: str
    lag: int | None
    sentence: str
    findings: tuple[Finding, ...] = ()

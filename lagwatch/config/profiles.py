"""The section `profiles`: groups that are judged in another way than most, without an override in every rule."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from lagwatch.config.section import Section
from lagwatch.config.values import Patterns, Seconds, format_duration
from lagwatch.model.alerts import Override, Rule

_NOT_FOR_BATCHES: Final = (
    "ConsumerLagGrowing",
    "ConsumerLagHigh",
    "ConsumerLagRunaway",
    "TimeLagHigh",
    "TimeLagVeryHigh",
    "ConsumerStalled",
    "ConsumerGroupEmpty",
)
_FOR_BATCHES: Final = "BatchOverdue"
_MISSED_RUNS: Final = 2
"""A batch that was not there once may be late; after so many periods it is told (alerting.md § 8.2)."""


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("at least one regular expression")
    return value


def _period(value: float) -> float:
    if not 60 <= value <= 31 * 86_400:
        raise ValueError("a duration from 1m to 31d")
    return value


class ProfileSettings(Section):
    """Groups of one kind; the first profile that matches a group counts, and comes before the overrides of the rules."""

    profile: Literal["batch"] = Field(
        description="batch: a group that runs now and then. Its lag between two runs, its growth and that it has no members mean "
        "nothing; instead BatchOverdue fires if it was not seen to read (almost) everything for two periods.",
        examples=["batch"],
    )
    groups: Annotated[Patterns, AfterValidator(_some)] = Field(
        description="Groups that it is for (regular expressions, whole name).", examples=[["nightly-.*"]]
    )
    clusters: Patterns = Field((), description="Only in these clusters; empty: all.", examples=[["main"]])
    period_s: Annotated[Seconds, AfterValidator(_period)] = Field(
        alias="period", description="Of a batch: the time from one run to the next.", examples=["24h"]
    )


def with_profiles(rule: Rule, profiles: Sequence[ProfileSettings]) -> Rule:
    """The rule with what the profiles say of it, before its own overrides."""
    return replace(rule, overrides=(*_overrides(rule, profiles), *rule.overrides)) if profiles else rule


def _overrides(rule: Rule, profiles: Sequence[ProfileSettings]) -> Iterator[Override]:
    if rule.name not in (*_NOT_FOR_BATCHES, _FOR_BATCHES):
        return
    for each in profiles:
        name = f"{each.profile}, every {format_duration(each.period_s)}"
        for cluster, group in product(each.clusters or (None,), each.groups):
            if rule.name == _FOR_BATCHES:
                wait = _MISSED_RUNS * each.period_s
                yield Override(cluster=cluster, group=group, enabled=True, for_s=wait, profile=name)
            else:
                yield Override(cluster=cluster, group=group, enabled=False, profile=name)

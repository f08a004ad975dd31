"""The section `profiles`: groups that are judged in another way than most, without an override in every rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from lagwatch.config.section import Section
from lagwatch.config.values import Patterns, Seconds, format_duration
from lagwatch.model.alerts import Override, Rule

_ABOUT_LAG: Final = (
    "ConsumerLagGrowing",
    "ConsumerLagHigh",
    "ConsumerLagRunaway",
    "TimeLagHigh",
    "TimeLagVeryHigh",
    "ConsumerStalled",
    "ConsumerGroupEmpty",
)
_LEFT_OUT: Final = {"batch": _ABOUT_LAG, "burrow": (*_ABOUT_LAG, "PartitionStuck")}
"""The rules that a profile takes away from its groups,"""
_INSTEAD: Final = {"batch": ("BatchOverdue",), "burrow": ("BurrowWarn", "BurrowErr")}
"""and those that it gives them."""
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

    profile: Literal["batch", "burrow"] = Field(
        description="batch: a group that runs now and then. Its lag between two runs, its growth and that it has no members mean "
        "nothing; instead BatchOverdue fires if it was not seen to read (almost) everything for two periods. burrow: a group that "
        "is judged as Burrow does; instead of the rules about lag BurrowWarn and BurrowErr hold for it.",
        examples=["batch"],
    )
    groups: Annotated[Patterns, AfterValidator(_some)] = Field(
        description="Groups that it is for (regular expressions, whole name).", examples=[["nightly-.*"]]
    )
    clusters: Patterns = Field((), description="Only in these clusters; empty: all.", examples=[["main"]])
    period_s: Annotated[Seconds, AfterValidator(_period)] | None = Field(
        None, alias="period", description="Of a batch: the time from one run to the next.", examples=["24h"]
    )


def with_profiles(rule: Rule, profiles: Sequence[ProfileSettings]) -> Rule:
    """The rule with what the profiles say of it, before its own overrides."""
    return replace(rule, overrides=(*_overrides(rule, profiles), *rule.overrides)) if profiles else rule


def findings(value: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What does not go together in the section, where it stands."""
    given = value.get("profiles")
    for at, each in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(each, dict):
            continue
        path = ("profiles", at, "period")
        if each.get("profile") == "batch" and "period" not in each:
            yield path, "missing, expected of a batch: the time from one run to the next"
        elif each.get("profile") == "burrow" and "period" in each:
            yield path, "expected with the profile batch only"


def _overrides(rule: Rule, profiles: Sequence[ProfileSettings]) -> Iterator[Override]:
    for each in profiles:
        instead = rule.name in _INSTEAD[each.profile]
        if not instead and rule.name not in _LEFT_OUT[each.profile]:
            continue
        wait = None if each.period_s is None or not instead else _MISSED_RUNS * each.period_s
        name = each.profile if each.period_s is None else f"{each.profile}, every {format_duration(each.period_s)}"
        for cluster, group in product(each.clusters or (None,), each.groups):
            yield Override(cluster=cluster, group=group, enabled=instead, for_s=wait, profile=name)

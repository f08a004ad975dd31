"""
The shape of a rule in YAML, the same for the rules that lagwatch comes with and for a configuration.

In a configuration everything is optional: what is given replaces what the rule of that name says, `labels` are added, and
`thresholds` change single numbers. A name that lagwatch does not know is a rule of your own, and needs all of it.
"""

from typing import Literal

from pydantic import Field

from lagwatch.config.section import Section
from lagwatch.config.values import Limit, Number, Pattern, Patterns, Seconds, Share, Text

SeverityName = Literal["warning", "critical", "emergency"]
Grain = Literal["cluster", "topic", "group", "pair", "partition", "receiver"]


class ConditionSettings(Section):
    """One value and its threshold."""

    value: Text = Field(description="The name of the value: lag, growth, ...", examples=["lag"])
    above: Number | None = Field(
        None, description="Holds while the value is more than this; or below.", examples=[100_000]
    )
    below: Number | None = Field(None, description="Holds while the value is less than this; or above.", examples=[1])
    clear: Limit | None = Field(
        None,
        description="The threshold while the alert fires; default: the same. -.inf: no say in the end.",
        examples=[80_000],
    )
    statistic: Literal["last", "growth", "min", "max", "mean", "quantile"] = Field(
        "last", description="What is compared: last, growth (a minute), min, max, mean or quantile."
    )
    over_s: Seconds = Field(
        0.0, alias="over", description="The time that a statistic other than last looks back.", examples=["10m"]
    )
    quantile: Share = Field(0.5, description="Which quantile, from 0 to 1.")


class ThresholdSettings(Section):
    """Other numbers for the condition on one value."""

    above: Number | None = Field(None, description="Instead of the rule's above.", examples=[200_000])
    below: Number | None = Field(None, description="Instead of the rule's below.", examples=[2])
    clear: Limit | None = Field(None, description="Instead of the rule's clear.", examples=[160_000])


class ExcludeSettings(Section):
    """What a rule is not judged for: regular expressions over the whole name."""

    groups: Patterns = Field((), description="Groups that are left out.", examples=[["console-consumer-.*"]])
    topics: Patterns = Field((), description="Topics that are left out.", examples=[["__.*"]])


class EscalationSettings(Section):
    """A louder severity while more conditions hold."""

    severity: SeverityName = Field(description="The severity then.", examples=["emergency"])
    conditions: tuple[ConditionSettings, ...] = Field(description="All must hold beside the rule's own.")


class OverrideSettings(Section):
    """What is different for some subjects; patterns are regular expressions over the whole name, none matches all."""

    cluster: Pattern | None = Field(None, description="Clusters for which it is different.", examples=["test-.*"])
    group: Pattern | None = Field(None, description="Groups for which it is different.", examples=["batch-.*"])
    topic: Pattern | None = Field(None, description="Topics for which it is different.", examples=["audit"])
    enabled: bool | None = Field(None, description="Whether the rule is judged for them.", examples=[False])
    severity: SeverityName | None = Field(None, description="Their severity.", examples=["warning"])
    for_s: Seconds | None = Field(None, alias="for", description="Their for.", examples=["30m"])
    keep_s: Seconds | None = Field(None, alias="keep", description="Their keep.", examples=["10m"])
    thresholds: dict[str, ThresholdSettings] = Field({}, description="Their thresholds, by the name of the value.")
    why: str = Field("", description="A note for people.", examples=["nightly batch"])


class RuleSettings(Section):
    """One rule, or what to change in one."""

    enabled: bool | None = Field(None, description="Whether the rule is judged.", examples=[True])
    severity: SeverityName | None = Field(None, description="warning, critical or emergency.", examples=["critical"])
    thresholds: dict[str, ThresholdSettings] = Field({}, description="Other numbers, by the name of the value.")
    for_s: Seconds | None = Field(
        None, alias="for", description="How long the conditions hold before it fires.", examples=["5m"]
    )
    keep_s: Seconds | None = Field(
        None, alias="keep", description="How long they must fail before it resolves.", examples=["5m"]
    )
    labels: dict[str, str] = Field({}, description="Labels for its alerts.", examples=[{"team": "payments"}])
    overrides: tuple[OverrideSettings, ...] | None = Field(
        None, description="What is different for some clusters, groups or topics; the first that matches counts."
    )
    exclude: ExcludeSettings | None = Field(None, description="Groups and topics that it is not judged for.")
    tolerance: Share | None = Field(
        None, description="The share of for during which the conditions may fail without starting over.", examples=[0.1]
    )
    follows_commits: bool | None = Field(
        None, description="Whether for is longer for a group that commits rarely.", examples=[True]
    )
    grain: Grain | None = Field(
        None,
        description="What it is judged for: cluster, topic, group, pair (a group on a topic) or partition.",
        examples=["pair"],
    )
    match: Literal["all", "any"] | None = Field(
        None, description="Whether all conditions must hold, or any of them is enough.", examples=["any"]
    )
    conditions: tuple[ConditionSettings, ...] | None = Field(None, description="What must hold.")
    escalation: EscalationSettings | None = Field(None, description="A louder severity while more holds.")
    summary: Text | None = Field(
        None,
        description="What an alert says; names of subject and values in braces.",
        examples=["{group} is behind on {topic}"],
    )
    cause: Text | None = Field(None, description="What that probably means.", examples=["The group lost its members."])
    next_step: Text | None = Field(None, description="What to do first.", examples=["Look at the consumer's log."])
    runbook: Text | None = Field(None, description="The name of its page of help.", examples=["consumer-lag-high"])

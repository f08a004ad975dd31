"""Alerts and rules."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from lagwatch.model.alerts import Severity, Statistic
from lagwatch.publish.api.schemas.base import Item, Page, Shape
from lagwatch.publish.api.schemas.clusters import AlertCounts, ClusterState
from lagwatch.publish.notices.quiet import Quiet

AlertState = Literal["pending", "firing", "resolved", "unknown"]
ALERT_ID = "5f0a3c1e9b7d4826a1c05e7f3b9d2468ace013579bdf02468ace13579bdf0246"
ASKED_ID = "6f9d3c52-1c55-4c0f-9a51-0a6f3d0a4b1e"


class AlertFacts(Shape):
    """An alert as it stood at some time."""

    id: str = Field(
        description="What makes it the same alert at all times: its rule and its subject.", examples=[ALERT_ID]
    )
    cluster: str = Field(
        description="The cluster's name in the configuration; empty if the alert is about lagwatch itself.",
        examples=["main"],
    )
    rule: str = Field(description="The rule's name.", examples=["ConsumerLagGrowing"])
    severity: Severity = Field(description="How loud.", examples=["warning"])
    state: AlertState = Field(
        description="`pending`: the condition holds. `firing`: it held for long enough. `resolved`: it fired and stopped to hold. "
        "`unknown`: its values cannot be known at present; it is not resolved.",
        examples=["firing"],
    )
    group: str | None = Field(description="The group, if the rule is about groups.", examples=["billing"])
    topic: str | None = Field(description="The topic, if the rule is about topics.", examples=["orders"])
    partition: int | None = Field(description="The partition, if the rule is about partitions.", examples=[None])
    receiver: str | None = Field(description="The receiver of notices, if the rule is about these.", examples=[None])
    since: datetime = Field(description="When the condition began to hold.", examples=["2026-03-02T00:00:30Z"])
    fired_at: datetime | None = Field(description="When it fired.", examples=["2026-03-02T00:05:30Z"])
    resolved_at: datetime | None = Field(description="When it resolved.", examples=[None])
    reason: str = Field(
        description="How it ended, when that was no recovery; of an unknown one since when its cluster has not been read.",
        examples=[""],
    )
    inhibited_by: list[str] = Field(
        description="Firing rules that speak for the same subject more loudly; an alert that has some is not sent.",
        examples=[[]],
    )
    value: float | None = Field(description="The value of the rule's first condition.", examples=[18423.0])
    threshold: float | None = Field(description="What that value is compared with.", examples=[10000.0])
    values: dict[str, float | None] = Field(
        description="The values of all its conditions.", examples=[{"lag": 18423.0, "growth": 310.2}]
    )
    summary: str = Field(
        description="What happened, in a sentence.",
        examples=["billing is 18,423 messages behind on orders and falling further behind (+310/min)"],
    )
    seen: dict[str, float | str | None] = Field(
        description="What was seen of the subject.", examples=[{"members": 3.0, "state": "Stable"}]
    )
    cause: str = Field(description="What that probably means.", examples=["It reads more slowly than is produced."])
    next_step: str = Field(
        description="What to look at first.", examples=["Compare the rates of producing and committing."]
    )
    runbook: str = Field(description="The name of the rule's runbook.", examples=["consumer-lag-growing"])
    runbook_url: str | None = Field(description="Where that is.", examples=["/runbooks/consumer-lag-growing"])
    page_url: str = Field(description="The page of what it is about.", examples=["/clusters/main/groups/billing"])
    for_s: float = Field(description="For how long the condition had to hold before it fired.", examples=[300.0])
    labels: dict[str, str] = Field(description="Labels of the rule.", examples=[{"team": "payments"}])


class Alert(AlertFacts):
    """An alert as it stands, and whether anybody is told."""

    quiet: list[Quiet] = Field(
        description="What keeps it from being told (`acknowledged`: from being told again).",
        examples=[["acknowledged"]],
    )
    silenced_by: list[str] = Field(description="The ids of the silences that hold for it.", examples=[[]])
    acknowledged_by: str | None = Field(
        description="The id of the acknowledgement that holds for it.", examples=[ASKED_ID]
    )


class Change(Shape):
    """An alert changed its state."""

    id: int = Field(description="Rises from change to change.", examples=[4711])
    at: datetime = Field(description="When.", examples=["2026-03-02T00:05:30Z"])
    to: AlertState = Field(description="Its new state.", examples=["firing"])
    alert: AlertFacts = Field(description="The alert as it stood after that.")


class AlertWithHistory(Shape):
    """An alert, and what became of it."""

    alert: Alert | None = Field(description="As it stands; null if it is inactive.")
    history: list[Change] | None = Field(
        description="Its last changes, the newest first, 100 at most; null if they cannot be read."
    )


class ClusterAge(Shape):
    """How old a cluster's part of an answer is."""

    cluster: str = Field(description="The cluster's name in the configuration.", examples=["main"])
    state: ClusterState = Field(description="As in the list of clusters.", examples=["fresh"])
    as_of: datetime | None = Field(description="The moment that its facts hold for.", examples=["2026-03-02T00:00:30Z"])
    age_s: float | None = Field(ge=0, description="How many seconds ago that was.", examples=[12.4])


class AcrossClusters(Page[Item]):
    """One page of a list over all clusters; a cluster that is waiting or stale is named, not passed over."""

    clusters: list[ClusterAge] = Field(description="The clusters, and how old what they contribute is.")


class Condition(Shape):
    """A value compared with a threshold; one of `above` and `below` is set."""

    value: str = Field(description="Which value.", examples=["lag"])
    above: float | None = Field(description="It holds while the value is above this.", examples=[10000.0])
    below: float | None = Field(description="It holds while the value is below this.", examples=[None])
    clear: float | None = Field(
        description="The threshold of an alert that fires already; null: the condition has no say in its end.",
        examples=[8000.0],
    )
    statistic: Statistic = Field(
        description="`last`: the value itself; otherwise over the last `over_s` seconds.", examples=["last"]
    )
    over_s: float = Field(description="See `statistic`.", examples=[0.0])
    quantile: float = Field(description="Which quantile, for that statistic.", examples=[0.5])


class Threshold(Shape):
    """Other numbers for the condition on one value; null leaves what the rule says."""

    above: float | None = Field(description="Instead of the rule's.", examples=[50000.0])
    below: float | None = Field(description="Instead of the rule's.", examples=[None])
    clear: float | None = Field(description="Instead of the rule's.", examples=[40000.0])


class Override(Shape):
    """What is different for some subjects; of a rule's overrides the first that matches is taken. Null: no difference."""

    cluster: str | None = Field(description="Clusters that match this anchored regular expression.", examples=[None])
    group: str | None = Field(description="Groups that match this one.", examples=["batch-.*"])
    topic: str | None = Field(description="Topics that match this one.", examples=[None])
    enabled: bool | None = Field(description="Whether the rule is evaluated.", examples=[True])
    severity: Severity | None = Field(description="How loud.", examples=["warning"])
    for_s: float | None = Field(description="For how long the conditions must hold.", examples=[3600.0])
    keep_s: float | None = Field(description="For how long it goes on firing.", examples=[None])
    thresholds: dict[str, Threshold] = Field(description="Other thresholds, by the condition's value.", examples=[{}])
    why: str = Field(description="A note for people.", examples=["runs once a night"])
    profile: str = Field(
        description="The profile that it comes from; empty if it was written for this rule.",
        examples=["batch, every 6h"],
    )


class Escalation(Shape):
    """The alert has this severity instead of the rule's while all these conditions hold as well."""

    severity: Severity = Field(description="How loud then.", examples=["emergency"])
    conditions: list[Condition] = Field(description="All of them must hold.")


class EffectiveRule(Shape):
    """What a rule is for the group and the topic that were asked about, or for a part of that."""

    where: str = Field(
        description="For which part of what was asked about; empty: for all of it.", examples=["topic matches __.*"]
    )
    judged: bool = Field(description="Whether the rule is evaluated there.", examples=[True])
    why: str = Field(
        description="The exclusion, override or profile that decides; empty if the rule is as it stands.",
        examples=["profile batch, every 6h"],
    )
    severity: Severity = Field(description="How loud.", examples=["warning"])
    conditions: list[Condition] = Field(description="With the thresholds that hold there.")
    for_s: float = Field(description="For how long they must hold.", examples=[300.0])
    keep_s: float = Field(description="For how long it goes on firing.", examples=[300.0])


class Rule(Shape):
    """A rule as it is in effect, and how many alerts it has."""

    name: str = Field(description="Its name.", examples=["ConsumerLagGrowing"])
    severity: Severity = Field(description="How loud.", examples=["warning"])
    enabled: bool = Field(description="Whether it is evaluated.", examples=[True])
    grain: str = Field(description="What it is judged for; `pair` is a group on a topic.", examples=["pair"])
    conditions: list[Condition] = Field(description="All of them must hold.")
    for_s: float = Field(description="For how long they must hold before it fires.", examples=[300.0])
    keep_s: float = Field(description="For how long it goes on firing after they stopped to hold.", examples=[300.0])
    tolerance: float = Field(
        description="The share of `for_s` during which they may fail without starting over.", examples=[0.0]
    )
    follows_commits: bool = Field(
        description="Whether a group that commits rarely gets a longer `for_s`.", examples=[True]
    )
    escalation: Escalation | None = Field(description="When it is louder.")
    overrides: list[Override] = Field(description="What is different for some subjects.")
    exclude_groups: list[str] = Field(
        description="Groups that are left out (anchored regular expressions).", examples=[["console-consumer-.*"]]
    )
    exclude_topics: list[str] = Field(
        description="Topics that are left out (anchored regular expressions).", examples=[["__.*"]]
    )
    summary: str = Field(
        description="The template of its alerts' summary.",
        examples=["{group} is {lag:,.0f} messages behind on {topic}"],
    )
    cause: str = Field(description="The template of the probable cause.", examples=[""])
    next_step: str = Field(
        description="What to look at first.", examples=["Compare the rates of producing and committing."]
    )
    runbook: str = Field(description="The name of its runbook.", examples=["consumer-lag-growing"])
    labels: dict[str, str] = Field(description="Labels that its alerts carry.", examples=[{"team": "payments"}])
    clusters: list[str] = Field(description="The clusters in which it is in effect like this.", examples=[["main"]])
    effective: list[EffectiveRule] | None = Field(
        description="What it is for the group and the topic that were asked about: of several the first that fits counts. Null if "
        "none was."
    )
    alerts: AlertCounts = Field(description="Its alerts in these clusters, by state.")

"""The rules that are in effect."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from lagwatch.model import alerts as model
from lagwatch.model.alerts import Severity
from lagwatch.model.effective import Effective
from lagwatch.model.latest import Latest
from lagwatch.publish.api.access import Everything
from lagwatch.publish.api.names import matching
from lagwatch.publish.api.paging import Absent, PageQuery, Pattern, choose
from lagwatch.publish.api.problems import documented
from lagwatch.publish.api.routers.clusters import alert_counts
from lagwatch.publish.api.schemas.alerts import Condition, EffectiveRule, Escalation, Override, Rule, Threshold
from lagwatch.publish.api.schemas.base import Page
from lagwatch.publish.api.values import number

router = APIRouter(tags=["alerts"])


class RuleQuery(PageQuery):
    """Which rules, in which order."""

    sort: Literal["rule", "-rule"] = Field(
        "rule", description="`rule`: in the order of the configuration.", examples=["rule"]
    )
    name: Pattern | Absent = Field(
        None, description="Only names that match this pattern (`*`, `?`).", examples=["ConsumerLag*"]
    )
    severity: list[Severity] | Absent = Field(None, description="Only these severities.", examples=[["emergency"]])
    enabled: bool | Absent = Field(None, description="Only rules that are evaluated, or only others.", examples=[True])
    cluster: Pattern | Absent = Field(
        None, description="Only what is in effect in clusters that match this.", examples=["eu-*"]
    )
    group: str | Absent = Field(
        None,
        description="Only rules about groups or topics, and what they are for the group of this name, which need not exist.",
        examples=["billing"],
    )
    topic: str | Absent = Field(None, description="The same for the topic of this name.", examples=["orders"])


@router.get("/rules", responses=documented(422, 503))
async def list_rules(query: Annotated[RuleQuery, Query()], source: Everything) -> Page[Rule]:
    """The rules, once for all clusters in which they are the same."""
    every = source.all()
    asked = matching([latest.cluster for latest in every], query.cluster)
    found = _in_effect([latest for latest, wanted in zip(every, asked, strict=True) if wanted])
    keep = matching([rule.name for rule, _ in found], query.name)
    if query.severity is not None:
        keep &= np.array([rule.severity in query.severity for rule, _ in found], dtype=np.bool_)
    if query.enabled is not None:
        keep &= np.array([rule.enabled == query.enabled for rule, _ in found], dtype=np.bool_)
    variants = None
    if query.group is not None or query.topic is not None:
        insights = source.asked()
        variants = [
            insights.effective(rule, where[0].cluster if len(where) == 1 else None, query.group, query.topic)
            for rule, where in found
        ]
        keep &= np.array([bool(each) for each in variants], dtype=np.bool_)
    rows = choose(query, keep, query.sort)
    items = [_rule(*found[row], None if variants is None else variants[row]) for row in rows.page]
    return Page(total=rows.total, offset=query.offset, limit=query.limit, items=items)


def _in_effect(clusters: list[Latest]) -> list[tuple[model.Rule, list[Latest]]]:
    found: list[tuple[model.Rule, list[Latest]]] = []
    for latest in clusters:
        for rule in latest.rules:
            same = next((where for other, where in found if other == rule), None)
            if same is None:
                found.append((rule, [latest]))
            else:
                same.append(latest)
    return found


def _effective(one: Effective) -> EffectiveRule:
    return EffectiveRule(
        where=one.where,
        judged=one.judged,
        why=one.why,
        severity=one.rule.severity,
        conditions=[_condition(condition) for condition in one.rule.conditions],
        for_s=one.rule.for_s,
        keep_s=one.rule.keep_s,
    )


def _rule(rule: model.Rule, clusters: list[Latest], variants: Sequence[Effective] | None) -> Rule:
    alerts = (
        alert for latest in clusters if latest.verdict for alert in latest.verdict.alerts if alert.rule == rule.name
    )
    escalation = rule.escalation
    return Rule(
        name=rule.name,
        severity=rule.severity,
        enabled=rule.enabled,
        grain=rule.grain,
        conditions=[_condition(condition) for condition in rule.conditions],
        for_s=rule.for_s,
        keep_s=rule.keep_s,
        tolerance=rule.tolerance,
        follows_commits=rule.follows_commits,
        escalation=escalation
        and Escalation(
            severity=escalation.severity, conditions=[_condition(condition) for condition in escalation.conditions]
        ),
        overrides=[_override(override) for override in rule.overrides],
        exclude_groups=list(rule.exclude_groups),
        exclude_topics=list(rule.exclude_topics),
        summary=rule.summary,
        cause=rule.cause,
        next_step=rule.next_step,
        runbook=rule.runbook,
        labels=dict(rule.labels),
        clusters=[latest.cluster for latest in clusters],
        effective=None if variants is None else [_effective(each) for each in variants],
        alerts=alert_counts(alerts),
    )


def _condition(condition: model.Condition) -> Condition:
    clear = condition.clear
    if clear is None:
        clear = condition.below if condition.above is None else condition.above
    return Condition(
        value=condition.value,
        above=number(condition.above),
        below=number(condition.below),
        clear=number(clear),
        statistic=condition.statistic,
        over_s=condition.over_s,
        quantile=condition.quantile,
    )


def _override(override: model.Override) -> Override:
    thresholds = {
        name: Threshold(above=number(t.above), below=number(t.below), clear=number(t.clear))
        for name, t in override.thresholds.items()
    }
    return Override(
        cluster=override.cluster,
        group=override.group,
        topic=override.topic,
        enabled=override.enabled,
        severity=override.severity,
        for_s=override.for_s,
        keep_s=override.keep_s,
        thresholds=thresholds,
        why=override.why,
        profile=override.profile,
    )

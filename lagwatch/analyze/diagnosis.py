"""
Why a group lags: every cause is looked for in one View, and what is found is ranked. Pure.

Nothing of this is done per poll: only somebody who asks about a group, or an alert that is told, pays for it.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Final

from lagwatch.analyze.causes.beyond import beyond_end
from lagwatch.analyze.causes.brokers import broker_fault
from lagwatch.analyze.causes.calm import catching_up, rare_commits, unknown
from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.loss import retention
from lagwatch.analyze.causes.membership import abandoned_topic, rebalancing, stopped
from lagwatch.analyze.causes.speed import flood, hot_partition, slow, too_few_members
from lagwatch.analyze.causes.standstill import open_transaction, stalled, unclear
from lagwatch.model.diagnosis import Diagnosis, Finding
from lagwatch.model.view import View
from lagwatch.model.words import plural

CAUSES: Final[tuple[Callable[[Case], Finding | None], ...]] = (
    broker_fault,
    stopped,
    open_transaction,
    rebalancing,
    stalled,
    retention,
    hot_partition,
    slow,
    flood,
    too_few_members,
    abandoned_topic,
    catching_up,
    rare_commits,
    beyond_end,
)
"""Every cause that can be named; in this order where two are equally sure."""


def diagnosis_of(view: View, name: str) -> Diagnosis | None:
    """Why the group of that name lags; None if there is no such group."""
    groups = view.snapshot.groups
    row = bisect_left(groups, name, key=lambda group: group.name)
    return diagnose(view, row) if row < len(groups) and groups[row].name == name else None


def diagnose(view: View, group: int) -> Diagnosis:
    """Why the group of that row of the group table lags."""
    case = Case.of(view, group)
    found = [finding for cause in CAUSES if (finding := cause(case)) is not None]
    if not found and (open_question := unclear(case) or unknown(case)) is not None:
        found = [open_question]
    findings = tuple(_plain(finding) for finding in sorted(found, key=lambda finding: -finding.certainty))
    return Diagnosis(
        group=case.name,
        lag=case.lag,
        sentence=findings[0].sentence if findings else _nothing(case),
        findings=findings,
    )


def _plain(finding: Finding) -> Finding:
    """With None for every figure that is not known or not in sight."""
    evidence = {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in finding.evidence.items()
    }
    return replace(finding, evidence=evidence)


def _nothing(case: Case) -> str:
    if case.lag is None:
        return _dark(case)
    return f"{case.name} keeps up: {case.lag:,} messages behind." if case.lag else f"{case.name} has read everything."


def _dark(case: Case) -> str:
    if not case.group.known:
        return f"The committed offsets of {case.name} could not be read: its lag is not known."
    if case.topics:
        return f"The lag of {case.name} is not known: where the logs end could not be read."
    live = f", although it has {plural(case.members, 'member')}" if case.members > 0 else ""
    return f"{case.name} has no committed offsets{live}: without commits its lag cannot be known."

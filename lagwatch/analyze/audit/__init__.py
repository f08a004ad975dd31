"""The audit: settings of brokers, topics and groups against good practice. Pure; judged when somebody asks, not in every poll."""

from lagwatch.analyze.audit import brokers, clients, deprecated, groups, internal, limits, logs, topics, unseen
from lagwatch.analyze.audit.facts import Facts
from lagwatch.analyze.audit.rule import Judged
from lagwatch.model.audit import AuditFinding, AuditReport, AuditRule
from lagwatch.model.view import View

RULES: tuple[Judged, ...] = (
    *topics.RULES,
    *logs.RULES,
    *internal.RULES,
    *brokers.RULES,
    *limits.RULES,
    *deprecated.RULES,
    *groups.RULES,
    *clients.RULES,
    *unseen.RULES,
)
"""All rules, by what they are about."""

ADVICE: tuple[AuditRule, ...] = clients.ADVICE


def audit(view: View) -> AuditReport:
    """What all rules say of a view, the worst first, then in the order of the rules and of the subjects."""
    facts = Facts(view)
    findings = [
        AuditFinding(
            rule=judged.rule,
            level=hit.level or judged.rule.level,
            subject=hit.subject,
            message=hit.message,
            command=hit.command,
        )
        for judged in RULES
        for hit in judged.judge(facts)
    ]
    findings.sort(key=lambda finding: -finding.level.weight)
    return AuditReport(
        cluster=view.snapshot.cluster,
        cluster_id=view.snapshot.cluster_id,
        at=view.snapshot.at,
        rules=tuple(judged.rule for judged in RULES),
        findings=tuple(findings),
        advice=ADVICE,
    )


__all__ = ["ADVICE", "RULES", "audit"]

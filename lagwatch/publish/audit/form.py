"""An audit's report as JSON, with the names of the REST API. Pure."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lagwatch.model.audit import AuditFinding, AuditReport, AuditRule, Level


def as_json(report: AuditReport) -> str:
    """The whole report as one JSON document."""
    return json.dumps(document(report), ensure_ascii=False, indent=2)


def document(report: AuditReport) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "cluster": report.cluster,
        "cluster_id": report.cluster_id,
        "as_of": moment(report.at),
        "counts": counts(report.findings),
        "findings": [finding_form(finding) for finding in report.findings],
        "suppressed": [finding_form(finding) for finding in report.suppressed],
        "advice": [advice_form(rule) for rule in report.advice],
    }


def finding_form(finding: AuditFinding) -> dict[str, Any]:
    """One finding; what is not there is null."""
    rule = finding.rule
    return {
        "rule": rule.id,
        "level": finding.level.value,
        "kind": rule.kind.value,
        "subject": finding.subject,
        "title": rule.title,
        "message": finding.message,
        "why": rule.why,
        "mend": rule.mend,
        "command": finding.command or None,
        "page": rule.page,
        "suppressed": finding.suppressed,
    }


def advice_form(rule: AuditRule) -> dict[str, Any]:
    """One piece of advice."""
    return {"rule": rule.id, "title": rule.title, "why": rule.why, "mend": rule.mend, "page": rule.page}


def counts(findings: Iterable[AuditFinding]) -> dict[str, int]:
    """How many findings there are of each level, the worst first."""
    found = Counter(finding.level for finding in findings)
    return {level.value: found[level] for level in Level}


def moment(at: float) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

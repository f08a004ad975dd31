"""
An audit's report as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), for what collects findings. Pure.

A cluster has no files: a finding's place is a logical location (cluster/topic/orders), and beside it a file of that name which is
none, because some readers accept nothing without. What could not be seen is a result of kind "open", which has no level.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lagwatch import __version__
from lagwatch.model.audit import AuditFinding, AuditReport, AuditRule, Level
from lagwatch.publish.audit.form import moment

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: Mapping[Level, str] = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.NOTE: "note",
    Level.UNKNOWN: "none",
}


def as_sarif(report: AuditReport) -> str:
    """The whole report as one SARIF log with one run."""
    index = {rule.id: place for place, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "lagwatch",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "automationDetails": {"id": f"lagwatch-audit/{report.cluster}/{moment(report.at)}"},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": moment(report.at)}],
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(report, finding, index[finding.rule.id]) for finding in (*report.findings, *report.suppressed)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(rule: AuditRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": f"{rule.check} {rule.why}"},
        "help": {"text": f"{rule.mend} See {rule.page}."},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {"tags": ["kafka", rule.kind.value]},
    }


def _result(report: AuditReport, finding: AuditFinding, index: int) -> dict[str, Any]:
    name = f"{report.cluster}/{finding.rule.kind.value}/{finding.subject}"
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "kind": "open" if finding.level is Level.UNKNOWN else "fail",
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.subject}: {finding.message}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(f"kafka/{name}")}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": finding.subject, "fullyQualifiedName": name, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"lagwatchFinding/v1": _fingerprint(report, finding)},
        # 3.27.23: of a run's results all have the property or none; empty says that it is not suppressed
        "suppressions": []
        if finding.suppressed is None
        else [{"kind": "external", "justification": finding.suppressed}],
    }
    if finding.command:
        result["properties"] = {"command": finding.command}
    return result


def _fingerprint(report: AuditReport, finding: AuditFinding) -> str:
    """The same for the same finding in every audit, whatever its figures are."""
    parts = (report.cluster_id or report.cluster, finding.rule.id, finding.subject)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()

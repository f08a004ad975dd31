"""A report as JSON, SARIF, Markdown and text: complete, valid, and with nothing in it that a name could turn into markup."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import jsonschema_rs
import pytest
from rich.console import Console

from lagwatch.analyze.audit import RULES, audit
from lagwatch.cli.audit_text import SHOWN, show
from lagwatch.model.audit import Level, Suppression
from lagwatch.model.snapshot import Gap, Group
from lagwatch.publish.audit import as_json, as_markdown, as_sarif
from tests.support.audited import BILLING, DAY_S, gone, good

WILD = "wild`group` \x1b[2J*|<b>\n'; rm -rf /"
SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text())


@pytest.fixture(scope="module")
def report():
    """An error, a warning, a note, something unknown, something suppressed, and a name that is none."""
    topics = {
        f"quiet-{number}": {"cleanup.policy": "compact", "max.compaction.lag.ms": str(2**63 - 1)}
        for number in range(12)
    }
    empty = Group(name=WILD, type="classic", state="Empty", protocol_type="consumer", member_count=0)
    seen = good(
        topics={"orders": {"min.insync.replicas": "3"}, **topics},
        groups=[BILLING, empty],
        gaps=[Gap(part="log_dirs", reason="REQUEST_TIMED_OUT", broker=2, hint="look at its disks")],
        one_broker={"num.partitions": "1"},
    )
    found = audit(gone(seen, 5 * DAY_S))
    return found.without([Suppression("broker-settings-.*", why="an upgrade is under way")])


def test_json_has_everything_with_the_names_of_the_api(report):
    found = json.loads(as_json(report))
    assert (found["cluster"], found["cluster_id"], found["as_of"]) == ("main", "c1", "2026-02-25T06:13:20Z")
    assert found["counts"] == {"error": 1, "warning": 1, "unknown": 1, "note": 12}
    assert len(found["findings"]) == 15
    (apart,) = found["suppressed"]
    assert (apart["rule"], apart["suppressed"]) == ("broker-settings-differ", "an upgrade is under way")
    first = found["findings"][0]
    assert (first["rule"], first["level"], first["kind"], first["subject"]) == (
        "topic-min-insync-all",
        "error",
        "topic",
        "orders",
    )
    assert first["page"] == "docs/audit.md#topic-min-insync-all"
    assert first["command"].startswith("kafka-configs.sh --bootstrap-server kafka-1:9092,")
    assert {each["rule"] for each in found["advice"]} >= {"advice-acks", "advice-manual-commits"}


def test_sarif_is_valid_and_complete(report):
    log = json.loads(as_sarif(report))
    jsonschema_rs.validator_for(SCHEMA, validate_formats=True).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [judged.rule.id for judged in RULES]
    assert len(run["results"]) == 16
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        # SARIF 2.1.0, 3.27.10: a result of another kind than "fail" has the level "none".
        assert (result["kind"] == "fail") == (result["level"] != "none")
    (open_one,) = [result for result in run["results"] if result["kind"] == "open"]
    assert open_one["ruleId"] == "unseen"
    (apart,) = [result for result in run["results"] if result["suppressions"]]
    assert apart["suppressions"] == [{"kind": "external", "justification": "an upgrade is under way"}]
    assert run["results"][0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "main/topic/orders"


def test_a_sarif_finding_keeps_its_fingerprint_when_its_figures_change(report):
    def prints(found):
        results = json.loads(as_sarif(found))["runs"][0]["results"]
        return {each["partialFingerprints"]["lagwatchFinding/v1"] for each in results}

    later = replace(report, at=report.at + 99, findings=tuple(replace(f, message="other.") for f in report.findings))
    assert prints(report) == prints(later)
    assert len(prints(report)) == 16


def test_an_empty_report_is_valid_too():
    nothing = audit(good())
    jsonschema_rs.validator_for(SCHEMA, validate_formats=True).validate(json.loads(as_sarif(nothing)))
    assert json.loads(as_json(nothing))["findings"] == []
    assert "nothing found" in as_markdown(nothing)


def test_markdown_names_every_finding_and_escapes_names(report):
    page = as_markdown(report)
    assert "1 error, 1 warning, 1 unknown, 12 note" in page
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Error",
        "## Warning",
        "## Unknown",
        "## Note",
        "## Suppressed",
        "## Advice",
    ]
    assert "**wild\\`group\\`" in page
    assert "\\*\\|\\<b\\>" in page
    assert page.count("```sh") == sum(bool(finding.command) for finding in report.findings)
    assert "an upgrade is under way" in page


def test_a_command_with_a_fence_in_it_stays_one_block():
    empty = Group(name="a```b", type="classic", state="Empty", protocol_type="consumer", member_count=0)
    page = as_markdown(audit(gone(good(groups=[empty]), 5 * DAY_S)))
    assert "````sh" in page


def shown(report, *, everything=False) -> str:
    page = StringIO()
    show(report, Console(file=page, width=80), everything=everything)
    return page.getvalue()


def test_text_shows_the_worst_first_and_some_subjects_of_each_rule(report):
    page = shown(report)
    assert page.startswith("ERROR  min.insync.replicas leaves no room  docs/audit.md#topic-min-insync-all\n")
    assert page.index("WARNING") < page.index("UNKNOWN") < page.index("NOTE")
    assert f"and {12 - SHOWN} more (--all)" in page
    assert ("quiet-7" in page, "quiet-8" in page, "quiet-9" in page) == (True, False, False)
    assert page.splitlines()[-1].startswith(
        "main as of 2026-02-25T06:13:20Z: 1 error, 1 warning, 1 unknown, 12 notes, 1 finding suppressed;"
    )
    whole = shown(report, everything=True)
    assert "quiet-9" in whole
    assert "suppressed: num.partitions: Brokers with different settings (an upgrade is under way)" in whole


def test_text_is_not_wrapped_and_a_name_cannot_move_the_cursor(report):
    page = shown(report)
    assert "\x1b" not in page
    command = next(finding.command for finding in report.findings if finding.rule.id == "topic-min-insync-all")
    assert f"      {command}\n" in page


def test_a_very_long_command_is_cut_unless_all_is_wanted():
    many = {f"t{number}": {"min.insync.replicas": "1"} for number in range(40)}
    seen = good(topics=many, replicas=dict.fromkeys(many, (1, 2)), brokers={"min.insync.replicas": "1"})
    found = audit(seen)
    assert "... (the whole of it: --all, or --format json)" in shown(found)
    assert "t39" in shown(found, everything=True)


def test_suppressions_take_whole_ids_and_whole_subjects(report):
    def left(*suppressions: Suppression) -> int:
        return len(report.without(suppressions).findings)

    assert left() == 15
    assert left(Suppression("topic-compaction")) == 15
    assert left(Suppression("topic-compaction-.*", "quiet-[0-4]")) == 10
    assert left(Suppression(".*")) == 0
    assert len(report.without([Suppression(".*", why="all")]).suppressed) == 16


def test_unknown_counts_as_much_as_a_warning(report):
    assert [len(report.at_least(level)) for level in (Level.ERROR, Level.WARNING, Level.UNKNOWN, Level.NOTE)] == [
        1,
        3,
        3,
        15,
    ]

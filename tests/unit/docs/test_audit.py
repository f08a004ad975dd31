"""The page about the audit is held to its rules, and shows what can be done."""

import re
from pathlib import Path

import yaml

from lagwatch.analyze.audit import ADVICE, RULES
from lagwatch.analyze.audit.doc import as_markdown
from tests.support.settings import settings

PAGE = (Path(__file__).parents[3] / "docs" / "audit.md").read_text()


def test_the_page_has_a_section_for_every_rule_as_it_is():
    # .venv/bin/python -c "from lagwatch.analyze.audit.doc import as_markdown; print(as_markdown(), end='')"
    assert PAGE.endswith(as_markdown()), "write docs/audit.md anew from '## Topics' on: the command is in this test"


def test_every_rule_has_an_anchor_where_findings_point_to():
    anchors = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert sorted(anchors) == sorted([*(judged.rule.id for judged in RULES), *(rule.id for rule in ADVICE)])
    assert all(rule.page.endswith(f"#{rule.id}") for rule in ADVICE)


def test_the_settings_that_it_shows_can_be_used():
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    shown = settings(f"bootstrap: a:1\n{text}").audit.suppressions()
    assert [each.rule for each in shown] == ["topic-retention-none", "topic-min-insync-one"]
    assert {each.rule for each in shown} <= {judged.rule.id for judged in RULES}
    assert yaml.safe_load(text)["audit"]["suppress"][0]["why"] == shown[0].why

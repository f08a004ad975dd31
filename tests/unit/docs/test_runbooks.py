"""Every rule has its runbook, and what a runbook says can be done as it says."""

import re

import pytest
import typer
from typer.testing import CliRunner

from lagwatch.cli import build
from lagwatch.config import default_rules
from tests.support import runbooks
from tests.support.markdown import blocks, commands
from tests.support.settings import settings

PAGES = sorted(page for page in runbooks.FOLDER.glob("*.md") if page != runbooks.INDEX)
EVERY = [*PAGES, runbooks.INDEX]
RULES = {rule.runbook: rule for rule in default_rules()}
HEADINGS = [
    "When it fires",
    "Look first",
    "Likely causes",
    "What to do",
    "When to silence it",
    "False alarms",
]
COMMANDS = typer.main.get_command(build()).commands
WRITE_ANEW = "run: .venv/bin/python -m tests.support.runbooks"


def named(pages):
    return pytest.mark.parametrize("page", pages, ids=[page.stem for page in pages])


def test_every_rule_has_a_page_of_its_own_and_every_page_its_rule():
    assert len(RULES) == len(default_rules())
    assert {page.stem for page in PAGES} == RULES.keys()


@named(PAGES)
def test_a_page_has_what_is_looked_for_at_night_in_the_same_order_and_is_short(page):
    text = page.read_text()
    assert text.startswith(f"# {RULES[page.stem].name}\n\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    parts = re.split(r"^## .*\n", text, flags=re.MULTILINE)
    assert all(len(part.strip()) > 20 for part in parts)
    assert commands(page)
    assert len(text.splitlines()) <= 110


@named(PAGES)
def test_a_page_tells_exactly_when_its_rule_fires(page):
    (section,) = runbooks.SECTION.findall(page.read_text())
    assert section == runbooks.section(RULES[page.stem]), WRITE_ANEW


def test_the_list_of_all_is_complete():
    assert runbooks.TABLE.search(runbooks.INDEX.read_text())[0] == runbooks.rows(), WRITE_ANEW


@named(EVERY)
def test_every_link_leads_to_a_page(page):
    for target in re.findall(r"\]\((.*?)\)", page.read_text()):
        assert (page.parent / target).is_file(), target


@named(PAGES)
def test_every_example_of_a_configuration_is_right_and_one_of_them_tunes_the_rule(page, tmp_path):
    examples = blocks(page, "yaml")
    files = [tmp_path / f"{number}.yaml" for number in range(len(examples))]
    for file, example in zip(files, examples, strict=True):
        file.write_text(example)
    done = CliRunner().invoke(build(), ["check", *map(str, files)])
    assert done.exit_code == 0, done.output
    assert any(RULES[page.stem].name in settings(example).rules for example in examples)


@named(EVERY)
def test_every_command_of_ours_is_one_that_there_is(page):
    for words in commands(page):
        if words[0] == "lagwatch":
            COMMANDS[words[1]].make_context(words[1], words[2:])
        else:
            assert re.fullmatch(r"curl|kafka-[a-z-]+\.sh", words[0]), words[0]


def test_no_page_names_a_command_that_is_not_in_a_shell_block():
    for page in EVERY:
        for name in re.findall(r"`lagwatch ([a-z]+)", page.read_text()):
            assert name in COMMANDS

"""What docs/diagnosis.md says of causes, limits and commands is what the code does."""

import re

import typer
from typer.testing import CliRunner

from lagwatch.analyze.causes import loss, on_topic, speed, uneven
from lagwatch.analyze.diagnosis import CAUSES
from lagwatch.analyze.growth import WINDOW_S
from lagwatch.analyze.usual import PREFETCHED, REMEMBERED
from lagwatch.cli import build
from lagwatch.model.diagnosis import Cause
from lagwatch.model.kinds import LOOPS
from tests.support.markdown import commands
from tests.support.runbooks import FOLDER

PAGE = FOLDER.parent / "diagnosis.md"
TEXT = re.sub(r"\s+", " ", PAGE.read_text())


def rows(heading):
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_cause_has_its_row_in_the_order_in_which_they_are_looked_for():
    assert [row[0] for row in rows("The causes")] == [
        f"`{name}`" for name in (*(each.__name__ for each in CAUSES), "unknown")
    ]
    assert {row[0].strip("`") for row in rows("The causes")} == {cause.value for cause in Cause}


def test_what_looks_alike_are_causes():
    for row in rows("What looks alike"):
        assert set(re.findall(r"`(\w+)`", row[1])) <= {cause.value for cause in Cause}


def test_the_limits_are_those_of_the_code():
    assert f"({WINDOW_S * PREFETCHED:.0f} s of 5 minutes)" in TEXT
    assert f"a fifth of the window ({WINDOW_S * on_topic.STILL:.0f} s)" in TEXT
    assert WINDOW_S * REMEMBERED == 3600
    assert f"rebalanced more than {LOOPS} times" in TEXT
    assert f"within {loss.SOON_S / 3600:.0f} hours, or more than {loss.FULL:.0%}" in TEXT
    assert f"{uneven.MOST_OF_IT:.0%} of the lag" in TEXT
    assert uneven.FEW == 1 / 4
    assert f"more than {uneven.MORE} times their share" in TEXT
    assert f"less than {speed.FELL} times the usual" in TEXT
    assert f"more than {speed.ROSE} times the usual comes in" in TEXT


def test_every_command_is_one_that_there_is_and_the_exit_codes_are_those_of_its_help():
    ours = [words for words in commands(PAGE) if words[0] == "lagwatch"]
    assert len(ours) == 2
    for words in ours:
        typer.main.get_command(build()).commands[words[1]].make_context(words[1], words[2:])
    told = " ".join(CliRunner().invoke(build(), ["why", "--help"]).stdout.split())
    sentence = re.search(r"exits with (0 if the group keeps up.*?usage error\.)", TEXT)[1]
    assert sentence in re.sub(r"[│╭╰─╮╯]", "", told).replace("  ", " ")

"""What an installation brings along is pinned, all of it, and nothing else is."""

from tests.support.requirements import ROOT, closure, pins, required

WRITE_ANEW = "run: .venv/bin/python -m tests.support.requirements > constraints.txt"


def test_everything_that_an_installation_brings_along_is_pinned_to_what_was_tested():
    assert pins((ROOT / "constraints.txt").read_text()) == closure(), WRITE_ANEW


def test_a_requirement_of_ours_has_one_version_everywhere():
    assert required().items() <= pins((ROOT / "constraints.txt").read_text()).items(), WRITE_ANEW

import doctest

from lagwatch.model import releases


def test_the_examples_of_the_names_are_true():
    assert doctest.testmod(releases).failed == 0


def test_every_level_has_a_name_of_its_own():
    names = [releases.metadata_version(level) for level in range(40)]
    assert len(set(names)) == 40
    assert names[6] == "level 6"
    assert names[25] == "4.0-IV3"

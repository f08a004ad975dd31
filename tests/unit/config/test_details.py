"""Which slow facts are read."""

import pytest
import yaml

from lagwatch.collect.details.options import ALL_PARTS
from lagwatch.config import load


def parts(tmp_path, details, **environ):
    file = tmp_path / "lagwatch.yaml"
    file.write_text(yaml.safe_dump({"bootstrap": "kafka:9092", "details": details}))
    return load(file, environ, {}).clusters[0].details.parts()


def test_all_parts_are_read_unless_something_else_is_said(tmp_path):
    assert parts(tmp_path, {}) == ALL_PARTS
    assert load(None, {"LAGWATCH_BOOTSTRAP": "kafka:9092"}, {}).clusters[0].details.parts() == ALL_PARTS


@pytest.mark.parametrize("nothing", [False, {"enabled": False}, {"enabled": False, "log_dirs": True}])
def test_all_can_be_turned_off_at_once(tmp_path, nothing):
    assert parts(tmp_path, nothing) == frozenset()


def test_each_part_can_be_turned_off(tmp_path):
    assert parts(tmp_path, {"log_dirs": False}) == ALL_PARTS - {"log_dirs"}
    assert parts(tmp_path, {}, LAGWATCH_DETAILS__TRANSACTIONS="no") == ALL_PARTS - {"transactions"}

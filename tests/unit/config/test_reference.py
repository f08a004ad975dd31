"""The reference that `lagwatch config` prints is held to the settings."""

import re
from collections.abc import Iterator
from itertools import pairwise

import yaml
from pydantic import BaseModel

from lagwatch.config import Settings, default_rules, effective_rules
from lagwatch.config.reference import reference
from lagwatch.config.ruleset import RuleSettings
from lagwatch.config.schema import infos
from tests.support.settings import parse, settings

TEXT = reference()
LINES = TEXT.splitlines()
RULES = [line.removeprefix("  # ") for line in LINES[LINES.index("rules:") + 1 : LINES.index("webhook:")]]
BODY = LINES[: LINES.index("rules:")] + LINES[LINES.index("webhook:") :]
EXAMPLE = re.compile(r"(\s+)# ([a-z_]+: .*)")
KEY = re.compile(r"\s*(?:# )?\s*(?:- )?([a-z_]+):")


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for _, _, node in infos(model):
        if node.model is not None:
            yield from sections(node.model)


def test_read_as_a_file_it_gives_the_defaults_and_one_cluster():
    assert (
        settings(TEXT)
        == settings("bootstrap: localhost:9092")
        == Settings.model_validate({"clusters": [{"bootstrap": "localhost:9092"}]})
    )


def test_every_setting_is_there_and_has_a_description():
    shown = {match[1] for line in LINES if (match := KEY.match(line.replace("#   ", "# ")))}
    for section in {*sections(Settings)}:
        assert section.__doc__
        for key, info, _ in infos(section):
            assert info.description
            assert info.description.endswith(".")
            assert key in shown


def test_every_setting_stands_under_its_comment():
    for before, line in pairwise(BODY):
        if KEY.match(line) and (EXAMPLE.fullmatch(line) or not line.lstrip().startswith("#")):
            assert before.lstrip().startswith("# "), line


def test_every_example_can_be_used():
    """Each setting without a default, with its example: wrong is only that a file is not there, or what belongs with it."""
    examples = [(number, match) for number, line in enumerate(BODY) if (match := EXAMPLE.fullmatch(line))]
    assert len(examples) >= 15
    for number, match in examples:
        found, problems = parse("\n".join([*BODY[:number], match[1] + match[2], *BODY[number + 1 :]]))
        assert found is not None, problems


def test_the_rules_that_it_shows_are_the_rules_as_they_are():
    shown = yaml.safe_load("\n".join(line for line in RULES if re.match(r"[A-Z]\w+: \{", line)))
    assert list(shown) == [rule.name for rule in default_rules()]
    assert effective_rules(settings(f"bootstrap: a:1\nrules: {shown}".replace("True", "true"))) == default_rules()


def test_the_rule_that_it_shows_whole_is_a_rule():
    example = yaml.safe_load("\n".join(RULES[RULES.index("Example:") :]))["Example"]
    assert set(example) == {key for key, _, _ in infos(RuleSettings)}
    assert isinstance(RuleSettings.model_validate(example), RuleSettings)


def test_a_rule_can_be_changed_where_the_reference_shows_it():
    text = TEXT.replace("  # ConsumerLagHigh: {enabled: true", "  ConsumerLagHigh: {enabled: false")
    assert text != TEXT
    changed = [rule for rule in effective_rules(settings(text)) if rule not in default_rules()]
    assert [(rule.name, rule.enabled) for rule in changed] == [("ConsumerLagHigh", False)]

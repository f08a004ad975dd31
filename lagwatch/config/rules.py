"""The rules that are judged: those of alerts/lagwatch.yaml, changed by the configuration, and rules of one's own."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path as File
from string import Formatter
from typing import Any, Final

import yaml
from pydantic import ValidationError

from lagwatch.config.checks import Finding
from lagwatch.config.problems import near_miss
from lagwatch.config.profiles import with_profiles
from lagwatch.config.ruleset import ConditionSettings, OverrideSettings, RuleSettings, ThresholdSettings
from lagwatch.config.schema import Path
from lagwatch.config.section import Section
from lagwatch.config.settings import Settings
from lagwatch.config.values import Name
from lagwatch.errors import ConfigurationError
from lagwatch.judge.columns import COLUMNS
from lagwatch.judge.explain import NAMES, WORDS
from lagwatch.judge.wording import worded
from lagwatch.model.alerts import Condition, Escalation, Match, Override, Rule, Severity, Statistic, Threshold

_PACKAGE: Final = File(__file__).resolve().parent.parent
_PLACES: Final = (_PACKAGE / "alerts" / "lagwatch.yaml", _PACKAGE.parent / "alerts" / "lagwatch.yaml")
"""The rules in an installed package, and in a checkout, where people read and change them."""
_OF_ONES_OWN: Final = ("severity", "grain", "conditions", "for_s", "summary")
_SAME: Final = (
    "enabled",
    "for_s",
    "keep_s",
    "grain",
    "tolerance",
    "follows_commits",
    "summary",
    "cause",
    "next_step",
    "runbook",
)
"""Fields that a Rule takes over as they are."""
_TEMPLATES: Final = ("summary", "cause", "next_step")


class _NamedRule(RuleSettings):
    name: Name


class _RuleFile(Section):
    rules: tuple[_NamedRule, ...]


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that lagwatch comes with, as alerts/lagwatch.yaml has them."""
    place = next((place for place in _PLACES if place.is_file()), None)
    if place is None:
        raise ConfigurationError(f"the rules are missing: no file {_PLACES[0]}; install lagwatch again")
    try:
        file = _RuleFile.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{place} does not hold rules: {error}") from error
    problems = [problem for rule in file.rules for problem in rule_findings(rule.name, rule, None)]
    if problems:
        raise ConfigurationError(f"{place} holds rules that contradict themselves: {problems}")
    return tuple(_composed(rule.name, rule, None) for rule in file.rules)


def effective_rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules with the changes and the profiles of a configuration, in their order; rules of one's own come last."""
    known = {rule.name: rule for rule in default_rules()}
    changed = {name: _composed(name, given, known.get(name)) for name, given in settings.rules.items()}
    return tuple(with_profiles(rule, settings.profiles) for rule in {**known, **changed}.values())


def findings(rules: Mapping[str, Any]) -> Iterator[Finding]:
    """What the changes say wrongly about the rules they change; rules that are wrong in themselves are reported elsewhere."""
    known = {rule.name: rule for rule in default_rules()}
    for name, raw in rules.items():
        given, wrong = _as_far_as_valid(raw)
        if given is None:
            continue
        path = ("rules", name)
        if name not in known and not given.model_fields_set & {"grain", "conditions"}:
            yield path, f"not a rule{near_miss(name, known) or f' (expected one of {_names(known)})'}"
            continue
        for inner, expected in rule_findings(name, given, known.get(name)):
            if inner[0] not in wrong:
                yield (*path, *inner), expected


def _names(known: Iterable[str]) -> str:
    return ", ".join(known)


def _as_far_as_valid(raw: Any) -> tuple[RuleSettings | None, set[str | int]]:
    """One rule without its keys that are wrong in themselves, and these keys; None if too little is left to judge the rest."""
    try:
        return RuleSettings.model_validate(raw), set()
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
    if not wrong or wrong & {"grain", "conditions", "escalation"}:
        return None, wrong
    return RuleSettings.model_validate({key: value for key, value in raw.items() if key not in wrong}), wrong


def rule_findings(name: str, given: RuleSettings, base: Rule | None) -> Iterator[Finding]:
    """What is wrong with one rule or one change; paths begin within the rule."""
    missing = [] if base else [field for field in _OF_ONES_OWN if getattr(given, field) is None]
    for field in missing:
        key = RuleSettings.model_fields[field].alias or field
        yield (key,), f"missing, expected in a rule of your own (there is no rule {name} to change)"
    grain = given.grain or (base.grain if base else None)
    own = [(("conditions", at), condition) for at, condition in enumerate(given.conditions or ())]
    extra = given.escalation.conditions if given.escalation else ()
    more = [(("escalation", "conditions", at), condition) for at, condition in enumerate(extra)]
    wrong = [finding for path, condition in own + more for finding in _condition_findings(path, condition, grain)]
    yield from wrong
    if missing or wrong:
        return
    rule = _composed(name, given.model_copy(update={"thresholds": {}}), base)
    yield from _template_findings(rule)
    yield from _threshold_findings(("thresholds",), given.thresholds, rule)
    for at, override in enumerate(given.overrides or ()):
        yield from _threshold_findings(("overrides", at, "thresholds"), override.thresholds, rule)


def _condition_findings(path: Path, condition: ConditionSettings, grain: str | None) -> Iterator[Finding]:
    if grain is not None and condition.value not in COLUMNS[grain]:
        known = COLUMNS[grain]
        yield (*path, "value"), f"expected one of {', '.join(sorted(known))}{near_miss(condition.value, known)}"
    if (condition.above is None) == (condition.below is None):
        yield path, "expected either above or below"
    elif _on_wrong_side(condition.above, condition.below, condition.clear):
        yield (*path, "clear"), _side(condition.above, condition.below)
    if condition.statistic != "last" and condition.over_s == 0:
        yield (*path, "over"), f"missing, expected with statistic {condition.statistic}, such as 10m"


def _threshold_findings(path: Path, thresholds: Mapping[str, ThresholdSettings], rule: Rule) -> Iterator[Finding]:
    conditions = {condition.value: condition for condition in rule.conditions}
    for value, given in thresholds.items():
        here, condition = (*path, value), conditions.get(value)
        if condition is None:
            yield here, f"expected one of {', '.join(conditions)}{near_miss(value, conditions)}"
            continue
        wrong, right = ("below", "above") if condition.below is None else ("above", "below")
        if getattr(given, wrong) is not None:
            yield (*here, wrong), f"expected {right}, as rule {rule.name} has it"
            continue
        changed = _with_threshold(condition, _threshold(given))
        if _on_wrong_side(changed.above, changed.below, changed.clear):
            key = "clear" if given.clear is not None else right
            inherited = (
                "" if given.clear is not None else f", or a clear beside it: that of {rule.name} is {changed.clear:g}"
            )
            mirrored = _side(changed.above, changed.below) if given.clear is not None else _other_side(changed)
            yield (*here, key), f"{mirrored}{inherited}"


def _template_findings(rule: Rule) -> Iterator[Finding]:
    """What the judge could not word; numbers are formatted as floats there."""
    sample: dict[str, object] = {}
    sample |= dict.fromkeys((*NAMES[rule.grain], *WORDS[rule.grain]), "x")
    sample |= dict.fromkeys(COLUMNS[rule.grain], 1.0)
    for key in _TEMPLATES:
        template = getattr(rule, key)
        try:
            worded(template, sample)
            unknown = {name for _, name, _, _ in Formatter().parse(template) if name is not None} - sample.keys()
        except (ValueError, RecursionError) as error:
            yield (key,), f"expected a text with names in braces ({error})"
            continue
        if unknown:
            yield (key,), f"expected in braces only {', '.join(sample)}{near_miss(min(unknown), sample)}"


def _on_wrong_side(above: float | None, below: float | None, clear: float | None) -> bool:
    if clear is None:
        return False
    return (above is not None and clear > above) or (below is not None and clear < below)


def _side(above: float | None, below: float | None) -> str:
    return (
        f"expected at most {above:g}, the threshold above"
        if above is not None
        else f"expected at least {below:g}, the threshold below"
    )


def _other_side(condition: Condition) -> str:
    clear = condition.clear if condition.clear is not None else math.nan
    return f"expected at least {clear:g}" if condition.above is not None else f"expected at most {clear:g}"


def _composed(name: str, given: RuleSettings, base: Rule | None) -> Rule:
    """The rule of that name with what is given; `given` has no findings."""
    changes: dict[str, Any] = {field: value for field in _SAME if (value := getattr(given, field)) is not None}
    if given.severity is not None:
        changes["severity"] = Severity(given.severity)
    if given.match is not None:
        changes["match"] = Match(given.match)
    if given.exclude is not None:
        changes |= {"exclude_groups": given.exclude.groups, "exclude_topics": given.exclude.topics}
    if given.conditions is not None:
        changes["conditions"] = tuple(_condition(each) for each in given.conditions)
    if given.escalation is not None:
        conditions = tuple(_condition(each) for each in given.escalation.conditions)
        changes["escalation"] = Escalation(severity=Severity(given.escalation.severity), conditions=conditions)
    if given.overrides is not None:
        changes["overrides"] = tuple(_override(each) for each in given.overrides)
    made: dict[str, Any] = {"name": name, "keep_s": 0.0} | changes
    rule = replace(base, **changes) if base else Rule(**made)
    thresholds = {value: _threshold(each) for value, each in given.thresholds.items()}
    conditions = tuple(_with_threshold(each, thresholds.get(each.value, Threshold())) for each in rule.conditions)
    return replace(rule, conditions=conditions, labels={**rule.labels, **given.labels})


def _condition(given: ConditionSettings) -> Condition:
    values = {field.name: getattr(given, field.name) for field in fields(Condition)}
    return Condition(**values | {"statistic": Statistic(given.statistic)})


def _override(given: OverrideSettings) -> Override:
    values = {field.name: getattr(given, field.name) for field in fields(Override) if field.name != "profile"}
    severity = Severity(given.severity) if given.severity is not None else None
    return Override(
        **values | {"severity": severity, "thresholds": {v: _threshold(each) for v, each in given.thresholds.items()}}
    )


def _threshold(given: ThresholdSettings) -> Threshold:
    return Threshold(above=given.above, below=given.below, clear=given.clear)


def _with_threshold(condition: Condition, change: Threshold) -> Condition:
    given = {field.name: value for field in fields(Threshold) if (value := getattr(change, field.name)) is not None}
    return replace(condition, **given)

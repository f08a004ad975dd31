"""
The section "When it fires" of every runbook, made from the rule itself, so that it is never out of date.

`python -m tests.support.runbooks` writes these sections anew after a rule has changed.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from lagwatch.config import default_rules
from lagwatch.config.values import format_duration
from lagwatch.judge.columns import COLUMNS
from lagwatch.model.alerts import Condition, Match, Rule, Statistic

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"
INDEX = FOLDER / "README.md"
TABLE = re.compile(r"(?<=\|---\|---\|---\|\n).*?(?=\n\n)", re.DOTALL)
SECTION = re.compile(r"(?<=\n## When it fires\n).*?(?=\n## )", re.DOTALL)

_EACH = {
    "cluster": "every cluster",
    "topic": "every topic",
    "group": "every group",
    "pair": "every group on every topic",
    "partition": "every group on every partition",
    "receiver": "every receiver of notices",
}


def section(rule: Rule) -> str:
    """What stands between the heading and the next one."""
    paragraphs = [_judged(rule), f"{_fires(rule)}\n\n" + "\n".join(_conditions(rule)), _ends(rule), *_more(rule)]
    return "\n" + "\n\n".join(paragraphs) + "\n"


def _judged(rule: Rule) -> str:
    left_out = [
        f"{kind} {' and '.join(f'`{name}`' for name in names)}"
        for kind, names in (("groups", rule.exclude_groups), ("topics", rule.exclude_topics))
        if names
    ]
    but = f", but not for {' and '.join(left_out)}" if left_out else ""
    return f"Severity **{rule.severity}**, judged for {_EACH[rule.grain]}{but}." + (
        "" if rule.enabled else " **Off by default.**"
    )


def _fires(rule: Rule) -> str:
    one = len(rule.conditions) == 1
    what = "this" if one else "all of this" if rule.match is Match.ALL else "any of this"
    for_ = f"for {format_duration(rule.for_s)} " if rule.for_s else ""
    tolerance = f" (of {rule.tolerance:.0%} of that time it need not)" if rule.tolerance else ""
    return f"It fires when {for_}{what} holds{tolerance}:"


def _conditions(rule: Rule) -> Iterator[str]:
    for condition in rule.conditions:
        yield f"- {_value(condition)} {_compared(condition)}: {COLUMNS[rule.grain][condition.value].help}"


def _value(condition: Condition) -> str:
    name = f"`{condition.value}`"
    if condition.statistic is Statistic.LAST:
        return name
    return f"the {condition.statistic} of {name} over {format_duration(condition.over_s)}"


def _compared(condition: Condition) -> str:
    word, limit = ("above", condition.above) if condition.above is not None else ("below", condition.below)
    assert limit is not None
    return f"{word} {_number(condition.value, limit)}"


def _number(value: str, limit: float) -> str:
    """With its duration where it is seconds and many of them."""
    return f"{limit:,.12g}" + (f" ({format_duration(limit)})" if value.endswith("_s") and limit > 60 else "")


def _ends(rule: Rule) -> str:
    keep = f" for {format_duration(rule.keep_s)}" if rule.keep_s else ""
    joined = ", or " if rule.match is Match.ALL else ", and "
    return f"It ends when{keep} {joined.join(_end(each) for each in rule.conditions if _has_a_say(each))}."


def _has_a_say(condition: Condition) -> bool:
    return condition.clear is None or math.isfinite(condition.clear)


def _end(condition: Condition) -> str:
    above = condition.above is not None
    limit = condition.clear if condition.clear is not None else condition.above if above else condition.below
    assert limit is not None
    return f"`{condition.value}` was not {'above' if above else 'below'} {_number(condition.value, limit)}"


def _more(rule: Rule) -> Iterator[str]:
    if rule.escalation is not None:
        conditions = " and ".join(f"`{each.value}` is {_compared(each)}" for each in rule.escalation.conditions)
        yield f"It is **{rule.escalation.severity}** while {conditions} as well."
    if rule.follows_commits:
        yield (
            "For a group that commits rarely it waits longer before it fires: twice the time between two of its commits, an hour "
            "at most."
        )


def rows() -> str:
    """What stands in the table of all runbooks: the first sentence of each."""
    return "\n".join(_row(rule) for rule in default_rules())


def _row(rule: Rule) -> str:
    first = (FOLDER / f"{rule.runbook}.md").read_text().split("\n\n", 2)[1].replace("\n", " ")
    sentence = re.split(r"(?<=[.:]) ", first)[0].rstrip(":.")
    return f"| [{rule.name}]({rule.runbook}.md) | {rule.severity}{'' if rule.enabled else ', off'} | {sentence} |"


def write() -> None:
    """Every page anew."""
    for rule in default_rules():
        page = FOLDER / f"{rule.runbook}.md"
        page.write_text(SECTION.sub(lambda _, rule=rule: section(rule), page.read_text(), count=1))
    INDEX.write_text(TABLE.sub(lambda _: rows(), INDEX.read_text(), count=1))


if __name__ == "__main__":
    write()

"""What a rule is for a group, a topic or a cluster, and why: scope.py decides the same for the subjects that there are. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lagwatch.judge.explain import NAMES
from lagwatch.judge.scope import applied
from lagwatch.model.alerts import Override, Rule
from lagwatch.model.effective import Effective
from lagwatch.model.filters import NameFilter

_PARTS: Final = ("cluster", "group", "topic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The names that are asked about; None: any."""

    cluster: str | None = None
    group: str | None = None
    topic: str | None = None

    def concerns(self, rule: Rule) -> bool:
        """Whether the rule is about what is asked for: about groups or topics if one of these is named, else any rule is."""
        named = {part for part in ("group", "topic") if getattr(self, part) is not None}
        return not named or bool(named & set(NAMES[rule.grain]))


def effective(rule: Rule, asked: Asked) -> tuple[Effective, ...]:
    """
    The variants of a rule that are possible for these names, in the order in which they are looked at: the first that matches
    counts. With all names given there is exactly one.
    """
    found = []
    for one in _candidates(rule, asked):
        found.append(one)
        if not one.where:
            break
    return tuple(found)


def _candidates(rule: Rule, asked: Asked) -> Iterator[Effective]:
    yield from _excluded(rule, asked)
    for number, override in enumerate(rule.overrides, 1):
        where = _where({part: getattr(override, part) for part in _PARTS}, rule, asked)
        if where is not None:
            variant = applied(rule, override)
            yield Effective(rule=variant, judged=variant.enabled, where=where, why=_why(rule, override, number))
    yield Effective(rule=rule, judged=rule.enabled)


def _excluded(rule: Rule, asked: Asked) -> Iterator[Effective]:
    """The exclusions as one; nothing where the rule is judged for nobody anyway."""
    patterns = [("group", pattern) for pattern in rule.exclude_groups]
    patterns += [("topic", pattern) for pattern in rule.exclude_topics]
    found = {f"{part} matches {pattern}": _where({part: pattern}, rule, asked) for part, pattern in patterns}
    certain = next((said for said, where in found.items() if where == ""), None)
    where = "" if certain else " or ".join(where for where in found.values() if where)
    if (certain or where) and (rule.enabled or any(override.enabled for override in rule.overrides)):
        yield Effective(rule=rule, judged=False, where=where, why=f"excluded: {certain}" if certain else "excluded")


def _where(patterns: Mapping[str, str | None], rule: Rule, asked: Asked) -> str | None:
    """For which of the names that were not given the patterns match; "" for all, None if they cannot match."""
    open_: list[str] = []
    for part, pattern in patterns.items():
        if pattern is None:
            continue
        if part != "cluster" and part not in NAMES[rule.grain]:
            return None
        # What is about receivers is about lagwatch itself, a cluster without a name.
        name = "" if rule.grain == "receiver" else getattr(asked, part)
        if name is None:
            open_.append(f"{part} matches {pattern}")
        elif not NameFilter(include=(pattern,)).matches(name):
            return None
    return " and ".join(open_)


def _why(rule: Rule, override: Override, number: int) -> str:
    if override.profile:
        return f"profile {override.profile}"
    own = number - sum(bool(each.profile) for each in rule.overrides[:number])
    patterns = ", ".join(f"{part} {getattr(override, part)}" for part in _PARTS if getattr(override, part) is not None)
    return f"override {own} ({patterns or 'all'})" + (f": {override.why}" if override.why else "")

"""For which subjects a rule is judged, and with which numbers: exclusions and overrides. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lagwatch.judge.subjects import Subjects
from lagwatch.model.alerts import Condition, Override, Rule, Threshold
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import Bool, Float64, Int64

LEFT_OUT = -1
"""The variant of a subject for which the rule is not judged."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """
    `rules` are the variants of a rule: the rule itself, then the rule with each of its overrides applied.

    `variant` says which of them each subject has, LEFT_OUT where none is judged; None if all have the rule itself.
    """

    rules: tuple[Rule, ...]
    variant: Int64 | None

    @property
    def nobody(self) -> bool:
        """Whether there is no subject for which the rule is judged."""
        return self.variant is not None and bool((self.variant == LEFT_OUT).all())

    def judged(self, at: Int64) -> Bool:
        """Whether some subjects are judged at all."""
        return np.ones(len(at), dtype=np.bool_) if self.variant is None else self.variant[at] != LEFT_OUT

    def number(self, of: Callable[[Rule], float], at: Int64 | slice = slice(None)) -> Float64 | float:
        """A number of the rule for some subjects: one for all, or one for each. Meaningless where they are left out."""
        if self.variant is None or len(self.rules) == 1:
            return of(self.rules[0])
        return np.array([of(rule) for rule in self.rules])[self.variant[at]]

    def rule(self, at: int) -> Rule:
        """The rule as it is for one subject (the rule itself for one that is not there)."""
        return self.rules[0] if self.variant is None or at < 0 else self.rules[max(int(self.variant[at]), 0)]


def scope(rule: Rule, there: Subjects) -> Scope:
    """The scope of a rule among the subjects of its grain."""
    rules = (rule, *(applied(rule, override) for override in rule.overrides))
    if rule.enabled and not (rule.overrides or rule.exclude_groups or rule.exclude_topics):
        return Scope(rules=rules, variant=None)
    variant = np.zeros(there.size, dtype=np.int64)
    for number, override in reversed(list(enumerate(rule.overrides, 1))):
        variant[_matches(override, there)] = number
    enabled = np.array([variant_rule.enabled for variant_rule in rules])
    variant[~enabled[variant]] = LEFT_OUT
    variant[_any(rule.exclude_groups, there, "group") | _any(rule.exclude_topics, there, "topic")] = LEFT_OUT
    return Scope(rules=rules, variant=variant if variant.any() else None)


def applied(rule: Rule, override: Override) -> Rule:
    """The rule with one of its overrides."""
    changes = {
        name: value
        for name in ("enabled", "severity", "for_s", "keep_s")
        if (value := getattr(override, name)) is not None
    }
    conditions = tuple(_with(c, override.thresholds.get(c.value)) for c in rule.conditions)
    return replace(rule, conditions=conditions, **changes)


def _with(condition: Condition, numbers: Threshold | None) -> Condition:
    if numbers is None:
        return condition
    above = condition.above if numbers.above is None else numbers.above
    below = condition.below if numbers.below is None else numbers.below
    clear = condition.clear if numbers.clear is None else numbers.clear
    if (
        clear is not None
        and np.isfinite(clear)
        and ((above is not None and clear > above) or (below is not None and clear < below))
    ):
        clear = None
    return replace(condition, above=above, below=below, clear=clear)


def _matches(override: Override, there: Subjects) -> Bool:
    if override.cluster is not None and not NameFilter(include=(override.cluster,)).matches(there.snapshot.cluster):
        return np.zeros(there.size, dtype=np.bool_)
    answer = np.ones(there.size, dtype=np.bool_)
    for part in ("group", "topic"):
        pattern = getattr(override, part)
        if pattern is not None:
            answer &= _any((pattern,), there, part)
    return answer


def _any(patterns: Sequence[str], there: Subjects, part: str) -> Bool:
    """Which subjects have a group (or topic) that one of the patterns matches; none if the grain has no such part."""
    of = there.group if part == "group" else there.topics()
    if not patterns or not len(of):
        return np.zeros(there.size, dtype=np.bool_)
    names = there.snapshot.topics.names if part == "topic" else tuple(g.name for g in there.snapshot.groups)
    wanted = NameFilter(include=tuple(patterns))
    return np.array([wanted.matches(name) for name in names], dtype=np.bool_)[of]

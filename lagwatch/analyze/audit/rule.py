"""A rule with its judge, and what a judge says. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lagwatch.analyze.audit.facts import Facts
from lagwatch.model.audit import AuditRule, Level


class Hit(NamedTuple):
    """The rule speaks of this subject. `level` is given where it is not that of the rule."""

    subject: str
    message: str
    command: str = ""
    level: Level | None = None


Judge = Callable[[Facts], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule, and who judges it: over what is known; what is not known is `unseen`'s business."""

    rule: AuditRule
    judge: Judge

"""Three-valued conditions over columns. Pure."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lagwatch.judge.readings import Reading
from lagwatch.judge.scope import Scope
from lagwatch.model.alerts import Condition, Match
from lagwatch.model.snapshot import Int64

TRUE, FALSE, DARK = 1, 0, -1
"""The three answers; DARK: it cannot be known."""

Answers = NDArray[np.int8]
Read = Callable[[Condition], Reading]


def holds(scope: Scope, read: Read, at: Int64 | None, *, firing: bool) -> Answers:
    """
    Whether the conditions of a rule hold, for the subjects at some positions (None: for all).

    `firing` compares with the clear values. Where all must hold, one that fails decides, otherwise one that is dark does;
    where any is enough, one that holds decides, otherwise one that is dark does.
    """
    where = slice(None) if at is None else at
    rule = scope.rules[0]
    decides = FALSE if rule.match is Match.ALL else TRUE
    answer: Answers | None = None
    for number, condition in enumerate(rule.conditions):
        one = _holds(scope, number, read(condition), where, firing=firing)
        answer = one if answer is None else combined(answer, one, decides)
    assert answer is not None, "a rule has at least one condition"
    return answer


def combined(a: Answers, b: Answers, decides: int) -> Answers:
    """Two answers in one: the deciding one where there is one, else DARK where there is one, else what both say."""
    decided = (a == decides) | (b == decides)
    dark = (a == DARK) | (b == DARK)
    return np.where(decided, decides, np.where(dark, DARK, a)).astype(np.int8)


def _holds(scope: Scope, number: int, reading: Reading, where: Int64 | slice, *, firing: bool) -> Answers:
    values = reading.values[where]
    condition = scope.rules[0].conditions[number]
    limit = scope.number(lambda rule: threshold(rule.conditions[number], firing=firing), where)
    true = values > limit if condition.above is not None else values < limit
    if firing:
        # What has a clear value of its own ends beyond it, what has none ends where it began.
        true |= (values == limit) & (
            limit != scope.number(lambda rule: threshold(rule.conditions[number], firing=False), where)
        )
    answer = np.where(np.isnan(values), DARK, true).astype(np.int8)
    if reading.at_least is not None:
        # A lower bound that is high enough is enough; one that is not says nothing (and nothing of an upper limit).
        bound = reading.at_least[where]
        answer[bound & (answer == (FALSE if condition.above is not None else TRUE))] = DARK
    if np.any(np.isinf(limit)):
        # No say in the end: true where all must hold, and no reason to go on where one is enough.
        silent = TRUE if scope.rules[0].match is Match.ALL else FALSE
        answer[np.broadcast_to(np.isinf(limit), answer.shape)] = silent
    return answer


def threshold(condition: Condition, *, firing: bool) -> float:
    """The number that a condition compares with."""
    if firing and condition.clear is not None:
        return condition.clear
    limit = condition.above if condition.above is not None else condition.below
    assert limit is not None, "a condition has a threshold"
    return limit

"""The whole product without I/O: one snapshot and the memory of what was before become a View and a Verdict. Pure."""

from lagwatch.analyze.growth import WINDOW_S
from lagwatch.analyze.history import History
from lagwatch.analyze.view import view
from lagwatch.judge.engine import Alerts, judge
from lagwatch.model.alerts import Rule, Verdict
from lagwatch.model.snapshot import Snapshot
from lagwatch.model.view import View


class Memory:
    """
    All that is remembered of one cluster: bounded history and the states of its alerts. It can be pickled.

    `growth_window_s` is the time over which growth is measured.
    """

    def __init__(self, growth_window_s: float = WINDOW_S) -> None:
        self.history = History(growth_window_s)
        self.alerts = Alerts()


def advance(memory: Memory, snapshot: Snapshot, rules: tuple[Rule, ...], now: float) -> tuple[View, Verdict]:
    """
    Take one poll in: what follows from it, and which alerts there are.

    `now` is the time of the evaluation, seconds since the epoch; in a replay it is the snapshot's own time. `memory` is the
    only thing that changes, and belongs to one cluster.
    """
    seen = view(memory.history, snapshot)
    return seen, judge(memory.alerts, seen, rules, now)

"""The whole product without I/O: one snapshot and the memory of what was before become a View and a Verdict. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from lagwatch.analyze.commit_windows import WindowHistory
from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.analyze.growth import WINDOW_S
from lagwatch.analyze.history import History
from lagwatch.analyze.view import view
from lagwatch.judge.burrow_windows import statuses
from lagwatch.judge.engine import Alerts, judge
from lagwatch.judge.sight import Looked
from lagwatch.model.alerts import Rule, Verdict
from lagwatch.model.burrow import Burrow
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.model.service import Receiver, Service
from lagwatch.model.snapshot import Snapshot, nothing
from lagwatch.model.view import View


class Memory:
    """
    All that is remembered of one cluster: bounded history and the states of its alerts. It can be pickled.

    `growth_window_s` is the time over which growth is measured; `windows` says what is kept for Burrow's evaluator.
    """

    def __init__(self, growth_window_s: float = WINDOW_S, windows: WindowOptions | None = None) -> None:
        self.history = History(growth_window_s)
        self.windows = WindowHistory(windows or WindowOptions())
        self.alerts = Alerts()
        self.view: View | None = None
        """What the last good poll gave."""
        self.verdict: Verdict | None = None
        """The last verdict."""


def advance(
    memory: Memory, snapshot: Snapshot, rules: tuple[Rule, ...], now: float, service: Service | None = None
) -> tuple[View, Verdict]:
    """
    Take one poll in: what follows from it, and which alerts there are.

    `now` is the time of the evaluation, seconds since the epoch; in a replay it is the snapshot's own time. `memory` is the
    only thing that changes, and belongs to one cluster. Rules about the watch itself are judged if `service` tells how it goes.
    """
    if snapshot.cluster_id is not None and memory.history.cluster_id not in (None, snapshot.cluster_id):
        # Another cluster has the address now; or the history was kept of another one.
        memory.history = History(memory.history.window_s)
    seen = view(memory.history, snapshot)
    memory.view = replace(seen, burrow=_burrow(memory, snapshot))
    looked = Looked(now=now, view=memory.view, service=service, why=partial(diagnosis_of, memory.view))
    memory.verdict = judge(memory.alerts, looked, rules)
    return memory.view, memory.verdict


def _burrow(memory: Memory, snapshot: Snapshot) -> Burrow:
    kept, index = memory.windows, memory.history.index
    assert index is not None, "a view was made"
    kept.add(snapshot, index)
    return Burrow(judge=statuses, windows=kept.windows, off=kept.off, removed=kept.removed)


def missed(
    memory: Memory, cluster: str, rules: tuple[Rule, ...], now: float, service: Service | None = None
) -> Verdict:
    """
    A poll that gave nothing: alerts are held, after some polls they are unknown, and rules about the watch itself are judged.

    `cluster` is its name, needed as long as no poll has been good. Where nothing changed it is the same verdict as before,
    the very object.
    """
    last = memory.view if memory.view is not None else view(History(), nothing(cluster, now))
    looked = Looked(now=now, view=last, fresh=False, never=memory.view is None, service=service)
    verdict = judge(memory.alerts, looked, rules)
    if memory.verdict is None or verdict.transitions or verdict.alerts != memory.verdict.alerts:
        memory.verdict = verdict
    return memory.verdict


def judge_receivers(
    alerts: Alerts, name: str, receivers: Mapping[str, Receiver], rules: tuple[Rule, ...], now: float
) -> Verdict:
    """The rules about receivers of notices, which belong to no cluster; `alerts` is their own, `name` that of this lagwatch."""
    return judge(alerts, Looked(now=now, view=view(History(), nothing(name, now)), receivers=receivers), rules)

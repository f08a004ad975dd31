"""Burrow's statuses become alerts of the ordinary engine, for the groups that have the profile."""

import numpy as np
import pytest

from lagwatch.config import effective_rules
from lagwatch.cycle import Memory, advance
from lagwatch.judge.burrow_windows import of_commits, of_groups
from lagwatch.judge.columns import COLUMNS
from lagwatch.model.alerts import Condition, Rule, Severity, State
from lagwatch.model.commit_windows import WindowOptions
from tests.support.build import T0, group, snapshot, topic
from tests.support.settings import settings

DECIDED = 10
"""After so many polls of a standstill it is a stop: as many as a window has entries."""

RULES = effective_rules(settings("bootstrap: a:1\nprofiles: [{profile: burrow, groups: ['legacy-.*']}]"))


def facts(i, **committed):
    """Poll i: each group has committed so; None: it could not be read."""
    groups = {}
    for name, offset in committed.items():
        stopped = name.startswith("legacy_stopped")
        made = None if offset is None else group({"t": [offset]}, members=0 if stopped else 1)
        groups[name.replace("_", "-")] = made
    return snapshot({"t": topic((0, 1000 + 100 * i))}, groups, at=T0 + 30.0 * i)


class Watch:
    def __init__(self, rules=RULES, **options):
        self.memory, self.rules, self.polls = Memory(windows=WindowOptions(**options)), rules, 0

    def poll(self, **committed):
        seen = facts(self.polls, **committed)
        self.polls += 1
        return advance(self.memory, seen, self.rules, seen.at)

    def alerts(self, **committed):
        """Alerts about lag: (rule, group) to (state, severity, inhibited by)."""
        _, verdict = self.poll(**committed)
        return {
            (a.rule, a.subject.group): (a.state, a.severity, a.inhibited_by)
            for a in verdict.alerts
            if a.rule.startswith("Burrow")
        }


def test_a_group_that_does_not_keep_up_is_a_warning_after_five_minutes():
    watch = Watch()
    seen = [watch.alerts(legacy_slow=500 + 50 * i, other_slow=500 + 50 * i) for i in range(12)]
    key = ("BurrowWarn", "legacy-slow")
    assert seen[0] == {}
    assert {state for (state, _, _) in (each[key] for each in seen[1:11])} == {State.PENDING}
    assert seen[11] == {key: (State.FIRING, Severity.WARNING, ())}


def test_a_group_that_is_stopped_is_critical_after_a_minute_and_the_warning_is_not_told_beside_it():
    watch = Watch()
    states = [
        watch.alerts(legacy_stopped=500).get(("BurrowErr", "legacy-stopped"), ("",))[0] for _ in range(DECIDED + 2)
    ]
    assert states[DECIDED - 2 :] == ["", State.PENDING, State.PENDING, State.FIRING]
    for _ in range(10):
        seen = watch.alerts(legacy_stopped=500)
    assert seen == {
        ("BurrowErr", "legacy-stopped"): (State.FIRING, Severity.CRITICAL, ()),
        ("BurrowWarn", "legacy-stopped"): (State.FIRING, Severity.WARNING, ("BurrowErr",)),
    }


def test_a_group_that_reads_again_is_well_and_one_that_cannot_be_read_is_not():
    watch = Watch()
    for _ in range(DECIDED + 3):
        watch.alerts(legacy_stopped=500)
    key = ("BurrowErr", "legacy-stopped")
    for _ in range(6):
        seen = watch.alerts(legacy_stopped=None)
    assert seen[key][0] is State.UNKNOWN
    for _ in range(8):
        seen = watch.alerts(legacy_stopped=1000 + 100 * watch.polls)
    assert seen[key][0] is State.RESOLVED


def test_what_an_alert_says():
    watch = Watch()
    for _ in range(DECIDED + 3):
        _, verdict = watch.poll(legacy_stopped=500)
    (alert,) = [a for a in verdict.alerts if a.rule == "BurrowErr"]
    assert alert.values == {"burrow_status": 3.0}
    assert alert.summary.startswith(
        "legacy-stopped is ERR as Burrow judges it: a partition is stopped, stalled or rewound; 1,700"
    )


@pytest.mark.parametrize("options", [{}, {"most_commits": 0}])
def test_where_nobody_has_the_profile_the_statuses_are_never_worked_out(options):
    watch = Watch(effective_rules(settings("bootstrap: a:1")), **options)
    for _ in range(3):
        view, _ = watch.poll(legacy_stopped=500)
    assert "statuses" not in vars(view.burrow)


def test_without_windows_nothing_is_known_and_nothing_fires():
    watch = Watch(most_commits=0)
    for _ in range(5):
        assert watch.alerts(legacy_stopped=500) == {}
    view, _ = watch.poll(legacy_stopped=500)
    assert np.isnan(of_groups(view)[0]).all()
    assert np.isnan(of_commits(view)).all()


def test_a_rule_of_ones_own_reads_the_status_of_a_partition():
    rule = Rule(
        name="Stopped", severity=Severity.CRITICAL, grain="partition", for_s=0.0, keep_s=0.0,
        conditions=(Condition(value="burrow_status", above=3.5),), summary="{group} {partition}: {burrow_status:.0f}",
    )  # fmt: skip
    watch = Watch((rule,))
    for _ in range(DECIDED - 1):
        _, verdict = watch.poll(legacy_stopped=500, other=1000 + 100 * watch.polls)
        assert verdict.alerts == ()
    _, verdict = watch.poll(legacy_stopped=500, other=1000 + 100 * watch.polls)
    assert [alert.summary for alert in verdict.alerts] == ["legacy-stopped 0: 4"]


def test_commits_of_a_group_that_cannot_be_read_have_no_status_and_the_others_keep_their_places():
    watch = Watch()
    for _ in range(DECIDED - 1):
        watch.poll(a=1000, legacy_stopped=500)
    view, _ = watch.poll(a=None, legacy_stopped=500)
    assert of_commits(view).tolist() == [4.0]
    values, worse = of_groups(view)
    assert np.isnan(values[0])
    assert values[1] == 3.0
    assert worse.tolist() == [True, False]


def test_the_columns_are_there_for_groups_and_partitions():
    assert [grain for grain, columns in COLUMNS.items() if "burrow_status" in columns] == ["group", "partition"]

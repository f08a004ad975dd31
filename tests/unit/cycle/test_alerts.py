"""The rules over time, one story a test; polls are half a minute apart."""

from dataclasses import replace

import pytest

from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance, judge_receivers, missed
from lagwatch.judge.engine import Alerts
from lagwatch.model.alerts import Condition, Override, Rule, Severity, State, Statistic, Threshold
from lagwatch.model.latest import PollHealth
from lagwatch.model.service import Receiver, Service
from tests.support.build import T0, group, snapshot, topic

RULES = default_rules()
HIGH = next(rule for rule in RULES if rule.name == "ConsumerLagHigh")
END = 10_000_000


def poll(k: int, lag: int | None, *, members: int = 2, name: str = "billing", **topics) -> object:
    """Poll number k: one group, one topic, one partition; lag None is a group that could not be read."""
    billing = None if lag is None else group({"orders": [END + 10_000 * k - lag]}, members=members)
    return snapshot({"orders": topic((0, END + 10_000 * k)), **topics}, {name: billing}, at=T0 + 30 * k)


def story(lags: list[int | None], rules: tuple[Rule, ...] = (HIGH,), memory: Memory | None = None) -> list[tuple]:
    memory = memory or Memory()
    changes = []
    for k, lag in enumerate(lags):
        seen = poll(k, lag)
        changes += [(k, c.alert.rule, c.to) for c in advance(memory, seen, rules, seen.at)[1].transitions]
    return changes


def test_it_is_pending_then_fires_after_its_for_and_resolves_after_its_keep():
    changes = story([0] * 4 + [200_000] * 20 + [0] * 20)
    assert changes == [
        (4, HIGH.name, State.PENDING),
        (14, HIGH.name, State.FIRING),
        (34, HIGH.name, State.RESOLVED),
    ]


def test_between_the_clear_value_and_the_threshold_it_fires_on():
    assert story([0] * 4 + [200_000] * 20 + [90_000] * 60)[-1] == (14, HIGH.name, State.FIRING)


def test_what_falls_short_for_one_poll_begins_anew():
    assert story([0] * 4 + [200_000] * 8 + [0] + [200_000] * 8)[-1][2] is State.PENDING


def test_unknown_neither_advances_nor_resets_the_timer():
    changes = story([0] * 4 + [200_000] * 6 + [None] * 3 + [200_000] * 10)
    assert changes == [(4, HIGH.name, State.PENDING), (18, HIGH.name, State.FIRING)]


def test_a_firing_alert_that_cannot_be_seen_becomes_unknown_and_never_resolves_from_there():
    memory = Memory()
    changes = story([0] * 4 + [200_000] * 20 + [None] * 100, memory=memory)
    assert changes[-1] == (27, HIGH.name, State.UNKNOWN)
    alert = memory.verdict.alerts[0]
    assert (alert.state, alert.value) == (State.UNKNOWN, None)
    assert "200,000" in alert.summary


def test_an_alert_that_is_known_again_is_no_news():
    changes = story([0] * 4 + [200_000] * 20 + [None] * 10 + [200_000] * 10)
    assert [to for _, _, to in changes] == [State.PENDING, State.FIRING, State.UNKNOWN]


def test_a_group_that_is_gone_ends_its_alerts_with_a_reason():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    seen = poll(24, 0, name="other")
    (change,) = advance(memory, seen, (HIGH,), seen.at)[1].transitions
    assert (change.to, change.alert.reason) == (State.RESOLVED, "group billing is gone")


def test_polls_that_were_missed_do_not_count_towards_for():
    memory, fired = Memory(), []
    for k in [*range(10), *range(30, 45)]:
        seen = poll(k, 0 if k < 4 else 200_000)
        fired += [k for c in advance(memory, seen, (HIGH,), seen.at)[1].transitions if c.to is State.FIRING]
    assert fired == [34]


def test_a_poll_that_gave_nothing_holds_alerts_and_then_makes_them_unknown():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    states = [missed(memory, "main", (HIGH,), T0 + 30 * k).alerts[0].state for k in range(24, 29)]
    assert states == [State.FIRING] * 3 + [State.UNKNOWN] * 2


def test_an_alert_that_is_unknown_since_no_poll_was_good_says_since_when_in_the_same_words_until_one_is():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    found = [missed(memory, "main", (HIGH,), T0 + 30 * k) for k in range(24, 40)]
    since = "cluster main has not been read since 2026-02-25 06:24:50 UTC"
    assert [verdict.alerts[0].reason for verdict in found] == [""] * 3 + [since] * 13
    assert found[-1].alerts[0].summary.endswith(f"({since})")
    assert all(verdict is found[3] for verdict in found[3:])
    seen = poll(40, 200_000)
    (alert,) = advance(memory, seen, (HIGH,), seen.at)[1].alerts
    assert (alert.state, alert.reason) == (State.FIRING, "")


def test_a_verdict_that_did_not_change_is_the_very_same():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    first = missed(memory, "main", (HIGH,), T0 + 30 * 24)
    assert missed(memory, "main", (HIGH,), T0 + 30 * 25) is first


def health(**fields) -> PollHealth:
    return PollHealth(interval_s=30, deadline_s=20, **fields)


def test_a_cluster_that_is_not_polled_any_more_is_reported_though_nothing_was_ever_seen():
    memory, changes = Memory(), []
    for k in range(20):
        service = Service(health=health(), started_at=T0)
        changes += [(k, c.alert.rule, c.to) for c in missed(memory, "main", RULES, T0 + 30 * k, service).transitions]
    assert changes == [(11, "PollStale", State.PENDING), (13, "PollStale", State.FIRING)]


@pytest.mark.parametrize("polled", [False, True])
def test_while_a_cluster_cannot_be_read_nobody_says_which_of_its_brokers_are_up(polled):
    memory = Memory()
    if polled:
        story([0], memory=memory)
    for k in range(1, 20):
        service = Service(health=health(last_good_at=T0 if polled else None), started_at=T0)
        verdict = missed(memory, "main", RULES, T0 + 30 * k, service)
    (alert,) = verdict.alerts
    assert (alert.rule, alert.state) == ("PollStale", State.FIRING)
    assert alert.summary == "Cluster main has not been read for 9m 30s: its lag is not known"
    assert "up" not in alert.seen


def test_a_replay_says_nothing_of_the_watch_itself():
    memory = Memory()
    for k in range(30):
        seen = poll(k, 0)
        assert advance(memory, seen, tuple(replace(rule, enabled=True) for rule in RULES), seen.at)[1].alerts == ()


def test_a_receiver_that_gets_no_notices_is_reported():
    alerts, changes = Alerts(), []
    for k in range(20):
        receivers = {"mail": Receiver(), "pager": Receiver(oldest_pending_at=T0)}
        verdict = judge_receivers(alerts, "", receivers, RULES, T0 + 30 * k)
        changes += [(k, c.alert.subject.receiver, c.to) for c in verdict.transitions]
    assert changes == [(11, "pager", State.PENDING), (15, "pager", State.FIRING)]


def test_the_first_override_that_matches_counts_and_the_rest_of_the_rule_stays():
    rule = replace(
        HIGH,
        overrides=(
            Override(group="bil.*", thresholds={"lag": Threshold(above=500_000)}),
            Override(group="billing", enabled=False),
        ),
    )
    assert story([0] * 4 + [200_000] * 30, (rule,)) == []
    assert story([0] * 4 + [600_000] * 30, (rule,))[-1] == (14, HIGH.name, State.FIRING)


def test_a_rule_that_is_disabled_can_be_enabled_for_some():
    off = replace(HIGH, enabled=False)
    assert story([0] * 4 + [200_000] * 30, (off,)) == []
    some = replace(off, overrides=(Override(topic="orders", enabled=True),))
    assert story([0] * 4 + [200_000] * 30, (some,))[-1] == (14, HIGH.name, State.FIRING)


def test_a_rule_that_is_disabled_ends_its_alerts_and_then_costs_nothing_until_it_is_enabled_again():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    off = replace(HIGH, enabled=False)
    seen = poll(24, 200_000)
    (change,) = advance(memory, seen, (off,), seen.at)[1].transitions
    assert (change.to, change.alert.reason) == (State.RESOLVED, "the rule does not apply to it any more")
    for k in range(25, 60):
        seen = poll(k, 200_000)
        advance(memory, seen, (off,), seen.at)
    assert memory.alerts.watches == {}
    seen = poll(60, 200_000)
    assert [c.to for c in advance(memory, seen, (HIGH,), seen.at)[1].transitions] == [State.PENDING]


def test_a_rule_that_no_longer_applies_ends_its_alerts():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    seen = poll(24, 200_000)
    excluding = replace(HIGH, exclude_groups=("billing",))
    (change,) = advance(memory, seen, (excluding,), seen.at)[1].transitions
    assert (change.to, change.alert.reason) == (State.RESOLVED, "the rule does not apply to it any more")


def test_a_rule_that_is_gone_ends_what_fires_and_forgets_what_waits():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    seen = poll(24, 200_000)
    verdict = advance(memory, seen, (), seen.at)[1]
    (change,) = verdict.transitions
    assert (change.to, change.alert.state, change.alert.reason) == (State.RESOLVED, State.RESOLVED, "the rule is gone")
    assert (change.alert.rule, change.alert.resolved_at) == (HIGH.name, seen.at)
    assert change.alert.summary.endswith("(the rule is gone)")
    assert verdict.alerts == ()
    again = poll(25, 200_000)
    assert [c.to for c in advance(memory, again, (HIGH,), again.at)[1].transitions] == [State.PENDING]
    later = poll(26, 200_000)
    assert advance(memory, later, (), later.at)[1].transitions == ()


def test_a_rule_that_goes_while_nothing_can_be_read_ends_its_alerts_too():
    memory = Memory()
    story([0] * 4 + [200_000] * 20, memory=memory)
    verdict = missed(memory, "main", (), T0 + 30 * 24)
    (change,) = verdict.transitions
    assert (change.to, change.alert.reason) == (State.RESOLVED, "the rule is gone")
    assert missed(memory, "main", (), T0 + 30 * 25) is verdict


@pytest.mark.parametrize("statistic, over_s, limit", [
    (Statistic.MIN, 600, 40_000), (Statistic.MAX, 600, 90_000), (Statistic.MEAN, 600, 50_000),
    (Statistic.QUANTILE, 600, 50_000), (Statistic.GROWTH, 600, 1500),
])  # fmt: skip
def test_a_rule_of_ones_own_may_look_at_a_time(statistic, over_s, limit):
    rule = Rule(
        name="Mine", severity=Severity.WARNING, grain="pair", for_s=0, keep_s=0, summary="{lag}",
        conditions=(Condition(value="lag", above=limit, statistic=statistic, over_s=over_s),),
    )  # fmt: skip
    changes = story([1000 * k for k in range(100)], (rule,))
    assert [to for _, _, to in changes] == [State.FIRING]
    if statistic is not Statistic.GROWTH:
        lag = 1000 * changes[0][0]
        assert {"min": lag - 20_000, "max": lag}.get(statistic.value, lag - 10_000) == limit + 1000


def test_emergency_speaks_for_critical_and_critical_for_warning():
    memory = Memory()
    story([0] * 4 + [4_000 * k for k in range(60)], RULES, memory)
    spoken = {alert.rule: alert.inhibited_by for alert in memory.verdict.alerts}
    assert spoken["ConsumerLagRunaway"] == ()
    assert "ConsumerLagRunaway" in spoken["ConsumerLagHigh"]
    assert {"ConsumerLagHigh", "ConsumerLagRunaway"} <= set(spoken["ConsumerLagGrowing"])


def test_an_alert_says_what_was_seen_and_what_it_probably_means():
    memory = Memory()
    story([0] * 4 + [4_000 * k for k in range(60)], RULES, memory)
    alert = next(alert for alert in memory.verdict.alerts if alert.rule == "ConsumerLagHigh")
    assert alert.seen["members"] == 2
    assert {"produced", "consumed"} <= alert.seen.keys()
    assert "committed" not in alert.seen, "that is an offset everywhere else"
    assert alert.threshold == 100_000
    assert alert.cause
    assert alert.runbook == "consumer-lag-high"


def test_a_topic_that_the_live_group_has_left_ends_its_alerts():
    memory, changes = Memory(), []
    for k in range(80):
        billing = group({"orders": [END]}, members=2)
        billing["assigned"] = {"orders": [0]} if k < 30 else {}
        seen = snapshot({"orders": topic((0, END + 200_000 + k))}, {"billing": billing}, at=T0 + 30 * k)
        verdict = advance(memory, seen, (replace(HIGH, follows_commits=False),), seen.at)[1]
        changes += [(k, c.to, c.alert.reason) for c in verdict.transitions]
    assert changes[-1] == (50, State.RESOLVED, "the group does not consume the topic any more")

"""A restart is no evaluation: nothing fires, ends or is forgotten by it."""

import json
from dataclasses import replace

import pytest

from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance, missed
from lagwatch.judge.state import RULE_GONE, WAITS_ON_S, freeze, not_seen_yet, thaw
from lagwatch.model.alert_json import decode_alert, encode_alert
from lagwatch.model.alerts import Rule, State, Verdict
from lagwatch.model.kept import AlertState
from lagwatch.model.snapshot import Snapshot
from tests.support.build import T0, group, snapshot, topic

RULES = tuple(rule for rule in default_rules() if rule.name == "ConsumerLagHigh")
STEP_S = 30.0


def poll(n: int, lag: int, **groups: object) -> Snapshot:
    end = 1_000_000 + n
    there = {"billing": group({"orders": [end - lag]}), **groups}
    return snapshot({"orders": topic((0, end))}, there, at=T0 + STEP_S * n)


def run(polls: int, lag: int = 200_000, memory: Memory | None = None, begin: int = 0) -> tuple[Memory, list[Verdict]]:
    memory = memory or Memory()
    verdicts = [advance(memory, poll(n, lag), RULES, poll(n, lag).at)[1] for n in range(begin, begin + polls)]
    return memory, verdicts


def as_kept(state: AlertState) -> AlertState:
    """Through JSON and back, as the store does it."""
    alerts = json.loads(json.dumps(state.alerts))
    told = {key: decode_alert(json.loads(json.dumps(encode_alert(each)))) for key, each in state.told.items()}
    return replace(state, alerts=alerts, told=told)


def restarted(memory: Memory, now: float, rules: tuple[Rule, ...] = RULES) -> Memory:
    fresh = Memory()
    assert thaw(fresh.alerts, as_kept(freeze(memory.alerts)), rules, now) == ()
    return fresh


def changes(verdicts: list[Verdict]) -> list[tuple[float, State]]:
    different = {
        id(verdict): verdict for verdict in verdicts
    }.values()  # of a poll that changed nothing it is the one before
    return [(each.at - T0, each.to) for verdict in different for each in verdict.transitions]


@pytest.mark.parametrize("stop", range(1, 30))
def test_an_alert_fires_and_ends_at_the_same_polls_as_without_a_restart(stop):
    lags = [200_000] * 13 + [0] * 17
    there, unbroken = Memory(), []
    for n, lag in enumerate(lags):
        unbroken += run(1, lag, there, n)[1]
    memory, broken = Memory(), []
    for n, lag in enumerate(lags):
        if n == stop:
            remembered = (
                memory.history
            )  # without it values that need several polls are unknown at first, and alerts wait
            memory = restarted(memory, poll(n, lag).at)
            memory.history = remembered
        broken += run(1, lag, memory, n)[1]
    assert changes(unbroken) == [(0, State.PENDING), (300, State.FIRING), (690, State.RESOLVED)]
    assert changes(broken) == changes(unbroken)
    assert freeze(memory.alerts).alerts == freeze(there.alerts).alerts


def test_time_in_which_lagwatch_was_away_does_not_count_as_time_that_the_condition_held():
    memory, _ = run(6)
    later = restarted(memory, T0 + STEP_S * 20)
    _, verdicts = run(10, memory=later, begin=20)
    # 150 s had passed, one usual step stands for the gap, and the rest comes after it.
    assert changes(verdicts) == [(STEP_S * 24, State.FIRING)]


def test_after_a_long_gap_what_was_pending_begins_anew_and_what_fired_fires_on():
    for polls, expected in ((6, [(STEP_S * 100, State.PENDING), (STEP_S * 110, State.FIRING)]), (14, [])):
        memory, _ = run(polls)
        assert STEP_S * 100 - STEP_S * polls > WAITS_ON_S
        later = restarted(memory, T0 + STEP_S * 100)
        _, verdicts = run(13, memory=later, begin=100)
        assert changes(verdicts) == expected
        (alert,) = verdicts[-1].alerts
        assert alert.state is State.FIRING


def test_until_the_first_poll_what_was_pending_or_firing_is_unknown_and_keeps_its_times():
    memory, verdicts = run(14)
    later = restarted(memory, T0 + STEP_S * 14)
    (alert,) = not_seen_yet(later.alerts, T0 + STEP_S * 14).alerts
    (before,) = verdicts[-1].alerts
    assert (alert.state, alert.value) == (State.UNKNOWN, None)
    assert alert.reason == "cluster main has not been read since lagwatch started"
    assert (alert.since, alert.fired_at, alert.summary) == (before.since, before.fired_at, before.summary)


def test_as_long_as_no_poll_succeeds_nothing_ends_and_afterwards_nothing_fires_again():
    memory, _ = run(14)
    later = restarted(memory, T0 + STEP_S * 14)
    verdicts = [missed(later, "main", RULES, T0 + STEP_S * n) for n in range(14, 30)]
    assert changes(verdicts) == [(STEP_S * 17, State.UNKNOWN)]
    assert {verdict.alerts[0].reason for verdict in verdicts[3:]} == {
        "cluster main has not been read since lagwatch started"
    }
    _, verdicts = run(3, memory=later, begin=30)
    assert changes(verdicts) == []
    (alert,) = verdicts[-1].alerts
    assert (alert.state, alert.fired_at) == (State.FIRING, T0 + 300)


def test_a_group_whose_commits_cannot_be_read_at_the_first_poll_is_not_gone():
    memory, _ = run(14)
    later = restarted(memory, T0 + STEP_S * 14)
    verdict = advance(later, poll(14, 0, billing=None), RULES, T0 + STEP_S * 14)[1]
    assert verdict.transitions == ()
    _, verdicts = run(2, memory=later, begin=15)
    assert changes(verdicts) == []
    assert verdicts[-1].alerts[0].state is State.FIRING


def test_a_group_that_was_deleted_meanwhile_ends_its_alert_with_the_reason():
    memory, _ = run(14)
    later = restarted(memory, T0 + STEP_S * 14)
    seen = snapshot({"orders": topic((0, 1_000_014))}, {}, at=T0 + STEP_S * 14)
    (ended,) = advance(later, seen, RULES, seen.at)[1].transitions
    assert (ended.to, ended.alert.reason) == (State.RESOLVED, "group billing is gone")


def test_an_alert_of_a_rule_that_there_is_no_more_ends_and_says_so():
    memory, _ = run(14)
    fresh = Memory()
    (ended,) = thaw(fresh.alerts, as_kept(freeze(memory.alerts)), (), T0 + STEP_S * 14)
    assert (ended.at, ended.to) == (T0 + STEP_S * 14, State.RESOLVED)
    assert (ended.alert.state, ended.alert.reason, ended.alert.fired_at) == (State.RESOLVED, RULE_GONE, T0 + 300)
    assert freeze(fresh.alerts).alerts == {}


def test_what_is_taken_up_late_does_not_replace_what_happened_meanwhile():
    memory, _ = run(14)
    kept = as_kept(freeze(memory.alerts))
    late, _ = run(3, begin=14)
    thaw(late.alerts, kept, RULES, T0 + STEP_S * 17)
    _, verdicts = run(1, memory=late, begin=17)
    (alert,) = verdicts[-1].alerts
    assert (alert.state, alert.since) == (State.PENDING, T0 + STEP_S * 14)


def test_in_the_steady_state_nothing_of_a_firing_alert_changes():
    memory, _ = run(14)
    before = freeze(memory.alerts).alerts
    run(5, memory=memory, begin=14)
    assert freeze(memory.alerts).alerts == before


def test_every_field_of_an_alert_survives():
    _, verdicts = run(14)
    (alert,) = verdicts[-1].alerts
    odd = replace(alert, seen={**alert.seen, "loss_in_s": float("inf"), "owner": None}, inhibited_by=("A", "B"))
    assert decode_alert(json.loads(json.dumps(encode_alert(odd)))) == odd
    assert decode_alert({**encode_alert(odd), "a_field_of_later": 1}) == odd

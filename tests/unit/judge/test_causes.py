"""Why a group lags, as its alerts tell it: asked for only when an alert fires, and the same that the API says."""

from dataclasses import replace

import pytest

from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.judge.engine import Alerts, judge
from lagwatch.judge.reasons import MOST_ANEW, Reasons
from lagwatch.judge.sight import Looked
from lagwatch.model.alerts import Condition, Rule, Severity, State
from lagwatch.model.diagnosis import Cause, Diagnosis, Finding
from tests.support.build import T0, group, snapshot, topic, view

LAG = Rule(
    name="Lag",
    severity=Severity.WARNING,
    grain="pair",
    conditions=(Condition(value="lag", above=1000),),
    for_s=60,
    keep_s=0,
    summary="{group} is {lag:.0f} behind",
    next_step="Do what is usual.",
)


def poll(k, lag):
    topics = {"orders": topic((0, 100_000)), "refunds": topic((0, 100_000))}
    commits = {"orders": [100_000 - lag], "refunds": [100_000]}
    return snapshot(topics, {"billing": group(commits)}, at=T0 + 30 * k)


def finding(name, *, about=None, next_step="Restart it."):
    return Finding(cause=Cause.SLOW, sentence=f"{name}.", certainty=0.9, next_step=next_step, topic=about)


SLOW = (finding("slow"),)


def judged(lags, rule=LAG, findings=SLOW):
    """The verdicts on some polls, and how often somebody asked why in each."""
    alerts, verdicts, asked = Alerts(), [], []

    def why(name):
        asked[-1].append(name)
        return Diagnosis(group=name, lag=1, sentence="", findings=tuple(findings))

    for k, lag in enumerate(lags):
        asked.append([])
        looked = Looked(now=T0 + 30 * k, view=view(poll(k, lag)), why=why)
        verdicts.append(judge(alerts, looked, (rule,)))
    return verdicts, asked


def test_nobody_asks_why_as_long_as_nothing_fires():
    verdicts, asked = judged([0, 0, 5000, 5000, 5000, 5000])
    assert [[alert.state for alert in verdict.alerts] for verdict in verdicts[:5]] == [
        [], [], [State.PENDING], [State.PENDING], [State.FIRING],
    ]  # fmt: skip
    assert asked == [[], [], [], [], ["billing"], ["billing"]]
    assert verdicts[3].alerts[0].cause == ""
    assert (verdicts[4].alerts[0].cause, verdicts[4].alerts[0].next_step) == ("slow.", "Restart it.")


def test_a_group_is_asked_about_once_however_many_alerts_it_has():
    alerts, asked = Alerts(), []
    rules = tuple(replace(LAG, name=name, for_s=0) for name in ("A", "B", "C"))
    looked = Looked(now=T0, view=view(poll(0, 5000)), why=asked.append)
    assert len(judge(alerts, looked, rules).alerts) == 3
    assert asked == ["billing"]


def test_in_a_storm_some_groups_are_asked_about_anew_in_each_evaluation_and_all_in_turn():
    reasons, asked = Reasons(), []
    names = [f"group-{number}" for number in range(5 * MOST_ANEW // 2)]

    def why(name):
        asked.append(name)
        return Diagnosis(group=name, lag=1, sentence=f"as of {len(asked)}")

    def evaluation(groups=names):
        asked.clear()
        reasons.begin()
        return [reasons.of(name, why) for name in groups for _ in range(2)][::2]

    assert [each.group for each in evaluation()] == asked == names
    seen = []
    for _ in range(3):
        evaluation()
        seen.append(list(asked))
    assert [len(part) for part in seen] == [MOST_ANEW] * 3
    assert set(seen[0]) | set(seen[1]) | set(seen[2]) == set(names)
    assert evaluation(["new", *names])[0].group == "new"
    assert len(asked) == MOST_ANEW + 1
    evaluation(["other"])
    evaluation(names)
    assert len(asked) == len(names), "who was not asked about is forgotten"


def test_an_alert_that_has_ended_says_what_it_was():
    verdicts, asked = judged([5000, 5000, 5000, 0])
    (ended,) = verdicts[-1].alerts
    assert (ended.state, ended.cause, ended.next_step) == (State.RESOLVED, "slow.", "Restart it.")
    assert asked[-1] == []


def test_only_what_is_about_the_topic_explains_an_alert_about_it():
    found = (finding("other", about="refunds"), finding("whole group"), finding("this", about="orders"))
    assert judged([5000] * 3, findings=found)[0][-1].alerts[0].cause == "whole group."
    assert judged([5000] * 3, findings=found[:1])[0][-1].alerts[0].cause == ""
    assert judged([5000] * 3, findings=found[:1])[0][-1].alerts[0].next_step == "Do what is usual."


def test_a_rule_that_names_a_cause_is_taken_at_its_word():
    verdicts, asked = judged([5000] * 3, rule=replace(LAG, cause="{group} is a batch."))
    assert (verdicts[-1].alerts[0].cause, verdicts[-1].alerts[0].next_step) == (
        "billing is a batch.",
        "Do what is usual.",
    )
    assert asked[-1] == []


def test_what_mends_the_lag_is_not_what_saves_the_records():
    loss = replace(LAG, conditions=(Condition(value="retained_share", above=-1),))
    (alert,) = judged([5000] * 3, rule=loss)[0][-1].alerts[:1]
    assert (alert.cause, alert.next_step) == ("slow.", "Do what is usual.")


@pytest.mark.parametrize("members, words", [(0, "no members"), (2, "stands still")])
def test_an_alert_and_the_api_say_the_same(members, words):
    memory = Memory()
    for k in range(80):
        topics = {"orders": topic((0, 100_000 + 5000 * k))}
        groups = {"billing": group({"orders": [100_000 + 5000 * min(k, 10)]}, members=members)}
        seen = snapshot(topics, groups, at=T0 + 30 * k)
        made, verdict = advance(memory, seen, default_rules(), seen.at)
    said = diagnosis_of(made, "billing").findings[0]
    alert = next(alert for alert in verdict.alerts if alert.rule == "ConsumerLagHigh")
    assert (alert.cause, alert.next_step) == (said.sentence, said.next_step)
    assert words in alert.cause

"""Groups that run now and then, with the profile batch: quiet while they run as they should, told in time when they do not."""

import pytest
from simulate import Group, Scenario, Topic, constant, expect

from lagwatch.config import effective_rules
from tests.scenarios.conftest import lines_of, transitions
from tests.scenarios.test_scenarios import clean, event
from tests.support.settings import settings

EVERY, LONG = 30, 4
OT = {"group": "nightly", "topic": "orders"}
RULES = effective_rules(
    settings(
        "{bootstrap: a:1, profiles: [{profile: batch, groups: [night.*], period: 30m}], rules: {TimeLagVeryHigh: {enabled: true}}}"
    )
)


def runs(*missed, long=LONG):
    """Members of a group that runs every half hour, but for the runs that are missed (0: the first)."""
    return lambda m: 2 if m % EVERY < long and int(m // EVERY) not in missed else 0


def orders(rate=600, **kw):
    return Topic("orders", 4, constant(rate), **kw)


def batch(members, capacity=100_000):
    return Group("nightly", ("orders",), constant(capacity), members=members)


BATCHES = {
    "every_half_hour": Scenario(200, (orders(),), (batch(runs()),), about="It reads everything each time."),
    "one_run_is_missed": Scenario(
        200, (orders(),), (batch(runs(3)),), about="One run is missing, the next one reads everything."
    ),
    "two_runs_are_missed": Scenario(
        200,
        (orders(),),
        (batch(runs(3, 4)),),
        expect=(expect("BatchOverdue", 120, 136, 150, 158, **OT),),
        about="The run at 60 was the last good one: twice the period later it is told, and the run at 150 ends it.",
    ),
    "it_never_comes_back": Scenario(
        150, (orders(),), (batch(lambda m: 2 if m < 35 else 0),), expect=(expect("BatchOverdue", 95, 108, **OT),)
    ),
    "runs_that_are_too_short": Scenario(
        180,
        (orders(),),
        (batch(lambda m: runs()(m) if m < 70 else runs(long=1)(m), capacity=6_000),),
        expect=(expect("BatchOverdue", 120, 136, **OT),),
        about="From the fourth run on it is stopped before it has read everything.",
    ),
    "a_run_between_two_polls_of_a_busy_topic": Scenario(
        180,
        (orders(60_000),),
        (batch(lambda m: 2 if m % EVERY < 1 else 0, capacity=20_000_000),),
        about="When it is looked, tens of thousands of messages have come in again.",
    ),
    "a_topic_on_which_nothing_comes": Scenario(120, (orders(0),), (batch(lambda m: 0),)),
    "a_topic_that_gets_all_at_once": Scenario(
        180,
        (Topic("orders", 4, lambda m: 50_000 if m % EVERY < 3 else 0),),
        (batch(lambda m: 2 if 12 <= m % EVERY < 17 else 0),),
        about="Bursts after which nothing comes for half an hour.",
    ),
    "polls_that_are_missed": Scenario(
        200,
        (orders(),),
        (batch(runs(3, 4)),),
        polls_missing=((75, 77), (100, 102)),
        unknown_groups=(("nightly", 110, 114),),
        expect=(expect("BatchOverdue", 120, 146, 150, 158, **OT),),
        about="Time in which nothing is known does not count.",
    ),
}


@pytest.mark.parametrize("name", sorted(BATCHES))
def test_a_batch_is_judged_by_its_runs(name):
    scenario = BATCHES[name]
    clean(name, scenario, [event(each) for each in transitions(lines_of(name, scenario), RULES)])


def test_without_the_profile_such_a_group_is_told_again_and_again():
    told = [each for each in transitions(lines_of("x", BATCHES["every_half_hour"])) if each.to == "firing"]
    assert {each.alert.rule for each in told} >= {"ConsumerGroupEmpty", "ConsumerLagGrowing"}


def test_other_groups_are_judged_as_ever():
    scenario = Scenario(100, (orders(3000),), (Group("billing", ("orders",), constant(0)), batch(runs(), 1e6)))
    told = [each for each in transitions(lines_of("x", scenario), RULES) if each.to == "firing"]
    assert {each.alert.subject.group for each in told} == {"billing"}
    assert "BatchOverdue" not in {each.alert.rule for each in told}

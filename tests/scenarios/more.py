"""Further scenarios of the same class, with their truth. Times are minutes from the start of the trace."""

import math

from cases import OT, orders
from simulate import Group, Scenario, Topic, between, constant, expect, outage, tolerate


def square(period, low, high):
    """A rate that is `low` for half a period, then `high`."""
    return lambda m: low if (m % period) < period / 2 else high


def leak(start, capacity, loss):
    return lambda m: capacity if m < start else capacity - loss


def pauses(every, length, normal=2, since=0):
    return lambda m: 0 if m >= since and (m - since) % every < length and m > since else normal


GROWING, HIGH, RUNAWAY = "ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway"

MORE = {
    "noise_on_a_healthy_group": Scenario(
        240, (orders(3000),), (Group("billing", ("orders",), lag_noise=4000),), about="Commits trail, nothing is wrong."
    ),
    "noise_on_a_runaway": Scenario(
        180,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 100, 9000, 1000), lag_noise=3000),),
        expect=(
            expect(GROWING, 60, 70, 100, 118, **OT),
            expect(RUNAWAY, 60, 78, 100, 121, **OT),
            expect(HIGH, 70, 82, 105, 119, **OT),
        ),
    ),
    "strong_noise_on_a_runaway": Scenario(
        180,
        (orders(6000),),
        (Group("billing", ("orders",), outage(60, 100, 20000, 4000), lag_noise=20000),),
        expect=(
            expect(GROWING, 60, 80, 100, 120, **OT),
            expect(RUNAWAY, 60, 98, 100, 125, **OT),
            expect(HIGH, 65, 80, 103, 122, **OT),
        ),
        about="The noise of the commits is ten times what is lost in a minute: that hides the emergency for a while.",
    ),
    "around_ten_thousand": Scenario(
        300,
        (orders(600),),
        (Group("billing", ("orders",), square(8, 475, 725), start_lag=8000),),
        tolerate=(tolerate(GROWING, **OT),),
        about="Lag swings by 2,000 around 9,000.",
    ),
    "around_a_hundred_thousand": Scenario(
        300,
        (orders(600),),
        (Group("billing", ("orders",), lambda m: square(20, 350, 850)(m) if m < 200 else 3000, start_lag=98_000),),
        expect=(expect(HIGH, 0, 12, 200, 230, **OT),),
        tolerate=(tolerate(GROWING, **OT),),
        about="Lag swings between 98,000 and 108,000; later it drains.",
    ),
    "abandoned_topic": Scenario(
        400,
        (orders(600), Topic("payments", 8, constant(300))),
        (Group("billing", ("orders", "payments"), left_topics=(("payments", 60),)), Group("audit", ("payments",))),
        about="The group stops to consume one of its topics; its commits stay.",
    ),
    "abandoned_topic_then_dead": Scenario(
        400,
        (orders(600), Topic("payments", 8, constant(300))),
        (
            Group(
                "billing",
                ("orders", "payments"),
                left_topics=(("payments", 60),),
                members=lambda m: 0 if between(m, 200, 203) else 2,
            ),
        ),
        about="The same, and later a deployment.",
    ),
    "all_topics_abandoned": Scenario(
        300,
        (orders(600),),
        (Group("billing", ("orders",), left_topics=(("orders", 60),)),),
        about="The members subscribe to something else.",
    ),
    "rolling_restart_of_brokers": Scenario(
        200,
        (orders(600), Topic("logs", 6, constant(100), replicas=2, min_isr=1)),
        (Group("billing", ("orders", "logs")),),
        brokers_down=((1, 60, 64), (2, 67, 71), (3, 74, 78)),
        about="One broker after the other, a few minutes each.",
    ),
    "rolling_restart_of_a_group": Scenario(
        200,
        (orders(3000),),
        (
            Group(
                "billing",
                ("orders",),
                lambda m: 0 if 60 <= m < 80 and m % 4 < 1 else 12000,
                members=lambda m: 3 if 60 <= m < 80 and m % 4 < 2 else 4,
                state=lambda m: "PreparingRebalance" if 60 <= m < 80 and m % 4 < 1 else "Stable",
            ),
        ),
        about="Member after member restarts, each with a rebalance.",
    ),
    "deploys_all_day": Scenario(
        400,
        (orders(2000),),
        (Group("billing", ("orders",), constant(12000), members=pauses(25, 2.5, since=30)),),
        about="A deployment every 25 minutes.",
    ),
    "partitions_added": Scenario(
        200,
        (orders(600, grow_to=(60, 12)), Topic("payments", 2, constant(100), grow_to=(90, 40))),
        (
            Group(
                "billing",
                ("orders", "payments"),
            ),
            Group("audit", ("orders",), commit_every=2),
        ),
        about="Topics grow.",
    ),
    "partitions_added_in_an_incident": Scenario(
        200,
        (orders(3000, grow_to=(75, 6)),),
        (Group("billing", ("orders",), outage(60, 100, 12000, 1500)),),
        expect=(
            expect(GROWING, 60, 70, 100, 118, **OT),
            expect(RUNAWAY, 60, 79, 100, 121, **OT),
            expect(HIGH, 70, 86, 103, 122, **OT),
        ),
    ),
    "polls_missing_in_the_middle": Scenario(
        200,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 110, 9000, 1500)),),
        polls_missing=((62, 64), (80, 90), (112, 114)),
        expect=(
            expect(GROWING, 60, 73, 110, 132, **OT),
            expect(RUNAWAY, 60, 85, 110, 136, **OT),
            expect(HIGH, 76, 96, 110, 135, **OT),
        ),
        tolerate=(),
    ),
    "unknown_while_firing": Scenario(
        200,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 110, 9000, 1500)),),
        unknown_groups=(("billing", 82, 97),),
        expect=(
            expect(GROWING, 60, 70, 110, 128, **OT),
            expect(RUNAWAY, 60, 77, 110, 132, **OT),
            expect(HIGH, 76, 104, 110, 132, **OT),
        ),
    ),
    "unknown_while_it_recovers": Scenario(
        220,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 100, 9000, 1500)),),
        unknown_groups=(("billing", 99, 130),),
        expect=(
            expect(GROWING, 60, 70, 130, 146, **OT),
            expect(RUNAWAY, 60, 77, 130, 146, **OT),
            expect(HIGH, 76, 85, 130, 142, **OT),
        ),
        about="What cannot be seen does not resolve.",
    ),
    "unknown_again_and_again": Scenario(
        220,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 120, 9000, 1500)),),
        unknown_groups=tuple(("billing", m, m + 1) for m in range(20, 200, 5)),
        expect=(
            expect(GROWING, 60, 74, 120, 142, **OT),
            expect(RUNAWAY, 60, 84, 120, 148, **OT),
            expect(HIGH, 76, 90, 120, 145, **OT),
        ),
    ),
    "hot_partition": Scenario(
        240,
        (Topic("orders", 4, constant(600), weights=(10, 1, 1, 1)),),
        (Group("billing", ("orders",), outage(60, 120, 9000, 5500)),),
        expect=(expect(GROWING, 60, 92, 120, 132, **OT),),
        about="One partition gets ten times as much as the others and falls behind by 500 a minute.",
    ),
    "hot_partition_runs_away": Scenario(
        240,
        (Topic("orders", 4, constant(1000), weights=(10, 1, 1, 1)),),
        (Group("billing", ("orders",), outage(60, 120, 30000, 2000)),),
        expect=(
            expect(GROWING, 60, 70, 120, 135, **OT),
            expect(RUNAWAY, 60, 76, 120, 138, **OT),
            expect(HIGH, 70, 81, 120, 148, **OT),
        ),
    ),
    "slow_leak": Scenario(
        400,
        (orders(600),),
        (Group("billing", ("orders",), leak(60, 9000, 8450)),),
        expect=(expect(GROWING, 100, 122),),
        about="It falls behind by 200 a minute.",
    ),
    "very_slow_leak": Scenario(
        500,
        (orders(100),),
        (Group("billing", ("orders",), leak(60, 9000, 8925)),),
        expect=(expect(GROWING, 155, 180),),
        about="It falls behind by 100 a minute.",
    ),
    "commits_every_half_hour": Scenario(
        400,
        (orders(1500),),
        (Group("billing", ("orders",), commit_every=30),),
        about="Healthy; lag is a sawtooth up to 180,000.",
    ),
    "commits_every_half_hour_on_a_busy_topic": Scenario(
        400,
        (orders(5000),),
        (Group("billing", ("orders",), commit_every=30),),
        about="Healthy; lag is a sawtooth up to 600,000.",
    ),
    "commits_every_twenty_minutes": Scenario(
        400,
        (orders(3000),),
        (Group("billing", ("orders",), commit_every=20), Group("audit", ("orders",), commit_every=5)),
    ),
    "slow_committer_dies": Scenario(
        300,
        (orders(1500),),
        (
            Group(
                "billing",
                ("orders",),
                constant(60000),
                commit_every=10,
                members=lambda m: 0 if between(m, 120, 200) else 2,
            ),
        ),
        expect=(
            expect("ConsumerGroupEmpty", 120, 136, 200, 212, group="billing"),
            expect(GROWING, 120, 147, 200, 225, **OT),
            expect(HIGH, 120, 160, 200, 225, **OT),
            expect(RUNAWAY, 120, 147, 200, 225, **OT),
        ),
    ),
    "seek_forward_in_an_incident": Scenario(
        200,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 100, 9000, 1500), seeks=((99.5, "orders", 1.0),)),),
        expect=(
            expect(GROWING, 60, 70, 99, 112, **OT),
            expect(RUNAWAY, 60, 77, 99, 115, **OT),
            expect(HIGH, 76, 85, 99, 110, **OT),
        ),
        about="Somebody skips the backlog.",
    ),
    "seek_back_a_little": Scenario(
        120,
        (orders(600),),
        (Group("billing", ("orders",), constant(9000), seeks=((60, "orders", -5000),)),),
        about="A replay of 20,000 messages that takes minutes.",
    ),
    "seek_to_the_beginning": Scenario(
        200,
        (orders(600),),
        (Group("billing", ("orders",), constant(60000), seeks=((60, "orders", 0.0),)),),
        expect=(expect(HIGH, 60, 67, 80, 110, **OT),),
        tolerate=(tolerate(GROWING, 60, 70, **OT),),
    ),
    "seek_back_and_too_slow": Scenario(
        240,
        (orders(600),),
        (Group("billing", ("orders",), lambda m: 500 if 60 <= m < 120 else 30000, seeks=((60, "orders", -50_000),)),),
        expect=(expect(HIGH, 60, 67, 120, 138, **OT), expect(GROWING, 60, 74, 120, 135, **OT)),
    ),
    "truncated": Scenario(
        180, (orders(600, truncated_at=(60, 5000)),), (Group("billing", ("orders",)),), about="An unclean election."
    ),
    "truncated_in_an_incident": Scenario(
        200,
        (orders(3000, truncated_at=(80, 2000)),),
        (Group("billing", ("orders",), outage(60, 110, 9000, 1500)),),
        expect=(
            expect(GROWING, 60, 70, 110, 128, **OT),
            expect(RUNAWAY, 60, 79, 110, 131, **OT),
            expect(HIGH, 76, 87, 110, 132, **OT),
        ),
    ),
    "recreated_in_an_incident": Scenario(
        200,
        (orders(3000, recreated_at=90),),
        (Group("billing", ("orders",), outage(60, 90, 9000, 1500)),),
        expect=(
            expect(GROWING, 60, 70, 90, 103, **OT),
            expect(RUNAWAY, 60, 77, 90, 108, **OT),
            expect(HIGH, 76, 85, 90, 103, **OT),
        ),
    ),
    "big_lag_at_the_start": Scenario(
        180,
        (orders(600),),
        (Group("billing", ("orders",), constant(6000), start_lag=1_000_000),),
        expect=(expect(HIGH, 0, 7, 35, 55, **OT),),
        about="It drains from the start.",
    ),
    "big_lag_that_stays": Scenario(
        240,
        (orders(600),),
        (Group("billing", ("orders",), constant(600), start_lag=500_000),),
        expect=(expect(HIGH, 0, 7, **OT),),
        tolerate=(tolerate(GROWING, **OT),),
    ),
    "two_groups_one_ill": Scenario(
        200,
        (orders(3000), Topic("payments", 2, constant(100))),
        (
            Group("audit", ("orders", "payments"), commit_every=1),
            Group("billing", ("orders", "payments"), outage(60, 100, 9000, 1500)),
            Group("search", ("payments",), type="consumer"),
        ),
        expect=(
            expect(GROWING, 60, 70, 100, 118, **OT),
            expect(RUNAWAY, 60, 77, 100, 121, **OT),
            expect(HIGH, 76, 85, 105, 119, **OT),
        ),
    ),
    "day_and_night": Scenario(
        720,
        (
            Topic("orders", 4, lambda m: 1500 + 1400 * math.sin(m / 115), retain=None),
            Topic("payments", 4, lambda m: max(0, 500 * math.sin(m / 60))),
        ),
        (Group("billing", ("orders", "payments"), constant(6000)),),
        about="Traffic comes and goes; nobody is ill.",
    ),
    "a_burst": Scenario(
        180,
        (Topic("orders", 4, lambda m: 12000 if between(m, 60, 62) else 600),),
        (Group("billing", ("orders",), constant(8000)),),
        about="Two minutes of twenty times the traffic.",
    ),
    "backfill": Scenario(
        180,
        (Topic("orders", 4, lambda m: 500_000 if between(m, 60, 60.5) else 600),),
        (Group("billing", ("orders",), constant(15000)),),
        expect=(expect(HIGH, 60, 67, 62, 84, **OT),),
        tolerate=(tolerate(GROWING, 60, 70, **OT),),
        about="A million messages at once: a step, not a runaway.",
    ),
    "short_transactions": Scenario(
        180,
        (orders(600, transactional_hold=(60, 68)),),
        (Group("billing", ("orders",), constant(20000)),),
        tolerate=(tolerate(GROWING, **OT),),
        about="A transaction of eight minutes.",
    ),
    "a_partition_without_commits": Scenario(
        180,
        (orders(600),),
        (Group("billing", ("orders",), no_commit=frozenset({("orders", 0), ("orders", 3)})),),
    ),
    "poison_for_ten_minutes": Scenario(
        180,
        (orders(300),),
        (Group("billing", ("orders",), constant(9000), stuck={("orders", 1): (60, 72)}),),
    ),
    "two_poison_messages": Scenario(
        260,
        (orders(300),),
        (Group("billing", ("orders",), constant(9000), stuck={("orders", 2): (60, 150), ("orders", 0): (100, 180)}),),
        expect=(
            expect("PartitionStuck", 60, 90, 150, 161, group="billing", topic="orders", partition=2),
            expect("PartitionStuck", 100, 130, 180, 191, group="billing", topic="orders", partition=0),
            expect(GROWING, 90, 103, 150, 195, **OT),
        ),
    ),
    "stalled_then_dead": Scenario(
        260,
        (orders(300),),
        (Group("billing", ("orders",), outage(60, 180, 20000, 0), members=lambda m: 0 if between(m, 120, 180) else 2),),
        expect=(
            expect("ConsumerStalled", 60, 90, 180, 191, **OT),
            expect(GROWING, 66, 78, 180, 198, **OT),
            expect("ConsumerGroupEmpty", 120, 135, 180, 191, group="billing"),
            expect(HIGH, 140, 153, 180, 193, **OT),
        ),
    ),
    "dead_for_a_working_day": Scenario(
        620,
        (orders(50),),
        (Group("billing", ("orders",), constant(20000), members=lambda m: 0 if between(m, 60, 560) else 2),),
        expect=(
            expect("ConsumerGroupEmpty", 60, 80, 560, 571, group="billing"),
            expect(GROWING, 105, 120, 560, 575, **OT),
            expect(HIGH, 555, 566, 560, 580, **OT),
        )[:2],
        about="Nobody comes for eight hours: nothing resolves by itself.",
    ),
    "broker_away_for_hours": Scenario(
        300,
        (orders(600),),
        (Group("billing", ("orders",)),),
        brokers_down=((2, 60, 200),),
        expect=(expect("PartitionsUnderReplicated", 60, 78, 200, 211), expect("BrokerMissing", 60, 67, 200, 211)),
    ),
    "broker_flaps": Scenario(
        200,
        (orders(600),),
        (Group("billing", ("orders",)),),
        brokers_down=tuple((3, m, m + 2) for m in range(60, 120, 5)),
        about="Two minutes down, three up.",
    ),
    "all_brokers_of_a_topic_down": Scenario(
        200,
        (orders(600, replicas=1, min_isr=1), Topic("logs", 3, constant(50))),
        (Group("billing", ("orders", "logs")),),
        brokers_down=((1, 60, 80),),
        expect=(
            expect("PartitionsOffline", 60, 63, 80, 91, topic="orders"),
            expect("BrokerMissing", 60, 67, 80, 91),
            expect("PartitionsUnderReplicated", 60, 78, 80, 91),
        ),
    ),
    "retention_and_a_healthy_group": Scenario(
        300,
        (orders(2000, retain=200_000), Topic("payments", 2, constant(500), retain=20_000)),
        (Group("billing", ("orders", "payments")),),
        about="Deletion is none of a healthy group's business.",
    ),
    "retention_and_a_deploy": Scenario(
        200,
        (orders(2000, retain=100_000),),
        (Group("billing", ("orders",), constant(20000), members=lambda m: 0 if between(m, 60, 63) else 2),),
    ),
    "retention_and_a_slow_group": Scenario(
        400,
        (orders(2000, retain=100_000),),
        (Group("billing", ("orders",), outage(60, 300, 30000, 1000)),),
        expect=(
            expect(GROWING, 60, 70, 158, 183, **OT),
            expect(HIGH, 80, 93, 300, 320, **OT),
            expect("DataLossImminent", 60, 85, 300, 325, **OT),
            expect("DataLost", 155, 170, 300, 330, **OT),
        ),
        about="Too slow for retention: thrown from one log start to the next.",
    ),
    "retention_far_away": Scenario(
        300,
        (orders(500, retain=1_000_000),),
        (Group("billing", ("orders",), outage(60, 120, 9000, 250)),),
        expect=(expect(GROWING, 60, 78, 120, 133, **OT),),
        about="It would take days until data is lost.",
    ),
    "seek_to_the_beginning_of_what_is_retained": Scenario(
        200,
        (orders(2000, retain=200_000),),
        (Group("billing", ("orders",), constant(60000), seeks=((60, "orders", 0.0),)),),
        tolerate=(tolerate(HIGH, **OT), tolerate("DataLossImminent", 60, 80, **OT)),
        about="It reads faster than retention deletes.",
    ),
    "flapping_consumer": Scenario(
        300,
        (orders(3000),),
        (Group("billing", ("orders",), lambda m: 12000 if not between(m, 60, 180) or m % 6 < 1 else 1000),),
        tolerate=(tolerate(GROWING, **OT), tolerate(HIGH, **OT), tolerate(RUNAWAY, **OT)),
        about="It crashes every few minutes.",
    ),
    "twice_the_same_incident": Scenario(
        400,
        (orders(3000),),
        (Group("billing", ("orders",), lambda m: 1500 if between(m, 60, 90) or between(m, 240, 270) else 9000),),
        expect=(
            expect(GROWING, 60, 70, 90, 108, **OT),
            expect(RUNAWAY, 60, 77, 90, 111, **OT),
            expect(HIGH, 76, 85, 93, 109, **OT),
            expect(GROWING, 240, 250, 270, 288, **OT),
            expect(RUNAWAY, 240, 257, 270, 291, **OT),
            expect(HIGH, 256, 265, 273, 289, **OT),
        ),
    ),
    "quiet_topics": Scenario(
        300,
        (Topic("orders", 4, lambda m: 40 if m % 60 < 1 else 0), Topic("payments", 12, constant(0))),
        (Group("billing", ("orders", "payments")), Group("audit", ("orders",), members=lambda m: 0)),
        about="Hardly anything happens.",
    ),
    "barely_no_emergency": Scenario(
        240,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 120, 9000, 1850)),),
        expect=(expect(GROWING, 60, 71, 120, 138, **OT), expect(HIGH, 80, 91, 125, 145, **OT)),
        about="It falls behind by 4,600 a minute.",
    ),
    "barely_an_emergency": Scenario(
        240,
        (orders(3000),),
        (Group("billing", ("orders",), outage(60, 120, 9000, 1600)),),
        expect=(
            expect(GROWING, 60, 70, 120, 138, **OT),
            expect(RUNAWAY, 60, 80, 120, 141, **OT),
            expect(HIGH, 76, 87, 125, 145, **OT),
        ),
        about="It falls behind by 5,600 a minute.",
    ),
}

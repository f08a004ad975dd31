"""The health of clusters that are given as plain values."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.analyze.health import failures
from lagwatch.analyze.health.score import WEIGHTS
from lagwatch.model.details import LogDir, OpenProducer, Part, Reassignment, Transaction
from lagwatch.model.health import QuorumState
from lagwatch.model.snapshot import UNKNOWN, Broker
from tests.support import details as d
from tests.support.build import T0, snapshot, topic, view

ROW = ((0, 100),)


def health(topics, **fields):
    """The health after one poll of these topics."""
    return view(snapshot(topics, {}, **fields)).health


def orders(count=1, **facts):
    return {"orders": topic(*ROW * count, min_insync_replicas="2", **facts)}


def by_broker(found, column):
    return dict(zip(found.brokers.id.tolist(), getattr(found.brokers, column).tolist(), strict=True))


def cost(found, name):
    (part,) = (part for part in found.parts if part.name == name)
    return part.lost


def test_a_cluster_without_faults_has_the_whole_score():
    found = health(
        orders(3),
        details=d.details(
            topic_config={"orders": {"unclean.leader.election.enable": "false"}},
            dirs=d.log_dirs([LogDir(broker=b, path="/d", total_bytes=100, usable_bytes=60) for b in (1, 2, 3)]),
            voters=d.quorum(0, 0, 0),
        ),
    )
    assert found.score == 100
    assert found.unknown == ("preferred_leaders", "produce_skew") or found.unknown == ("produce_skew",)
    assert {part.lost for part in found.parts if part.name not in found.unknown} == {0.0}


def test_what_brokers_lead_and_hold_is_counted():
    topics = {
        "a": topic(*ROW * 2, leader=1, replicas=(1, 2), isr=(1,)),
        "b": topic(*ROW, leader=3, replicas=(2, 3), isr=(2, 3)),
        "c": topic(*ROW, leader=-1, replicas=(4,), isr=(4,)),
    }
    found = health(topics)
    assert by_broker(found, "leaders") == {1: 2, 2: 0, 3: 1, 4: 0}
    assert by_broker(found, "replicas") == {1: 2, 2: 3, 3: 1, 4: 1}
    assert by_broker(found, "preferred") == {1: 2, 2: 1, 3: 0, 4: 1}
    assert by_broker(found, "led_by_others") == {1: 0, 2: 1, 3: 0, 4: 1}
    assert by_broker(found, "out_of_sync") == {1: 0, 2: 2, 3: 0, 4: 0}
    assert by_broker(found, "up") == {1: True, 2: True, 3: True, 4: False}
    assert found.preferred_imbalance == 0.5
    assert found.leader_skew == 1.0  # broker 1 leads 2, the mean of those that are up is 1


def test_brokers_are_told_apart_by_what_is_produced_to_them():
    topics = {"a": topic(*ROW, leader=1), "b": topic(*ROW, leader=2), "c": topic(*ROW, leader=3)}
    polls = []
    for minute in range(8):
        grown = {
            name: dict(each, end=[100 + minute * rate])
            for (name, each), rate in zip(topics.items(), (900, 300, 0), strict=True)
        }
        polls.append(snapshot(grown, {}, at=T0 + 60 * minute))
    found = view(*polls).health
    assert by_broker(found, "produced") == pytest.approx({1: 900, 2: 300, 3: 0})
    assert found.produce_skew == pytest.approx(1.25)
    assert cost(found, "produce_skew") == pytest.approx(5 * 0.5)
    assert np.isnan(view(polls[0]).health.produce_skew)
    new = {"d": topic(*ROW, leader=1), **{name: dict(each, end=[9000]) for name, each in topics.items()}}
    later = view(*polls, snapshot(new, {}, at=T0 + 480)).health
    assert later.brokers.produced[0] > 900  # what is produced to the new topic is not known yet


def test_log_directories_are_summed_and_failed_ones_counted():
    dirs = [
        LogDir(broker=1, path="/a", total_bytes=100, usable_bytes=5),
        LogDir(broker=1, path="/b", error="KAFKA_STORAGE_ERROR"),
        LogDir(broker=2, path="/a", total_bytes=100, usable_bytes=50),
    ]
    sizes = [("orders", 0, 1, 70), ("orders", 0, 2, 30), ("elsewhere", 0, 1, 1000)]
    told = health(orders(), details=d.details(dirs=d.log_dirs(dirs, sizes)))
    assert by_broker(told, "log_bytes") == {1: 1070, 2: 30, 3: UNKNOWN}
    assert by_broker(told, "dirs") == {1: 2, 2: 1, 3: UNKNOWN}
    assert by_broker(told, "failed_dirs") == {1: 1, 2: 0, 3: UNKNOWN}
    assert told.brokers.disk_used.tolist()[:2] == [0.95, 0.5]
    assert cost(told, "disk_space") == 20
    assert cost(told, "failed_log_dirs") == pytest.approx(10 + 5 * (1 / 3) / 0.5)
    assert np.isnan(told.size_skew)  # broker 3 did not tell
    assert told.topic_bytes.tolist() == [UNKNOWN]
    whole = health(orders(), brokers=(1, 2), details=d.details(dirs=d.log_dirs(dirs, sizes)))
    assert whole.topic_bytes.tolist() == [100]


def test_at_min_isr_counts_as_kafka_does():
    topics = {
        "three": topic(*ROW, replicas=(1, 2, 3), isr=(1, 2), min_insync_replicas="2"),
        "two": topic(*ROW, replicas=(1, 2), isr=(1, 2), min_insync_replicas="2"),
        "fewer": topic(*ROW, replicas=(1,), isr=(1,), min_insync_replicas="2"),
        "well": topic(*ROW, replicas=(1, 2, 3), isr=(1, 2, 3), min_insync_replicas="2"),
        "under": topic(*ROW, replicas=(1, 2, 3), isr=(1,), min_insync_replicas="2"),
    }
    assert health(topics).at_min_isr == 3
    assert health({**topics, "unknown": topic(*ROW)}).at_min_isr == UNKNOWN


def test_one_more_failure_takes_away_what_only_one_broker_has():
    topics = {
        "alone": topic(*ROW, leader=1, replicas=(1, 2, 3), isr=(1,), min_insync_replicas="1"),
        "edge": topic(*ROW, leader=2, replicas=(1, 2, 3), isr=(2, 3), min_insync_replicas="2"),
        "well": topic(*ROW, leader=2, replicas=(1, 2, 3), isr=(1, 2, 3), min_insync_replicas="2"),
    }
    seen = view(snapshot(topics, {}))
    assert by_broker(seen.health, "would_go_offline") == {1: 1, 2: 0, 3: 0}
    assert by_broker(seen.health, "last_copies") == {1: 1, 2: 0, 3: 0}
    assert by_broker(seen.health, "would_refuse") == {1: 0, 2: 1, 3: 1}
    one, two, three = failures(seen)
    assert (one.would_go_offline, one.last_copies, one.would_refuse) == (("alone/0",), ("alone/0",), ())
    assert two.would_refuse == three.would_refuse == ("edge/0",)
    assert one.ends_quorum is None


@pytest.mark.parametrize(
    ("elr", "brokers", "offline", "lost"),
    [
        ((), (1, 2, 3), 1, 1),
        ((2,), (1, 2, 3), 0, 0),  # an eligible replica has all that was committed, and can lead
        ((9,), (1, 2, 3), 1, 0),  # it has, and it is down
        ((1,), (1, 2, 3), 1, 1),
    ],
)
def test_an_eligible_replica_saves_what_the_last_one_in_sync_has(elr, brokers, offline, lost):
    topics = {"alone": topic(*ROW, leader=1, replicas=(1, 2, 9), isr=(1,), min_insync_replicas="2")}
    found = health(topics, brokers=brokers, details=d.details(elr={("alone", 0): elr}))
    assert by_broker(found, "would_go_offline")[1] == offline
    assert by_broker(found, "last_copies")[1] == lost


@pytest.mark.parametrize(("unclean", "offline"), [("true", 0), ("false", 1)])
def test_with_unclean_elections_records_are_lost_and_the_partition_stays(unclean, offline):
    config = {"orders": {"unclean.leader.election.enable": unclean}}
    found = health(orders(isr=(1,)), details=d.details(topic_config=config))
    assert by_broker(found, "would_go_offline")[1] == offline
    assert by_broker(found, "last_copies")[1] == 1
    assert found.unclean_topics == (unclean == "true")
    assert cost(found, "unclean_election") == (5 if unclean == "true" else 0)


def test_offline_is_beyond_recovery_only_without_an_eligible_replica():
    gone = {"orders": topic(*ROW, leader=-1, isr=(), min_insync_replicas="2")}
    assert health(gone, details=d.details(elr={("orders", 0): ()})).unrecoverable == 1
    assert health(gone, details=d.details(elr={("orders", 0): (2,)})).unrecoverable == 0
    assert health(gone).unrecoverable == UNKNOWN
    assert health(orders()).unrecoverable == 0
    waiting = {"orders": topic(*ROW, leader=-1, isr=(9,))}
    assert health(waiting, details=d.details(elr={})).unrecoverable == 0  # comes back with broker 9


def racks(**by_id):
    return tuple(Broker(id=int(name[1:]), rack=rack) for name, rack in by_id.items())


@pytest.mark.parametrize(
    ("brokers", "single", "points"),
    [
        (racks(b1="a", b2="a", b3="b"), 1, 1 + 4 / 2),
        (racks(b1="a", b2="b", b3="b"), 0, 0),
        (racks(b1="a", b2="a", b3="a"), UNKNOWN, 0),
        (racks(b1=None, b2=None, b3=None), UNKNOWN, 0),
        (racks(b1="a", b2=None, b3="b"), UNKNOWN, None),
    ],
)
def test_replicas_in_one_rack_are_counted_where_racks_differ(brokers, single, points):
    topics = {"near": topic(*ROW, replicas=(1, 2), isr=(1, 2)), "far": topic(*ROW)}
    seen = replace(snapshot(topics, {}), brokers=brokers)
    found = view(seen).health
    assert found.single_rack == single
    assert cost(found, "single_rack") == points


@pytest.mark.parametrize(
    ("voters", "state", "points"),
    [
        (d.quorum(0, 0, 0), (3, 2, 1), 0),
        (d.quorum(0, 0, 60), (2, 2, 0), 15),
        (d.quorum(0, None, 60), (1, 2, -1), 30),
        (d.quorum(0, 0, 0, 60, 0), (4, 3, 1), 5),
        (d.quorum(0), (1, 1, 0), 5),
    ],
)
def test_the_quorum_costs_what_it_can_lose_no_more(voters, state, points):
    found = health(orders(), details=d.details(voters=voters))
    assert (found.quorum.caught_up, found.quorum.majority, found.quorum.can_lose) == state
    assert cost(found, "quorum") == points


def test_before_times_were_told_records_say_who_is_behind():
    quorum = d.quorum(None, None, None)
    voters = tuple(replace(node, lag=5000 if node.id == 3 else 3) for node in quorum.voters)
    found = health(orders(), details=d.details(voters=replace(quorum, voters=voters)))
    assert found.quorum == QuorumState(leader=1, voters=3, caught_up=2, majority=2, max_lag=5000, behind=(3,))


def test_a_failure_that_ends_the_quorum_is_told():
    seen = view(snapshot(orders(), {}, details=d.details(voters=d.quorum(0, 0, 60))))
    assert [each.ends_quorum for each in failures(seen)] == [True, True, False]


def test_transactions_are_counted_and_hung_ones_told_apart():
    ongoing = [Transaction(transactional_id="a", producer_id=1, state="Ongoing", started_at=T0 - 90)]
    holder = OpenProducer(topic="orders", partition=0, producer_id=8, producer_epoch=0, start_offset=3, hung=True)
    known = replace(holder, producer_id=1, hung=False)
    unsure = replace(holder, producer_id=2, hung=None)
    found = health(orders(), details=d.details(ongoing=ongoing, holders=[holder, known, unsure]))
    assert (found.open_transactions, found.hung_transactions, found.oldest_transaction_s) == (1, 1, 90)
    none = health(orders())
    assert (none.open_transactions, none.hung_transactions) == (UNKNOWN, UNKNOWN)


def test_moves_are_counted():
    moves = Part(value=(Reassignment(topic="orders", partition=0, replicas=(1, 2, 3, 4)),), read_at=T0)
    assert health(orders(), details=replace(d.details(), reassignments=moves)).reassigning == 1


@pytest.mark.parametrize(
    ("facts", "name", "points"),
    [
        ({"leader": -1, "isr": (9,)}, "offline", 40),
        ({"isr": (1,)}, "under_min_isr", 40),
        ({"isr": (1, 2)}, "under_replicated", 20),
        ({"isr": (1, 2)}, "at_min_isr", 10),
        ({"replicas": (1,), "isr": (1,)}, "single_copy", 10),
    ],
)
def test_a_fault_of_every_partition_costs_the_most_it_may(facts, name, points):
    found = health(orders(4, **facts))
    assert cost(found, name) == points == WEIGHTS[name].most


def test_a_partition_without_a_leader_is_in_the_milder_states_too():
    found = health(orders(10, leader=-1, isr=()))
    assert found.score == 0
    assert [cost(found, name) for name in ("offline", "under_min_isr", "at_min_isr", "under_replicated")] == [
        40,
        40,
        10,
        20,
    ]
    large = {"well": topic(*ROW * 999, min_insync_replicas="2"), **orders(1, leader=-1, isr=())}
    assert 60 < health(large).score < 65


def test_where_replicas_are_not_known_there_is_no_score():
    found = health({"orders": topic(*ROW, replicas=None, isr=None)})
    assert found.score is None
    assert "under_replicated" in found.unknown


def test_a_cluster_without_topics_is_scored_by_its_brokers():
    assert health({}, details=d.details(voters=d.quorum(0, 0, 60))).score == 85


@given(
    isr=st.lists(st.sampled_from([(1, 2, 3), (1, 2), (1,), ()]), min_size=1, max_size=12),
    worse=st.integers(0, 11),
)
def test_the_score_is_between_0_and_100_and_never_better_for_a_replica_less(isr, worse):
    def scored(sets):
        topics = {
            f"t{i:02}": topic(*ROW, leader=1 if each else -1, isr=each, min_insync_replicas="2")
            for i, each in enumerate(sets)
        }
        return health(topics).score

    fewer = [each[:-1] if i == worse % len(isr) else each for i, each in enumerate(isr)]
    assert 0 <= scored(fewer) <= scored(isr) <= 100


@pytest.mark.parametrize(
    ("replicas", "isr", "adding", "is_short"),
    [
        ((1, 2, 3), (1, 2), (3,), False),
        ((1, 2, 3), (1,), (3,), True),
        ((1, 2), (1,), (3,), True),  # the brokers' metadata knows nothing yet of what is to be added
        ((1, 2, 3), (1, 2), (), True),
    ],
)
def test_a_replica_that_is_being_added_is_not_missed(replicas, isr, adding, is_short):
    """As Kafka counts under-replicated partitions."""
    moves = (Reassignment(topic="orders", partition=0, replicas=replicas, adding=adding),)
    topics = {"orders": topic(*ROW, replicas=replicas, isr=isr, min_insync_replicas="1")}
    seen = view(snapshot(topics, {}, details=replace(d.details(), reassignments=Part(value=moves, read_at=T0))))
    assert seen.under_replicated.tolist() == [is_short]
    assert (cost(seen.health, "under_replicated") > 0) is is_short


@pytest.mark.parametrize(("leader", "behind"), [(3, ()), (2, (3,))])
def test_a_voter_that_has_gone_as_a_broker_is_behind_at_once(leader, behind):
    """Broker 3 holds a replica and is not up; it has not caught up with the quorum for ten seconds."""
    topics = {"orders": topic(*ROW, leader=leader, replicas=(2, 3), isr=(leader,))}
    brokers = (1, 2, 3) if leader == 3 else (1, 2)
    found = health(topics, brokers=brokers, details=d.details(voters=d.quorum(0, 0, 10)))
    assert found.quorum.behind == behind

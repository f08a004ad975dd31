"""Slow facts of brokers that do what a real cluster does rarely. The same on the real Kafka: tests/kafka/test_details.py."""

import time

import pytest
from kafka.protocol.admin import (
    DescribeConfigsResponse,
    DescribeLogDirsResponse,
    DescribeProducersResponse,
    DescribeTopicPartitionsResponse,
    DescribeTransactionsResponse,
    ListPartitionReassignmentsResponse,
    ListTransactionsResponse,
)

from lagwatch.collect.details import DetailOptions
from lagwatch.model.details import Elr, OpenProducer, Reassignment, Transaction
from tests.support.wire_cluster import SILENCE, Topic, _metadata

AT_ONCE = DetailOptions(at_once=True)
SLOW_APIS = ("DescribeLogDirs", "ListTransactions", "ListPartitionReassignments", "DescribeTopicPartitions")


def only(*parts, at_once=True):
    return DetailOptions(parts=frozenset(parts), at_once=at_once)


@pytest.fixture
def filled(wire):
    wire.topics["orders"] = Topic([1, 2, 3], lso=100)
    return wire


def gaps(snapshot):
    return {(gap.part, gap.reason, gap.broker): gap.first for gap in snapshot.gaps}


def without_a_replica(wire):
    """Every partition has two replicas, of which one is in sync."""

    def answer(number, request):
        metadata = _metadata(wire, number, request)
        for topic in metadata.topics:
            for partition in topic.partitions:
                partition.replica_nodes = [partition.leader_id, 9]
        return metadata

    wire.hooks["Metadata"] = answer


def test_everything_is_there_after_one_poll_for_those_who_poll_once(filled, reader):
    snapshot = reader(details=AT_ONCE).read()
    details = snapshot.details
    assert snapshot.gaps == ()
    assert details.log_dirs.value.brokers == (1, 2, 3)
    assert details.log_dirs.value.replicas.size.tolist() == [1000, 2001, 3002]
    assert details.transactions.value.ongoing == ()
    assert details.reassignments.value == ()
    assert details.quorum.value.leader == 3
    assert details.elr.value == ()
    assert set(details.features.value.releases) == {1, 2, 3}
    assert details.broker_config.value[2] == {"min.insync.replicas": "2"}
    assert details.topic_config.value == {"orders": {"min.insync.replicas": "2"}}
    assert details.topic_overrides.value == {"orders": frozenset()}


def test_a_service_spreads_what_is_work_for_brokers_over_its_polls(filled, reader):
    read = reader(details=DetailOptions())
    counts = []
    for _ in range(5):
        filled.requests.clear()
        snapshot = read.read()
        counts.append((filled.requests["DescribeLogDirs"], filled.requests["DescribeConfigs"]))
    assert counts == [(0, 1), (0, 1), (3, 0), (0, 3), (0, 0)]
    assert snapshot.details.log_dirs is not None
    assert snapshot.details.broker_config is not None


def test_between_two_readings_a_part_is_the_very_same_object(filled, reader):
    read = reader(details=AT_ONCE)
    before, after = read.read().details, read.read().details
    for part in ("log_dirs", "transactions", "reassignments", "features", "broker_config", "topic_config"):
        assert getattr(after, part) is getattr(before, part), part


def test_all_settings_of_a_new_topic_are_read_without_asking_for_the_others_again(filled, reader):
    read = reader(details=only("topic_config"))
    read.read()
    filled.topics["new"] = Topic([1])
    filled.asked.clear()
    snapshot = read.read()
    assert set(snapshot.details.topic_config.value) == {"new", "orders"}
    configs = [request for _, request in filled.asked if type(request).__name__ == "DescribeConfigsRequest"]
    assert [[resource.resource_name for resource in request.resources] for request in configs] == [["new"], ["new"]]
    assert [bool(request.resources[0].configuration_keys) for request in configs] == [True, False]


def test_settings_that_do_not_come_cost_the_poll_nothing_but_a_gap(filled, reader):
    filled.hooks["DescribeConfigs"] = lambda _, request: None if request.resources[0].configuration_keys else SILENCE
    snapshot = reader(details=only("topic_config"), deadline_s=6).read()
    assert {gap.part for gap in snapshot.gaps} == {"topic_config"}
    assert snapshot.topics.config[0]["min.insync.replicas"] == "2"
    assert snapshot.partitions.end.tolist() == [100, 100, 100]


def test_nothing_is_asked_for_that_is_not_wanted(filled, reader):
    snapshot = reader(details=only()).read()
    assert snapshot.details is None
    assert not any(filled.requests[api] for api in SLOW_APIS)
    assert snapshot.topics.config[0]["min.insync.replicas"] == "2"
    asked = [request for _, request in filled.asked if type(request).__name__ == "DescribeConfigsRequest"]
    assert all(resource.configuration_keys for request in asked for resource in request.resources)


def test_a_broker_that_does_not_answer_a_slow_part_costs_the_main_facts_nothing(filled, reader):
    filled.hooks["DescribeLogDirs"] = lambda number, _: SILENCE if number == 2 else None
    read = reader(details=only("log_dirs"), deadline_s=6)
    started = time.monotonic()
    snapshot = read.read()
    assert time.monotonic() - started < 3  # its share of the deadline is 1.5 s
    assert gaps(snapshot) == {("log_dirs", "REQUEST_TIMED_OUT", 2): "broker 2"} or gaps(snapshot) == {
        ("log_dirs", "DEADLINE", 2): "broker 2"
    }
    assert snapshot.details.log_dirs.value.brokers == (1, 3)
    assert snapshot.partitions.end.tolist() == [100, 100, 100]
    filled.requests.clear()
    again = read.read()
    assert again.gaps == snapshot.gaps  # it stays a gap until it is read again, which is not in every poll
    assert filled.requests["DescribeLogDirs"] == 0


def test_what_we_may_not_ask_is_a_gap_with_advice_and_not_asked_again_soon(filled, reader):
    filled.hooks["DescribeLogDirs"] = lambda *_: DescribeLogDirsResponse(throttle_time_ms=0, error_code=31, results=[])
    filled.hooks["ListPartitionReassignments"] = lambda *_: ListPartitionReassignmentsResponse(
        throttle_time_ms=0, error_code=31, error_message=None, topics=[]
    )
    kind = DescribeConfigsResponse.DescribeConfigsResult
    filled.hooks["DescribeConfigs"] = lambda _number, request: DescribeConfigsResponse(
        throttle_time_ms=0,
        results=[
            kind(error_code=31, error_message=None, resource_type=4, resource_name=r.resource_name, configs=[])
            for r in request.resources
        ],
    )
    read = reader(details=only("log_dirs", "reassignments", "broker_config"))
    snapshot = read.read()
    hints = {gap.part: gap.hint for gap in snapshot.gaps}
    assert "--operation Describe --cluster" in hints["log_dirs"]
    assert "--operation DescribeConfigs --cluster" in hints["broker_config"]
    assert "reassignments" in hints
    assert snapshot.details is None
    filled.requests.clear()
    assert read.read().gaps == snapshot.gaps
    assert filled.requests["DescribeLogDirs"] == filled.requests["ListPartitionReassignments"] == 0


def test_a_broker_that_shows_no_directory_at_all_refuses_to(filled, reader):
    filled.versions["DescribeLogDirs"] = 2  # no error code yet
    filled.hooks["DescribeLogDirs"] = lambda *_: DescribeLogDirsResponse(throttle_time_ms=0, results=[])
    snapshot = reader(details=only("log_dirs")).read()
    assert {gap.reason for gap in snapshot.gaps} == {"CLUSTER_AUTHORIZATION_FAILED"}


def test_old_brokers_lack_what_is_new(filled, reader):
    for api in ("ListTransactions", "DescribeTopicPartitions", "DescribeQuorum"):
        filled.versions[api] = -1
    without_a_replica(filled)
    snapshot = reader(details=AT_ONCE).read()
    assert {(gap.part, gap.reason) for gap in snapshot.gaps} == {("transactions", "UNSUPPORTED_VERSION")}
    assert snapshot.details.elr.value == ()  # there are none before Kafka 4.0
    assert snapshot.details.quorum is None


def test_bytes_that_follow_no_protocol_are_a_gap(filled, reader):
    filled.hooks["DescribeLogDirs"] = lambda *_: b"\0\0\0\0\0\0\x02"
    filled.hooks["ListTransactions"] = lambda *_: b"\0\0\0\0"
    snapshot = reader(details=only("log_dirs", "transactions")).read()
    assert {(gap.part, gap.reason) for gap in snapshot.gaps} == {
        ("log_dirs", "BAD_ANSWER"),
        ("transactions", "BAD_ANSWER"),
    }


def listed(_number, request):
    """Coordinator 2 knows an open transaction, coordinator 3 one that is over."""
    kind = ListTransactionsResponse.TransactionState
    states = []
    if request.producer_id_filters:
        states = (
            [kind(transactional_id="gone-by", producer_id=8, transaction_state="CompleteAbort")] if _number == 3 else []
        )
    elif _number == 2:
        states = [kind(transactional_id="payer", producer_id=7, transaction_state="Ongoing")]
    return ListTransactionsResponse(
        throttle_time_ms=0, error_code=0, unknown_state_filters=[], transaction_states=states
    )


def described(_number, _request):
    kind = DescribeTransactionsResponse.TransactionState
    topic = kind.TopicData(topic="orders", partitions=[1, 0])
    state = kind(
        error_code=0,
        transactional_id="payer",
        transaction_state="Ongoing",
        transaction_timeout_ms=60_000,
        transaction_start_time_ms=5_000,
        producer_id=7,
        producer_epoch=1,
        topics=[topic],
    )
    return DescribeTransactionsResponse(throttle_time_ms=0, transaction_states=[state])


def producers(_number, request):
    kind = DescribeProducersResponse.TopicResponse
    partition, state = kind.PartitionResponse, kind.PartitionResponse.ProducerState

    def producer(number, start, young=False):
        return state(
            producer_id=number,
            producer_epoch=1,
            last_sequence=3,
            last_timestamp=int(1000 * (time.time() - 10)) if young else 6_000,
            coordinator_epoch=0,
            current_txn_start_offset=start,
        )

    active = [producer(7, 90), producer(8, 95), producer(9, 97), producer(10, -1), producer(11, 98, young=True)]
    return DescribeProducersResponse(
        throttle_time_ms=0,
        topics=[
            kind(
                name=t.name,
                partitions=[
                    partition(partition_index=p, error_code=0, error_message=None, active_producers=active)
                    for p in t.partition_indexes
                ],
            )
            for t in request.topics
        ],
    )


@pytest.fixture
def open_transactions(wire):
    wire.topics["orders"] = Topic([1], lso=90)
    wire.hooks |= {"ListTransactions": listed, "DescribeTransactions": described, "DescribeProducers": producers}
    return wire


def test_producers_that_hold_a_partition_are_named(open_transactions, reader):
    snapshot = reader(details=only("transactions")).read()
    transactions = snapshot.details.transactions.value
    assert transactions.ongoing == (
        Transaction(
            transactional_id="payer",
            producer_id=7,
            state="Ongoing",
            coordinator=2,
            started_at=5.0,
            timeout_s=60.0,
            partitions=(("orders", 0), ("orders", 1)),
        ),
    )
    usual = {"topic": "orders", "partition": 0, "producer_epoch": 1, "coordinator_epoch": 0, "since": 6.0}
    *holders, young = transactions.holders
    assert tuple(holders) == (
        OpenProducer(
            **usual,
            producer_id=7,
            start_offset=90,
            transactional_id="payer",
            state="Ongoing",
            coordinator=2,
            started_at=5.0,
            hung=False,
        ),
        OpenProducer(
            **usual,
            producer_id=8,
            start_offset=95,
            transactional_id="gone-by",
            state="CompleteAbort",
            coordinator=3,
            hung=True,
        ),
        OpenProducer(**usual, producer_id=9, start_offset=97, state="", hung=True),
    )
    assert (young.producer_id, young.state, young.hung) == (11, "", None)  # it may have ended meanwhile, or be hidden


def test_a_producer_whose_coordinator_may_be_silent_is_not_called_hung(open_transactions, reader):
    open_transactions.topics["orders"] = Topic([2], lso=90)
    open_transactions.hooks["ListTransactions"] = lambda number, request: (
        SILENCE if number == 1 else listed(number, request)
    )
    snapshot = reader(details=only("transactions"), deadline_s=8).read()
    holders = {each.producer_id: each for each in snapshot.details.transactions.value.holders}
    assert holders[7].hung is False
    assert (holders[9].state, holders[9].hung) == (None, None)


def test_a_partition_whose_producers_we_may_not_see_is_a_gap(open_transactions, reader):
    kind = DescribeProducersResponse.TopicResponse
    partition = kind.PartitionResponse(partition_index=0, error_code=29, error_message=None, active_producers=[])
    open_transactions.hooks["DescribeProducers"] = lambda *_: DescribeProducersResponse(
        throttle_time_ms=0, topics=[kind(name="orders", partitions=[partition])]
    )
    snapshot = reader(details=only("transactions")).read()
    assert gaps(snapshot) == {("transactions", "TOPIC_AUTHORIZATION_FAILED", -1): "orders/0"}
    assert "--operation Read" in snapshot.gaps[0].hint
    assert len(snapshot.details.transactions.value.ongoing) == 1


def test_a_partition_that_was_not_held_in_the_reading_before_is_not_looked_into(wire, reader):
    wire.topics["orders"] = Topic([1, 1], lso=100)
    read = reader(details=only("transactions"))
    read.read()
    assert wire.requests["DescribeProducers"] == 0


def test_eligible_replicas_are_read_only_where_a_replica_is_missing(filled, reader):
    read = reader(details=only("eligible_replicas", "topic_config"))
    assert read.read().details.elr.value == ()
    assert filled.requests["DescribeTopicPartitions"] == 0
    without_a_replica(filled)
    filled.topics["healthy"] = Topic([1])
    kind = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic
    record = kind.DescribeTopicPartitionsResponsePartition

    def partition(number, isr, eligible):
        return record(
            error_code=0,
            partition_index=number,
            leader_id=1,
            leader_epoch=1,
            replica_nodes=[1, 9],
            isr_nodes=isr,
            eligible_leader_replicas=eligible,
            last_known_elr=None,
            offline_replicas=[],
        )

    def answer(_number, request):
        first = request.cursor is None
        found = [partition(0, [1], [9])] if first else [partition(1, [1], []), partition(2, [1, 9], None)]
        cursor = DescribeTopicPartitionsResponse.Cursor(topic_name="orders", partition_index=1) if first else None
        return DescribeTopicPartitionsResponse(
            throttle_time_ms=0,
            topics=[kind(error_code=0, name="orders", topic_id=None, is_internal=False, partitions=found)],
            next_cursor=cursor,
        )

    filled.hooks["DescribeTopicPartitions"] = answer
    assert read.read().details.elr.value == (
        Elr(topic="orders", partition=0, eligible=(9,)),
        Elr(topic="orders", partition=1),
    )
    assert filled.requests["DescribeTopicPartitions"] == 2


def test_the_controller_is_asked_for_moves_as_nobody_else_knew_of_them_before_kraft(filled, reader):
    def only_the_controller(number, _request):
        code = 0 if number == 3 else 41
        return ListPartitionReassignmentsResponse(throttle_time_ms=0, error_code=code, error_message=None, topics=[])

    def controlled_by_3(number, request):
        metadata = _metadata(filled, number, request)
        metadata.controller_id = 3
        return metadata

    filled.hooks |= {"ListPartitionReassignments": only_the_controller, "Metadata": controlled_by_3}
    snapshot = reader(details=only("reassignments")).read()
    assert snapshot.gaps == ()
    assert snapshot.details.reassignments.value == ()


def test_moves_are_followed_in_every_poll_while_there_are_any(filled, reader):
    read = reader(details=only("reassignments"))
    for _ in range(3):
        read.read()
    assert filled.requests["ListPartitionReassignments"] == 1
    kind = ListPartitionReassignmentsResponse.OngoingTopicReassignment
    moving = kind.OngoingPartitionReassignment(
        partition_index=0, replicas=[1, 2, 9], adding_replicas=[9], removing_replicas=[2]
    )
    filled.hooks["ListPartitionReassignments"] = lambda *_: ListPartitionReassignmentsResponse(
        throttle_time_ms=0, error_code=0, error_message=None, topics=[kind(name="orders", partitions=[moving])]
    )
    without_a_replica(filled)
    expected = (Reassignment(topic="orders", partition=0, replicas=(1, 2, 9), adding=(9,), removing=(2,)),)
    assert read.read().details.reassignments.value == expected
    del filled.hooks["Metadata"], filled.hooks["ListPartitionReassignments"]
    assert read.read().details.reassignments.value == ()
    read.read()
    assert filled.requests["ListPartitionReassignments"] == 3

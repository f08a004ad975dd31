"""Where the logs were before the first poll."""

import time
from collections import Counter

import pytest
from kafka.protocol.consumer import ListOffsetsResponse

from lagwatch.collect.past import AGES_S, TRIES
from lagwatch.model.snapshot import UNKNOWN
from tests.support.wire_cluster import SILENCE, Topic


def by_timestamp(request) -> bool:
    return any(p.timestamp >= 0 for t in request.topics for p in t.partitions)


def answering(offset_of, error_of=lambda partition: 0):
    """A hook for requests by timestamp: `offset_of(age in seconds)`, -1 where no record is that young."""
    kind = ListOffsetsResponse.ListOffsetsTopicResponse

    def one(p):
        age = time.time() - p.timestamp / 1000
        code = error_of(p.partition_index)
        return kind.ListOffsetsPartitionResponse(
            partition_index=p.partition_index,
            error_code=code,
            timestamp=-1,
            offset=-1 if code else offset_of(age),
            leader_epoch=0,
        )

    def hook(number, request):
        if not by_timestamp(request):
            return None
        topics = [kind(name=t.name, partitions=[one(p) for p in t.partitions]) for t in request.topics]
        return ListOffsetsResponse(throttle_time_ms=0, topics=topics)

    return hook


@pytest.fixture
def orders(wire):
    wire.topics["orders"] = Topic([1, 2, 3])
    return wire


def gaps(snapshot) -> Counter:
    counts = Counter()
    for gap in snapshot.gaps:
        counts[gap.part, gap.reason] += gap.count
    return counts


def asked(wire) -> int:
    return sum(by_timestamp(request) for _, request in wire.asked if hasattr(request, "isolation_level"))


def test_the_first_poll_asks_once_a_leader_and_moment(orders, reader):
    orders.hooks["ListOffsets"] = answering(lambda age: 40 if age > 600 else 80)
    polls = reader()
    first, second = polls.read(), polls.read()
    assert [round(first.at - anchor.at) for anchor in first.anchors] == sorted(AGES_S, reverse=True)
    assert [anchor.offset.tolist() for anchor in first.anchors] == [[40] * 3] * 4 + [[80] * 3] * 2
    assert (first.gaps, second.anchors) == ((), ())
    assert asked(orders) == len(AGES_S) * 3


def test_the_next_poll_asks_only_for_the_moments_that_are_missing(orders, reader):
    well = answering(lambda age: 70)

    def slow(number, request):
        ages = {time.time() - p.timestamp / 1000 for t in request.topics for p in t.partitions if p.timestamp >= 0}
        return SILENCE if number == 2 and any(age > 600 for age in ages) else well(number, request)

    orders.hooks["ListOffsets"] = slow
    polls = reader()
    first = polls.read()
    whole = [anchor for anchor in first.anchors if (anchor.offset == 70).all()]
    assert sorted(round(first.at - anchor.at) for anchor in whole) == [60, 300]
    orders.hooks["ListOffsets"] = well
    before = asked(orders)
    second = polls.read()
    assert [round(second.at - anchor.at) for anchor in second.anchors] == [86400, 21600, 3600, 900]
    assert all((anchor.offset == 70).all() for anchor in second.anchors)
    assert asked(orders) - before == 4 * 3
    assert polls.read().anchors == ()


def test_where_no_record_is_that_young_the_log_ended_there_already(orders, reader):
    orders.hooks["ListOffsets"] = answering(lambda age: -1)
    assert [anchor.offset.tolist() for anchor in reader().read().anchors] == [[100] * 3] * len(AGES_S)


def test_a_leader_that_does_not_answer_costs_its_own_partitions_and_is_asked_a_few_times(orders, reader):
    well = answering(lambda age: 70)
    orders.hooks["ListOffsets"] = lambda number, request: (
        SILENCE if number == 2 and by_timestamp(request) else well(number, request)
    )
    polls = reader(deadline_s=4)
    seen = [polls.read() for _ in range(TRIES + 1)]
    for snapshot in seen[:TRIES]:
        assert {tuple(anchor.offset.tolist()) for anchor in snapshot.anchors} == {(70, UNKNOWN, 70)}
        # On a busy computer its time has run out before it is asked.
        assert set(gaps(snapshot)) in ({("past_offsets", "REQUEST_TIMED_OUT")}, {("past_offsets", "DEADLINE")})
        assert snapshot.partitions.end.tolist() == [100] * 3
    assert (seen[-1].anchors, seen[-1].gaps) == ((), ())


def test_a_partition_that_cannot_tell_is_unknown_with_the_reason(orders, reader):
    orders.hooks["ListOffsets"] = answering(lambda age: 70, lambda partition: 43 if partition == 1 else 0)
    snapshot = reader().read()
    assert {tuple(anchor.offset.tolist()) for anchor in snapshot.anchors} == {(70, UNKNOWN, 70)}
    assert gaps(snapshot) == {("past_offsets", "UNSUPPORTED_FOR_MESSAGE_FORMAT"): 1}


def test_nobody_is_asked_who_need_not(orders, reader):
    assert reader(past=False).read().anchors == ()
    assert asked(orders) == 0

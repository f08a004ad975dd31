"""What the benchmark's cluster is filled with, and that the bulk messages are what Kafka's schemas say."""

from collections import Counter

import numpy as np
import pytest
from kafka.protocol.consumer.group import OffsetCommitRequest, OffsetCommitResponse
from kafka.record.memory_records import MemoryRecords

from benchmarks import bulk
from benchmarks.members import Membership
from benchmarks.shape import FULL, MILLION, RECORDS, SHAPES, Shape


def test_the_clusters_are_those_of_the_issue():
    sizes = [(shape.name, shape.topics, shape.rows, shape.groups, shape.commits) for shape in SHAPES]
    assert sizes == [
        ("1/8", 75, 1_500, 250, 10_000),
        ("1/4", 150, 3_000, 500, 20_000),
        ("1/2", 300, 6_000, 1_000, 40_000),
        ("1", 600, 12_000, 2_000, 80_000),
        ("live", 600, 12_000, 2_000, 80_000),
        ("million", 600, 12_000, 2_000, 1_000_000),
    ]


@pytest.mark.parametrize("shape", [FULL, MILLION])
def test_every_group_commits_on_different_topics_and_every_topic_has_about_as_many_groups(shape: Shape):
    topics = [shape.topics_of(group) for group in range(shape.groups)]
    assert all(len(set(own)) == shape.topics_per_group for own in topics)
    groups = Counter(topic for own in topics for topic in own)
    assert len(groups) == shape.topics
    assert max(groups.values()) - min(groups.values()) <= 1


def test_shapes_that_are_filled_differently_have_directories_of_their_own():
    assert len({shape.directory for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize("who", [Membership(), Membership("member-1", "instance-1", 7)])
def test_a_bulk_commit_reads_back_as_kafka_python_understands_it(who: Membership):
    offsets = {"orders": [1 << 40, 5, 0], "payments": [7]}
    frame = bulk.commit_frame("billing", who, {topic: np.array(of_topic) for topic, of_topic in offsets.items()})
    assert int.from_bytes(frame[:4]) == len(frame) - 4
    request = OffsetCommitRequest[bulk.COMMIT_VERSION].decode(frame, header=True, framed=True)
    assert request.group_id == "billing"
    assert who == Membership(request.member_id, request.group_instance_id, request.generation_id_or_member_epoch)
    assert [
        (t.name, p.partition_index, p.committed_offset, p.committed_leader_epoch, p.committed_metadata)
        for t in request.topics
        for p in t.partitions
    ] == [(topic, i, offset, -1, "") for topic, of_topic in offsets.items() for i, offset in enumerate(of_topic)]


def test_lags_differ_between_groups_topics_partitions_and_turns_and_fit_into_what_is_written_first():
    lags = {
        (group, topic, turn): FULL.lags(group, topic, turn) for group in (0, 9) for topic in (0, 3) for turn in (0, 1)
    }
    assert len({tuple(of_it) for of_it in lags.values()}) == len(lags)
    for of_it in lags.values():
        assert len(set(of_it)) == FULL.partitions
        assert 0 <= of_it.min() <= of_it.max() < RECORDS


@pytest.mark.parametrize("codes", [(0, 0, 0), (0, 16, 0), (16, 14, 16)])
def test_errors_of_single_partitions_are_found_inside_an_answer_that_succeeded(codes: tuple[int, ...]):
    topic = OffsetCommitResponse.OffsetCommitResponseTopic
    partition = topic.OffsetCommitResponsePartition
    answer = OffsetCommitResponse(
        throttle_time_ms=0,
        topics=[
            topic(name="orders", partitions=[partition(partition_index=i, error_code=c) for i, c in enumerate(codes)]),
            topic(name="payments", partitions=[partition(partition_index=0, error_code=0)]),
        ],
    )
    body = bytes(4) + answer.encode(version=bulk.COMMIT_VERSION)
    assert set(codes) - {0} == bulk.commit_errors(body)


def test_a_batch_holds_as_many_records_as_were_asked_for():
    records = MemoryRecords(bulk.batch(1_000))
    assert sum(1 for _ in records.next_batch()) == 1_000

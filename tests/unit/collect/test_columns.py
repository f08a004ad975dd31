"""The column decoders against kafka-python's own, which reads the same bytes field by field."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.consumer import ListOffsetsResponse, OffsetFetchResponse

from lagwatch.collect.columns import CommitDecoder, OffsetDecoder
from lagwatch.errors import ProtocolMismatch

OFFSETS = st.one_of(st.integers(0, 2**62), st.sampled_from([0, 1, 255, 256, 2**31, 2**63 - 1]))
NONE = st.sampled_from([-1, -1001])
CODES = st.sampled_from([0, 0, 0, 0, 3, 6, 16, 29])
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=200)
TOPICS = ("a", "orders", "payments.eu", "x" * 249)
PARTITIONS = 150


class Rows:
    """The watched topics are all of TOPICS but the last, with PARTITIONS partitions each."""

    by_name = {name.encode(): place for place, name in enumerate(TOPICS[:-1])}  # noqa: RUF012
    first = np.arange(len(TOPICS)) * PARTITIONS


ROWS = Rows()


def row(topic, partition):
    return ROWS.by_name[topic.encode()] * PARTITIONS + partition


@st.composite
def offset_answers(draw):
    kind = ListOffsetsResponse.ListOffsetsTopicResponse
    record = kind.ListOffsetsPartitionResponse
    names = draw(st.lists(st.sampled_from(TOPICS), unique=True))
    topics = [
        kind(
            name=name,
            partitions=[
                record(
                    partition_index=p,
                    error_code=code,
                    timestamp=-1,
                    offset=draw(st.one_of(OFFSETS, NONE)),
                    leader_epoch=7,
                )
                for p, code in draw(st.dictionaries(st.integers(0, PARTITIONS - 1), CODES, max_size=8)).items()
            ],
        )
        for name in names
    ]
    return ListOffsetsResponse(throttle_time_ms=draw(st.integers(0, 9)), topics=topics)


def expected_offsets(answer):
    """What kafka-python reads: row to (offset or -1, error code)."""
    return {
        row(topic.name, p.partition_index): (p.offset if p.error_code == 0 and p.offset >= 0 else -1, p.error_code)
        for topic in answer.topics
        if topic.name.encode() in ROWS.by_name
        for p in topic.partitions
    }


def found_offsets(offsets):
    return dict(
        zip(offsets.row.tolist(), zip(offsets.offset.tolist(), offsets.error.tolist(), strict=True), strict=True)
    )


@given(offset_answers(), st.sampled_from([4, 5]))
def test_offsets_are_what_kafka_python_reads_from_the_same_bytes(answer, version):
    body = bytes(answer.encode(version=version))
    assert found_offsets(OffsetDecoder().decode(body, ROWS)) == expected_offsets(
        ListOffsetsResponse[version].decode(body)
    )


@given(offset_answers(), offset_answers(), st.integers(0, 2**32))
def test_a_decoder_of_offsets_reads_each_answer_as_if_it_were_its_first(first, second, more):
    bodies = [bytes(first.encode(version=5)), bytes(second.encode(version=5))]
    for p in (p for topic in first.topics for p in topic.partitions if p.offset >= 0):
        p.offset = min(p.offset + more, 2**63 - 1)
        p.leader_epoch += 1
    moved = bytes(first.encode(version=5))
    decoder = OffsetDecoder()
    for body in (bodies[0], moved, bodies[1], bodies[0], bodies[0]):
        assert found_offsets(decoder.decode(body, ROWS)) == expected_offsets(ListOffsetsResponse[5].decode(body))


METADATA = st.one_of(st.none(), st.just(""), st.text(max_size=3), st.text(min_size=127, max_size=140))


@st.composite
def topics_committed(draw, topic_kind, record_kind, *, metadata=METADATA, codes=CODES):
    names = draw(st.lists(st.sampled_from(TOPICS), unique=True, max_size=3))
    return [
        topic_kind(
            name=name,
            partitions=[
                record_kind(
                    partition_index=p,
                    committed_offset=draw(st.one_of(OFFSETS, NONE)),
                    committed_leader_epoch=draw(st.integers(-1, 9)),
                    metadata=draw(metadata),
                    error_code=draw(codes),
                )
                for p in draw(st.lists(st.integers(0, PARTITIONS - 1), unique=True, max_size=8))
            ],
        )
        for name in names
    ]


@st.composite
def commit_answers(draw, metadata=METADATA, codes=CODES):
    group = OffsetFetchResponse.OffsetFetchResponseGroup
    topic = group.OffsetFetchResponseTopics
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    groups = [
        group(
            group_id=name,
            topics=draw(topics_committed(topic, topic.OffsetFetchResponsePartitions, metadata=metadata, codes=codes)),
            error_code=draw(codes),
        )
        for name in names
    ]
    return OffsetFetchResponse(throttle_time_ms=0, groups=groups)


def expected_commits(groups):
    """What kafka-python reads: (group, row) to offset; (group, row) to error; group to error."""
    good, bad = {}, {}
    for name, topics in groups:
        for topic in topics:
            for p in topic.partitions:
                if topic.name.encode() in ROWS.by_name:
                    key = (name, row(topic.name, p.partition_index))
                    if p.error_code:
                        bad[key] = p.error_code
                    elif p.committed_offset >= 0:
                        good[key] = p.committed_offset
    return good, bad


def found_commits(commits):
    names = [commits.groups[place] for place in commits.group]
    good = dict(zip(zip(names, commits.row.tolist(), strict=True), commits.offset.tolist(), strict=True))
    return good, {(commits.groups[place], row): code for place, row, code in commits.failed}


@given(commit_answers())
def test_commits_of_many_groups_are_what_kafka_python_reads_from_the_same_bytes(answer):
    body = bytes(answer.encode(version=8))
    read = OffsetFetchResponse[8].decode(body)
    commits = CommitDecoder().decode(body, ROWS)
    assert found_commits(commits) == expected_commits([(g.group_id, g.topics) for g in read.groups])
    assert dict(zip(commits.groups, commits.group_errors, strict=True)) == {
        g.group_id: g.error_code for g in read.groups
    }


@given(
    topics_committed(
        OffsetFetchResponse.OffsetFetchResponseTopic,
        OffsetFetchResponse.OffsetFetchResponseTopic.OffsetFetchResponsePartition,
    ),
    CODES,
)
def test_commits_of_one_group_are_what_kafka_python_reads_from_the_same_bytes(topics, code):
    body = bytes(OffsetFetchResponse(throttle_time_ms=0, topics=topics, error_code=code).encode(version=7))
    read = OffsetFetchResponse[7].decode(body)
    commits = CommitDecoder("billing").decode(body, ROWS)
    assert found_commits(commits) == expected_commits([("billing", read.topics)])
    assert commits.group_errors == (read.error_code,)


@given(commit_answers(), commit_answers(), st.integers(0, 2**32))
def test_a_decoder_of_commits_reads_each_answer_as_if_it_were_its_first(first, second, more):
    bodies = [bytes(first.encode(version=8)), bytes(second.encode(version=8))]
    for p in (p for group in first.groups for topic in group.topics for p in topic.partitions):
        p.committed_offset = (
            min(p.committed_offset + more, 2**63 - 1) if p.committed_offset >= 0 else p.committed_offset
        )
        p.metadata = p.metadata[::-1] if p.metadata else p.metadata
    moved = bytes(first.encode(version=8))
    decoder = CommitDecoder()
    for body in (bodies[0], moved, bodies[1], bodies[0], bodies[0]):
        groups = [(g.group_id, g.topics) for g in OffsetFetchResponse[8].decode(body).groups]
        assert found_commits(decoder.decode(body, ROWS)) == expected_commits(groups)


def commits_of(offsets, metadata=""):
    group = OffsetFetchResponse.OffsetFetchResponseGroup
    topic = group.OffsetFetchResponseTopics
    records = [
        topic.OffsetFetchResponsePartitions(
            partition_index=p, committed_offset=offset, committed_leader_epoch=0, metadata=metadata, error_code=0
        )
        for p, offset in offsets.items()
    ]
    groups = [group(group_id="g", topics=[topic(name="orders", partitions=records)], error_code=0)]
    return bytes(OffsetFetchResponse(throttle_time_ms=0, groups=groups).encode(version=8))


@pytest.mark.parametrize("metadata", ["", "0123456789"], ids=["without metadata", "with metadata"])
def test_the_columns_that_did_not_change_are_the_very_same_objects(metadata):
    decoder = CommitDecoder()
    before = decoder.decode(commits_of({0: 5, 1: 6}, metadata), ROWS)
    after = decoder.decode(commits_of({0: 7, 1: 6}, metadata[::-1]), ROWS)
    assert after.group is before.group
    assert after.row is before.row
    assert after.groups is before.groups
    assert after.offset.tolist() == [7, 6]


def test_a_partition_that_loses_its_commit_loses_its_row_and_gets_it_back():
    decoder = CommitDecoder()
    assert decoder.decode(commits_of({0: 5, 1: 6}), ROWS).row.tolist() == [row("orders", 0), row("orders", 1)]
    assert decoder.decode(commits_of({0: -1, 1: 6}), ROWS).row.tolist() == [row("orders", 1)]
    assert decoder.decode(commits_of({0: 8, 1: 6}), ROWS).offset.tolist() == [8, 6]


def test_an_answer_is_placed_anew_when_the_partition_table_is_another_one():
    class Later:
        by_name = {b"orders": 0}  # noqa: RUF012
        first = np.array([0, 2])

    decoder = CommitDecoder()
    body = commits_of({0: 5, 1: 6, 2: 9})
    assert len(decoder.decode(body, ROWS).row) == 3
    assert decoder.decode(body, Later()).row.tolist() == [0, 1]


def damaged(body):
    """Every shorter version of it, one with a byte too many, and one for each byte that counts something, made huge."""
    yield from (body[:end] for end in range(4, len(body)))
    yield body + b"\0"
    yield from (body[:at] + b"\xff\xff\xff\x7f" + body[at + 4 :] for at in range(4, len(body) - 4))


@given(commit_answers())
def test_a_truncated_answer_about_commits_is_refused(answer):
    body = bytes(answer.encode(version=8))
    for end in {4, len(body) // 2, len(body) - 1} - {len(body)}:
        with pytest.raises(ProtocolMismatch, match="OffsetFetch"):
            CommitDecoder().decode(body[:end], ROWS)


@given(offset_answers())
def test_a_truncated_answer_about_offsets_is_refused(answer):
    body = bytes(answer.encode(version=5))
    for end in {4, len(body) // 2, len(body) - 1}:
        with pytest.raises(ProtocolMismatch, match="ListOffsets"):
            OffsetDecoder().decode(body[:end], ROWS)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused_and_nothing_else(body):
    for decoder in (CommitDecoder(), CommitDecoder("g"), OffsetDecoder()):
        with suppress(ProtocolMismatch):
            decoder.decode(body, ROWS)


def test_damage_anywhere_in_an_answer_never_gives_an_offset_that_was_not_sent():
    sent = {0: 1_000, 1: 1_001, 2: 1_002}
    body = commits_of(sent)
    for broken in damaged(body):
        try:
            commits = CommitDecoder().decode(broken, ROWS)
        except ProtocolMismatch:
            continue
        # A damaged value is a value; what must not happen is that records are read at the wrong place.
        assert len(commits.row) <= len(sent)


def test_a_decoder_that_refused_an_answer_reads_the_next_one():
    decoder = CommitDecoder()
    decoder.decode(commits_of({0: 5}), ROWS)
    with pytest.raises(ProtocolMismatch):
        decoder.decode(b"\0\0\0\0\2", ROWS)
    assert decoder.decode(commits_of({0: 6}), ROWS).offset.tolist() == [6]

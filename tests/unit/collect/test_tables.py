"""Metadata and commits as tables, and what stays the very same object."""

import uuid

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.consumer import ListOffsetsRequest
from kafka.protocol.metadata import MetadataResponse

from lagwatch.collect.commits import CommitTables, Part
from lagwatch.collect.layout import kafka_uuid, layout
from lagwatch.collect.metadata import _key
from lagwatch.collect.offsets import list_offsets_body
from lagwatch.collect.remember import Remembered

TOPIC = MetadataResponse.MetadataResponseTopic
PARTITION = TOPIC.MetadataResponsePartition
BROKER = MetadataResponse.MetadataResponseBroker


def partition(number, leader=1, replicas=(1, 2), isr=(1,), offline=()):
    return PARTITION(
        error_code=0,
        partition_index=number,
        leader_id=leader,
        leader_epoch=0,
        replica_nodes=list(replicas),
        isr_nodes=list(isr),
        offline_replicas=list(offline),
    )


def metadata(topics, controller=1, throttle=0, rack=None):
    return MetadataResponse(
        throttle_time_ms=throttle,
        brokers=[BROKER(node_id=n, host="h", port=9, rack=rack) for n in (2, 1)],
        cluster_id="c",
        controller_id=controller,
        topics=[
            TOPIC(error_code=error, name=name, topic_id=topic_id, is_internal=False, partitions=partitions)
            for name, (error, topic_id, partitions) in topics.items()
        ],
    )


ID = uuid.UUID("9afc0a92-48d1-4224-9656-cc30d63e2f65")
TWO = {
    "payments": (0, ID, [partition(0), partition(1, leader=-1, offline=(2,))]),
    "orders": (0, uuid.UUID(int=0), [partition(1, isr=(2, 1)), partition(0, leader=2)]),
    "broken": (5, None, []),
}


def everything(_name, internal):
    return not internal


def test_metadata_becomes_columns_in_the_order_of_names_and_partitions():
    found = layout(metadata(TWO), everything, None)
    assert found.topology.names == ("orders", "payments")
    assert found.topology.first.tolist() == [0, 2, 4]
    assert found.topology.ids == (None, kafka_uuid(ID))
    assert found.topology.topic.tolist() == [0, 0, 1, 1]
    assert found.topology.partition.tolist() == [0, 1, 0, 1]
    assert found.leader.tolist() == [2, 1, 1, -1]
    assert [found.isr.of(row) for row in range(4)] == [[1], [2, 1], [1], [1]]
    assert [found.offline.of(row) for row in range(4)] == [[], [], [], [2]]
    assert [found.replicas.of(row) for row in range(4)] == [[1, 2]] * 4
    assert [broker.id for broker in found.brokers] == [1, 2]
    assert found.failed == (("broken", 5),)
    assert found.topology.name_of(3) == "payments/1"


def test_a_topic_id_is_spelled_as_kafka_spells_it():
    assert kafka_uuid(ID) == "mvwKkkjRQiSWVsww1j4vZQ"


def test_a_partition_that_metadata_leaves_out_has_no_leader():
    found = layout(metadata({"orders": (0, None, [partition(2)])}), everything, None)
    assert found.leader.tolist() == [-1, -1, 1]
    assert found.replicas.counts.tolist() == [0, 0, 2]


def test_only_the_columns_that_changed_are_new_objects():
    before = layout(metadata(TWO), everything, None)
    moved = TWO | {"payments": (0, ID, [partition(0, leader=2), partition(1, leader=-1, offline=(2,))])}
    after = layout(metadata(moved), everything, before)
    assert after.topology is before.topology
    assert after.leader.tolist() == [2, 1, 2, -1]
    for column in ("replicas", "isr", "offline", "brokers"):
        assert getattr(after, column) is getattr(before, column)
    grown = layout(metadata(TWO | {"payments": (0, ID, [partition(n) for n in range(3)])}), everything, after)
    assert grown.topology is not before.topology
    made_anew = layout(metadata(TWO | {"orders": (0, ID, TWO["orders"][2])}), everything, before)
    assert made_anew.topology is not before.topology


def key(**fields):
    return _key(memoryview(bytes(metadata(TWO, **fields).encode(version=12))))


def test_metadata_answers_differ_in_everything_but_throttle_time_and_controller():
    assert key() == key(controller=2) == key(throttle=7, controller=-1)
    assert key(rack="r") == key(rack="r", controller=2)
    assert key() != key(rack="r")
    less = {name: TWO[name] for name in ("orders", "broken")}
    assert key() != _key(memoryview(bytes(metadata(less).encode(version=12))))
    assert _key(memoryview(b"\0\0\0\0\7")) == b"\0\0\0\0\7"


def test_an_answer_that_is_the_same_is_decoded_once():
    remembered = Remembered()
    told = [
        remembered.decode(memoryview(body), lambda received: [received], context)
        for body, context in ((b"0000a", 1), (b"9999a", 1), (b"0000b", 1), (b"0000b", 2))
    ]
    assert told[0] is told[1]
    assert told[1] is not told[2]
    assert told[2] is not told[3]


@given(st.lists(st.integers(0, 11), unique=True, min_size=1))
def test_a_list_offsets_request_is_what_kafka_python_would_send(rows):
    topology = layout(
        metadata({f"t{n}": (0, None, [partition(p) for p in range(4)]) for n in range(3)}), everything, None
    ).topology
    rows = np.sort(np.asarray(rows))
    asked = {}
    for row in rows:
        asked.setdefault(topology.names[topology.topic[row]], []).append(int(topology.partition[row]))
    kind = ListOffsetsRequest.ListOffsetsTopic
    record = kind.ListOffsetsPartition
    expected = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=1,
        topics=[
            kind(
                name=name,
                partitions=[record(partition_index=p, current_leader_epoch=-1, timestamp=-2) for p in partitions],
            )
            for name, partitions in asked.items()
        ],
    )
    assert list_offsets_body(topology, rows, 1, -2) == bytes(expected.encode(version=5))


def part(groups, entries, lag=None):
    """entries: (place of the group, row, offset)."""
    columns = np.asarray(entries, np.int64).reshape(-1, 3)
    lags = None if lag is None else np.asarray(lag, np.int64)
    return Part(groups, columns[:, 0].astype(np.int32), columns[:, 1].astype(np.int32), columns[:, 2], lags)


COMMITS = st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), st.integers(0, 2**62))


@given(st.lists(COMMITS, max_size=4), st.randoms())
def test_a_commit_table_is_its_parts_sorted_by_group_and_row(many, random):
    parts, truth = [], {}
    for commits in many:
        names = sorted({name for name, _ in commits})
        random.shuffle(names)
        entries = [(names.index(name), row, offset) for (name, row), offset in commits.items()]
        random.shuffle(entries)
        parts.append(part(tuple(names), entries))
        truth = commits | truth  # the first part that tells of a group's partition counts
    known = tuple("abcde")  # "f" is no group of the snapshot
    table = CommitTables().table(known, parts)
    rows = list(zip(table.group.tolist(), table.row.tolist(), strict=True))
    assert rows == sorted(set(rows))
    told = {(known[group], row): offset for (group, row), offset in zip(rows, table.offset.tolist(), strict=True)}
    assert told == {where: offset for where, offset in truth.items() if where[0] in known}
    assert set(table.reported_lag.tolist()) <= {-1}


def test_the_columns_of_commits_stay_the_same_objects_while_they_say_the_same():
    tables = CommitTables()
    groups = ("a", "b")
    one, two = part(("b",), [(0, 3, 5)]), part(("a",), [(0, 1, 7), (0, 0, 6)])
    before = tables.table(groups, [one, two])
    after = tables.table(groups, [one._replace(offset=np.array([50])), two])
    assert after.offset.tolist() == [6, 7, 50]
    assert after.group is before.group
    assert after.row is before.row
    assert after.reported_lag is before.reported_lag
    anew = tables.table(groups, [part(("b",), [(0, 3, 5)]), part(("a",), [(0, 0, 6), (0, 1, 7)])])
    assert anew.row is before.row
    grown = tables.table(groups, [part(("b",), [(0, 3, 5), (0, 4, 1)]), two])
    assert grown.row.tolist() == [0, 1, 3, 4]


def test_the_lag_that_a_broker_reports_is_beside_the_commits_that_have_none():
    table = CommitTables().table(
        ("a", "s"), [part(("a",), [(0, 0, 6)]), part(("s",), [(0, 2, 1), (0, 1, 1)], lag=[9, 8])]
    )
    assert table.reported_lag.tolist() == [-1, 8, 9]

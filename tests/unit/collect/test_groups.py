"""Group lists and descriptions as facts."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.admin import DescribeGroupsResponse, ListGroupsResponse

from lagwatch.collect import groups as g
from lagwatch.collect.messages import StreamsGroupDescribeResponse
from lagwatch.model.snapshot import UNKNOWN, Assigned


def assignment(topics, version=0, user_data=None):
    """ConsumerProtocolAssignment, as consumers write it."""
    blob = struct.pack(">hi", version, len(topics))
    for name, partitions in topics.items():
        blob += struct.pack(f">h{len(name.encode())}si", len(name.encode()), name.encode(), len(partitions))
        blob += struct.pack(f">{len(partitions)}i", *partitions)
    return blob + (struct.pack(">i", -1) if user_data is None else struct.pack(">i", len(user_data)) + user_data)


def described(*blobs, protocol_type="consumer", error=0, state="Stable"):
    kind = DescribeGroupsResponse.DescribedGroup
    members = [
        kind.DescribedGroupMember(
            member_id=f"m{n}",
            group_instance_id=None,
            client_id="c",
            client_host="/h",
            member_metadata=b"",
            member_assignment=blob,
        )
        for n, blob in enumerate(blobs)
    ]
    found = kind(
        error_code=error,
        group_id="g",
        group_state=state,
        protocol_type=protocol_type,
        protocol_data="range",
        members=members,
    )
    (told,) = g.classic_groups(DescribeGroupsResponse(throttle_time_ms=0, groups=[found]))
    return told


TOPICS = st.dictionaries(
    st.text(min_size=1, max_size=9), st.lists(st.integers(0, 2**31 - 1), unique=True, max_size=9), max_size=4
)


@given(TOPICS, st.integers(0, 9), st.one_of(st.none(), st.binary(max_size=9)))
def test_the_assignment_of_a_classic_consumer_is_read_in_any_version(topics, version, user_data):
    told = described(assignment(topics, version, user_data))
    assert told.assigned_known
    assert told.members[0].assigned == tuple(sorted(Assigned(t, tuple(sorted(p))) for t, p in topics.items()))


@given(st.binary(min_size=1, max_size=60))
def test_an_assignment_of_any_bytes_is_read_or_unknown_and_never_an_error(blob):
    assert isinstance(described(blob).assigned_known, bool)


def test_an_assignment_that_cannot_be_read_makes_the_assignments_of_the_group_unknown():
    told = described(assignment({"orders": [0]}), b"\0\0\0\0\0\x09not one")
    assert not told.assigned_known
    assert len(told.members) == 2


def test_a_member_without_an_assignment_yet_owns_nothing():
    told = described(b"")
    assert told.assigned_known
    assert told.members[0].assigned == ()


def test_groups_that_do_not_consume_have_assignments_of_their_own_kind_which_are_unknown():
    told = described(b"\0\1\0\0", protocol_type="connect")
    assert not told.assigned_known


@pytest.mark.parametrize(
    ("error", "state", "gone"), [(69, "Dead", True), (0, "Dead", True), (16, "", False), (30, "", False)]
)
def test_a_group_is_gone_if_its_coordinator_knows_none_and_not_if_it_refuses(error, state, gone):
    told = described(error=error, state=state)
    assert (told.gone, told.error) == (gone, error)


def listed(version, **fields):
    kind = ListGroupsResponse.ListedGroup
    return g.listed(ListGroupsResponse(groups=[kind(group_id="g", protocol_type="consumer", **fields)]), version)["g"]


def test_lists_of_older_brokers_have_no_types_and_no_states():
    assert listed(5, group_state="Stable", group_type="Consumer") == ("g", "consumer", "Stable", "consumer")
    assert listed(4, group_state="Stable") == ("g", "classic", "Stable", "consumer")
    assert listed(3) == ("g", "classic", None, "consumer")


def test_an_empty_classic_group_has_no_members_and_any_other_that_is_not_described_has_an_unknown_number():
    empty = g.group(g.Listed("g", "classic", "Empty", "consumer"), None, 3)
    assert (empty.member_count, empty.assigned_known, empty.coordinator) == (0, True, 3)
    stable = g.group(g.Listed("g", "classic", "Stable", "consumer"), None, 3)
    assert (stable.member_count, stable.assigned_known) == (UNKNOWN, False)


def test_tasks_of_a_streams_group_are_the_partitions_of_what_their_subtopologies_read():
    kind = StreamsGroupDescribeResponse.DescribedGroup
    topology, member = kind.Topology, kind.Member
    tasks = member.Assignment.TaskIds

    def owned(*ids):
        return member.Assignment(active_tasks=list(ids), standby_tasks=[], warmup_tasks=[])

    sub = topology.Subtopology(
        subtopology_id="0",
        source_topics=["orders", "small"],
        repartition_sink_topics=[],
        state_changelog_topics=[],
        repartition_source_topics=[
            topology.Subtopology.TopicInfo(name="again", partitions=4, replication_factor=1, topic_configs=[])
        ],
    )
    found = kind(
        error_code=0,
        error_message=None,
        group_id="g",
        group_state="Stable",
        group_epoch=4,
        assignment_epoch=3,
        topology=topology(epoch=1, subtopologies=[sub]),
        members=[
            member(
                member_id="m",
                member_epoch=3,
                instance_id=None,
                rack_id=None,
                client_id="c",
                client_host="/h",
                topology_epoch=1,
                process_id="p",
                user_endpoint=None,
                client_tags=[],
                task_offsets=[],
                task_end_offsets=[],
                assignment=owned(tasks(subtopology_id="0", partitions=[2, 0])),
                target_assignment=owned(tasks(subtopology_id="0", partitions=[0])),
                is_classic=False,
            )
        ],
        authorized_operations=0,
    )
    answer = StreamsGroupDescribeResponse(throttle_time_ms=0, groups=[found])
    read = StreamsGroupDescribeResponse[0].decode(bytes(answer.encode(version=0)))
    (told,) = g.streams_groups(read, {"orders": 4, "small": 1, "again": 4}.get)
    assert (told.type, told.state, told.epoch, told.assignment_epoch) == ("streams", "Stable", 4, 3)
    (one,) = told.members
    # Task 0_2 reads partition 2 of what has one: "small" has a single partition.
    assert one.assigned == (Assigned("again", (0, 2)), Assigned("orders", (0, 2)), Assigned("small", (0,)))
    assert one.target == (Assigned("again", (0,)), Assigned("orders", (0,)), Assigned("small", (0,)))

"""Polls of brokers that do what a real cluster does rarely. The same on the real Kafka: tests/kafka/test_collect_*.py."""

import copy
import threading
import time

import pytest
from kafka.protocol.admin import DescribeClusterResponse, ListGroupsResponse
from kafka.protocol.consumer import OffsetFetchResponse

from lagwatch.errors import AccessDenied, AuthenticationFailed, ClusterUnreachable, ProtocolMismatch
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import UNKNOWN
from tests.support.wire_cluster import API, HANG_UP, SILENCE, Group, Topic

SLOW = 2.5
"""How long a request may take before its broker counts as silent."""


def gaps(snapshot):
    return {(gap.part, gap.reason, gap.broker): (gap.count, gap.first) for gap in snapshot.gaps}


def offsets(snapshot):
    """(group, topic, partition) -> committed offset."""
    topics, partitions, commits = snapshot.topics, snapshot.partitions, snapshot.commits
    return {
        (
            snapshot.groups[group].name,
            topics.names[partitions.topic[row]],
            int(partitions.partition[row]),
        ): int(offset)
        for group, row, offset in zip(commits.group, commits.row, commits.offset, strict=True)
    }


def by_name(snapshot):
    return {group.name: group for group in snapshot.groups}


@pytest.fixture
def filled(wire):
    """Two topics over three brokers, and one group on each broker."""
    wire.topics["orders"] = Topic([1, 2, 3], start=10)
    wire.topics["payments"] = Topic([3, 3])
    wire.groups["billing"] = Group(1, commits={("orders", 0): 50, ("orders", 1): 60})
    wire.groups["search"] = Group(2, "consumer", "Stable", {("payments", 1): 7})
    wire.groups["audit"] = Group(3, commits={("orders", 2): 1, ("gone-topic", 0): 3, ("payments", 0): -1})
    return wire


def test_a_poll_tells_everything_in_columns(filled, reader):
    snapshot = reader().read()
    assert snapshot.gaps == ()
    assert snapshot.topics.names == ("orders", "payments")
    assert snapshot.topics.first.tolist() == [0, 3, 5]
    assert snapshot.partitions.leader.tolist() == [1, 2, 3, 3, 3]
    assert snapshot.partitions.start.tolist() == [10, 10, 10, 0, 0]
    assert snapshot.partitions.lso.tolist() == [90] * 5
    assert snapshot.partitions.end.tolist() == [100] * 5
    assert snapshot.topics.config[0]["min.insync.replicas"] == "2"
    assert [group.name for group in snapshot.groups] == ["audit", "billing", "search"]
    assert by_name(snapshot)["search"].type == "consumer"
    assert by_name(snapshot)["search"].epoch == 1
    assert by_name(snapshot)["billing"].member_count == 0
    assert offsets(snapshot) == {
        ("audit", "orders", 2): 1,
        ("billing", "orders", 0): 50,
        ("billing", "orders", 1): 60,
        ("search", "payments", 1): 7,
    }
    assert snapshot.cluster_id == "wire"
    assert [broker.id for broker in snapshot.brokers] == [1, 2, 3]


def test_commits_are_read_before_ends_and_ends_before_starts(filled, reader):
    read = reader()
    read.read()
    filled.asked.clear()
    read.read()
    names = [type(request).__name__ for _, request in filled.asked]
    first_offsets = names.index("ListOffsetsRequest")
    assert "OffsetFetchRequest" not in names[first_offsets:]
    for broker in (1, 2, 3):
        asked = [
            request for number, request in filled.asked if number == broker and "ListOffsets" in type(request).__name__
        ]
        kinds = [(request.isolation_level, request.topics[0].partitions[0].timestamp) for request in asked]
        assert kinds == [(0, -1), (1, -1), (0, -2)]  # end, last stable offset, start


class Busy(Topic):
    """It takes in a record whenever somebody asks where it ends, and nobody has a transaction open."""

    taken_in = 100

    def __getattribute__(self, name):
        if name not in ("end", "lso"):
            return super().__getattribute__(name)
        Busy.taken_in += 1
        return Busy.taken_in


def test_a_log_that_takes_records_in_while_it_is_asked_does_not_look_like_one_with_an_open_transaction(filled, reader):
    filled.topics["orders"] = Busy([1, 2, 3])
    partitions = reader().read().partitions
    assert partitions.lso[:3].tolist() == partitions.end[:3].tolist()
    assert (partitions.end[:3] > 100).all()


def test_what_did_not_change_is_the_very_same_object_in_the_next_snapshot(filled, reader):
    read = reader()
    read.read()  # the second poll shares groups out by their sizes
    before = read.read()
    filled.groups["billing"].commits["orders", 0] = 55
    filled.topics["orders"].end = 120
    after = read.read()
    assert after.topics is before.topics
    assert after.groups is before.groups
    assert after.commits.group is before.commits.group
    assert after.commits.row is before.commits.row
    assert after.commits.reported_lag is before.commits.reported_lag
    for column in ("topic", "partition", "leader", "replicas", "isr", "offline"):
        assert getattr(after.partitions, column) is getattr(before.partitions, column), column
    assert offsets(after)["billing", "orders", 0] == 55
    assert after.partitions.end.tolist() == [120, 120, 120, 100, 100]


def test_a_new_group_costs_one_request_more_and_the_old_ones_stay_as_they_are(filled, reader):
    read = reader()
    read.read()
    read.read()
    asked = filled.requests["OffsetFetch"]
    filled.groups["new"] = Group(1, commits={("orders", 0): 5})
    assert offsets(read.read())["new", "orders", 0] == 5
    assert filled.requests["OffsetFetch"] == asked + 4


@pytest.mark.parametrize("version", [7, 8], ids=["one group a request", "many groups a request"])
def test_older_brokers_are_asked_as_they_understand(filled, reader, version):
    filled.versions |= {
        "OffsetFetch": version,
        "ListGroups": version - 4,
        "DescribeGroups": 5,
        "ConsumerGroupDescribe": -1,
    }
    filled.versions |= {"FindCoordinator": 3, "DescribeCluster": -1, "Metadata": 9}
    filled.groups["search"].type = "classic"
    for number in range(60):
        filled.groups[f"g{number:02}"] = Group(2, commits={("orders", 0): number})
    read = reader()
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert offsets(snapshot)["g59", "orders", 0] == 59
    assert len(offsets(snapshot)) == 64
    assert filled.requests["OffsetFetch"] == (63 if version == 7 else 3)
    assert {group.type for group in snapshot.groups} == {"classic"}


def test_filters_save_requests_and_leave_out_what_is_not_watched(filled, reader):
    read = reader(groups=NameFilter(include=("bill.*",)), topics=NameFilter(exclude=("payments",)))
    snapshot = read.read()
    assert [group.name for group in snapshot.groups] == ["billing"]
    assert snapshot.topics.names == ("orders",)
    assert filled.requests["OffsetFetch"] == 1
    assert filled.requests["ConsumerGroupDescribe"] == 0
    asked = [t.name for _, request in filled.asked if "ListOffsets" in type(request).__name__ for t in request.topics]
    assert set(asked) == {"orders"}


def test_filters_can_be_swapped_between_two_polls(filled, reader):
    read = reader()
    assert len(read.read().groups) == 3
    read.filters(NameFilter(include=("audit",)), NameFilter(include=("orders",)))
    snapshot = read.read()
    assert [group.name for group in snapshot.groups] == ["audit"]
    assert snapshot.topics.names == ("orders",)
    assert snapshot.gaps == ()
    assert offsets(snapshot) == {("audit", "orders", 2): 1}


def test_internal_topics_are_watched_on_demand(filled, reader):
    filled.topics["__consumer_offsets"] = Topic([1])
    assert "__consumer_offsets" not in reader().read().topics.names
    assert "__consumer_offsets" in reader(internal_topics=True).read().topics.names


def test_a_moved_coordinator_is_asked_again_and_the_answer_counts(filled, reader):
    read = reader()
    read.read()
    # The list of broker 1 still has the group; its coordinator is 2 by now, whose list does not have it yet.
    filled.groups["billing"].coordinator = 2
    filled.unlisted.add("billing")
    listed = ListGroupsResponse.ListedGroup(
        group_id="billing", protocol_type="consumer", group_state="Empty", group_type="classic"
    )
    filled.hooks["ListGroups"] = lambda number, _: (
        ListGroupsResponse(throttle_time_ms=0, error_code=0, groups=[listed]) if number == 1 else None
    )
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert by_name(snapshot)["billing"].known
    assert by_name(snapshot)["billing"].coordinator == 2
    assert offsets(snapshot)["billing", "orders", 0] == 50
    assert snapshot.stats.retries > 0


def test_a_group_that_no_list_has_is_found_at_its_coordinator(filled, reader):
    read = reader()
    read.read()
    filled.unlisted.add("billing")
    snapshot = read.read()
    assert by_name(snapshot)["billing"].known
    assert offsets(snapshot)["billing", "orders", 1] == 60
    assert snapshot.gaps == ()


@pytest.mark.parametrize("code", [14, 15, 16])
def test_a_group_whose_coordinator_is_not_there_is_unknown_and_not_gone(filled, reader, code):
    read = reader()
    read.read()
    filled.unlisted.add("billing")

    def refuse(_number, request):
        kind = OffsetFetchResponse.OffsetFetchResponseGroup
        groups = [kind(group_id=g.group_id, topics=[], error_code=code) for g in request.groups]
        return (
            OffsetFetchResponse(throttle_time_ms=0, groups=groups) if request.groups[0].group_id == "billing" else None
        )

    filled.hooks["OffsetFetch"] = refuse
    filled.hooks["DescribeGroups"] = lambda *_: HANG_UP
    for _ in range(3):
        snapshot = read.read()
        assert not by_name(snapshot)["billing"].known
        assert by_name(snapshot)["billing"].member_count == UNKNOWN
        assert ("billing", "orders", 0) not in offsets(snapshot)
        assert any(
            part == "committed_offsets" and first == "billing" for (part, _, _), (_, first) in gaps(snapshot).items()
        )
    filled.hooks.clear()
    filled.unlisted.clear()
    snapshot = read.read()
    assert by_name(snapshot)["billing"].known
    assert snapshot.gaps == ()


def test_a_group_is_gone_once_its_coordinator_says_so(filled, reader):
    read = reader()
    read.read()
    del filled.groups["billing"]
    snapshot = read.read()
    assert "billing" not in by_name(snapshot)
    assert snapshot.gaps == ()


def test_a_group_of_a_broker_before_kafka_3_9_is_gone_when_it_is_described_as_dead(filled, reader):
    filled.versions |= {"DescribeGroups": 5}
    read = reader()
    read.read()
    del filled.groups["billing"]
    assert "billing" not in by_name(read.read())


def test_a_silent_broker_costs_exactly_its_own_part_and_one_timeout(filled, reader):
    read = reader()
    read.read()
    for api in ("ListGroups", "ListOffsets", "OffsetFetch", "Metadata", "FindCoordinator", "DescribeGroups"):
        filled.hooks[api] = lambda number, _: SILENCE if number == 2 else None
    started = time.monotonic()
    snapshot = read.read()
    assert time.monotonic() - started < 2 * SLOW
    assert gaps(snapshot) == {
        ("group_list", "REQUEST_TIMED_OUT", 2): (1, "broker 2"),
        ("committed_offsets", "REQUEST_TIMED_OUT", 2): (1, "search"),
        ("offsets", "REQUEST_TIMED_OUT", 2): (1, "orders/1"),
    }
    assert all(gap.hint for gap in snapshot.gaps)
    assert snapshot.partitions.end.tolist() == [100, UNKNOWN, 100, 100, 100]
    assert not by_name(snapshot)["search"].known
    assert by_name(snapshot)["billing"].known
    filled.hooks.clear()
    assert read.read().gaps == ()


def test_a_broker_that_hangs_up_is_asked_once_more(filled, reader):
    read = reader()
    read.read()
    times = []

    def once(number, _):
        times.append(number)
        return HANG_UP if times.count(number) == 1 and number == 3 else None

    filled.hooks["ListOffsets"] = once
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert snapshot.partitions.end.tolist() == [100] * 5


def test_a_broker_that_is_gone_is_a_gap_and_the_others_are_read(filled, reader):
    read = reader()
    read.read()
    filled.stop(3)
    snapshot = read.read()
    assert {reason for _, reason, broker in gaps(snapshot) if broker == 3} == {"CONNECTION_FAILED"}
    assert snapshot.partitions.end.tolist() == [100, 100, UNKNOWN, UNKNOWN, UNKNOWN]
    assert not by_name(snapshot)["audit"].known
    assert by_name(snapshot)["billing"].known


def test_a_moved_leader_is_asked_again_with_fresh_metadata(filled, reader):
    read = reader()
    read.read()

    def move(_number, _request):
        filled.hooks.pop("ListOffsets")
        filled.topics["orders"].leaders = [1, 1, 3]

    filled.hooks["ListOffsets"] = move
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert snapshot.partitions.end.tolist() == [100] * 5
    assert snapshot.partitions.leader.tolist() == [1, 1, 3, 3, 3]


def test_a_topic_that_is_deleted_during_a_poll_is_unknown_there_and_gone_in_the_next(filled, reader):
    read = reader()
    read.read()

    def delete(_number, _request):
        filled.topics.pop("payments", None)

    filled.hooks["ListOffsets"] = delete
    snapshot = read.read()
    assert gaps(snapshot) == {("offsets", "UNKNOWN_TOPIC_OR_PARTITION", 3): (2, "payments/0")}
    assert snapshot.partitions.end.tolist() == [100, 100, 100, UNKNOWN, UNKNOWN]
    after = read.read()
    assert after.topics.names == ("orders",)
    assert after.gaps == ()
    assert ("search", "payments", 1) not in offsets(after)


def knowing(wire, *topics):
    """A Metadata hook: the first broker that is asked knows the first of these, every other one the second."""
    asked = []

    def answer(number, request):
        asked.append(number)
        sight = copy.copy(wire)
        sight.topics = topics[number != asked[0]]
        return API["Metadata"][2](sight, number, request)

    return answer


def test_a_topic_that_one_broker_lacks_is_not_gone(filled, reader):
    """As a broker of a ZooKeeper cluster does that has just started, or one that is cut off from the controller."""
    read = reader()
    first = read.read()
    filled.hooks["Metadata"] = knowing(filled, {}, filled.topics)
    snapshot = read.read()
    assert snapshot.topics is first.topics
    assert snapshot.partitions.end.tolist() == [100] * 5
    assert offsets(snapshot) == offsets(first)
    assert snapshot.gaps == ()
    before = filled.requests["Metadata"]
    assert read.read().topics is first.topics
    assert filled.requests["Metadata"] == before + 1, "it keeps to the broker that knows more"


def test_a_topic_is_gone_if_the_broker_that_is_asked_as_well_knows_even_less(filled, reader):
    read = reader()
    read.read()
    filled.hooks["Metadata"] = knowing(filled, {"orders": filled.topics["orders"]}, {})
    assert read.read().topics.names == ("orders",)


def test_a_topic_that_only_one_broker_lacks_is_gone_if_no_other_one_answers(filled, reader):
    read = reader(deadline_s=3.0)
    read.read()
    del filled.topics["payments"]
    first = []

    def answer(number, _request):
        first.append(number)
        return None if number == first[0] else HANG_UP

    filled.hooks["Metadata"] = answer
    assert read.read().topics.names == ("orders",)
    assert len(set(first)) > 1, "others were asked"


def test_a_partition_without_a_leader_is_unknown_and_says_so(filled, reader):
    filled.topics["orders"].leaders[1] = -1
    snapshot = reader().read()
    assert gaps(snapshot) == {("offsets", "LEADER_NOT_AVAILABLE", UNKNOWN): (1, "orders/1")}
    assert snapshot.partitions.leader.tolist()[1] == -1


def test_bytes_that_are_no_answer_are_a_gap_and_never_numbers(filled, reader):
    read = reader()
    read.read()
    filled.hooks["OffsetFetch"] = lambda number, _: b"\0\0\0\0\x7fgarbage" if number == 1 else None
    snapshot = read.read()
    assert gaps(snapshot) == {("committed_offsets", "BAD_ANSWER", 1): (1, "billing")}
    assert {name for name, _, _ in offsets(snapshot)} == {"audit", "search"}
    filled.hooks["ListOffsets"] = lambda number, _: b"\0\0\0\0\0\0\0\1" if number == 2 else None
    assert read.read().partitions.end.tolist() == [100, UNKNOWN, 100, 100, 100]


def test_an_answer_beyond_the_frame_limit_is_asked_for_in_smaller_pieces(filled, reader):
    for number in range(10):
        filled.groups[f"g{number}"] = Group(1, commits={("orders", 0): number})

    def huge(number, request):
        if number == 1 and len(request.groups) > 1:
            return OffsetFetchResponse(
                throttle_time_ms=0,
                groups=[OffsetFetchResponse.OffsetFetchResponseGroup(group_id="x" * 5_000, topics=[], error_code=0)],
            )
        return None

    filled.hooks["OffsetFetch"] = huge
    read = reader(client={"receive_message_max_bytes": 4_000})
    read.read()
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert offsets(snapshot)["g9", "orders", 0] == 9


def test_groups_that_may_not_be_read_are_unknown_and_the_gap_names_the_right_that_is_missing(filled, reader):
    def refuse(_number, request):
        kind = OffsetFetchResponse.OffsetFetchResponseGroup
        return OffsetFetchResponse(
            throttle_time_ms=0, groups=[kind(group_id=g.group_id, topics=[], error_code=30) for g in request.groups]
        )

    filled.hooks["OffsetFetch"] = refuse
    snapshot = reader().read()
    assert not any(group.known for group in snapshot.groups)
    assert all(gap.reason == "GROUP_AUTHORIZATION_FAILED" and "Describe --group" in gap.hint for gap in snapshot.gaps)
    assert sum(gap.count for gap in snapshot.gaps) == 3


def may(*operations):
    return lambda *_: DescribeClusterResponse(
        throttle_time_ms=0,
        error_code=0,
        error_message=None,
        cluster_id="wire",
        controller_id=1,
        brokers=[],
        authorized_operations=set(operations),
    )


def test_a_list_that_may_leave_out_groups_is_a_gap_in_every_poll(filled, reader):
    filled.hooks["DescribeCluster"] = may(3)
    read = reader()
    for _ in range(2):
        (gap,) = read.read().gaps
        assert (gap.part, gap.reason) == ("group_list", "CLUSTER_AUTHORIZATION_FAILED")
        assert "DESCRIBE on the cluster" in gap.hint
    assert reader(groups=NameFilter(include=("billing",))).read().gaps == ()


def test_a_cluster_that_shows_us_nothing_denies_access(wire, reader):
    wire.hooks["DescribeCluster"] = may(3)
    with pytest.raises(AccessDenied, match="Grant lagwatch's principal DESCRIBE"):
        reader().read()


def test_an_empty_cluster_is_an_empty_snapshot(wire, reader):
    snapshot = reader().read()
    assert snapshot.topics.names == ()
    assert snapshot.groups == ()
    assert len(snapshot.partitions) == len(snapshot.commits) == 0
    assert snapshot.gaps == ()


def test_a_cluster_that_is_down_is_unreachable_and_the_error_names_the_addresses(wire, reader):
    read = reader(deadline_s=5)
    for number in (1, 2, 3):
        wire.stop(number)
    for _ in range(2):
        with pytest.raises(ClusterUnreachable) as caught:
            read.read()
        assert all(address in str(caught.value) for address in wire.bootstrap)
        assert "connection refused" in str(caught.value)


def test_brokers_that_cannot_be_reached_by_their_advertised_addresses_are_named(wire, reader):
    read = reader()
    for number in (1, 2, 3):
        wire.addresses[number] = "127.0.0.1:1"
    with pytest.raises(ClusterUnreachable, match=r"127\.0\.0\.1:1.*advertised"):
        read.read()


def test_a_cluster_that_never_answers_ends_the_poll_at_the_deadline(wire, reader):
    wire.hooks["Metadata"] = lambda *_: SILENCE
    started = time.monotonic()
    with pytest.raises(ClusterUnreachable):
        reader(deadline_s=1).read()
    assert time.monotonic() - started < 1.5


def test_a_broker_that_accepts_and_never_speaks_ends_the_poll_at_the_deadline(wire, reader):
    wire.hooks["ApiVersions"] = lambda *_: SILENCE
    started = time.monotonic()
    with pytest.raises(ClusterUnreachable):
        reader(deadline_s=1).read()
    assert time.monotonic() - started < 1.5


def test_what_is_not_there_at_the_deadline_is_unknown(filled, reader):
    read = reader(deadline_s=1)
    read.read()
    filled.hooks["ListOffsets"] = lambda number, _: SILENCE if number == 3 else None
    started = time.monotonic()
    snapshot = read.read()
    assert time.monotonic() - started < 1.5
    assert gaps(snapshot) == {("offsets", "DEADLINE", 3): (3, "orders/2")}
    filled.hooks.clear()
    assert read.read().gaps == ()


def test_a_broker_that_is_too_old_is_a_protocol_mismatch(wire, reader):
    wire.versions["Metadata"] = 4
    with pytest.raises(ProtocolMismatch, match=r"Metadata.*Kafka 2\.5"):
        reader().read()


def test_a_client_that_expects_tls_where_there_is_none_is_told_so(wire, reader):
    with pytest.raises(AuthenticationFailed, match="TLS"):
        reader(client={"security_protocol": "SSL"}, deadline_s=4).read()


def test_a_reader_that_is_closed_while_it_reads_ends_soon(wire, reader):
    wire.hooks["Metadata"] = lambda *_: SILENCE
    read = reader()
    threading.Timer(0.3, read.close).start()
    started = time.monotonic()
    with pytest.raises(ClusterUnreachable, match="closed"):
        read.read()
    assert time.monotonic() - started < 2
    with pytest.raises(ClusterUnreachable, match="closed"):
        read.read()


def test_closing_gives_its_threads_and_connections_back(filled, reader):
    before = set(threading.enumerate())
    read = reader()
    read.read()
    begun = (
        set(threading.enumerate()) - before
    )  # the reader's own, and one of the wire cluster for each open connection
    assert len([thread for thread in begun if thread.name.startswith("kafka-io")]) == 1
    assert len(begun) > 1
    read.close()
    read.close()
    for thread in begun:
        thread.join(10)
    assert [thread.name for thread in begun if thread.is_alive()] == []


def test_secrets_are_in_no_repr(wire):
    from lagwatch.collect import ReaderOptions

    options = ReaderOptions(cluster="c", bootstrap=("h:1",), client={"sasl_plain_password": "hush"})
    assert "hush" not in repr(options)


def test_addresses_that_are_none_are_told_as_such(reader):
    with pytest.raises(ClusterUnreachable, match="must be host:port"):
        reader(bootstrap=("localhost:kafka",)).read()


def test_groups_that_come_and_go_do_not_make_the_requests_more_and_more(filled, reader):
    read = reader()
    for number in range(20):
        filled.groups[f"passing-{number}"] = Group(1, state="Stable", commits={("orders", 0): number})
        filled.groups.pop(f"passing-{number - 2}", None)
        snapshot = read.read()
        assert snapshot.gaps == ()
        assert offsets(snapshot)[f"passing-{number}", "orders", 0] == number
    asked = read.read().stats.requests
    assert asked["OffsetFetch"] <= 3 + 6
    assert asked["DescribeGroups"] <= 1 + 6


def test_a_group_that_changes_its_type_is_described_as_what_it_is(filled, reader):
    read = reader()
    filled.groups["billing"].state = "Stable"
    assert by_name(read.read())["billing"].type == "classic"
    filled.groups["billing"].type = "consumer"
    for _ in range(3):
        snapshot = read.read()
        assert snapshot.gaps == ()
        assert (by_name(snapshot)["billing"].type, by_name(snapshot)["billing"].epoch) == ("consumer", 1)
    filled.groups["billing"].type = "classic"
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert (by_name(snapshot)["billing"].type, by_name(snapshot)["billing"].epoch) == ("classic", None)


def test_a_group_that_two_brokers_claim_counts_once(filled, reader):
    read = reader()
    read.read()
    listed = ListGroupsResponse.ListedGroup(
        group_id="billing", protocol_type="consumer", group_state="Empty", group_type="classic"
    )
    filled.hooks["ListGroups"] = lambda number, _: (
        ListGroupsResponse(throttle_time_ms=0, error_code=0, groups=[listed]) if number == 3 else None
    )
    del filled.groups["audit"]
    read.read()
    for _ in range(2):
        snapshot = read.read()
        assert [group.name for group in snapshot.groups] == ["billing", "search"]
        assert by_name(snapshot)["billing"].known
        assert offsets(snapshot)["billing", "orders", 0] == 50
        assert snapshot.gaps == ()


def test_groups_that_were_there_before_the_start_are_looked_for_where_no_list_has_them(filled, reader):
    filled.unlisted.add("billing")
    assert [group.name for group in reader().read().groups] == sorted(filled.groups.keys() - {"billing"})
    read = reader()
    read.recall(["billing", "nobody"])
    first = read.read()
    assert {group.name: group.known for group in first.groups} == {
        **dict.fromkeys(filled.groups, True),
        "nobody": False,
    }
    for _ in range(2):
        snapshot = read.read()
        assert [group.name for group in snapshot.groups] == sorted(filled.groups)
        assert offsets(snapshot)["billing", "orders", 0] == 50


def test_a_new_coordinator_that_does_not_know_a_group_yet_does_not_make_it_gone(filled, reader):
    read = reader()
    read.read()
    billing = filled.groups.pop("billing")
    billing.coordinator = 3
    filled.homes["billing"] = 3
    snapshot = read.read()
    assert not by_name(snapshot)["billing"].known
    assert [(gap.part, gap.reason, gap.broker) for gap in snapshot.gaps] == [
        ("committed_offsets", "MISSING_FROM_LIST", 3)
    ]
    filled.groups["billing"] = billing
    assert offsets(read.read())["billing", "orders", 0] == 50
    del filled.groups["billing"]
    snapshot = read.read()  # the one that had it says so: that is sure
    assert "billing" not in by_name(snapshot)
    assert snapshot.gaps == ()


def test_many_groups_that_are_lost_are_looked_for_a_few_at_a_time(filled, reader):
    filled.versions["FindCoordinator"] = 3
    for number in range(120):
        filled.groups[f"g{number:03}"] = Group(1, commits={("orders", 0): number})
    read = reader()
    read.read()
    filled.unlisted |= filled.groups.keys()
    found: set[str] = set()
    for _ in range(3):
        asked = filled.requests["FindCoordinator"]
        snapshot = read.read()
        assert filled.requests["FindCoordinator"] - asked <= 50
        assert len(snapshot.groups) == 123
        known = {group.name for group in snapshot.groups if group.known}
        assert {(gap.part, gap.reason) for gap in snapshot.gaps} == {("committed_offsets", "MISSING_FROM_LIST")}
        assert sum(gap.count for gap in snapshot.gaps) == 123 - len(known)
        found |= known
    assert len(found) == 123  # whoever waited longest came first


def test_a_group_with_a_commit_that_cannot_be_read_is_unknown_as_a_whole(filled, reader):
    def unstable(number, request):
        if number != 1:
            return None
        kind = OffsetFetchResponse.OffsetFetchResponseGroup
        topic = kind.OffsetFetchResponseTopics
        records = [
            topic.OffsetFetchResponsePartitions(
                partition_index=p, committed_offset=5, committed_leader_epoch=0, metadata="", error_code=code
            )
            for p, code in ((0, 0), (1, 88))
        ]
        return OffsetFetchResponse(
            throttle_time_ms=0,
            groups=[
                kind(group_id=g.group_id, topics=[topic(name="orders", partitions=records)], error_code=0)
                for g in request.groups
            ],
        )

    filled.hooks["OffsetFetch"] = unstable
    snapshot = reader().read()
    assert gaps(snapshot) == {("committed_offsets", "UNSTABLE_OFFSET_COMMIT", 1): (1, "billing")}
    assert not by_name(snapshot)["billing"].known
    assert {name for name, _, _ in offsets(snapshot)} == {"audit", "search"}


def lags(snapshot):
    """(group, row) -> the lag that the broker reports."""
    table = snapshot.commits
    return {
        (snapshot.groups[group].name, int(row)): int(lag)
        for group, row, lag in zip(table.group, table.row, table.reported_lag, strict=True)
    }


def test_a_share_group_is_told_with_its_start_offset_and_the_lag_that_its_broker_counts(filled, reader):
    filled.groups["workers"] = Group(2, "share", "Stable", {("orders", 2): 30, ("payments", 0): 90, ("gone", 0): 1})
    read = reader()
    for offset in (30, 40):
        filled.groups["workers"].commits["orders", 2] = offset
        snapshot = read.read()
        assert snapshot.gaps == ()
        assert by_name(snapshot)["workers"].type == "share"
        assert offsets(snapshot)["workers", "orders", 2] == offset
        assert {row: lag for (name, row), lag in lags(snapshot).items() if name == "workers"} == {
            2: 100 - offset,
            3: 10,
        }
        assert {lag for (name, _), lag in lags(snapshot).items() if name != "workers"} == {UNKNOWN}


@pytest.mark.parametrize("api", ["DescribeShareGroupOffsets", "DescribeQuorum"])
def test_a_broker_that_waits_for_another_one_does_not_count_as_silent(filled, reader, api):
    """Both are passed on by the broker that is asked; until the answer is back, it reads nothing else of that connection."""
    filled.groups["workers"] = Group(1, "share", "Stable", {("orders", 2): 30})
    read = reader(deadline_s=4)
    read.read()
    filled.hooks[api] = lambda *_: SILENCE
    for _ in range(2):
        snapshot = read.read()
        told = {(gap.part, gap.first) for gap in snapshot.gaps}
        assert told == ({("committed_offsets", "workers")} if api == "DescribeShareGroupOffsets" else set())
        assert snapshot.controller in (3, None)
        assert snapshot.partitions.end.tolist() == [100] * 5
        assert {group.name for group in snapshot.groups if not group.known} == {name for _, name in told}
    filled.hooks.clear()
    snapshot = read.read()
    assert snapshot.gaps == ()
    assert snapshot.controller == 3

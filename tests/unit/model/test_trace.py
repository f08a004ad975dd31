"""Traces that cannot be read name the line and the field."""

import json
from dataclasses import replace

import pytest

from lagwatch.errors import TraceError
from lagwatch.model.details import Details, Part
from lagwatch.model.snapshot import NO_LEADER, UNKNOWN, UNKNOWN_LEADER
from lagwatch.model.trace import decode, encode, read_trace

ORDERS = {
    "start": [0, None], "end": [100, 90], "lso": [100, None], "leader": [1, -1],
    "replicas": [[1, 2], [2, 1]], "isr": [[1], []], "config": {"min.insync.replicas": "2"},
}  # fmt: skip
BILLING = {
    "type": "classic", "state": "Stable", "members": 2,
    "committed": {"orders": [90, None]}, "assigned": {"orders": [0, 1]},
}  # fmt: skip
WHOLE = {
    "v": 1, "at": "2026-03-02T00:00:30Z", "cluster": "main", "brokers": [1],
    "topics": {"orders": ORDERS}, "groups": {"billing": BILLING, "search": None},
}  # fmt: skip


def test_a_snapshot_is_read_and_written_as_it_was():
    assert encode(decode(WHOLE)) == WHOLE


def test_slow_facts_are_left_out_of_a_trace():
    details = Details(reassignments=Part(value=(), read_at=0.0))
    assert encode(replace(decode(WHOLE), details=details)) == WHOLE


def test_null_is_unknown_and_no_commit_is_no_row():
    seen = decode(WHOLE)
    assert seen.partitions.start.tolist() == [0, UNKNOWN]
    assert seen.partitions.leader.tolist() == [1, NO_LEADER]
    assert (seen.commits.row.tolist(), seen.commits.offset.tolist()) == ([0], [90])
    assert [(group.name, group.known) for group in seen.groups] == [("billing", True), ("search", False)]


def test_a_leader_that_is_not_known_is_no_missing_leader():
    seen = decode({**WHOLE, "topics": {"orders": {**ORDERS, "leader": [1, None]}}})
    assert seen.partitions.leader.tolist() == [1, UNKNOWN_LEADER]


def test_fields_that_a_reader_does_not_know_are_ignored():
    assert encode(decode({**WHOLE, "weather": "fine"})) == WHOLE


def changed(**topic):
    return {**WHOLE, "topics": {"orders": {**ORDERS, **topic}}}


@pytest.mark.parametrize("document, said", [
    ([], "snapshot: [], expected a JSON object"),
    ({**WHOLE, "v": 2}, "v: 2, but this lagwatch reads version 1"),
    ({key: value for key, value in WHOLE.items() if key != "brokers"}, "brokers: missing"),
    ({**WHOLE, "at": "yesterday"}, 'at: "yesterday", expected RFC 3339'),
    ({**WHOLE, "at": "2026-03-02T00:00:30"}, "has no time zone"),
    (changed(end=[1, "x"]), 'topics.orders.end[1]: "x", expected an integer or null'),
    (changed(end=[1, True]), "topics.orders.end[1]: true, expected an integer or null"),
    (changed(start=[1]), "topics.orders.start: 1 entries, expected 2"),
    (changed(isr=[[1], ["x"]]), 'topics.orders.isr[1]: "x", expected a non-negative integer'),
    (changed(config=3), "topics.orders.config: 3, expected a JSON object"),
    ({**WHOLE, "groups": {"billing": {**BILLING, "committed": {"orders": [1]}}}}, "groups.billing.committed.orders: 1 entries"),
    ({**WHOLE, "groups": {"billing": {**BILLING, "members": "two"}}}, 'groups.billing.members: "two"'),
    ({**WHOLE, "groups": {"billing": 3}}, "groups.billing: 3, expected a JSON object"),
])  # fmt: skip
def test_what_is_wrong_is_named(document, said):
    with pytest.raises(TraceError) as error:
        decode(document)
    assert said in str(error.value)


@pytest.mark.parametrize("line, said", [
    ("{", "line 2: not JSON"),
    ("[" * 100_000, "line 2: not JSON"),
    (json.dumps(WHOLE), "line 2: at: not later than the snapshot of 'main' before it"),
    (json.dumps({**WHOLE, "topics": 1}), "line 2: topics: 1"),
])  # fmt: skip
def test_the_line_is_named(line, said):
    with pytest.raises(TraceError) as error:
        list(read_trace([json.dumps(WHOLE), line]))
    assert said in str(error.value)


def test_clusters_may_take_turns_in_a_trace_and_blank_lines_are_nothing():
    other = {**WHOLE, "cluster": "other"}
    assert [seen.cluster for seen in read_trace([json.dumps(WHOLE), "\n", json.dumps(other)])] == ["main", "other"]

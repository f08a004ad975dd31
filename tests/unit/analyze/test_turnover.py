"""Who comes and goes in a group, and how often it rebalances."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch.model.kinds import Kind, kind, rebalance_protocol
from lagwatch.model.snapshot import Group, Member, Snapshot
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic, view


def member(key: str, client: str = "", host: str = "/10.0.0.1", **fields: object) -> Member:
    return Member(id=key, client_id=client or key[0], host=host, **fields)


def poll(k: int, members: str | list[Member], *, state: str | None = "Stable", epoch: int | None = None) -> Snapshot:
    """Poll number k; members by their ids, of which the first letter is the client."""
    seen = snapshot({"orders": topic((0, 10))}, {"billing": group({"orders": [5]}, state=state)}, at=T0 + 30 * k)
    there = tuple(member(key) for key in members.split()) if isinstance(members, str) else tuple(members)
    facts = replace(seen.groups[0], members=there, member_count=len(there), assigned_known=True, epoch=epoch)
    return replace(seen, groups=(facts,))


def after(*polls: str | tuple[str, str]) -> View:
    """Each poll is the members, or the members and the state."""
    told = [(each, "Stable") if isinstance(each, str) else each for each in polls]
    return view(*(poll(k, members, state=state) for k, (members, state) in enumerate(told)))


def returned(seen: View) -> list[tuple[str, str, str, str]]:
    return [(r.client_id, r.old_id, r.new_id, r.host) for r in seen.returned.get("billing", ())]


def test_a_member_that_comes_back_with_a_new_id_from_the_same_client_and_host_is_named():
    seen = after("a1 b1", "b1", "b1 a2")
    assert returned(seen) == [("a", "a1", "a2", "/10.0.0.1")]
    assert not seen.returned["billing"][0].dropped


def test_it_may_be_gone_and_back_between_two_polls():
    assert returned(after("a1 b1", "a2 b1")) == [("a", "a1", "a2", "/10.0.0.1")]


def test_the_same_id_again_is_the_same_process():
    seen = after("a1 b1", "b1", "a1 b1")
    assert seen.returned["billing"][0].dropped


@pytest.mark.parametrize("polls", [
    ("a1 b1", "b1", "b1 c1"),            # another client
    ("a1 b1", "a2 b2"),                  # all at once: the application was started again
    ("a1", "a1 b1 c1"),                  # scaled up
    ("a1 b1 c1", "a1"),                  # scaled down
    ("a1 b1", *["b1"] * 40, "a2 b1"),    # gone for longer than a quarter of an hour
])  # fmt: skip
def test_nobody_came_back(polls):
    assert returned(after(*polls)) == []


def test_who_came_back_is_forgotten_after_a_quarter_of_an_hour():
    assert returned(after("a1 b1", "a2 b1", *["a2 b1"] * 31)) == []


def test_a_host_must_be_the_same():
    first = [member("a1"), member("b1")]
    second = [member("a2", host="/10.0.0.9"), member("b1")]
    assert returned(view(poll(0, first), poll(1, second))) == []


def test_each_rebalance_counts_once_whether_a_poll_saw_it_or_only_its_outcome():
    unseen = after("a1", "a1 b1", "a1 b1", "a1")
    assert (unseen.groups.rebalances.tolist(), unseen.groups.rebalances_total.tolist()) == ([2.0], [2.0])
    seen = after("a1", ("a1", "PreparingRebalance"), "a1 b1", "a1 b1")
    assert seen.groups.rebalances_total.tolist() == [1.0]
    lasting = after("a1", *[("a1", "PreparingRebalance")] * 5, "a1")
    assert lasting.groups.rebalances_total.tolist() == [1.0]


def test_the_total_goes_on_when_the_last_quarter_of_an_hour_was_calm():
    seen = after("a1", "a1 b1", *["a1 b1"] * 40)
    assert (seen.groups.rebalances.tolist(), seen.groups.rebalances_total.tolist()) == ([0.0], [1.0])


def test_of_a_group_that_cannot_be_described_it_is_not_said_that_it_is_at_rest():
    seen = view(poll(0, "a1"), poll(1, "a1 b1"), poll(2, "", state=None))
    assert np.isnan([seen.groups.rebalances[0], seen.groups.rebalances_total[0], seen.groups.unsettled_s[0]]).all()


def test_epochs_are_the_rebalances_of_groups_that_have_them():
    polls = [poll(0, "a1", epoch=5), poll(1, "a1 b1", state="Reconciling", epoch=6), poll(2, "a1 b1", epoch=6)]
    assert view(*polls).groups.rebalances_total.tolist() == [1.0]


def test_a_static_member_that_is_started_again_is_no_rebalance():
    def static(key: str) -> list[Member]:
        return [member(key, "a", instance_id="a"), member("b1", "b", instance_id="b")]

    seen = view(poll(0, static("a1")), poll(1, static("a2")))
    assert seen.groups.rebalances_total.tolist() == [0.0]
    assert returned(seen) == [("a", "a1", "a2", "/10.0.0.1")]


@pytest.mark.parametrize("fields, expected", [
    ({"type": "consumer"}, (Kind.CONSUMER, "cooperative")),
    ({"type": "classic", "protocol_type": "consumer", "protocol": "range"}, (Kind.CONSUMER, "eager")),
    ({"type": "classic", "protocol_type": "consumer", "protocol": "cooperative-sticky"}, (Kind.CONSUMER, "cooperative")),
    ({"type": "classic", "protocol_type": "consumer", "protocol": "company-own"}, (Kind.CONSUMER, None)),
    ({"type": "classic", "protocol_type": "consumer", "protocol": "stream"}, (Kind.STREAMS, "cooperative")),
    ({"type": "streams"}, (Kind.STREAMS, "cooperative")),
    ({"type": "share"}, (Kind.SHARE, None)),
    ({"type": "classic", "protocol_type": "connect", "protocol": "sessioned"}, (Kind.CONNECT_WORKERS, "cooperative")),
    ({"type": "classic", "protocol_type": "connect", "protocol": "default"}, (Kind.CONNECT_WORKERS, "eager")),
    ({"type": "classic", "name": "connect-elastic"}, (Kind.CONNECT_SINK, None)),
    ({"type": "classic", "name": "eu-mm2", "protocol_type": "connect"}, (Kind.MIRROR_MAKER, None)),
    ({"type": "classic", "name": "kafka-mirror-maker.eu"}, (Kind.MIRROR_MAKER, None)),
    ({"type": "classic", "name": "comm2-orders"}, (Kind.CONSUMER, None)),
    ({"type": "classic", "name": "schema-registry", "protocol_type": "sr"}, (Kind.SCHEMA_REGISTRY, None)),
    ({}, (None, None)),
])  # fmt: skip
def test_what_a_group_is_for_and_how_it_rebalances(fields, expected):
    facts = Group(**({"name": "billing"} | fields))
    assert (kind(facts), rebalance_protocol(facts)) == expected

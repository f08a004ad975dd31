"""How evenly the work of a group is spread."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.analyze.hot import HOT, balance_of, outstanding, skew, topic_balance
from lagwatch.model.snapshot import Assigned, Group, Member, Snapshot
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic, view


def poll(k: int, rates: list[int], reads: list[int], members: tuple[Member, ...], **fields: object) -> Snapshot:
    """Poll number k: so many messages a poll come on each partition of orders, and so many are read."""
    orders = topic(*((0, 100_000 + rate * k) for rate in rates))
    commits = [100_000 + read * k for read in reads]
    seen = snapshot({"orders": orders}, {"billing": group({"orders": commits})}, at=T0 + 30 * k)
    facts = replace(seen.groups[0], members=members, member_count=len(members), assigned_known=True, **fields)
    return replace(seen, groups=(facts,))


def seen(rates: list[int], reads: list[int], *owned: tuple[int, ...], **fields: object) -> View:
    members = tuple(
        Member(
            id=f"m{i}", client_id=f"c{i}", host=f"/10.0.0.{i}", assigned=(Assigned("orders", parts),) if parts else ()
        )
        for i, parts in enumerate(owned)
    )
    return view(*(poll(k, rates, reads, members, **fields) for k in range(10)))


def test_a_partition_that_gets_more_and_is_further_behind_stands_out_with_its_owner():
    found = balance_of(seen([100, 100, 100, 900], [100, 100, 100, 300], (0, 1), (2, 3)), "billing")
    (hot,) = found.partitions
    assert (hot.partition, hot.lag, hot.hot) == (3, 5400, ("lag", "produced"))
    assert (hot.lag_share, hot.produced_share, hot.consumed_share) == pytest.approx((1.0, 0.75, 0.5))
    assert [(owner.id, owner.client_id, owner.host) for owner in hot.owners] == [("m1", "c1", "/10.0.0.1")]
    assert (found.lag_skew, found.produced_skew, found.consumed_skew) == pytest.approx((4.0, 3.0, 2.0))


def test_an_even_load_has_no_hot_partition():
    found = balance_of(seen([100] * 4, [90] * 4, (0, 1), (2, 3)), "billing")
    assert (found.partitions, found.idle, found.unowned, found.surplus) == ((), (), (), 0)
    assert [share.lag_share for share in found.members] == pytest.approx([0.5, 0.5])
    assert [share.partitions for share in found.members] == [2, 2]


def test_members_without_partitions_are_idle_and_more_members_than_partitions_are_too_many():
    found = balance_of(seen([100, 100], [100, 100], (0,), (1,), (), ()), "billing")
    assert [member.id for member in found.idle] == ["m2", "m3"]
    assert found.surplus == 2
    assert (found.members[3].lag, found.members[3].produced_share) == (0, 0.0)


def test_partitions_that_nobody_owns_are_named_and_not_while_the_group_sorts_itself_out():
    assert balance_of(seen([100] * 3, [100] * 3, (0,)), "billing").unowned == (Assigned("orders", (1, 2)),)
    assert balance_of(seen([100] * 3, [100] * 3, (0,), state="PreparingRebalance"), "billing").unowned == ()


def test_a_share_group_has_never_too_many_members():
    found = balance_of(seen([100], [100], (0,), (0,), (0,), type="share"), "billing")
    assert found.surplus == 0


def test_where_it_is_not_known_who_owns_what_nobody_is_called_idle():
    seen_now = seen([100, 100], [100, 0], ())
    unknown = replace(seen_now.snapshot.groups[0], assigned_known=False)
    found = balance_of(replace(seen_now, snapshot=replace(seen_now.snapshot, groups=(unknown,))), "billing")
    assert (found.members, found.idle, found.unowned) == (None, (), ())


def test_a_topic_tells_which_partitions_get_most():
    found = topic_balance(seen([100, 100, 100, 900], [0, 0, 0, 0]), "orders")
    assert [(share.partition, share.produced, share.produced_share) for share in found.partitions] == [
        (3, pytest.approx(1800.0), pytest.approx(0.75))
    ]
    assert found.produced_skew == pytest.approx(3.0)


def test_what_is_not_there_has_no_balance():
    nothing = seen([1], [1], (0,))
    assert (balance_of(nothing, "other"), topic_balance(nothing, "other")) == (None, None)


def test_nothing_stands_out_before_anything_is_known():
    members = (Member(id="m", assigned=(Assigned("orders", (0, 1)),)),)
    found = balance_of(view(poll(0, [5, 5], [5, 5], members)), "billing")
    assert found.partitions == ()
    assert np.isnan(found.produced_skew)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_what_stands_out_is_more_than_its_even_share_and_only_few_do(values):
    column = np.array(values)
    flags = outstanding(column, worth=1.0)
    assert flags.sum() <= (len(values) + 2) / 3
    if flags.any():
        assert column[flags].min() > column.mean()
        assert skew(column) > 1


@given(st.floats(1, 1e6), st.integers(2, 20))
def test_equal_columns_are_even(value, count):
    column = np.full(count, value)
    assert skew(column) == pytest.approx(1.0)
    assert not outstanding(column * 1.0, worth=0.0).any()
    assert HOT > 1


def test_groups_without_members_are_told_apart_from_groups_nobody_could_describe():
    empty = balance_of(seen([100], [0]), "billing")
    assert empty.members == ()
    assert isinstance(seen([100], [0]).snapshot.groups[0], Group)

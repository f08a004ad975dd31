from urllib.parse import quote

import pytest

from tests.support import world

GROUPS = "/api/v1/clusters/main/groups"


def names(api, **params):
    return [group["name"] for group in api.json(GROUPS, **params)["items"]]


def test_groups_of_every_type_are_listed_and_what_is_not_known_of_them_is_null(api):
    groups = {group["name"]: group for group in api.json(GROUPS)["items"]}
    billing, search, streams = groups["billing"], groups["search"], groups["streams-app"]
    assert (billing["lag"], billing["max_partition_lag"], billing["members"], billing["coordinator"]) == (
        14_000,
        13_000,
        2,
        3,
    )
    assert (search["known"], search["lag"], search["partitions"], search["members"]) == (False, None, None, None)
    assert (streams["type"], streams["members"], streams["lag"], streams["partitions"]) == ("streams", None, None, 0)
    assert (groups["payments-sync"]["lag"], groups["payments-sync"]["unknown_partitions"]) == (10, 1)


def test_groups_can_be_sorted_with_unknown_lag_last(api):
    assert names(api, sort="-lag", limit=3) == ["billing", "shared", "payments-sync"]
    assert names(api, sort="lag")[0] == "billing-nightly"
    assert set(names(api, sort="lag")[-2:]) == set(names(api, sort="-lag")[-2:]) == {"search", "streams-app"}
    assert names(api, sort="-members", limit=2) == ["billing", "shared"]
    assert names(api, sort="-name", limit=1) == ["team/billing"]


def test_groups_can_be_filtered(api):
    assert names(api, name="billing*") == ["billing", "billing-nightly"]
    assert names(api, type=["share", "streams"]) == ["shared", "streams-app"]
    assert names(api, type="unknown") == ["search"]
    assert names(api, state="Empty") == ["billing-nightly"]
    assert names(api, state="unknown") == ["search"]
    assert names(api, min_lag=1000) == ["billing", "shared"]
    assert names(api, topic="pay*") == ["payments-sync"]
    assert names(api, topic="orders", name="s*") == ["shared"]


def test_pages_together_are_the_whole_list(api):
    whole = names(api)
    assert whole == [name for offset in range(0, 11, 4) for name in names(api, limit=4, offset=offset)]
    assert api.json(GROUPS, limit=4, offset=8)["total"] == 11
    assert names(api, offset=11) == names(api, offset=2**63 - 1) == []


def test_one_group_tells_its_protocol_its_epochs_and_its_alerts(api):
    billing = api.json(f"{GROUPS}/billing")
    assert (billing["protocol_type"], billing["protocol"], billing["epoch"]) == ("consumer", "range", None)
    assert billing["alerts"] == {"firing": 1, "pending": 0, "unknown": 0}
    assert (billing["cluster"], billing["as_of"]) == ("main", "2026-02-25T06:13:20Z")
    team = api.json(f"{GROUPS}/team%2Fbilling")
    assert (team["epoch"], team["assignment_epoch"], team["assignments_known"]) == (9, 8, True)
    assert not api.json(f"{GROUPS}/streams-app")["assignments_known"]


def test_a_partition_that_is_owned_and_was_never_committed_on_is_there_without_a_lag(api):
    first, second, third = api.json(f"{GROUPS}/billing/partitions")["items"]
    assert (first["partition"], first["committed_offset"], first["lag"]) == (0, 7_000, 13_000)
    assert (first["log_start_offset"], first["log_end_offset"], first["last_stable_offset"]) == (100, 20_000, 20_000)
    assert first["owners"] == [{"member_id": "m-1", "client_id": "billing-1", "host": "/10.0.0.1"}]
    assert (second["partition"], second["lag"], second["owners"]) == (1, 1_000, [])
    assert (third["partition"], third["committed_offset"], third["lag"], third["growth_per_minute"]) == (
        2,
        None,
        None,
        None,
    )
    assert third["owners"][0]["member_id"] == "m-1"


def test_time_lag_is_told_with_its_quality_by_group_topic_and_partition(api):
    billing = api.json(f"{GROUPS}/billing")
    assert (billing["time_lag_s"], billing["time_lag_is_lower_bound"]) == (0.0, True), "one poll knows no more"
    (orders,) = api.json(f"{GROUPS}/billing/topics")["items"]
    told = [orders[f"time_lag_{name}"] for name in ("s", "typical_s", "is_lower_bound")]
    assert told == [0.0, 0.0, True]
    first, _, third = api.json(f"{GROUPS}/billing/partitions")["items"]
    told = [[each[f"time_lag_{name}"] for name in ("s", "is_lower_bound", "is_exact")] for each in (first, third)]
    assert told == [[0.0, True, False], [None, None, None]]
    assert api.json(f"{GROUPS}/search")["time_lag_s"] is None
    assert {item["name"] for item in api.json(GROUPS, sort="-time_lag_s")["items"]} >= {"billing", "search"}


def test_owners_are_null_where_they_are_not_known_and_several_in_a_share_group(api):
    (partition,) = api.json(f"{GROUPS}/shared/partitions")["items"]
    assert [owner["member_id"] for owner in partition["owners"]] == ["s-1", "s-2"]
    assert {p["owners"] for p in api.json(f"{GROUPS}/payments-sync/partitions")["items"]} == {None}


def test_partitions_of_a_group_can_be_filtered_and_sorted(api):
    def found(**params):
        return [item["partition"] for item in api.json(f"{GROUPS}/billing/partitions", **params)["items"]]

    assert found(sort="-lag") == [0, 1, 2]
    assert found(sort="lag") == [1, 0, 2]
    assert found(min_lag=1) == [0, 1]
    assert found(topic="pay*") == []


def test_members_carry_what_they_own(api):
    busy, idle = api.json(f"{GROUPS}/billing/members", sort="-lag")["items"]
    assert (busy["member_id"], busy["partitions"], busy["lag"], busy["unknown_partitions"]) == ("m-1", 2, 13_000, 1)
    assert busy["assigned"] == [{"topic": "orders", "partitions": [0, 2, 99]}]
    assert (idle["instance_id"], idle["client_id"], idle["partitions"], idle["lag"]) == ("static-2", None, 0, 0)
    (reconciling,) = api.json(f"{GROUPS}/team%2Fbilling/members")["items"]
    assert (reconciling["epoch"], reconciling["target"]) == (9, [{"topic": "orders", "partitions": [0, 1]}])


def test_a_group_is_told_topic_by_topic(api):
    (orders,) = api.json(f"{GROUPS}/billing/topics")["items"]
    assert (orders["topic"], orders["partitions"], orders["lag"], orders["max_partition_lag"]) == (
        "orders",
        2,
        14_000,
        13_000,
    )
    assert orders["growth_per_minute"] is None
    assert api.json(f"{GROUPS}/billing/topics", min_lag=20_000)["total"] == 0
    assert api.json(f"{GROUPS}/search/topics")["items"] == []


@pytest.mark.parametrize("name", world.ODD_NAMES)
@pytest.mark.parametrize("part", ["", "/topics", "/partitions", "/members"])
def test_a_group_of_any_name_can_be_reached(api, name, part):
    encoded = quote(name, safe="").replace(".", "%2E")
    answer = api.json(f"{GROUPS}/{encoded}{part}")
    if part:
        assert answer["total"] == {"/members": int(name == "team/billing")}.get(part, 1)
    else:
        assert answer["name"] == name


def test_a_proxy_that_decodes_slashes_does_no_harm(api):
    assert api.json(f"{GROUPS}/team/billing")["name"] == "team/billing"
    assert api.json(f"{GROUPS}/team/billing/members")["total"] == 1

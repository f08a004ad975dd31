from dataclasses import replace

from lagwatch.app.insights import Analyses
from lagwatch.model.alerts import Override
from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client


def test_what_fires_comes_first_and_what_is_resolved_last(api):
    alerts = api.json("/api/v1/clusters/main/alerts")["items"]
    assert [alert["state"] for alert in alerts] == ["firing", "unknown", "resolved"]
    firing = alerts[0]
    assert (firing["rule"], firing["group"], firing["topic"], firing["partition"]) == (
        "ConsumerLagGrowing",
        "billing",
        "orders",
        None,
    )
    assert (firing["since"], firing["fired_at"], firing["resolved_at"]) == (
        "2026-02-25T06:03:20Z",
        "2026-02-25T06:08:20Z",
        None,
    )
    assert (firing["value"], firing["threshold"], firing["values"]) == (14_000, 10_000, {"lag": 14_000, "growth": None})
    assert firing["seen"] == {"members": 2, "state": "Stable", "rate": None}


def test_alerts_can_be_filtered_and_sorted(api):
    def rules(**params):
        return [alert["rule"] for alert in api.json("/api/v1/alerts", **params)["items"]]

    assert rules(state=["firing", "unknown"]) == ["ConsumerLagGrowing", "ConsumerLagHigh"]
    assert rules(severity="emergency") == ["PartitionsOffline"]
    assert rules(rule="Consumer*", group="search") == ["ConsumerLagHigh"]
    assert rules(topic="*") == ["ConsumerLagGrowing", "PartitionsOffline"]
    assert rules(sort="-severity") == ["PartitionsOffline", "ConsumerLagHigh", "ConsumerLagGrowing"]
    assert rules(sort="since") == ["PartitionsOffline", "ConsumerLagGrowing", "ConsumerLagHigh"]
    assert rules(sort="value") == ["PartitionsOffline", "ConsumerLagGrowing", "ConsumerLagHigh"]
    assert rules(cluster="back*") == []


def test_a_list_over_all_clusters_names_those_that_it_knows_nothing_of(api):
    clusters = api.json("/api/v1/alerts")["clusters"]
    assert clusters[0] == {"cluster": "backup", "state": "waiting", "as_of": None, "age_s": None}
    assert clusters[1]["age_s"] == 12.0


def test_a_rule_is_listed_once_for_all_clusters_in_which_it_is_the_same(api):
    growing, high = api.json("/api/v1/rules")["items"]
    assert (growing["name"], growing["clusters"], growing["alerts"]["firing"]) == (
        "ConsumerLagGrowing",
        ["backup", "main"],
        1,
    )
    assert (high["name"], high["clusters"], high["enabled"], high["alerts"]["unknown"]) == (
        "ConsumerLagHigh",
        ["main"],
        False,
        1,
    )
    assert growing["summary"] == world.RULES[0].summary


def test_a_clear_threshold_is_told_as_it_works(api):
    growing, high = api.json("/api/v1/rules")["items"]
    assert [condition["clear"] for condition in growing["conditions"]] == [8_000, None]
    assert [condition["clear"] for condition in high["conditions"]] == [100_000]


def test_rules_can_be_filtered(api):
    def names(**params):
        return [rule["name"] for rule in api.json("/api/v1/rules", **params)["items"]]

    assert names(enabled="false") == ["ConsumerLagHigh"]
    assert names(severity="warning") == ["ConsumerLagGrowing"]
    assert names(name="*High") == ["ConsumerLagHigh"]
    assert names(cluster="backup") == ["ConsumerLagGrowing"]
    assert names(sort="-rule") == ["ConsumerLagHigh", "ConsumerLagGrowing"]


def test_what_a_rule_is_for_a_group_is_said_with_what_decides_it(api):
    (growing,) = api.json("/api/v1/rules", group="console-consumer-7", topic="orders", name="*Growing")["items"]
    assert [(each["where"], each["judged"]) for each in growing["effective"]] == [("", True)]
    assert growing["effective"][0]["conditions"] == growing["conditions"]
    assert {rule["effective"] for rule in api.json("/api/v1/rules")["items"]} == {None}


def test_overrides_profiles_and_exclusions_decide_in_their_order():
    rule = replace(
        world.RULES[0],
        exclude_topics=("__.*",),
        overrides=(
            Override(group="nightly-.*", enabled=False, profile="batch, every 6h"),
            Override(cluster="main", topic="big", for_s=900.0, why="known to be slow"),
        ),
    )
    seen = replace(world.main(), rules=(rule,))
    api = Client(create_api(world.board(seen), clock=lambda: world.NOW, insights=Analyses()))
    (batch,) = api.json("/api/v1/rules", cluster="main", group="nightly-1", topic="big")["items"]
    assert [(each["judged"], each["why"]) for each in batch["effective"]] == [(False, "profile batch, every 6h")]
    assert [each["profile"] for each in batch["overrides"]] == ["batch, every 6h", ""]
    (some,) = api.json("/api/v1/rules", cluster="main", group="billing")["items"]
    assert [(each["where"], each["judged"], each["for_s"]) for each in some["effective"]] == [
        ("topic matches __.*", False, rule.for_s),
        ("topic matches big", True, 900.0),
        ("", True, rule.for_s),
    ]

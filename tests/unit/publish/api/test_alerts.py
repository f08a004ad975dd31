from tests.support import world


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

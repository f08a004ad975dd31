from tests.support.desk import BILLING_ID, GONE_ID, SEARCH_ID

HISTORY = "/api/v1/alerts/history"


def test_what_became_of_alerts_is_listed_newest_first(api):
    changes = api.json(HISTORY)["items"]
    assert [(change["alert"]["rule"], change["to"], change["at"]) for change in changes] == [
        ("BrokerMissing", "resolved", "2026-02-25T06:10:00Z"),
        ("ConsumerLagGrowing", "firing", "2026-02-25T06:08:20Z"),
        ("ConsumerLagGrowing", "pending", "2026-02-25T06:03:20Z"),
    ]
    assert changes[1]["alert"]["summary"] == "billing is 14,000 messages behind on <orders>"


def test_the_history_can_be_filtered_and_read_piece_by_piece(api):
    def states(**params):
        return [change["to"] for change in api.json(HISTORY, **params)["items"]]

    assert states(rule="ConsumerLagGrowing") == ["firing", "pending"]
    assert states(alert=GONE_ID) == ["resolved"]
    assert states(group="billing", topic="orders", cluster="main", severity="warning") == ["firing", "pending"]
    assert states(group="bill*") == []
    assert states(cluster="backup") == []
    assert states(since="2026-02-25T06:08:20Z", until="2026-02-25T07:10:00+01:00") == ["firing"]
    first = api.json(HISTORY, limit=1)
    assert [change["to"] for change in api.json(HISTORY, limit=5, before=first["next"])["items"]] == [
        "firing",
        "pending",
    ]
    assert api.problem(HISTORY, 422, since="2026-02-25")["errors"][0]["where"] == "query.since"


def test_an_alert_has_its_explanation_its_history_and_the_way_on(api):
    found = api.json(f"/api/v1/alerts/{BILLING_ID}")
    alert = found["alert"]
    assert (alert["value"], alert["threshold"], alert["since"]) == (14_000, 10_000, "2026-02-25T06:03:20Z")
    assert alert["cause"] == "More is produced than two members can read."
    assert alert["next_step"] == "Add consumers, up to one a partition."
    assert alert["runbook_url"] == "/runbooks/consumer-lag-growing"
    assert alert["page_url"] == "/clusters/main/groups/billing"
    assert (alert["quiet"], alert["acknowledged_by"]) == (["acknowledged"], "acknowledgement-of-billing")
    assert [change["to"] for change in found["history"]] == ["firing", "pending"]
    assert api.get(alert["runbook_url"]).status_code == api.get(alert["page_url"]).status_code == 200
    (listed,) = api.json("/api/v1/alerts", group="billing")["items"]
    assert listed == alert


def test_an_alert_that_is_inactive_by_now_still_has_its_history(api):
    found = api.json(f"/api/v1/alerts/{GONE_ID}")
    assert (found["alert"], [change["to"] for change in found["history"]]) == (None, ["resolved"])


def test_an_alert_that_never_was_is_not_found(api):
    assert api.problem("/api/v1/alerts/nope", 404)["detail"] == "There is no alert 'nope'."
    assert api.json(f"/api/v1/alerts/{SEARCH_ID}")["history"] == []

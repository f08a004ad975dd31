import pytest

from tests.support import world
from tests.support.desk import BILLING_ID, GIVEN, SEARCH_ID

ACKNOWLEDGEMENTS = "/api/v1/acknowledgements"
OFFLINE = world.alerts()[2]


def billing(api):
    (alert,) = api.json("/api/v1/alerts", group="billing")["items"]
    return alert


def test_an_alert_is_acknowledged_and_the_acknowledgement_taken_back(office, notices):
    made = office.request("POST", ACKNOWLEDGEMENTS, json={"alert": BILLING_ID, "duration_s": 3600, "comment": "mine"})
    given = made.json()
    assert made.status_code == 201
    assert (given["holds"], given["author"], given["severity"], given["comment"]) == (True, "ada", "warning", "mine")
    assert (given["created_at"], given["until"]) == ("2026-02-25T06:13:32Z", "2026-02-25T07:13:32Z")
    assert given["summary"] == "billing is 14,000 messages behind on <orders>"
    assert office.get(made.headers["location"]).json()["items"][0] == given
    assert (billing(office)["quiet"], billing(office)["acknowledged_by"]) == (["acknowledged"], given["id"])

    # The newer one counts; without it the older one does again.
    for given_id in (given["id"], GIVEN.id):
        assert office.request("DELETE", f"{ACKNOWLEDGEMENTS}/{given_id}").status_code == 204
    assert (billing(office)["quiet"], billing(office)["acknowledged_by"]) == ([], None)
    assert office.json(ACKNOWLEDGEMENTS)["items"] == []
    assert notices.hurried == 3
    actions = [(entry["action"], entry["actor"]) for entry in office.json("/api/v1/audit", limit=3)["items"]]
    assert actions == [("acknowledgement.delete", "ada")] * 2 + [("acknowledgement.create", "ada")]


def test_acknowledgements_can_be_filtered(office):
    office.request("POST", ACKNOWLEDGEMENTS, json={"alert": BILLING_ID})
    newer, older = office.json(ACKNOWLEDGEMENTS)["items"]
    assert (newer["holds"], older["holds"], older["id"]) == (True, False, GIVEN.id)
    assert [each["id"] for each in office.json(ACKNOWLEDGEMENTS, holds="false")["items"]] == [GIVEN.id]
    assert office.json(ACKNOWLEDGEMENTS, alert=SEARCH_ID)["total"] == 0


@pytest.mark.parametrize(
    ("alert", "status", "words"),
    [
        ("nope", 404, "There is no alert 'nope' now."),
        (SEARCH_ID, 409, "is unknown"),
        (None, 409, "is resolved: there is nothing to take care of any more"),
    ],
)
def test_only_an_alert_that_fires_can_be_acknowledged(office, alert, status, words):
    (resolved,) = office.json("/api/v1/alerts", state="resolved")["items"]
    response = office.request("POST", ACKNOWLEDGEMENTS, json={"alert": alert or resolved["id"]})
    assert response.status_code == status
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.alert"),
        ({"alert": BILLING_ID, "duration_s": 60, "until": "2027-01-01T00:00:00Z"}, "body"),
        ({"alert": BILLING_ID, "until": "2020-01-01T00:00:00Z"}, "body.until"),
        ({"alert": BILLING_ID, "duration_s": -1}, "body.duration_s"),
        ({"alert": BILLING_ID, "until": "soon"}, "body.until"),
    ],
)
def test_an_acknowledgement_that_cannot_be_meant_is_refused_with_the_reason(office, body, where):
    response = office.request("POST", ACKNOWLEDGEMENTS, json=body)
    assert response.status_code == 422
    assert [error["where"] for error in response.json()["errors"]] == [where]


def test_an_acknowledgement_that_is_not_there_cannot_be_taken_back(office):
    response = office.request("DELETE", f"{ACKNOWLEDGEMENTS}/nope")
    assert (response.status_code, response.json()["type"]) == (404, "urn:lagwatch:unknown-name")

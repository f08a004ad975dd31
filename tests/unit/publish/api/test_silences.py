from datetime import UTC, datetime

import pytest

from lagwatch.errors import StoreAway
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from tests.support import desk as kept
from tests.support import world
from tests.support.asgi import Client
from tests.support.desk import ACTIVE, BILLING_ID, OVER, SEARCH_ID

SILENCES = "/api/v1/silences"
BILLING = {"name": "group", "value": "billing"}


def wanted(**changes):
    body = {"matchers": [BILLING], "duration_s": 7200, "comment": "migration"} | changes
    return {name: value for name, value in body.items() if value is not None}


def text(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_a_silence_is_made_shown_and_ended(office, notices):
    created = office.request("POST", SILENCES, json=wanted())
    silence = created.json()
    assert created.status_code == 201
    assert created.headers["location"] == f"{SILENCES}/{silence['id']}"
    assert (silence["state"], silence["author"], silence["comment"]) == ("active", "ada", "migration")
    assert (silence["starts_at"], silence["ends_at"]) == ("2026-02-25T06:13:32Z", "2026-02-25T08:13:32Z")
    assert silence["alerts"] == [BILLING_ID]
    assert office.json(f"{SILENCES}/{silence['id']}") == silence
    assert notices.hurried == 1

    (alert,) = office.json("/api/v1/alerts", group="billing")["items"]
    assert (alert["quiet"], alert["silenced_by"]) == (["silenced", "acknowledged"], [silence["id"]])

    ended = office.request("DELETE", f"{SILENCES}/{silence['id']}")
    assert (ended.status_code, ended.json()["state"]) == (200, "expired")
    assert ended.json()["ends_at"] == "2026-02-25T06:13:32Z"
    assert notices.hurried == 2
    (alert,) = office.json("/api/v1/alerts", group="billing")["items"]
    assert (alert["quiet"], alert["silenced_by"]) == (["acknowledged"], [])


def test_every_change_is_in_the_audit_log_with_the_name_of_the_token(office):
    silence = office.request("POST", SILENCES, json=wanted()).json()
    office.request("DELETE", f"{SILENCES}/{silence['id']}")
    ended, made = office.json("/api/v1/audit", limit=2)["items"]
    assert [(entry["actor"], entry["action"], entry["subject"]) for entry in (made, ended)] == [
        ("ada", "silence.create", silence["id"]),
        ("ada", "silence.expire", silence["id"]),
    ]
    assert made["details"]["matchers"] == silence["matchers"]
    assert made["details"]["comment"] == "migration"


def test_a_silence_that_is_over_stays_as_it_is(office, notices):
    response = office.request("DELETE", f"{SILENCES}/{OVER.id}")
    assert (response.status_code, response.json()["ends_at"]) == (200, text(OVER.ends_at).replace("+00:00", "Z"))
    assert notices.hurried == 0
    assert len(office.json("/api/v1/audit")["items"]) == 3


def test_a_silence_that_has_not_begun_never_begins_once_it_was_ended(office):
    later = {"starts_at": text(world.NOW + 600), "ends_at": text(world.NOW + 900)}
    silence = office.request("POST", SILENCES, json=wanted(duration_s=None, **later)).json()
    assert silence["state"] == "pending"
    ended = office.request("DELETE", f"{SILENCES}/{silence['id']}").json()
    assert (ended["state"], ended["starts_at"]) == ("expired", ended["ends_at"])


def test_silences_are_listed_by_their_end_and_can_be_filtered(api):
    silences = api.json(SILENCES)["items"]
    assert [(silence["id"], silence["state"]) for silence in silences] == [(ACTIVE.id, "active"), (OVER.id, "expired")]
    assert silences[0]["matchers"] == [{"name": "group", "value": "sear.*", "is_regex": True, "is_equal": True}]
    assert silences[0]["alerts"] == [SEARCH_ID]
    assert [each["id"] for each in api.json(SILENCES, state="expired")["items"]] == [OVER.id]
    assert api.json(SILENCES, state=["pending", "active"])["total"] == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"matchers": []}, "body.matchers"),
        ({"matchers": [{"name": "group", "value": ""}]}, "body"),
        ({"matchers": [{"name": "group", "value": ".*", "is_regex": True}]}, "body"),
        ({"matchers": [{"name": "group", "value": "x", "is_equal": False}]}, "body"),
        ({"matchers": [{"name": "group", "value": "(", "is_regex": True}]}, "body.matchers.0"),
        ({"matchers": [{"name": "group"}]}, "body.matchers.0.value"),
        ({"matchers": [BILLING | {"isRegex": True}]}, "body.matchers.0.isRegex"),
        ({"duration_s": None}, "body"),
        ({"duration_s": 0}, "body.duration_s"),
        ({"ends_at": text(world.NOW + 60)}, "body"),
        ({"duration_s": None, "ends_at": text(world.NOW - 60)}, "body.ends_at"),
        ({"duration_s": None, "ends_at": text(world.NOW + 60), "starts_at": text(world.NOW + 61)}, "body.ends_at"),
        ({"duration_s": None, "ends_at": text(world.NOW + 400 * 86_400)}, "body.ends_at"),
        ({"duration_s": 60, "starts_at": text(world.NOW + 400 * 86_400)}, "body.ends_at"),
        ({"duration_s": None, "ends_at": "2099-01-01T00:00:00"}, "body.ends_at"),
        ({"duration_s": None, "ends_at": 4_102_444_800}, "body.ends_at"),
        ({"comment": ""}, "body.comment"),
        ({"comment": None}, "body.comment"),
        ({"author": "somebody else"}, "body.author"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused_with_the_reason(office, changes, where):
    response = office.request("POST", SILENCES, json=wanted(**changes))
    assert response.status_code == 422, response.text
    assert [error["where"] for error in response.json()["errors"]] == [where]
    assert office.json(SILENCES)["total"] == 2


def test_a_silence_that_is_not_there_cannot_be_shown_or_ended(office):
    assert office.problem(f"{SILENCES}/nope", 404)["detail"] == "There is no silence 'nope'."
    assert office.request("DELETE", f"{SILENCES}/nope").status_code == 404


class Away:
    """A store whose database does not answer: what was read before can be read, nothing else."""

    def silences(self):
        return [ACTIVE]

    def acknowledgements(self):
        return []

    def health(self):
        from lagwatch.model.kept import StoreHealth

        return StoreHealth(ok=False, sentence="The disk is full; free some space.", since=world.NOW - 60, pending=7)

    def __getattr__(self, name):
        def fail(*_):
            raise StoreAway("the store /data/lagwatch.db cannot be used: the disk is full; free some space.")

        return fail


def served(desk):
    app = create_api(
        world.board(),
        clock=lambda: world.NOW,
        gate=Gate((Token("ada", Role.OPERATOR, lambda: "t"),)),
        desk=desk,
        notices=kept.notices(),
    )
    return Client(app, headers={"Authorization": "Bearer t"})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SILENCES, wanted()),
        ("DELETE", f"{SILENCES}/{ACTIVE.id}", None),
        ("POST", "/api/v1/acknowledgements", {"alert": BILLING_ID}),
        ("GET", "/api/v1/alerts/history", None),
        ("GET", "/api/v1/notices", None),
        ("GET", "/api/v1/audit", None),
        ("POST", "/api/v1/notices/x/resend", None),
        ("POST", "/api/v1/receivers/on-call/resend", None),
    ],
)
@pytest.mark.parametrize("desk", [Away(), None], ids=["away", "none"])
def test_what_cannot_be_kept_now_is_a_problem_that_says_why_and_nothing_is_pretended(desk, method, path, body):
    response = served(desk).request(method, path, json=body)
    assert (response.status_code, response.json()["type"]) == (503, "urn:lagwatch:store")
    assert response.headers["retry-after"] == "10"
    assert ("the disk is full" if desk else "without a store") in response.json()["detail"]


@pytest.mark.parametrize("desk", [Away(), None], ids=["away", "none"])
def test_alerts_are_shown_whatever_the_store_does(desk):
    api = served(desk)
    search = api.json("/api/v1/alerts", group="search")["items"][0]
    assert search["silenced_by"] == ([ACTIVE.id] if desk else [])
    assert api.json(f"/api/v1/alerts/{BILLING_ID}")["history"] is None
    assert "What fires" in api.get("/").text


def test_a_fault_of_the_store_is_told_by_readyz_and_makes_nothing_unready():
    board = world.Board(clock=lambda: world.NOW)
    board.put(world.main())
    ready = Client(create_api(board, clock=lambda: world.NOW, desk=Away())).json("/readyz")
    assert ready["ready"] is True
    assert (ready["store"]["ok"], ready["store"]["reason"]) == (False, "The disk is full; free some space.")
    assert (ready["store"]["since"], ready["store"]["pending"]) == ("2026-02-25T06:12:32Z", 7)


def test_a_body_that_is_no_json_is_told_so_and_where(office):
    response = office.request("POST", SILENCES, content='{"comment": }', headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["detail"] == "body: this is no JSON: Expecting value (at character 13)."

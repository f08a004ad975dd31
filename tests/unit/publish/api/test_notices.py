"""The outbox, receivers, and the audit log."""

import pytest

from lagwatch.model.notices import Stage
from tests.support.build import T0
from tests.support.desk import DEAD, SENT, WAITING, entry_of

NOTICES = "/api/v1/notices"


def test_messages_are_listed_with_what_became_of_them(api):
    notices = {notice["receiver"]: notice for notice in api.json(NOTICES)["items"]}
    assert {name: notice["state"] for name, notice in notices.items()} == {
        "chat": "sent",
        "mail": "pending",
        "on-call": "dead",
    }
    dead = notices["on-call"]
    assert (dead["id"], dead["status"], dead["severity"], dead["alerts"]) == (DEAD.id, "test", "warning", 1)
    assert (dead["error"], dead["attempts"]) == ("the receiver answered 400: bad key", 1)
    assert (dead["created_at"], dead["ended_at"]) == ("2026-02-25T05:06:40Z", "2026-02-25T06:06:40Z")
    assert dead["summary"].startswith("[firing warning] LagwatchTest: This is a test")
    assert notices["mail"]["next_attempt_at"] == "2026-02-25T06:14:20Z"
    assert notices["chat"]["error"] is None


def test_messages_can_be_filtered_and_read_piece_by_piece(api):
    assert [notice["id"] for notice in api.json(NOTICES, state="dead")["items"]] == [DEAD.id]
    assert [notice["id"] for notice in api.json(NOTICES, receiver="mail")["items"]] == [WAITING.id]
    assert api.json(NOTICES, receiver="mail", state="sent")["items"] == []
    assert api.json(NOTICES, cluster="nowhere")["items"] == []
    first = api.json(NOTICES, limit=2)
    rest = api.json(NOTICES, limit=2, before=first["next"])
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    assert {notice["id"] for notice in first["items"] + rest["items"]} == {DEAD.id, SENT.id, WAITING.id}


def test_one_message_is_shown_with_all_that_it_says(api):
    notice = api.json(f"{NOTICES}/{DEAD.id}")
    assert notice["body"] == dict(DEAD.body)
    assert api.problem(f"{NOTICES}/nope", 404)["detail"] == "There is no notice 'nope'."


def test_a_dead_letter_is_sent_again(office, desk, notices):
    response = office.request("POST", f"{NOTICES}/{DEAD.id}/resend")
    assert (response.status_code, response.json()["state"], response.json()["attempts"]) == (200, "pending", 0)
    assert entry_of(desk, DEAD.id).state is Stage.PENDING
    assert [entry.message.id for entry in desk.outbox.due("on-call", T0 + 3600)] == [DEAD.id]
    assert notices.hurried == 1
    (entry,) = office.json("/api/v1/audit", limit=1)["items"]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("ada", "notice.resend", DEAD.id)
    assert entry["details"] == {"receiver": "on-call", "error": "the receiver answered 400: bad key"}


@pytest.mark.parametrize(("message", "why"), [(WAITING, "it waits to be sent"), (SENT, "it was sent")])
def test_what_is_no_dead_letter_is_not_sent_again(office, message, why):
    response = office.request("POST", f"{NOTICES}/{message.id}/resend")
    assert (response.status_code, response.json()["type"]) == (409, "urn:lagwatch:conflict")
    assert why in response.json()["detail"]
    assert office.request("POST", f"{NOTICES}/nope/resend").status_code == 404
    assert len(office.json("/api/v1/audit")["items"]) == 3


def test_all_dead_letters_of_a_receiver_are_sent_again_at_once(office):
    path = "/api/v1/receivers/on-call/resend"
    response = office.request("POST", path)
    assert (response.status_code, response.json()) == (200, {"notices": [DEAD.id]})
    assert office.request("POST", path).json() == {"notices": []}
    assert office.json("/api/v1/audit", limit=1)["items"][0]["subject"] == DEAD.id
    missing = office.request("POST", "/api/v1/receivers/oncall/resend")
    assert (missing.status_code, missing.json()["suggestions"]) == (404, ["on-call"])


def test_receivers_say_whether_what_is_for_them_arrives(api):
    chat, mail, on_call = api.json("/api/v1/receivers")["items"]
    assert (chat["name"], chat["kind"], chat["healthy"], chat["reason"]) == ("chat", "slack", True, "")
    assert (mail["healthy"], mail["down"], mail["pending"]) == (False, True, 1)
    assert mail["reason"] == (
        "It takes no message at all at present; the oldest of 1 notices has waited for 512 s; the last try that failed: "
        "it did not answer in 20 s."
    )
    assert (on_call["dead"], on_call["failed"]) == (1, {"refused": 1})
    assert on_call["reason"].startswith("1 notices were refused or given up")


def test_the_audit_log_is_read_piece_by_piece(api):
    first = api.json("/api/v1/audit", limit=2)
    rest = api.json("/api/v1/audit", limit=2, before=first["next"])
    assert [entry["action"] for entry in first["items"]] == ["acknowledgement.create", "silence.create"]
    assert [len(rest["items"]), rest["next"]] == [1, None]
    assert rest["items"][0]["at"] == "2026-02-25T06:03:20Z"

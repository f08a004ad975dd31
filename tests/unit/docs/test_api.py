"""What the pages say to send with curl is sent to the application as they say it, and does what they say."""

import pytest

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.page.runbooks import INDEX, pages
from tests.support import desk as kept
from tests.support import runbooks, world
from tests.support.asgi import Client
from tests.support.markdown import blocks, commands, curl
from tests.support.settings import settings

API = runbooks.FOLDER.parent / "api.md"
NAMES = {
    "TOKEN": "token-of-ada",
    "ALERT": kept.BILLING_ID,
    "ID": kept.BILLING_ID,
    "SILENCE": kept.ACTIVE.id,
    "ACKNOWLEDGEMENT": kept.GIVEN.id,
    "NOTICE": kept.DEAD.id,
    "CLUSTER": "main",
    "GROUP": "billing",
    "TOPIC": "orders",
    "RECEIVER": "on-call",
}


@pytest.fixture(name="api")
def _api():
    gate = Gate((Token("ada", Role.OPERATOR, lambda: NAMES["TOKEN"]),))
    board = world.Board(clock=lambda: world.NOW)
    board.put(world.main())
    with kept.desk() as store:
        yield Client(
            create_api(
                board, clock=lambda: world.NOW, gate=gate, desk=store, notices=kept.notices(), insights=Analyses()
            )
        )


def sent(page, api):
    """Every curl command of a page and its answer."""
    return [(words, curl(words, api, NAMES)) for words in commands(page) if words[0] == "curl"]


def test_everything_that_the_page_of_the_api_sends_is_answered(api):
    answers = sent(API, api)
    assert len(answers) == 22
    for words, answer in answers:
        assert answer.status_code in {200, 201, 204}, (words, answer.text)
    actions = [entry["action"] for entry in api.json("/api/v1/audit")["items"]]
    assert actions[:5] == [
        "notice.resend",
        "acknowledgement.delete",
        "acknowledgement.create",
        "silence.expire",
        "silence.create",
    ]
    assert answers[-1][1].json()["items"]


@pytest.mark.parametrize("name", ["README", *(rule.runbook for rule in runbooks.default_rules())])
def test_everything_that_a_runbook_sends_is_answered(api, name):
    for words, answer in sent(runbooks.FOLDER / f"{name}.md", api):
        assert answer.status_code in {200, 201}, (words, answer.text)


def test_the_tokens_of_the_page_are_a_configuration_that_lets_them_in():
    (example,) = blocks(API, "yaml")
    found = settings(example).web
    gate = Gate([Token(each.name, Role(each.role), each.secret) for each in found.tokens], found.read_requires_token)
    assert gate.holder(b"change-me").role is Role.OPERATOR
    assert gate.holder(b"change-me-too").role is Role.VIEWER


def test_runbooks_are_served_as_pages_and_their_links_work(api):
    listed = api.get("/runbooks/")
    assert listed.headers["content-type"] == "text/html; charset=utf-8"
    assert len(pages()) == len(runbooks.default_rules()) + 1
    for name in pages().keys() - {INDEX}:
        assert f'href="{name}.md"' in listed.text
        page = api.get(f"/runbooks/{name}")
        assert page.status_code == 200
        assert page.text == api.get(f"/runbooks/{name}.md").text
        assert "<h2>When it fires</h2>" in page.text
        assert 'href="../api/v1/alerts"' in page.text
    assert "<table>" in listed.text
    assert "did you mean 'data-lost'?" in api.problem("/runbooks/data-losd", 404)["detail"]


def test_a_runbook_that_is_no_page_is_not_a_way_to_other_files(api):
    for name in ("..%2F..%2Fpyproject.toml", "%2Fetc%2Fpasswd", "README%00"):
        assert api.get(f"/runbooks/{name}").status_code == 404

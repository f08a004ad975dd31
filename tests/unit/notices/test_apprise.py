"""Everything else by way of Apprise, sent for real to a server of ours."""

import logging
import subprocess
import sys

import pytest

from lagwatch.model.alerts import State
from lagwatch.publish.notices.outcome import Fate
from lagwatch.publish.notices.receivers import Apprise
from tests.support.notices import T0, Planner, alert, message
from tests.support.receiver import receiver

# Apprise loads all of its services, and one of them a module that Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def service(url: str) -> str:
    """The address of a server as Apprise's URL of a JSON webhook, with a secret in it."""
    return url.replace("http://", "json://user:hunter2@")


def test_apprise_sends_title_text_and_kind():
    planner = Planner()
    (begun,) = planner.look(T0 + 30, alert())
    (ended,) = planner.look(T0 + 400, alert(state=State.RESOLVED))
    with receiver() as there:
        pager = Apprise("else", lambda: service(there.url))
        assert [pager.send(each).fate for each in (begun, ended)] == [Fate.SENT, Fate.SENT]
    first, second = there.bodies
    assert first["title"] == "[firing critical] ConsumerLagHigh: billing is behind on orders"
    assert "topic orders" in first["message"]
    assert (first["type"], second["type"]) == ("failure", "success")


def test_what_failed_is_tried_again_and_shows_no_secret(caplog):
    caplog.set_level(logging.INFO)
    with receiver(*[(500, {})] * 10) as there:
        pager = Apprise("else", lambda: service(there.url))
        outcome = pager.send(message())
    assert (outcome.fate, outcome.everyone) == (Fate.RETRY, True)
    assert "hunter2" not in outcome.reason + repr(pager) + caplog.text


def test_a_url_that_apprise_does_not_know_is_said_without_showing_it():
    outcome = Apprise("else", lambda: "nothing://hunter2").send(message())
    assert outcome.fate is Fate.RETRY
    assert outcome.reason == "the URL of receiver else is none that Apprise knows; see its list of services"


def test_without_the_library_it_is_said_how_to_get_it(tmp_path):
    (tmp_path / "lagwatch.yaml").write_text("receivers: {else: {apprise: {url: 'json://localhost'}}}")
    program = "import sys; sys.modules['apprise'] = None; from lagwatch.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "notify", "test", "else"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'lagwatch[apprise]'" in done.stderr

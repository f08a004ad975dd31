"""Alerts as pages show them: since when, why, and the way to each."""

from dataclasses import replace

import pytest

from lagwatch.model.alerts import State
from lagwatch.model.notices import alert_id
from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client
from tests.unit.publish.api.test_subject_pages import words

FIRING, UNKNOWN, RESOLVED = world.alerts()


def page(path, *alerts):
    """A page of a cluster that has these alerts."""
    main = world.main()
    main = replace(main, verdict=replace(main.verdict, alerts=alerts))
    return Client(create_api(world.board(main), clock=lambda: world.NOW)).get(path).text


@pytest.mark.parametrize(
    ("state", "fired", "said"),
    [
        (State.PENDING, False, "Since 2026-02-25 06:03:20 UTC, pending since then Value"),
        (State.FIRING, True, "Since 2026-02-25 06:03:20 UTC, firing since 2026-02-25 06:08:20 UTC Value"),
        (State.UNKNOWN, True, "Since 2026-02-25 06:03:20 UTC, fired at 2026-02-25 06:08:20 UTC Value"),
        (State.UNKNOWN, False, "Since 2026-02-25 06:03:20 UTC Value"),
    ],
)
def test_an_alert_is_said_to_fire_only_since_it_does(state, fired, said):
    alert = replace(FIRING, state=state, fired_at=FIRING.fired_at if fired else None)
    assert said in words(page("/clusters/main/groups/billing", alert))


def test_why_an_alert_stands_as_it_does_is_told_once():
    alert = replace(UNKNOWN, summary="search is far behind", reason="its <offsets> could not be read")
    assert "main search is far behind its &lt;offsets&gt; could not be read" in words(page("/", alert))
    text = words(page("/clusters/main/groups/search", alert))
    assert "Value unknown Reason its &lt;offsets&gt; could not be read" in text
    told = replace(alert, summary=f"{alert.summary} ({alert.reason})")
    assert words(page("/", told)).count("could not be read") == 1
    assert "Reason" not in words(page("/clusters/main/groups/search", told))


def test_the_way_to_an_alert_that_does_not_fire_is_in_the_table_too():
    shown = page("/", UNKNOWN)
    link = f"alerts/{alert_id(UNKNOWN.rule, UNKNOWN.subject)}"
    assert f'<a href="{link}">ConsumerLagHigh</a>' in shown
    assert UNKNOWN.rule in page(f"/{link}", UNKNOWN)


@pytest.mark.parametrize(
    ("louder", "said"),
    [
        (("ConsumerLagHigh",), "nobody is told: ConsumerLagHigh says it louder"),
        (
            ("ConsumerLagHigh", "ConsumerLagRunaway"),
            "nobody is told: ConsumerLagHigh and ConsumerLagRunaway say it louder",
        ),
    ],
)
def test_one_louder_rule_says_and_several_say(louder, said):
    assert said in words(page("/", replace(FIRING, inhibited_by=louder)))

"""Pages of a cluster whose polls fail: what was seen long ago is not shown as the present."""

from dataclasses import replace

import pytest

from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client
from tests.support.desk import BILLING_ID
from tests.unit.publish.api.test_pages import Tags
from tests.unit.publish.api.test_subject_pages import words

PAGES = (
    "/",
    "/clusters/main",
    "/clusters/main/groups",
    "/clusters/main/topics",
    "/clusters/main/groups/billing",
    "/clusters/main/topics/orders",
    f"/alerts/{BILLING_ID}",
)
SAID = "Stale: the last good poll of main was 9m 35s ago; what this page says of it is what was seen then. Why: "


def page(path, store, *, age_s):
    """A page that many seconds after the last good poll; those that came after it failed."""
    main = world.main()
    health = replace(main.health, error="Broker <2> does not answer.")
    now = main.health.last_good_at + age_s
    board = world.board(replace(main, health=health), clock=lambda: now)
    return Client(create_api(board, clock=lambda: now, desk=store)).get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_a_stale_cluster_begins_with_how_old_it_is_and_why(path, store):
    shown = page(path, store, age_s=575)
    assert words(shown).startswith(f" {SAID}Broker &lt;2&gt; does not answer. ")
    assert not Tags(shown).open


@pytest.mark.parametrize("path", PAGES)
def test_polls_that_fail_for_a_short_time_make_no_page_stale(path, store):
    shown = words(page(path, store, age_s=100))
    assert "Stale" not in shown
    assert "as seen" not in shown


@pytest.mark.parametrize(("age_s", "said"), [(0.75, "1 second ago"), (11.75, "12 seconds ago"), (89.75, "1m 30s ago")])
def test_an_age_is_told_as_people_say_it(store, age_s, said):
    assert f"main · group · {said} billing" in words(page("/clusters/main/groups/billing", store, age_s=age_s))
    assert f"main · topic · {said} orders" in words(page("/clusters/main/topics/orders", store, age_s=age_s))


def test_the_index_marks_the_groups_of_a_stale_cluster(store):
    assert "Groups of main, furthest behind first stale: as seen 9m 35s ago" in words(page("/", store, age_s=575))

"""The pages of clusters, groups, topics and alerts."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, urljoin

import pytest

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client
from tests.support.build import group, latest, snapshot, topic, view
from tests.support.desk import BILLING_ID
from tests.unit.publish.api.test_pages import Tags


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main>") :]))


def test_every_link_of_every_page_leads_somewhere(api):
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        response = api.get(path.replace("..", "%2E%2E"))
        assert response.status_code in ({200, 503} if path == "/readyz" else {200}), path
        seen.add(path)
        if not response.headers["content-type"].startswith("text/html") or path == "/docs":
            continue
        page = Tags(response.text)
        assert not page.open, path
        for link in page.links():
            # A browser would take the group called ".." for a way up, however it is written.
            if not link.startswith(("data:", "http")) and not link.endswith("groups/.."):
                target = urljoin(path, link).partition("#")[0]
                if target not in seen | set(todo):
                    todo.append(target)
    kinds = {re.sub(r"(?<=s/)[^/?]+", "*", path.partition("?")[0]) for path in seen}
    assert {"/clusters/*", "/clusters/*/groups/*", "/clusters/*/topics/*", "/alerts/*"} <= kinds
    assert f"/clusters/main/groups/{quote('größe ☃ %2F?#', safe='')}" in seen


def test_the_page_of_a_group_says_how_far_it_is_behind_on_what_and_who_reads(api):
    text = words(api.get("/clusters/main/groups/billing").text)
    assert "Lag 14,000 messages Time lag unknown Growth" in text
    assert "State classic · Stable · range" in text
    assert "ConsumerLagGrowing warning · main" in text
    assert "orders/0 13,000 unknown 7,000 20,000" in text
    assert "billing-1 (/10.0.0.1)" in text
    assert "static-2" in text


def test_the_page_of_a_group_begins_with_why_it_lags(api):
    sentence = api.json("/api/v1/clusters/main/groups/billing-nightly/diagnosis")["sentence"]
    text = words(api.get("/clusters/main/groups/billing-nightly").text)
    assert sentence in text
    assert text.index(sentence) < text.index("Growth")


def test_the_page_of_a_group_works_out_once_why_it_lags():
    asked = []

    class Asked(Analyses):
        def diagnosis(self, latest, group):
            asked.append(group)
            return super().diagnosis(latest, group)

    api = Client(create_api(world.board(), clock=lambda: world.NOW, insights=Asked()))
    api.get("/clusters/main/groups/billing")
    assert asked == ["billing"]


def test_a_group_that_could_not_be_read_is_unknown_not_zero(api):
    text = words(api.get("/clusters/main/groups/search").text)
    assert "Lag unknown Time lag unknown" in text
    assert "Members unknown" in text
    assert " 0 " not in text.split("Topics")[0].partition("seconds ago")[2]


def test_the_page_of_a_topic_shows_where_it_is_and_who_reads_it(api):
    text = words(api.get("/clusters/main/topics/audit.log").text)
    assert "Settings min.insync.replicas=2" in text
    assert "Groups that read it There are none." in text
    assert "0 none 1, 2, 3 3 5 5" in text
    assert "billing" in words(api.get("/clusters/main/topics/orders").text)


def test_the_page_of_a_cluster_shows_brokers_gaps_and_alerts(api):
    text = words(api.get("/clusters/main").text)
    assert "offsets REQUEST_TIMED_OUT 1 payments/1 Is broker 2 up?" in text
    assert "4 down unknown" in text
    assert "2 up kafka-2.example.org:9092 r2 yes" in text
    assert "ConsumerLagGrowing" in text


def test_a_cluster_that_waits_for_its_first_poll_has_a_page_that_says_why(api):
    text = words(api.get("/clusters/backup").text)
    assert "State waiting" in text
    assert "No bootstrap address of cluster backup answered in 20 s" in text
    assert api.get("/clusters/backup/groups/billing").status_code == 503


def test_lists_are_filtered_sorted_and_have_pages(api):
    page = api.get("/clusters/main/groups", params={"name": "bill*", "sort": "-lag", "limit": 1}).text
    assert "Shown: 1 to 1 of 2." in words(page)
    assert "billing</a>" in page
    (onward,) = (link for link in Tags(page).links() if "offset=1" in link)
    assert parse_qs(onward.removeprefix("?")) == {"name": ["bill*"], "sort": ["-lag"], "limit": ["1"], "offset": ["1"]}
    assert "<b>lag</b>" in page
    last = api.get("/clusters/main/groups", params={"name": "bill*", "sort": "-lag", "limit": 1, "offset": 1}).text
    assert "billing-nightly</a>" in last
    assert "offset=0" in last
    assert "audit.log</a>" in api.get("/clusters/main/topics", params={"name": "audit*"}).text
    assert "Shown: none of 0." in words(api.get("/clusters/main/topics", params={"name": "nope"}).text)


def test_the_page_of_an_alert_has_what_explains_it_and_what_became_of_it(api):
    text = words(api.get(f"/alerts/{BILLING_ID}").text)
    assert "ConsumerLagGrowing" in text
    assert "What became of it" in text
    assert "firing" in text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/clusters/mian", "main"),
        ("/clusters/main/groups/biling", "billing"),
        ("/clusters/main/topics/order", "orders"),
        ("/alerts/none", "alert"),
    ],
)
def test_what_does_not_exist_is_answered_with_404_and_what_was_perhaps_meant(api, path, said):
    response = api.get(path)
    assert response.status_code == 404
    assert said in response.text


def test_names_from_kafka_cannot_become_markup_on_any_page():
    nasty = "<script>alert(1)</script>\"&'"
    seen = view(snapshot({"t": topic((0, 9))}, {nasty: group({"t": [1]}, state=nasty, kind=nasty)}, cluster=nasty))
    published = replace(latest(seen), verdict=None)
    api = Client(create_api(world.board(published), clock=lambda: world.NOW))
    name = quote(nasty, safe="")
    for path in (f"/clusters/{name}", f"/clusters/{name}/groups", f"/clusters/{name}/groups/{name}"):
        page = api.get(path, params={"name": nasty} if path.endswith("groups") else None)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text


def test_the_page_of_a_cluster_shows_its_health_and_what_one_more_failure_would_do(api):
    found = api.json("/api/v1/clusters/main/health")
    text = words(api.get("/clusters/main").text)
    assert f"Health: {found['score']:.0f} of 100" in text
    for part in found["parts"]:
        if part["lost"]:
            assert part["sentence"] in text
    assert ("If one more broker failed" in text) == any(
        each["would_go_offline"] or each["would_refuse"] or each["last_copies"] or each["ends_quorum"] is not False
        for each in found["failures"]
    )


@pytest.mark.parametrize("path", ["/clusters", "/alerts"])
def test_a_shortened_address_leads_to_the_index(api, path):
    response = api.get(path)
    assert (response.status_code, response.headers["location"]) == (307, "./")
    assert urljoin(f"https://ops.example.org/lagwatch{path}", "./") == "https://ops.example.org/lagwatch/"


@pytest.mark.parametrize("path", ["/", "/clusters/main/groups", "/clusters/main/groups/billing"])
def test_the_lag_stands_beside_the_name_where_a_telephone_shows_it(api, path):
    heads = re.findall(r"<tr>(<th.*?)</tr>", api.get(path).text)
    names = [re.findall(r"<th[^>]*>(.*?)</th>", head) for head in heads]
    with_lag = [columns for columns in names if "Lag" in columns]
    assert with_lag
    assert {columns.index("Lag") for columns in with_lag} == {1}

"""The pages for people: `/` and `/docs`; and the one for Prometheus."""

import gzip
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from lagwatch.model.alerts import Subject, Verdict
from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client
from tests.support.build import group, latest, snapshot, topic, view
from tests.support.desk import BILLING_ID

SWAGGER_UI = {
    "/docs/swagger-ui-bundle.js": "050bc415ee7048dcd881682678f720264e7da5e373f7461d7c58c755305255f7",
    "/docs/swagger-ui.css": "1ac324f7dcd27e4b9386b4bd6421271ec147e922a22c05ba24b11515e9aa6321",
}
"""Digests of the files of the published swagger-ui-dist 5.33.1."""


class Tags(HTMLParser):
    """Every start tag with its attributes, and whether what was opened is closed in order."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def links(self):
        return [attrs[key] for _, attrs in self.found for key in ("href", "src") if key in attrs]


def test_the_index_shows_clusters_groups_and_alerts_to_a_newcomer(api):
    response = api.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))
    assert "ConsumerLagGrowing" in text
    assert "PartitionsOffline" not in text
    assert "billing 14,000 unknown +2 classic Stable 2" in text
    assert "search unknown unknown +6 unknown unknown unknown" in text
    assert "backup waiting unknown" in text
    assert not Tags(response.text).open


def test_what_fires_comes_first_with_all_that_explains_it(api):
    page = api.get("/").text
    assert page.index("What fires") < page.index("Pending and unknown") < page.index("<h2>Clusters</h2>")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<article") : page.index("</article>")]))
    for part in (
        "ConsumerLagGrowing warning · main",
        "billing is 14,000 messages behind on &lt;orders&gt;",
        "Since 2026-02-25 06:03:20 UTC, firing since 2026-02-25 06:08:20 UTC",
        "Value 14,000, threshold 10,000",
        "Seen members 2, state Stable",
        "Probably More is produced than two members can read.",
        "Next Add consumers, up to one a partition.",
        "Notices nobody is told again: somebody takes care of it",
    ):
        assert part in text
    for link in ("runbooks/consumer-lag-growing", "clusters/main/groups/billing", f"alerts/{BILLING_ID}"):
        assert f'<a href="{link}">' in page


def test_where_nothing_fires_the_index_says_so_and_many_alerts_are_counted():
    calm, storm = world.main(), world.main()
    calm = replace(calm, verdict=replace(calm.verdict, alerts=world.alerts()[1:]))
    assert "Nothing fires" in Client(create_api(world.board(calm), clock=lambda: world.NOW)).get("/").text
    alerts = tuple(
        replace(world.alerts()[0], subject=replace(world.alerts()[0].subject, group=f"g{number}"))
        for number in range(25)
    )
    storm = replace(storm, verdict=replace(storm.verdict, alerts=alerts))
    page = Client(create_api(world.board(storm), clock=lambda: world.NOW)).get("/").text
    assert (page.count("<article"), "5 more are in" in page) == (20, True)


def test_alerts_about_lagwatch_itself_are_shown_too():
    stuck = replace(world.alerts()[0], rule="NotificationsStuck", subject=Subject(cluster="", receiver="on-call"))
    verdict = Verdict(at=world.NOW, alerts=(stuck,))
    api = Client(create_api(world.board(), clock=lambda: world.NOW, itself=lambda: verdict))
    assert 'NotificationsStuck <span><span class="warning">warning</span> · lagwatch</span>' in api.get("/").text
    (alert,) = api.json("/api/v1/alerts", rule="NotificationsStuck")["items"]
    assert (alert["cluster"], alert["receiver"], alert["page_url"]) == ("", "on-call", f"/alerts/{alert['id']}")
    assert api.json("/api/v1/alerts", rule="NotificationsStuck", cluster="main")["items"] == []


def test_every_link_of_the_index_leads_somewhere(api):
    links = {link for link in Tags(api.get("/").text).links() if not link.startswith("data:")}
    assert len(links) > 10
    for link in links - {"readyz"}:
        assert api.get(f"/{link.replace('..', '%2E%2E')}").status_code == 200, link


def test_names_from_kafka_cannot_become_markup():
    nasty = "<script>alert(1)</script>\"&'"
    seen = view(snapshot({"t": topic((0, 9))}, {nasty: group({"t": [1]}, state=nasty, kind=nasty)}, cluster=nasty))
    alert = replace(world.alerts()[0], summary=nasty, rule=nasty)
    published = replace(latest(seen), verdict=replace(world.main().verdict, alerts=(alert,)))
    published = replace(published, health=replace(published.health, error=nasty))
    page = Client(create_api(world.board(published), clock=lambda: world.NOW)).get("/").text
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6
    assert {tag for tag, _ in Tags(page).found}.isdisjoint({"script", "img", "iframe"})


def test_the_style_of_the_index_is_the_one_that_its_policy_allows(api):
    import base64

    response = api.get("/")
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in response.headers["content-security-policy"]
    assert "color-scheme: light dark" in style


def test_a_long_name_breaks_so_that_figures_stay_in_sight_and_of_an_emergency_only_the_word_is_bold(api):
    (style,) = re.findall(r"<style>(.*?)</style>", api.get("/").text, re.DOTALL)
    rules = {
        selector: " ".join(said.split())
        for selectors, said in re.findall(r"([^{}]+)\{([^{}]*)\}", style)
        for selector in map(str.strip, selectors.split(","))
    }
    assert "overflow-wrap: break-word" in rules["body"]
    assert "overflow-wrap: anywhere" in rules["td:last-child:not(.n)"]
    assert rules["td:first-child"] == "max-width: min(36ch, 45vw)"
    assert ("font-weight" in rules[".emergency"], "font-weight" in rules["span.emergency"]) == (False, True)


def test_the_documentation_needs_nothing_from_elsewhere(api):
    page = api.get("/docs")
    links = [link for link in Tags(page.text).links() if not link.startswith("data:")]
    assert sorted(links) == ["docs/start.js", "docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "openapi.json"]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "http" not in page.text + api.get("/docs/start.js").text
    for link in links:
        assert api.get(f"/{link}").status_code == 200


@pytest.mark.parametrize(("path", "digest"), SWAGGER_UI.items())
def test_swagger_ui_is_the_published_one(api, path, digest):
    assert sha256(api.get(path).content).hexdigest() == digest


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8", text_format),
        (
            "application/openmetrics-text;version=1.0.0",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            openmetrics,
        ),
    ],
)
def test_metrics_come_in_the_format_that_was_asked_for(api, accept, content_type, parse):
    plain = api.get("/metrics", headers={"Accept": accept, "Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == content_type
    assert "accept" in plain.headers["vary"].lower()
    lag = {
        (sample.labels["group"], sample.labels["partition"]): sample.value
        for family in parse(plain.text)
        for sample in family.samples
        if sample.name == "kafka_consumer_group_lag"
    }
    assert lag["billing", "0"] == 13_000
    packed = api.get("/metrics", headers={"Accept": accept, "Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "kafka_consumer_group_lag" in packed.text


def test_an_unasked_scrape_is_not_compressed(api):
    response = api.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in response.headers
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(response.content)

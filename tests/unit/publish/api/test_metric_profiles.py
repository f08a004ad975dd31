"""The pages of metric-name profiles: which clusters they are about, in which form, and what is told where there is none."""

import gzip

import pytest

from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES
from tests.support import world
from tests.support.asgi import Client
from tests.support.build import latest, snapshot, topic, view

PAGE = "/metrics/kafka_exporter"


def one(name="main", size=1):
    return latest(view(snapshot({"orders": topic(*[(0, 7)] * size)}, {}, cluster=name)))


def api(*clusters, profiles=PROFILES):
    board = Board(profiles=profiles, clock=lambda: world.NOW)
    for cluster in clusters:
        board.put(cluster)
    return Client(create_api(board, clock=lambda: world.NOW))


def test_the_page_of_the_only_cluster_needs_no_more_than_the_profile():
    answer = api(one()).get(PAGE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'kafka_topic_partitions{topic="orders"} 1\n' in answer.text


def test_it_is_the_same_compressed_and_in_the_text_format_also_for_those_who_prefer_openmetrics():
    client = api(one())
    prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"
    plain = client.get(PAGE, headers={"Accept": prometheus, "Accept-Encoding": "identity"})
    packed = client.get(PAGE, headers={"Accept": prometheus, "Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert plain.headers["content-type"] == packed.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_the_compressed_page_is_one_gzip_member():
    board = Board(profiles=PROFILES, clock=lambda: world.NOW)
    board.put(one())
    (packed,) = board.profile_pieces("kafka_exporter", ["main"], gzip=True)
    assert gzip.decompress(packed) == b"".join(board.profile_pieces("kafka_exporter", ["main"], gzip=False))


def test_of_several_clusters_the_one_that_is_asked_for_is_there():
    client = api(one("east", 2), one("west", 3))
    assert 'kafka_topic_partitions{topic="orders"} 3\n' in client.get(PAGE, params={"cluster": "west"}).text


def test_several_clusters_are_not_mixed_under_names_that_cannot_tell_them_apart():
    problem = api(one("east"), one("west")).problem(PAGE, 422)
    assert problem["detail"] == "query.cluster: kafka_exporter knows one cluster; ask for one of east, west."


@pytest.mark.parametrize(
    ("path", "asked", "detail"),
    [
        (PAGE, {"cluster": "mian"}, "There is no cluster 'mian'; did you mean 'main'?"),
        ("/metrics/telegraf", {}, "There is no metric profile 'telegraf' in metrics.profiles."),
        (
            "/metrics/kafka_exporters",
            {},
            "There is no metric profile 'kafka_exporters' in metrics.profiles; did you mean",
        ),
    ],
)
def test_what_is_not_there_is_told(path, asked, detail):
    assert api(one()).problem(path, 404, **asked)["detail"].startswith(detail)


def test_a_profile_that_is_not_switched_on_has_no_page():
    assert api(one(), profiles={}).problem(PAGE, 404)["type"] == "urn:lagwatch:unknown-name"


def test_lagwatchs_own_page_stays_as_it_is():
    assert api(one()).get("/metrics").text.count("kafka_topic_partitions{") == 1
    assert "kafka_topic_partition_oldest_offset" not in api(one()).get("/metrics").text

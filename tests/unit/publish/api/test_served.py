"""The same over a real socket: uvicorn serves, httpx and a bare socket ask."""

import socket

import httpx
import pytest

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.served import served


@pytest.fixture(name="address", scope="module")
def _address(store):
    with served(create_api(world.board(), clock=lambda: world.NOW, desk=store, insights=Analyses())) as address:
        yield address


@pytest.fixture(name="http", scope="module")
def _http(address):
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}", timeout=20) as client:
        yield client


def raw(address, request):
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_real_server_gives_the_same_answers(http, api):
    for path in ("/api/v1/clusters", "/api/v1/clusters/main/groups?sort=-lag", "/livez", "/", "/docs", "/openapi.json"):
        over_the_wire, inside = http.get(path), api.get(path)
        assert (over_the_wire.status_code, over_the_wire.content) == (200, inside.content)


@pytest.mark.parametrize(
    "encoded", ["team%2Fbilling", "a%2Fpartitions", "gr%C3%B6%C3%9Fe%20%E2%98%83%20%252F%3F%23", "%2E%2E"]
)
def test_odd_group_names_survive_the_wire(http, encoded):
    response = http.get(f"/api/v1/clusters/main/groups/{encoded}")
    assert response.status_code == 200
    assert response.json()["name"] in world.ODD_NAMES


def test_a_path_that_no_client_would_send_is_a_problem_and_no_fault(address):
    for target in (
        b"/api/v1/clusters/main/groups/..",
        b"/%",
        b"/%zz%ff%00",
        b"//",
        b"/api/v1/clusters/main/groups/%c3%28",
    ):
        answer = raw(address, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.split(b" ", 2)[1] in {b"200", b"404"}, answer


def test_head_ends_after_the_headers(address):
    answer = raw(address, b"HEAD /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    headers, _, body = answer.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 503 ")
    assert b"application/problem+json" in headers
    assert body == b""


def test_a_scrape_gets_gzip_or_plain_text_as_it_asks(http):
    packed = http.get("/metrics", headers={"Accept-Encoding": "gzip"})
    plain = http.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert (
        'kafka_consumer_group_lag{kafka_cluster="main",group="billing",topic="orders",partition="0"} 13000'
        in plain.text
    )
    assert 'group="billing"' in packed.text

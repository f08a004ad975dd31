"""Bearer tokens: given, from a file, or fetched from an endpoint; cached, renewed in time, and never waited for too long."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.config.tokens import Endpoint, FetchedToken, GivenToken, expiry, fetch
from lagwatch.errors import AuthenticationFailed
from tests.support.identity import CLIENT, Identity, identity, token

T0 = 1_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


def endpoint(server: Identity, **changes: object) -> Endpoint:
    known = {"url": server.url, "client_id": CLIENT[0], "secret": lambda: CLIENT[1], "timeout_s": 2.0}
    return Endpoint(**known | changes)  # type: ignore[arg-type]


def answer(value: str = "t", **more: object) -> tuple[int, dict[str, object]]:
    return 200, {"access_token": value, "token_type": "Bearer", **more}


def test_a_token_says_when_it_expires():
    assert expiry(token(exp=12.5)) == 12.5
    assert expiry(token()) is None
    assert expiry("opaque") is None


@given(
    st.one_of(st.text(), st.lists(st.text(alphabet="eyJhbGciOi-_=", max_size=12), min_size=3, max_size=3).map(".".join))
)
def test_a_token_of_any_text_has_an_expiry_or_none(text):
    assert expiry(text) is None or expiry(text) > 0


@pytest.mark.parametrize("moment", [True, "5", -1, 1e300, None, [1]])
def test_an_expiry_that_is_no_moment_is_none(moment):
    assert expiry(token(exp=moment)) is None


def test_a_given_token_lasts_as_long_as_it_says_and_an_opaque_one_is_asked_for_again():
    assert GivenToken(lambda: token(exp=T0 + 50), Clock()).current().expires_at == T0 + 50
    opaque = GivenToken(lambda: " opaque\n", Clock()).current()
    assert (opaque.value, opaque.expires_at) == ("opaque", T0 + 300)


def test_a_given_token_that_has_expired_is_said():
    with pytest.raises(AuthenticationFailed, match=r"the OAUTHBEARER token expired 50 s ago; give a new one"):
        GivenToken(lambda: token(exp=T0 - 50), Clock()).current()


def test_a_token_file_is_read_each_time(tmp_path):
    file = tmp_path / "token"
    source = GivenToken(file.read_text, Clock())
    file.write_text("one")
    assert source.current().value == "one"
    file.write_text("two")
    assert source.current().value == "two"


def test_an_endpoint_is_asked_as_kafkas_own_clients_ask():
    with identity() as server:
        value, lifetime_s = fetch(endpoint(server, scope="kafka read"))
        assert (expiry(value) is not None, lifetime_s) == (True, 3600.0)
        assert server.forms == [{"grant_type": ["client_credentials"], "scope": ["kafka read"]}]
        fetch(endpoint(server))
        assert server.forms[1] == {"grant_type": ["client_credentials"]}


def test_a_token_is_fetched_once_and_again_when_a_fifth_of_its_life_is_left():
    clock = Clock()
    with identity(answer("one", expires_in=100), answer("two", expires_in=100)) as server:
        source = FetchedToken(endpoint(server), clock)
        assert source.current() == source.current()
        clock.now += 79
        assert (source.current().value, source.current().expires_at, len(server.forms)) == ("one", T0 + 100, 1)
        clock.now += 1
        assert (source.current().value, source.current().expires_at, len(server.forms)) == ("two", T0 + 180, 2)


def test_a_token_whose_answer_says_no_lifetime_has_its_own_or_five_minutes():
    clock = Clock()
    with identity(answer(token(exp=T0 + 60)), answer("opaque")) as server:
        source = FetchedToken(endpoint(server), clock)
        assert source.current().expires_at == T0 + 60
        clock.now += 50
        assert source.current().expires_at == T0 + 350


def test_while_a_renewal_fails_the_old_token_serves_until_it_expires():
    clock = Clock()
    with identity(answer("one", expires_in=100), (503, b""), (503, b"")) as server:
        source = FetchedToken(endpoint(server), clock)
        source.current()
        clock.now += 90
        assert source.current().value == "one"
        clock.now += 4.9
        assert (source.current().value, len(server.forms)) == ("one", 2)
        clock.now += 5.1
        with pytest.raises(AuthenticationFailed, match="refused client lagwatch: 503"):
            source.current()
        clock.now += 5
        assert expiry(source.current().value) is not None


def test_after_a_failure_the_endpoint_is_left_alone_for_a_while_and_the_failure_is_said_again():
    with identity((500, b"")) as server:
        source = FetchedToken(endpoint(server), Clock())
        for _ in range(3):
            with pytest.raises(AuthenticationFailed, match="refused client lagwatch: 500"):
                source.current()
        assert len(server.forms) == 1


def test_a_token_that_has_expired_when_it_comes_is_said():
    expired = pytest.raises(AuthenticationFailed, match="gave a token that has already expired; compare the clocks")
    with identity(answer(token(exp=T0 - 1))) as server, expired:
        FetchedToken(endpoint(server), Clock()).current()


def test_many_threads_share_one_request():
    with identity() as server:
        source, seen = FetchedToken(endpoint(server)), []
        threads = [threading.Thread(target=lambda: seen.append(source.current().value)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(set(seen)), len(seen), len(server.forms)) == (1, 8, 1)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            401,
            {"error": "invalid_client"},
            "refused client lagwatch: 401 invalid_client; check client id, secret and scope",
        ),
        (400, {"error": "<script>"}, "refused client lagwatch: 400; check"),
        (302, b"", "refused client lagwatch: 302; check"),
        (200, b"<html>", "answered without an access_token; check that it is a token endpoint"),
        (200, [], "answered without an access_token"),
        (200, {"access_token": 5}, "answered without an access_token"),
        (200, {"access_token": "a\r\nb"}, "answered without an access_token"),
        (200, b"[" * 100_000, "answered without an access_token"),
        (200, b" " * 1_000_001, "could not be asked: the answer is too slow or too large"),
    ],
)
def test_an_answer_that_is_no_token_is_said_with_the_endpoint(status, body, said):
    with identity((status, body)) as server, pytest.raises(AuthenticationFailed) as caught:
        fetch(endpoint(server))
    assert str(caught.value).startswith(f"the token endpoint {server.url} {said}")
    assert CLIENT[1] not in str(caught.value)


@pytest.mark.parametrize("lifetime", [True, 0, -5, "100", None, 1e12])
def test_a_lifetime_that_is_none_is_not_believed(lifetime):
    with identity(answer("t", expires_in=lifetime)) as server:
        assert fetch(endpoint(server)) == ("t", None)


def test_the_secret_is_read_for_each_request_so_that_it_can_rotate():
    secrets = iter([CLIENT[1], "old"])
    with identity() as server:
        asked = endpoint(server, secret=lambda: next(secrets))
        fetch(asked)
        with pytest.raises(AuthenticationFailed, match="401 invalid_client"):
            fetch(asked)


def test_an_endpoint_that_nobody_listens_on_is_said():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/token"
        with pytest.raises(
            AuthenticationFailed, match=f"the token endpoint {url} could not be asked: .*refused; check its address"
        ):
            fetch(Endpoint(url=url, client_id="c", secret=lambda: "s"))


def test_an_endpoint_that_hangs_or_trickles_ends_at_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent, identity() as slow:
        slow.trickle_s = 0.05
        hangs = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        for url in (hangs, slow.url):
            started = time.monotonic()
            with pytest.raises(AuthenticationFailed, match="could not be asked"):
                fetch(endpoint(slow, url=url, timeout_s=0.3))
            assert 0.25 <= time.monotonic() - started < 10


def test_certificates_of_the_endpoint_are_verified_with_the_file_that_is_given(tmp_path):
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with identity() as server, pytest.raises(AuthenticationFailed, match=r"could not be asked: .*ca_file"):
        fetch(endpoint(server, ca_file=wrong))


def test_a_token_is_not_in_its_repr():
    source = GivenToken(lambda: "hunter2", Clock())
    assert "hunter2" not in repr(source.current())
    assert CLIENT[1] not in repr(Endpoint(url="u", client_id="c", secret=lambda: CLIENT[1]))

"""The web server's socket, and what a person reads when it cannot be had."""

import socket

import pytest

from lagwatch.app.web import address, listen, url
from lagwatch.errors import CannotListen


def test_port_0_is_any_free_one_and_the_address_says_which():
    with listen("127.0.0.1", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert listener.getsockname()[1] > 0


def test_a_port_that_is_taken_says_which_and_what_to_do():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"^cannot listen on 127.0.0.1, port {port}: .*in use; .*--web-port"):
            listen("127.0.0.1", port)


def test_an_address_of_another_computer_cannot_be_had():
    with pytest.raises(CannotListen, match=r"^cannot listen on 192\.0\.2\.1, port 0: .*--web-host"):
        listen("192.0.2.1", 0)


def test_a_name_that_nobody_knows_is_no_address():
    with pytest.raises(CannotListen, match=r"^lagwatch\.invalid is no address of this computer .*--web-host"):
        listen("lagwatch.invalid", 0)


def test_all_addresses_are_reached_by_the_computers_name():
    name = socket.gethostname()
    assert {f"http://{name}:80"} == {url("0.0.0.0", 80), url("::", 80)}


def test_an_address_of_version_6_is_in_brackets():
    assert url("::1", 8484) == "http://[::1]:8484"
